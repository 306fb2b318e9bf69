"""A study: who was asked, in which arms and waves, from which files, with which items and scales."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.specs.base import (
    Assumable,
    Declaration,
    ItemNames,
    LonelyPsu,
    MissingReason,
    Name,
    OnceEach,
    Period,
    Range,
    Subset,
    Text,
    WaveNames,
)
from pipeline.specs.deposits import Choice, Columns, Pattern, SourceFile, WaveFile
from pipeline.specs.disclosure import Disclosure
from pipeline.specs.outcomes import OutcomeList
from pipeline.specs.paradata import Paradata


class Arm(Assumable):
    """A part of the sample with its own calendar."""

    title: Text
    waves: WaveNames = Field(min_length=1)
    description: str = ""


class Event(Assumable):
    """Something that happened, marked in trend figures; with ``until`` a stretch of time."""

    date: dt.date
    label: str
    until: dt.date | None = None


class IdRule(Declaration):
    """What may be done to an id before it is compared; nothing else is.

    ``within: arm`` says that each arm counts its ids anew: the same id in two arms is two people.
    """

    strip: bool = False
    case: Literal["as_is", "upper", "lower"] = "as_is"
    pattern: str | None = None
    within: Literal["study", "arm"] = "study"


class Design(Declaration):
    """Conventions of the design-based standard errors, unless a model says otherwise."""

    lonely_psu: LonelyPsu = "fail"
    subset: Subset = "domain"


class AreaMeasure(Assumable):
    """A measure of the area a person lives in, from a dated table in data/areas. The key is its concept.

    ``by`` names a score (such as ``ethnic_minority``) that the table is also keyed by, in a column of that name.
    ``over_time``: each wave takes the latest ``date`` of the table on or before its fieldwork, not the declared one
    alone. ``unmatched``: so many codes of the panel may be without a row.
    """

    table: str
    column: str
    code: str = "area_code"
    vintage: Text
    date: dt.date
    source: str
    by: Name | None = None
    range: Range | None = None
    over_time: bool = False
    unmatched: int = Field(default=0, ge=0)


class Tile(Assumable):
    """An area as one tile of a map: its name there, and its row and column, counted from the top left."""

    label: Text
    row: int = Field(ge=1, le=40)
    column: int = Field(ge=1, le=40)


def _on_its_own(tiles: dict[str, Tile]) -> dict[str, Tile]:
    """Refuse two areas on one tile."""
    taken: dict[tuple[int, int], str] = {}
    for code, tile in tiles.items():
        other = taken.setdefault((tile.row, tile.column), code)
        if other != code:
            raise ValueError(f"`{other}` and `{code}` are both in row {tile.row}, column {tile.column}")
    return tiles


def _folder_or_bucket(place: str) -> str:
    if "://" in place and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^?#]*)?", place):
        raise ValueError(f"`{place}` is neither a folder nor an address such as s3://bucket/folder")
    return place


class StudyFile(Assumable):
    """study.yaml

    ``doubtful`` says what happens to rows and answers that are not as declared: they stop the build, or are set aside
    with the reason. ``deposits`` is a folder, or s3://bucket/folder. ``issued`` and ``withdrawals`` name CSV lists
    among them: all ids ever issued, and the people who withdrew. ``sources`` are files that serve several waves;
    ``names`` says how variables are called in files, but for the ``unprefixed``. ``outcomes`` are the field reports; an
    interview that answers less than the share ``partial_below`` of the questions put to the person counts as answered
    in part.
    ``tiles``: area, as its code or the value of a score, → where it lies in tile maps, and its name in figures.
    ``smallest_differences``: score → the smallest difference of interest, in its units (0.03 of a share is three
    percentage points), by which papers say "rose" or "about the same". ``twin``: the answers are a synthetic twin of
    the study's, so that papers are written although it may not support what they claim of the study.
    """

    title: Text
    short_title: Text
    population: str
    citation: str
    licence: str
    source: str = ""
    funder: str = ""
    synthetic: bool = False
    twin: bool = False
    deposits: Annotated[str, AfterValidator(_folder_or_bucket)] | None = None
    sources: dict[Name, SourceFile] = {}
    arms: dict[Name, Arm] = Field(min_length=1)
    columns: Columns = Columns()
    unprefixed: tuple[str, ...] = ()
    names: Pattern | None = None
    ids: IdRule = IdRule()
    missing: Annotated[dict[str, MissingReason], OnceEach] = {}
    doubtful: Literal["stop", "set_aside"] = "stop"
    issued: str | None = None
    withdrawals: str | None = None
    outcomes: tuple[OutcomeList, ...] = ()
    partial_below: float | None = Field(default=None, gt=0, le=1)
    paradata: Paradata = Paradata()
    design: Design = Design()
    events: tuple[Event, ...] = ()
    areas: dict[Name, AreaMeasure] = {}
    tiles: Annotated[dict[str, Tile], AfterValidator(_on_its_own)] = {}
    headline: Name | None = None
    smallest_differences: dict[Name, Annotated[float, Field(gt=0)]] = {}
    disclosure: Disclosure = Disclosure()


FROM_LABELS = "from_labels"


def _until_frozen(codes: object) -> object:
    """No code yet, where they are to be taken from the labels of a file."""
    if codes == {}:
        raise ValueError("no code is listed")
    if isinstance(codes, str) and codes != FROM_LABELS:
        raise ValueError(f"expected a label for each code, or `{FROM_LABELS}`")
    return {} if codes == FROM_LABELS else codes


class Answers(Assumable):
    """What the answers to a question may be, and whom it was asked: one item's, or those of a battery together.

    ``codes: from_labels`` stands until ``cohesion wave accept`` takes codes and labels from the file. It writes them
    there, and ``from_labels: true`` with them: a file that labels a code otherwise is then a finding.
    ``value_labels``: what some values of a number mean, as the ends of a scale.
    """

    source: str = ""
    kind: Literal["ordinal", "nominal", "number"] = "ordinal"
    codes: Annotated[dict[str, Text], OnceEach, BeforeValidator(_until_frozen)] = {}
    from_labels: bool = False
    range: Range | None = None
    value_labels: Annotated[dict[str, Text], OnceEach] = {}
    reverse: bool = False
    recode: dict[str, float | MissingReason] = {}
    missing: Annotated[dict[str, MissingReason], OnceEach] = {}
    blank: MissingReason = "blank"
    routing: str = ""
    waves: WaveNames = ()
    arms: tuple[Name, ...] = ()
    time_constant: bool = False
    carry: bool = False
    asked_when: Choice = {}

    @model_validator(mode="after")
    def _says_what_answers_may_be(self) -> Self:
        if self.carry and not self.time_constant:
            raise ValueError("`carry` is for what does not change in a life: say `time_constant: true`")
        if self.kind == "number":
            if self.range is None or "codes" in self.model_fields_set or self.recode or self.from_labels:
                raise ValueError("a `number` item has a `range` and neither `codes` nor `recode`")
            _check_value_labels(self.value_labels, self.range)
            return self
        if self.value_labels:
            raise ValueError("`value_labels` is for `kind: number`; here the `codes` have the labels")
        if "codes" not in self.model_fields_set:
            raise ValueError(f"an item of kind `{self.kind}` lists its answer `codes`; or declare `kind: number`")
        if self.range is not None:
            raise ValueError("`range` is for `kind: number`; here the `codes` say what is in range")
        if self.reverse and self.recode:
            raise ValueError("give either `reverse` or `recode`, not both")
        _check_codes(self)
        return self


def _check_codes(answers: Answers) -> None:
    if awaits_labels(answers):
        if answers.from_labels:
            raise ValueError("`from_labels: true` marks codes that were taken from a file; here there are none")
        return
    if answers.recode and set(answers.recode) != set(answers.codes):
        unmatched = sorted(set(answers.recode) ^ set(answers.codes))
        raise ValueError(f"`recode` and `codes` must name the same codes; they differ in {', '.join(unmatched)}")
    wrong = [code for code in answers.codes if not _is_number(code)]
    if wrong:
        raise ValueError(f"answer codes are numbers; {', '.join(f'`{code}`' for code in wrong)} is not")


def _check_value_labels(labels: Mapping[str, str], low_high: tuple[float, float]) -> None:
    outside = [text for text in labels if not _is_number(text) or not low_high[0] <= float(text) <= low_high[1]]
    if outside:
        listed = ", ".join(f"`{text}`" for text in outside)
        raise ValueError(f"`value_labels` names values within the `range`; {listed} is not")


def awaits_labels(answers: Answers) -> bool:
    """Whether the codes are still to be taken from the labels of a file."""
    return answers.kind != "number" and not answers.codes


class Item(Answers):
    """One question: its wording, what it measures, and what each answer code becomes.

    ``battery`` names the grid that it is a row of: its answers are compared with those of the other rows.
    """

    label: Text
    wording: str
    original: str = ""
    concept: Name | None = None
    variable: str | None = None
    battery: Name | None = None


def _is_number(code: str) -> bool:
    try:
        return math.isfinite(float(code))
    except ValueError:
        return False


def _converts(times: float) -> float:
    if not math.isfinite(times) or times == 0:
        raise PydanticCustomError("converts", "Input should be a number other than zero")
    return times


class WaveException(Declaration):
    """What one wave does differently with one item, and why; papers print it.

    A number is ``times`` the number in the file, and ``plus``: pence in a wave are pounds by ``times: 0.01``, a year of
    birth is an age by ``times: -1, plus: 2021``.
    """

    reason: str
    wording: str | None = None
    verdict: Literal["same", "near", "different"] = "near"
    codes: Annotated[dict[str, Text], OnceEach] | None = None
    recode: dict[str, float | MissingReason] | None = None
    reverse: bool | None = None
    range: Range | None = None
    times: Annotated[float, AfterValidator(_converts)] | None = None
    plus: Annotated[float, Field(allow_inf_nan=False)] | None = None
    missing: Annotated[dict[str, MissingReason], OnceEach] = {}


class Decision(Declaration):
    """What a person decided about a finding of the drift report; papers print it."""

    finding: Name
    item: Name
    decision: Literal["accept", "set_aside"]
    reason: str = Field(min_length=1)


class Wave(Assumable):
    """waves/wNN.yaml. ``number`` is the value of the column with the role ``wave``, if not the number in the name.

    ``names`` says how variables are called in this wave, ``mark`` and ``number`` what stands for ``{mark}`` and
    ``{number}`` in it.
    """

    title: Text
    number: int | None = None
    fieldwork: Period
    mode: str = ""
    files: tuple[WaveFile, ...] = Field(min_length=1)
    columns: Columns = Columns()
    prefix: str = ""
    names: Pattern | None = None
    mark: Text | None = None
    variables: dict[Name, str] = {}
    not_asked: ItemNames = ()
    exceptions: dict[Name, WaveException] = {}
    decisions: tuple[Decision, ...] = ()
    paradata: Paradata | None = None


class Scale(Assumable):
    """Items that are scored together. The key is the name of the score, usually a concept."""

    label: Text
    concept: Name | None = None
    items: tuple[Name, ...] = Field(min_length=1)
    score: Literal["mean", "sum"] = "mean"
    minimum_answered: int | None = Field(default=None, ge=1)
    reverse: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _can_be_scored(self) -> Scale:
        if self.minimum_answered is not None and self.minimum_answered > len(self.items):
            raise ValueError(
                f"`minimum_answered` is {self.minimum_answered}, but the scale has {len(self.items)} items"
            )
        if self.score == "sum" and self.minimum_answered not in (None, len(self.items)):
            raise ValueError("a sum needs every item answered: leave `minimum_answered` out, or score the mean")
        return self


def value_range(item: Item) -> tuple[float, float] | None:
    """The lowest and highest value an item can take, after its recode."""
    if item.range is not None:
        return item.range
    values = [value for value in item.recode.values() if isinstance(value, float | int)]
    values = values or [float(code) for code in item.codes]
    return (min(values), max(values)) if values else None
