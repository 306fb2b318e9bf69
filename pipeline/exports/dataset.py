"""A data set that is ready to be written: columns of kinds that every program has, with all that is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from pipeline.errors import CohesionError
from pipeline.exports.variable import REASONS, Kind, Variable
from pipeline.texts import visible

LARGEST = 8.9e307
"""Above it Stata keeps its missing values."""
WHOLE = 2**53
"""Larger whole numbers are not exact in SPSS and Stata."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Missing:
    """Why a value is missing: the reason as the data have it, its label, its letter in Stata and its code in SPSS."""

    reason: str
    label: str
    letter: str
    code: float


@dataclass(frozen=True)
class DataSet:
    """``frame``: columns of text, numbers, flags (0 and 1), dates and times alone. ``title`` names it to people.

    ``variables``: column → what is said of it, for every column in the order of the frame; ``notes``: facts that files
    carry where they can, such as which variable is a weight.
    """

    frame: pl.DataFrame
    variables: Mapping[str, Variable]
    title: str
    notes: Sequence[str] = ()

    @property
    def reasons(self) -> dict[str, str]:
        """Column of values → the column that says why one is missing."""
        return {name: about.reason for name, about in self.variables.items() if about.reason}

    @property
    def shown(self) -> list[str]:
        """The columns but for those of reasons, which SPSS and Stata hold in the values."""
        hidden = set(self.reasons.values())
        return [name for name in self.frame.columns if name not in hidden]

    def kind(self, name: str) -> Kind:
        """What a column holds; a flag is a number by now."""
        return kind_of(self.frame.schema[name], name)

    @cached_property
    def missing(self) -> dict[str, Missing]:
        """Reason → how it is written, for every reason of the data, known ones first."""
        columns = [self.frame[name] for name in dict.fromkeys(self.reasons.values())]
        found = {reason for column in columns for reason in column.drop_nulls().unique()}
        if not columns:
            return {}
        listed = [*REASONS, *sorted(found - set(REASONS))]
        if len(listed) > len(LETTERS):
            raise CohesionError(
                "there are more reasons for missing values than Stata has letters",
                count=len(listed),
                todo=f"Put them together: at most {len(LETTERS)}.",
            )
        free = iter([letter for letter in LETTERS if letter not in {letter for letter, _ in REASONS.values()}])
        lowest = self._lowest_code(len(listed))
        made = {}
        for place, reason in enumerate(listed):
            letter, label = REASONS.get(reason) or (next(free), visible(reason).replace("_", " ").capitalize())
            made[reason] = Missing(reason, label, letter, float(lowest + place))
        return made

    def _lowest_code(self, count: int) -> int:
        """The first of the codes for missing values: -99, or as many nines as it takes to be no value of the data."""
        for digits in range(2, 10):
            lowest = 1 - int(10**digits)
            ends = (lowest, lowest + count - 1)
            if not any(self._is_taken(name, *ends) for name in self.reasons):
                return lowest
        raise CohesionError("no block of codes is free for missing values", todo="Export without reasons.")

    def _is_taken(self, name: str, low: int, high: int) -> bool:
        column = self.frame[name]
        labelled = any(low <= value <= high for value in self.variables[name].values)
        return labelled or bool(column.is_between(low, high).any())


def kind_of(kind: pl.DataType, name: str) -> Kind:
    """The kind of a column. Raises ``CohesionError`` for one that the programs do not have."""
    if kind == pl.Boolean:
        return "flag"
    if kind.is_numeric():
        return "number"
    if isinstance(kind, pl.String | pl.Categorical | pl.Enum):
        return "text"
    if kind == pl.Date:
        return "date"
    if isinstance(kind, pl.Datetime) and kind.time_zone is None:
        return "time"
    raise CohesionError(f"holds {kind}, which SPSS and Stata do not have", where=name, todo="Cast it, or leave it out.")


def data_set(
    frame: pl.DataFrame, variables: Mapping[str, Variable], title: str = "", notes: Sequence[str] = ()
) -> DataSet:
    """The frame in columns that can be written. Raises ``CohesionError`` for what no program could read again."""
    strangers = [name for name in variables if name not in frame.columns]
    if strangers or not frame.width:
        listed = ", ".join(f"`{name}`" for name in strangers[:5]) or "a single column"
        raise CohesionError(f"the frame has no {listed}", todo=f"It has: {', '.join(frame.columns[:20])}.")
    columns = [_written(frame[name]) for name in frame.columns]
    made = pl.DataFrame(columns)
    described = {name: _shown(variables.get(name, Variable())) for name in frame.columns}
    _check_reasons(made, described)
    for name, about in described.items():
        if about.values and kind_of(made.schema[name], name) != "number":
            raise CohesionError(
                "has labels of values, and is no number", where=name, todo="Give numbers, or no `values`."
            )
    flags = {
        name: replace(about, values=about.values or {0.0: "No", 1.0: "Yes"}, measure=about.measure or "nominal")
        for name, about in described.items()
        if frame.schema[name] == pl.Boolean
    }
    return DataSet(made, {**described, **flags}, visible(title) or "Data set", tuple(map(visible, notes)))


def _shown(about: Variable) -> Variable:
    """With signs that nobody sees, and that not every program can hold, by their code."""
    values = {float(value): visible(label) for value, label in about.values.items()}
    return replace(about, label=visible(about.label), remark=visible(about.remark), values=values)


def _written(column: pl.Series) -> pl.Series:
    kind = kind_of(column.dtype, column.name)
    if kind == "text":
        return _text(column.cast(pl.String))
    if kind == "flag":
        return column.cast(pl.Int8)
    if kind == "time":
        return column.cast(pl.Datetime("us"))
    if kind == "number":
        return _number(column)
    return column


def _text(column: pl.Series) -> pl.Series:
    torn = int(column.str.contains("\x00", literal=True).sum() or 0)
    if torn:
        raise CohesionError("holds texts with a null character, at which programs stop", where=column.name, count=torn)
    long = int((column.str.len_bytes() > 32_767).sum() or 0)
    if long:
        raise CohesionError("holds texts longer than SPSS takes (32,767 bytes)", where=column.name, count=long)
    return column.set(column == "", None)


def _number(column: pl.Series) -> pl.Series:
    if column.dtype.is_integer():
        large = int((column.cast(pl.Int128).abs() > WHOLE).sum() or 0)
        if large:
            raise CohesionError(
                "holds whole numbers that SPSS and Stata would round", where=column.name, count=large,
                todo="Are they ids? Cast the column to text.",
            )  # fmt: skip
    numbers = column.cast(pl.Float64).fill_nan(None)
    large = int((numbers.abs() > LARGEST).sum() or 0)
    if large:
        raise CohesionError("holds numbers that Stata cannot hold, or infinite ones", where=column.name, count=large)
    return numbers


def _check_reasons(frame: pl.DataFrame, variables: Mapping[str, Variable]) -> None:
    for name, about in variables.items():
        if not about.reason:
            continue
        if about.reason not in frame.columns or frame.schema[about.reason] != pl.String:
            raise CohesionError(f"there is no column of text `{about.reason}` with its reasons", where=name)
        if kind_of(frame.schema[name], name) != "number":
            raise CohesionError("has reasons for missing values, and is no number", where=name)
        both = int((frame[name].is_not_null() & frame[about.reason].is_not_null()).sum())
        if both:
            raise CohesionError("has a value and a reason why there is none", where=name, count=both)


def labelled(data: DataSet) -> Iterator[tuple[str, float, str]]:
    """Every labelled value: column, value, label."""
    for name, about in data.variables.items():
        for value, label in sorted(about.values.items()):
            yield name, value, label
