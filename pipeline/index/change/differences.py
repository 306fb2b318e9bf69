"""One comparison as a row: the two sides on their common indicators, their difference, its error, and the ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.index.change.cells import Cell, Contrast, contrast, ratio
from pipeline.index.change.setting import Others, Setting

FEW = "fewer than {} people on one side"
NONE_COMMON = "no indicator of this measure was asked on both sides"
Row = dict[str, object]


@dataclass(frozen=True)
class Compared:
    """What a row is of: area, measure, wave and its round, and what it is compared with."""

    study: str
    area: str
    measure: str
    wave: str
    round: str
    against: str
    against_round: str | None

    def row(self, kind: str, **numbers: object) -> Row:
        return {**vars(self), "kind": kind, **numbers}


def compared_of(
    setting: Setting, area: str, measure: str, wave: str, against: str, before: Sequence[str] = ()
) -> Compared:
    """What a row is of. ``before``: the waves of the area that it is compared with, whose rounds are named alike."""
    rounds = [setting.round_of(area, one) for one in before]
    named = f"{rounds[0]} to {rounds[-1]}" if len(rounds) > 1 else "".join(rounds) or None
    return Compared(setting.study, area, measure, wave, setting.round_of(area, wave), against, named)


def change(setting: Setting, of: Compared, kind: str, before: Sequence[str]) -> Row:
    """The area's mean in the wave less the mean of its means in those before; of one, with the ratio."""
    waves = (of.wave, *before)
    sides = [setting.rows[of.area, wave] for wave in waves]
    made = _compared(
        setting, of, kind, sides, [(of.area, wave) for wave in waves], (1.0, *[-1.0 / len(before)] * len(before))
    )
    if isinstance(made, dict):
        return made
    row, cells = made
    return {**row, **_ratio(setting, cells[0], cells[1], row["note"])} if len(before) == 1 else row


def difference(setting: Setting, of: Compared, others: Others, since: str | None = None) -> Row:
    """The area's mean less that of the comparison in the same round; with ``since`` of the changes since that wave."""
    kind = "comparison" if since is None else "comparison_change"
    waves = (of.wave,) if since is None else (of.wave, since)
    own = [setting.rows[of.area, wave] for wave in waves]
    rounds = [setting.round_of(of.area, wave) for wave in waves]
    theirs = [others.rows[setting.in_round(others.rows, one)] for one in rounds]
    if any(not len(rows) for rows in theirs):
        return of.row(kind, note=f"nobody of the comparison was interviewed in this {setting.called}")
    keys = [*((of.area, wave) for wave in waves), *(("", of.against, one) for one in rounds)]
    signs = (1.0, -1.0) if since is None else (1.0, -1.0, -1.0, 1.0)
    made = _compared(setting, of, kind, [*own, *theirs], keys, signs)
    return made if isinstance(made, dict) else made[0]


def from_figure(setting: Setting, of: Compared, value: float, error: float | None) -> Row:
    """The area's mean less a figure of elsewhere, whose error adds to its own."""
    own = setting.cell(of.measure, setting.rows[of.area, of.wave], (of.area, of.wave), None, ())
    note = None if error is not None else "the benchmark is given without an error, and taken as exact"
    made = contrast(setting.design, [(1.0, own)])
    return _numbers(setting, of.row("benchmark", note=note), made, shift=-value, further=error or 0.0)


def _compared(
    setting: Setting,
    of: Compared,
    kind: str,
    sides: Sequence[np.ndarray],
    keys: Sequence[tuple[str, ...]],
    signs: Sequence[float],
) -> Row | tuple[Row, list[Cell]]:
    """The row and the means it is made of; the row alone where it can have no number."""
    kept, asked = setting.common(sides)
    own = setting.scores.of(of.measure)
    common = len(kept & set(own)) if kept is not None and own else None
    if common == 0:
        return of.row(kind, note=NONE_COMMON, common_indicators=0)
    cells = [setting.cell(of.measure, rows, key, kept, asked) for rows, key in zip(sides, keys, strict=True)]
    if any(not len(cell.persons) for cell in cells):
        return of.row(kind, note="nobody has this measure on one side", common_indicators=common)
    fewer = common is not None and common < len(own)
    note = f"on the {common} of {len(own)} indicators that both sides were asked" if fewer else None
    made = contrast(setting.design, list(zip(signs, cells, strict=True)))
    row = _numbers(setting, of.row(kind, common_indicators=common, note=note), made)
    return row if row.get("estimate") is None else (row, cells)


def _numbers(setting: Setting, row: Row, made: Contrast, *, shift: float = 0.0, further: float = 0.0) -> Row:
    """The row with its difference, error and interval; without them where a side has too few people."""
    if made.smallest < setting.smallest:
        return {**row, "note": FEW.format(setting.smallest)}
    row = {**row, "estimate": made.estimate + shift, "n_persons": made.smallest}
    if made.std_error is None:
        return {**row, "note": "no degrees of freedom for a standard error"}
    error = float(np.hypot(made.std_error, further))
    low, high = _interval(setting, made.estimate + shift, error, made.df)
    return {**row, "std_error": error, "df": float(made.df), "conf_low": low, "conf_high": high}


def _ratio(setting: Setting, now: Cell, then: Cell, note: object) -> Row:
    made = ratio(setting.design, now, then)
    if made is None:
        why = "no ratio: the score that it would be divided by is not above zero"
        return {"note": "; ".join(str(part) for part in (note, why) if part)}
    if made.std_error is None:
        return {"ratio": made.estimate}
    low, high = _ratio_interval(setting, made.estimate, made.std_error, made.df)
    return {"ratio": made.estimate, "ratio_error": made.std_error, "ratio_low": low, "ratio_high": high}


def _ratio_interval(setting: Setting, value: float, error: float, df: int) -> tuple[float | None, float | None]:
    """Ends on the scale of logarithms: those of the ratio itself fall below zero where the base is small.

    A ratio of zero has no logarithm, and no interval.
    """
    if not value > 0:
        return None, None
    low, high = _interval(setting, 0.0, error / value, df)
    return value * float(np.exp(low)), value * float(np.exp(high))


def _interval(setting: Setting, estimate: float, error: float, df: int) -> tuple[float, float]:
    from scipy.special import stdtrit

    half = float(stdtrit(df, (1 + setting.confidence) / 2)) * error
    return estimate - half, estimate + half
