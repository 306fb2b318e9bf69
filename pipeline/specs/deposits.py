"""Files as they are declared: sources, the parts that waves take of them, and the files that are joined to a part."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from pipeline.specs.base import Assumable, Declaration, ItemNames, Name, Period, Text
from pipeline.specs.formats import FORMATS
from pipeline.specs.variable_names import check_pattern


def _has_a_record(name: str) -> str:
    """One of the formats of ``pipeline.specs.formats``; the message is that of a ``Literal``."""
    if name not in FORMATS:
        *first, last = (f"'{known}'" for known in FORMATS)
        expected = f"{', '.join(first)} or {last}"
        raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})
    return name


FileFormat = Annotated[str, AfterValidator(_has_a_record)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Pattern = Annotated[str, AfterValidator(check_pattern)]
"""How variables are called: ``{name}`` and what stands around it, perhaps ``{mark}`` or ``{number}`` of the wave."""


def _choice(given: Any) -> Any:
    """A mapping of columns to one value or several, each as text."""
    if not isinstance(given, dict) or not given:
        raise ValueError("say which rows, as {column: value} or {column: [value, value]}")
    found = {str(name): tuple(map(_text, values if isinstance(values, list) else [values]))
             for name, values in given.items()}  # fmt: skip
    wrong = [name for name, values in found.items() if not values or "" in values]
    if wrong:
        raise ValueError(f"`{wrong[0]}` has no value to choose rows by; say {wrong[0]}: [1, 2]")
    return found


def _text(value: object) -> str:
    """A value as a file may hold it, a date as dates are read; a mapping or a list is none."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _rows(given: Any) -> Any:
    """A number of rows, or the choice of a part's rows."""
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given >= 0):
        return given
    return _choice(given)


def _keys(given: Any) -> Any:
    """A key as a mapping of its names here to its names there."""
    return (
        {name: name for name in given}
        if isinstance(given, list)
        else {given: given}
        if isinstance(given, str)
        else given
    )


Choice = Annotated[dict[str, tuple[str, ...]], PlainValidator(_choice)]
"""Column → the values of which a row has one in it."""
Rows = Annotated[int | dict[str, tuple[str, ...]] | None, PlainValidator(_rows)]

ROLES = (
    *("person_id", "weight", "strata", "psu", "area", "wave", "interview_date", "duration", "progress", "test"),
    "household",
)
"""The roles that a source variable may have; ``duration``, ``progress`` and ``test`` are paradata (``Paradata``)."""

NO_COLUMN = "none"
"""What a wave says of a role that no column has in it: ``weight: none``."""


class Columns(Declaration):
    """The source variables with a role, before any wave prefix. ``none`` says that no column has it here."""

    person_id: str | None = None
    weight: str | None = None
    strata: str | None = None
    psu: str | None = None
    area: str | None = None
    wave: str | None = None
    interview_date: str | None = None
    duration: str | None = None
    progress: str | None = None
    test: str | None = None
    household: str | None = None

    def over(self, other: Columns) -> Columns:
        """These columns, with those of ``other`` where these name none."""
        return Columns(**{**other.named(), **self.named()})

    def named(self) -> dict[str, str]:
        """Role → variable, for the roles that have one."""
        return {role: name for role in ROLES if (name := getattr(self, role)) is not None}


class Limits(Declaration):
    """What the reader of a file may take, where that is more than its size lets expect."""

    seconds: float | None = Field(default=None, gt=0)
    gigabytes: float | None = Field(default=None, gt=0)


class Deposited(Assumable):
    """A file as it is read: where it lies, and in which form. ``sha256`` and ``rows`` confirm it.

    ``earlier`` lists the SHA-256 of the deliveries that this one replaced, oldest first (``cohesion wave accept``).
    ``thousands`` is the mark between thousands (``1,234``); ``footer_rows`` the number of last rows that are notes and
    totals below the table.
    """

    file: str = Field(min_length=1)
    format: FileFormat = ""
    sha256: Sha256 | None = None
    earlier: tuple[Sha256, ...] = ()
    encoding: str | None = None
    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", "’"] | None = None
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)
    footer_rows: int = Field(default=0, ge=0, le=100)
    layout: Literal["plain", "qualtrics"] = "plain"
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _marks_differ(self) -> Deposited:
        if self.thousands == self.decimal:
            raise ValueError(f"`{self.thousands}` cannot mark both the thousands and the decimals")
        return self


OF_A_SOURCE = tuple(name for name in Deposited.model_fields if name not in Assumable.model_fields)
"""The keys that a source says for every part that is taken of it."""


class SourceFile(Deposited):
    """A file that serves several waves or arms, read once. ``left_out``: the rows that no wave is meant to take."""

    format: FileFormat
    rows: int | None = Field(default=None, ge=0)
    left_out: tuple[Choice, ...] = ()


PRESENCE = "say `row`, or `column` with its `codes`, or `any_of: items` (or a list of items)"


class Presence(Declaration):
    """What makes a row an interview: being there, codes in a column, or an answer to any of the wave's own items."""

    row: bool = False
    column: str | None = None
    codes: tuple[Text, ...] = ()
    any_of: Annotated[
        tuple[Name, ...], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)
    ] = ()

    @model_validator(mode="after")
    def _one_rule(self) -> Presence:
        rules = [self.row, self.column is not None, bool(self.any_of)]
        if sum(rules) != 1 or (self.column is None) != (not self.codes):
            raise ValueError(PRESENCE)
        return self


def _present(given: Any) -> Any:
    if isinstance(given, dict | Presence | None):
        return given
    if given != "row":
        raise ValueError(PRESENCE)
    return {"row": True}


class Joined(Deposited):
    """A file that adds columns to each row of a part, found by a key: of households, of areas, of lasting facts.

    ``on``: the key, under one name in both, or ``{name here: name there}``. Every key is there once in the joined
    file. ``one_to_one``: and once in the part. ``take``: the columns it adds, where other files have them too.
    """

    on: Annotated[dict[str, str], BeforeValidator(_keys), Field(min_length=1)]
    relation: Literal["one_to_one", "many_to_one"]
    rows: int | None = Field(default=None, ge=0)
    of_source: Name | None = None
    names: Pattern | None = None
    take: tuple[str, ...] = ()


class WaveFile(Deposited):
    """A part: the rows and columns of one file, or of a source, that serve one wave and arm.

    ``file`` names a file, or a source of study.yaml that says how it is read. ``rows`` is the number of rows, or, where
    a file serves several waves or arms, says which rows are this part's (``{wave: 3}``). ``mode`` becomes a column.
    ``date_format`` is how interview dates are written (``%d/%m/%Y``); ``refreshment`` names a CSV list of ids that are
    new in this wave.
    """

    arm: Name
    of_source: Name | None = None
    rows: Rows = None
    present: Annotated[Presence, BeforeValidator(_present)] | None = None
    join: tuple[Joined, ...] = ()
    mode: Text | None = None
    answers: Literal["codes", "labels", "code_and_label"] = "codes"
    fieldwork: Period | None = None
    columns: Columns = Columns()
    prefix: str | None = None
    names: Pattern | None = None
    variables: dict[Name, str] = {}
    not_asked: ItemNames = ()
    date_format: str | None = None
    refreshment: str | None = None

    @property
    def part(self) -> str:
        """What it is called among the parts of its wave."""
        return f"{self.arm}/{self.file}"

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """Column → the values that this part's rows have in it; empty where every row is its own."""
        return self.rows if isinstance(self.rows, dict) else {}
