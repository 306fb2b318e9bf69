"""What is said of items drafted from a codebook: what was written, what became no item, what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import one_line
from pipeline.ingest.codebooks.differences import differences
from pipeline.ingest.items.entries import CHECK
from pipeline.ingest.items.grids import Entry, Grid
from pipeline.ingest.items.question import Question
from pipeline.specs.project import Study

SHOWN = 10
"""So many reasons are listed, and twice as many differences."""


def of_others(others: Sequence[Question], file: Path) -> str:
    """The variables of which no item is made, by the reason, as comments."""
    lines: list[str] = []
    for why in dict.fromkeys(question.why_not for question in others):
        lines += ["", f"# Of {file.name}, no item, since {why}:"]
        lines += [
            f"#   {one.variable}{f': {one.wording[:80]}' if one.wording else ''}"
            for one in others
            if one.why_not == why
        ]
    return "\n".join(["", *map(one_line, lines)]) if lines else ""


def written(study: str, file: Path, blocks: Sequence[Grid | Entry], text: str) -> str:
    grids = [block for block in blocks if isinstance(block, Grid)]
    items = sum(len(block.rows) if isinstance(block, Grid) else 1 for block in blocks)
    checks = text.count(f"# {CHECK}")
    marked = f" {checks:,} lines are marked {CHECK}: the source does not say." if checks else ""
    return (
        f"Wrote {items:,} items into {study}/items.yaml from {file.name}, as {len(blocks):,} entries "
        f"({len(grids):,} batteries).{marked}"
    )


def left_out(others: Sequence[Question]) -> Iterator[str]:
    reasons = Counter(question.why_not for question in others)
    if reasons:
        listed = "; ".join(f"{count:,} since {why}" for why, count in reasons.most_common(SHOWN))
        yield one_line(f"{len(others):,} variables became no item: {listed}.")


def differing(study: Study, known: Sequence[tuple[str, Question]]) -> Iterator[str]:
    if not known:
        return
    found = [line for key, question in known for line in differences(key, study.items[key], question)]
    yield f"{len(known):,} are there already and were left as they are" + (
        f"; {len(found):,} differences:" if found else ", and agree."
    )
    yield from (one_line(f"  {line}") for line in found[: 2 * SHOWN])
    if len(found) > 2 * SHOWN:
        yield f"  and {len(found) - 2 * SHOWN:,} more"
    if found:
        yield f"To draft an entry anew, delete it from {study.key}/items.yaml and run the command again."
