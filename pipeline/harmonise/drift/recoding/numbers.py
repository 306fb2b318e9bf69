"""Numbers of a file beside the same people's earlier ones: what converts them, in words and as a declaration."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.harmonise.crosswalk import Rule, canonical
from pipeline.harmonise.drift.history import Beside
from pipeline.harmonise.drift.reading import Reading
from pipeline.harmonise.drift.recoding.conversion import Conversion, Numbers, Pair, conversion
from pipeline.specs.project import Study


def converted_numbers(study: Study, beside: Beside, key: str) -> tuple[str, str, int] | None:
    """What converts the numbers of an item to those of the wave before, what to do, and people in both; or nothing.

    If the wave before the last agrees with the numbers as they are, it was the last wave that was converted.
    """
    now = beside.now[key]
    amounts = _amounts(now, beside.rows[now.rule.variable or ""])
    last, *others = beside.earlier[key]
    pair = _pair(beside, last, amounts)
    found = conversion(pair, beside.years(key), now.rule.range)
    if found is None or (others and not _agrees(beside, others[0], amounts, now, found)):
        return None
    return _what(pair, found), _todo(study, beside, key, found), len(pair[0])


def _amounts(now: Reading, raw: pl.Series) -> Numbers:
    """The number of each row as declared, in range or not; NaN for missing codes and text."""
    missing = [code for code in raw.unique().drop_nulls() if canonical(code) in now.rule.codes]
    numbers = raw.set(raw.is_in(missing), None).cast(pl.Float64, strict=False).to_numpy() * now.rule.times
    numbers = numbers + now.rule.plus
    return sum(now.rule.range or (0.0, 0.0)) - numbers if now.rule.reverse else numbers


def _pair(beside: Beside, earlier: tuple[str, Reading], amounts: Numbers) -> Pair:
    wave, reading = earlier
    rows_before, rows_now = beside.pairs(wave)
    was, now = reading.numbers[rows_before], amounts[rows_now]
    both = np.isfinite(was) & np.isfinite(now)
    return was[both], now[both]


def _agrees(beside: Beside, earlier: tuple[str, Reading], amounts: Numbers, now: Reading, found: Conversion) -> bool:
    """Whether another wave shows the same conversion, or too few people to say."""
    was, then = _pair(beside, earlier, amounts)
    began = beside.study.fieldwork(earlier[0], beside.file.arm).start
    years = (beside.study.fieldwork(beside.wave, beside.file.arm).end - began).days / 365.25
    other = conversion((was, then), years, now.rule.range)
    return len(was) < 30 or (other is not None and other.name == found.name)


def _what(pair: Pair, found: Conversion) -> str:
    was, now = pair
    median = [float(np.median(values)) for values in (was, now, found.applied(now))]
    return (
        f"numbers that are other amounts than before ({found.name}): {_formula(found)} fits what the same "
        f"{len(was):,} people gave before. Under it {found.repeated:.0%} repeat their answer, as declared "
        f"{found.declared:.0%}. Their median was {median[0]:,.4g}, is {median[1]:,.4g} as declared, and "
        f"{median[2]:,.4g} under the conversion."
    )


def _formula(found: Conversion) -> str:
    times = {1.0: "the number now", -1.0: "minus the number now"}.get(
        found.times, f"{found.times:.6g} times the number now"
    )
    return times if not found.plus else f"{times} {'plus' if found.plus > 0 else 'minus'} {abs(found.plus):g}"


def _todo(study: Study, beside: Beside, key: str, found: Conversion) -> str:
    keys = _declaration(beside.now[key].rule, found)
    exception = f"exceptions: {{{key}: {{reason: another unit in this wave, {keys}}}}}"
    paste = f"`{keys}` in its exception" if key in study.waves[beside.wave].exceptions else f"`{exception}`"
    return (
        f"Compare the units of the two questionnaires. If they differ: waves/{beside.wave}.yaml: {paste}; if not, "
        "decide `accept`."
    )


def _declaration(rule: Rule, found: Conversion) -> str:
    """The conversion on top of what the wave declares already; numbers that are reversed are so afterwards."""
    times, plus = found.times * rule.times, found.times * rule.plus + found.plus
    if rule.reverse:
        plus = sum(rule.range or (0.0, 0.0)) * (1 - found.times) - found.plus + found.times * rule.plus
    said = [f"times: {times:.10g}"] * (times != 1) + [f"plus: {plus:.10g}"] * (plus != 0)
    return ", ".join(said) or "times: 1"
