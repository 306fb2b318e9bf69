"""The weight sets behind the paper's models: what balance they achieve, and their tables."""

from __future__ import annotations

import polars as pl

from pipeline.papers.paper_context import PaperContext
from pipeline.papers.sections.section import Section


def weighting(section: Section, paper: PaperContext) -> None:
    """Add the part about weights to a section; nothing where no model of the paper uses a weight set."""
    shown = [name for name in ("weights", "margins", "balance") if name in paper.tables]
    if not shown:
        return
    section.lines += ["", "### Weights that adjust for non-response"]
    if "balance" in shown:
        people = int(str(paper.table("weights")["n"].min())) if "weights" in paper.tables else None
        gaps = paper.table("balance").select(pl.col("difference_before", "difference_after").abs().max())
        before, after = (
            section.fact(
                f"gap.{when}", gap, f"largest standardised difference {when} weighting", people, "the table of balance"
            )
            for when, gap in zip(("before", "after"), gaps.row(0), strict=True)
        )
        section.say(
            "People who answered the waves analysed differ from everyone asked in their answers at the start. The "
            f"largest difference is {{{{ {before} | dp(2) }}}} standard deviations before weighting, and "
            f"{{{{ {after} | dp(2) }}}} after it."
        )
    for name in shown:
        section.block(f"table {name}")
