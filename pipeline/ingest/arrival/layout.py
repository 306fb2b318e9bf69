"""How a file of several waves is laid out: a wave in each row, or a column for each; and columns that name arms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.ingest.arrival.wide_labels import mostly_alike
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.variable_names import filled
from pipeline.specs.yaml_text import quoted

WAVE_NAMES = (
    r"(panel_?)?(wave|welle|round|sweep|vague|onda|ola|syear|(survey_?)?year|time|period|wav|w|t)"
    r"(_?(no|nr|num|number|id))?"
)
"""What a column that says the wave of each row is often called, in small letters."""
ARM_NAMES = r"(sub_?)?(sample|arm|strand|panel|cohort|boost|sample_?(type|group|origin)|psample|hhorig)"
MOST_WAVES, MOST_ARMS = 150, 8
LEAST_SHARED, LEAST_ROWS, MOST_CHANCE = 0.2, 5, 1e-6
"""Of a long file: the share of rows whose id comes again, the rows of each value of a column that is not called like a
wave, and how probable it may be that any such column tells the rows of each id from each other by chance."""
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

    @property
    def marks(self) -> list[str]:
        return list(self.values)


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


def layout_of(deposit: Deposit, id_column: str | None, *, may_be_wide: bool = True) -> Long | Wide | None:
    """The layout of a file that serves several waves; None where it looks like one wave's."""
    long = long_layout(deposit.frame, id_column)
    return long or (_wide(deposit, id_column) if may_be_wide else None)


def long_layout(frame: pl.DataFrame, id_column: str | None) -> Long | None:
    """How a file with several rows a person tells them from each other; None where no column does.

    Ids come again, but never twice with one value of the column. A name that waves are often called by decides between
    such columns, and is needed where so few ids come again that answers may differ by chance; otherwise the column of
    the fewest values is taken. Rows that are identical in every cell count once.
    """
    if id_column is None or id_column not in frame.columns:
        return None
    again = frame.filter(pl.col(id_column).is_not_null() & pl.col(id_column).is_duplicated())
    if again.height < LEAST_SHARED * frame.height or not again.height:
        return None
    rows = frame.filter(pl.col(id_column).is_not_null()).unique(maintain_order=True)
    sizes = rows.group_by(id_column).len()["len"]
    pairs = int((sizes * (sizes - 1)).sum()) // 2
    found = [
        (not _is_called_wave(name), len(values), place, name, values)
        for place, name in enumerate(rows.columns)
        if name != id_column and (values := _tells_rows(rows, id_column, name, pairs))
    ]
    return Long(min(found)[3], min(found)[4]) if found else None


def _tells_rows(rows: pl.DataFrame, id_column: str, name: str, pairs: int) -> tuple[str, ...]:
    """The values of a column that no id has twice; empty for others, and for what may be so by chance."""
    if not pairs or rows[name].n_unique() > MOST_WAVES + 1:
        return ()
    codes = answer_codes(rows[name])
    own = pl.DataFrame({"id": rows[id_column], "code": codes}).drop_nulls()
    counts = own["code"].value_counts()["count"]
    if not 2 <= len(counts) <= MOST_WAVES or own.is_duplicated().any():
        return ()
    if not _is_called_wave(name):
        alike = float(((counts / own.height) ** 2).sum())
        by_chance = rows.width * (1 - alike) ** pairs
        if own.height < rows.height or own.height < LEAST_ROWS * len(counts) or by_chance > MOST_CHANCE:
            return ()
    return tuple(sorted(own["code"].unique().to_list(), key=_in_order))


def _is_called_wave(name: str) -> bool:
    return re.fullmatch(WAVE_NAMES, name.lower()) is not None


def about_long(layout: Long) -> str:
    """In words, that a file is long, and by which column."""
    first, last = layout.values[0], layout.values[-1]
    return f"each id occurs at most once per value of `{layout.column}` ({first} to {last}): this is a long file"


def rows_of_long(layout: Long) -> str:
    """What a declaration of one of its waves says, for example."""
    value = layout.values[min(2, len(layout.values) - 1)]
    shown = value if re.fullmatch(r"-?\d+", value) else quoted(value)
    return f"`rows: {{{layout.column}: {shown}}}`"


def _in_order(value: str) -> tuple[bool, float, str]:
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    return not is_number, float(value) if is_number else 0.0, value


def _wide(deposit: Deposit, id_column: str | None) -> Wide | None:
    columns = deposit.frame.columns
    found = [one for form, pattern in _MARKED if (one := _of_form(columns, id_column, form, pattern)) is not None]
    found = [one for one in found if mostly_alike(_by_name(one), deposit.labels)]
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


def _by_name(layout: Wide) -> list[list[str]]:
    """The columns of each name that several waves have."""
    names: dict[str, list[str]] = {}
    for own in layout.columns.values():
        for name, column in own.items():
            names.setdefault(name, []).append(column)
    return [columns for columns in names.values() if len(columns) > 1]


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
