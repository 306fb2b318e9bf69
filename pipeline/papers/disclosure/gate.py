"""The gate before a release: everything that may not be published, place by place, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import polars as pl

from pipeline.papers.disclosure.attack import Narrowed, narrowed
from pipeline.papers.disclosure.bounds import ContradictionError
from pipeline.papers.disclosure.frame import ALONE, dimensions
from pipeline.papers.disclosure.frame import cells as normalised
from pipeline.papers.disclosure.rules import DEFAULTS, Refusal, refused_cells
from pipeline.specs.disclosure import Disclosure

ROUND = "Suppress one more cell of the same sum, merge, or round the counts (`disclosure: {counts: 10}` in study.yaml)."
DIFFERENCED = ("mean", "total", "share", "quantile")


def refusals(
    cells: pl.DataFrame, earlier: pl.DataFrame | None = None, rules: Disclosure | None = None
) -> list[Refusal]:
    """What is refused of ``cells``, given what ``earlier`` releases published; empty if all may be published.

    Both as in ``frame.COLUMNS``; ``rules``: the study's thresholds. Rules on single cells come first, then what the
    attacker finds between them.
    """
    asked = rules or DEFAULTS
    found = refused_cells(cells, asked)
    try:
        leaks = [_leak(leak, asked.smallest) for leak in narrowed(cells, earlier, asked.smallest)]
    except ContradictionError as error:
        leaks = [Refusal("two numbers printed", "contradiction", str(error), "Print one number for one population.")]
    return list(dict.fromkeys([*found, *leaks, *_samples(cells, earlier, asked.smallest)]))


def _leak(leak: Narrowed, smallest: int) -> Refusal:
    between = f"{leak.low:,.0f}" if leak.low == leak.high else f"{leak.low:,.0f} to {leak.high:,.0f}"
    what = f"{leak.of} can be narrowed to {between}, fewer than {smallest} apart or in all ({leak.how})"
    return Refusal(leak.place, "attacker", what, ROUND)


def _samples(cells: pl.DataFrame, earlier: pl.DataFrame | None, smallest: int) -> Iterator[Refusal]:
    """The same mean or share of two samples that differ by a few people: their values follow from the two."""
    both = [normalised(cells)] + ([] if earlier is None or earlier.is_empty() else [normalised(earlier)])
    frame = pl.concat(both, how="diagonal").filter(
        pl.col("statistic").is_in(DIFFERENCED) & ~pl.col("sample").str.starts_with(ALONE),
        pl.col("value").is_not_null() & pl.col("n").is_not_null(),
    )
    names = ["statistic", "outcome", "category", "unit", *dimensions(frame)]
    for _, own in frame.group_by(names, maintain_order=True):
        printed = own.unique(["n", "sample", "release"], maintain_order=True).sort("n", maintain_order=True)
        rows = list(printed.iter_rows(named=True))
        for one, other in pairwise(rows):
            apart = other["n"] - one["n"]
            if 1 <= apart < smallest and max(one["n_rounding"], other["n_rounding"]) < 2 and _is_new(one, other):
                yield Refusal(
                    f"{one['place']} and {other['place']}",
                    "differencing",
                    f"the same {one['statistic']} of two samples that differ by fewer than {smallest} people",
                    "Print one of them, or of one sample, or round the counts.",
                )


def _is_new(one: dict[str, object], other: dict[str, object]) -> bool:
    return not (one["release"] and other["release"])
