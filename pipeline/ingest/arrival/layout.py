"""How a file of several waves is laid out: a wave in each row, or a column for each; and columns that name arms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.variable_names import filled

WAVE_NAMES = (
    r"(panel_?)?(wave|welle|round|vague|onda|ola|syear|survey_?year|time|period|wav|w|t)(_?(no|nr|num|number|id))?"
)
"""What a column that says the wave of each row is often called, in small letters."""
ARM_NAMES = r"(sub_?)?(sample|arm|strand|panel|cohort|boost|sample_?(type|group|origin)|psample|hhorig)"
MOST_WAVES, MOST_ARMS = 150, 8
_MARKED = (
    (re.compile(r"^(?P<name>.+?)(?P<sep>_?[wWtT]|_[wW]ave_?)(?P<number>\d{1,3})$"), "{{name}}{sep}{number}"),
    (
        re.compile(r"^(?P<sep>[wWtT])(?P<number>\d{1,3})(?P<after>_?)(?P<name>[A-Za-z].*)$"),
        "{sep}{number}{after}{{name}}",
    ),
    (re.compile(r"^(?P<number>[a-z])_(?P<name>.+)$"), "{number}_{{name}}"),
)
"""Forms of names with a wave in them, and the pattern that each has."""


@dataclass(frozen=True)
class Long:
    """Several rows a person: ``column`` says the wave of each, and has these ``values``."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Wide:
    """A row a person: ``pattern`` is how columns of a wave are called, ``marks`` which waves there are.

    ``columns``: mark → name without it → column. ``unmarked``: columns that are of no wave.
    """

    pattern: str
    columns: dict[str, dict[str, str]]
    unmarked: tuple[str, ...]

    @property
    def marks(self) -> list[str]:
        return sorted(self.columns, key=lambda mark: (not mark.isdigit(), int(mark) if mark.isdigit() else mark))


def layout_of(deposit: Deposit, id_column: str | None) -> Long | Wide | None:
    """The layout of a file that serves several waves; None where it looks like one wave's."""
    return _long(deposit.frame, id_column) or _wide(deposit.frame.columns, id_column)


def _long(frame: pl.DataFrame, id_column: str | None) -> Long | None:
    """Ids that come again, and no two rows of one id with the same value in a column that is called like a wave."""
    if id_column is None or not frame[id_column].is_duplicated().any():
        return None
    for name in frame.columns:
        if name == id_column or not re.fullmatch(WAVE_NAMES, name.lower()):
            continue
        distinct = answer_codes(frame[name]).drop_nulls().unique().to_list()
        if 2 <= len(distinct) <= MOST_WAVES and not frame.select(id_column, name).is_duplicated().any():
            return Long(name, tuple(sorted(distinct, key=_in_order)))
    return None


def _in_order(value: str) -> tuple[bool, float, str]:
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    return not is_number, float(value) if is_number else 0.0, value


def _wide(columns: Sequence[str], id_column: str | None) -> Wide | None:
    found = [one for form, pattern in _MARKED if (one := _of_form(columns, id_column, form, pattern)) is not None]
    return max(found, key=lambda one: sum(map(len, one.columns.values())), default=None)


def _of_form(columns: Sequence[str], id_column: str | None, form: re.Pattern[str], pattern: str) -> Wide | None:
    """The columns of the commonest pattern of one form, if most bear it and most names come in several waves."""
    matched = {name: match for name in columns if name != id_column and (match := form.fullmatch(name))}
    around = Counter(_around(match) for match in matched.values())
    if not around:
        return None
    (sep, after), _ = around.most_common(1)[0]
    own = {name: match for name, match in matched.items() if _around(match) == (sep, after)}
    waves: dict[str, dict[str, str]] = {}
    for name, match in own.items():
        waves.setdefault(match["number"], {})[match["name"]] = name
    names = Counter(name for of_wave in waves.values() for name in of_wave)
    several = sum(count > 1 for count in names.values())
    others = [name for name in columns if name not in own]
    if len(waves) < 2 or several * 2 < len(names) or len(own) < len(others) - 1:
        return None
    return Wide(_pattern(pattern, sep, after, list(waves)), waves, tuple(others))


def _around(match: re.Match[str]) -> tuple[str, str]:
    groups = match.groupdict()
    return groups.get("sep", ""), groups.get("after", "")


def _pattern(pattern: str, sep: str, after: str, marks: Sequence[str]) -> str:
    """The pattern as a declaration says it: with the number of the wave, or its letter."""
    if not all(mark.isdigit() for mark in marks):
        return pattern.format(sep=sep, after=after, number="{mark}")
    padded = max(map(len, marks)) if any(mark.startswith("0") for mark in marks) else 0
    return pattern.format(sep=sep, after=after, number=f"{{number:0{padded}}}" if padded else "{number}")


def name_of(layout: Wide, mark: str, name: str) -> str:
    """The column of a wave that the layout's pattern gives."""
    return filled(layout.pattern, name, mark, int(mark) if mark.isdigit() else 0)


def about_arms(deposit: Deposit) -> list[str]:
    """In words, which columns may say the arm of each row, with the rows that they choose."""
    found = []
    for name in deposit.frame.columns:
        if not re.fullmatch(ARM_NAMES, name.lower()):
            continue
        counted = answer_codes(deposit.frame[name]).drop_nulls().value_counts().sort("count", descending=True).rows()
        if 2 <= len(counted) <= MOST_ARMS and all(len(value) <= 24 for value, _ in counted):
            shown = ", ".join(f"{value} ({count:,})" for value, count in counted)
            found.append(
                f"`{name}` may say the arm of each row: {shown}. If so, list the file once for each arm, each with its "
                f"rows: `rows: {{{name}: [{counted[0][0]}]}}`."
            )
    return found
