"""People who count as present in a wave by hardly any answer, as those do of whom one column says something anyway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import add

import polars as pl

from pipeline.harmonise.drift.finding import Finding
from pipeline.harmonise.drift.history import Beside
from pipeline.specs.part_columns import own_items, presence_items

FEWEST_ITEMS = 10
"""With fewer items than this an answer or two may be all that somebody gave."""
HARDLY_ANY = 20
"""Present by at most one in so many items."""
FEW_PEOPLE, MANY_PEOPLE = 5, 0.1
"""Fewer people than this are no finding; this share of a wave stops it, if the same few items make them present."""
THE_SAME = 0.9
"""Of those who are present by hardly any answer, the share whose answers are to the same few items."""
MOST_NAMED = 5


def presence_findings(beside: Beside) -> Iterator[Finding]:
    """That people count as present although they answered hardly any item of the wave's own (``present: any_of``)."""
    rule = presence_items(beside.study, beside.wave, beside.file)
    if not rule:
        return
    answered = _answered(beside, own_items(beside.study, beside.wave, beside.file) | rule)
    if answered.width < FEWEST_ITEMS:
        return
    most = hardly_any(answered.width)
    counts = reduce(add, (answered[name].cast(pl.Int64) for name in answered.columns))
    few = answered.filter((counts <= most) & (counts > 0))
    people = answered.height
    if few.height < FEW_PEOPLE:
        return
    given = {name: int(few[name].sum()) for name in few.columns}
    common = sorted((name for name in given if name in rule and given[name]), key=lambda name: -given[name])
    by_them = [name for name in common[:most] if given[name] >= few.height * (1 - THE_SAME)]
    same = int(few.select(pl.any_horizontal(by_them)).to_series().sum()) if by_them else 0
    is_column = same >= few.height * THE_SAME
    named = by_them if is_column else common[:MOST_NAMED]
    listed = ", ".join(f"`{name}` ({given[name]:,})" for name in named)
    more = f" and {len(common) - len(named):,} other items" if len(common) > len(named) else ""
    yield Finding(
        beside.file.arm,
        "present",
        "hardly_present",
        "blocks" if is_column and few.height >= MANY_PEOPLE * people else "warns",
        f"{few.height:,} of {people:,} people count as present by answers to at most {most} of the wave's "
        f"{answered.width:,} items: {listed}{more}.",
        beside.file.file,
        "If a column says something of people who were not interviewed, name the items that only interviews answer: "
        f"`present: {{any_of: [{', '.join(_better(answered, few, named))}, ...]}}`; if it holds weights, declare it: "
        "`columns: {weight: ...}`. Accept this by a decision about `present` if these are interviews that broke off.",
        count=few.height,
        confidence=0.95 if is_column else 0.5,
    )


def hardly_any(items: int) -> int:
    """How many answers are hardly any, of so many items."""
    return max(1 if items < HARDLY_ANY else 2, items // HARDLY_ANY)


def _answered(beside: Beside, items: Mapping[str, str]) -> pl.DataFrame:
    """Item → per row whether there is an answer, for those ``items`` that anybody answered."""
    found: dict[str, pl.Series] = {}
    for key, variable in items.items():
        now = beside.now.get(key)
        if now is None or now.absent:
            continue
        codes = beside.rows[variable]
        answers = codes.is_not_null() & ~codes.is_in(list(now.missing))
        if answers.any():
            found[key] = answers
    return pl.DataFrame(found)


def _better(answered: pl.DataFrame, few: pl.DataFrame, named: list[str]) -> list[str]:
    """Items that most of the wave answered, and of those who are hardly present nobody, or as few as may be."""
    others = [name for name in answered.columns if name not in named]
    return sorted(others, key=lambda name: (int(few[name].sum()), -int(answered[name].sum())))[:2]
