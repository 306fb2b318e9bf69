"""What the profiles of areas show and by which rules: ``profile:`` of index.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.specs.base import Declaration, Name, Text

Against = Literal["comparison", "benchmark", "others"]
"""With whom an area is compared: the comparison arm, a benchmark, or the average of the other areas shown."""


ANY = "any"
"""In place of a measure: evidence that holds for each."""


class Evidence(Declaration):
    """Something that could be done, with where it is described and who found out that it works."""

    title: Text = Field(min_length=3)
    url: str = Field(pattern=r"^https?://[^\s<>\"]+$")
    source: Text = Field(min_length=2)


class Choice(Declaration):
    """Which measures are named as strengths, or to watch.

    ``most``: at most so many; fewer where fewer meet the rule, and the profile says so. ``by``: the value by which they
    are put in order: with chance taken out by the reliability of the area's mean (``shrunken``), or as measured
    (``raw``). ``clear``: only where the interval of the difference excludes none, beyond the smallest difference of
    interest. ``changes``: also what clearly rose (or fell) since the previous wave. ``nearest``: where fewer meet the
    rule than it asks for, the next that differ by more than a standard error are named as well, and that chance may
    explain them.
    """

    most: int = Field(default=3, ge=1, le=6)
    by: Literal["shrunken", "raw"] = "shrunken"
    clear: bool = True
    changes: bool = False
    nearest: bool = True


class Boundaries(Declaration):
    """Open boundaries as GeoJSON (longitude and latitude, RFC 7946), for a map in the overview.

    ``file`` lies in data/areas; ``code``: the property of a feature that holds the code of its area.
    """

    file: str = Field(pattern=r"^[\w.-]+\.(geo)?json$")
    code: Text
    source: Text = Field(min_length=3)
    licence: Text = Field(min_length=3)
    vintage: Text = Field(min_length=4)


class Profiles(Declaration):
    """``profile:`` of index.yaml: how each area is presented on two pages.

    ``against``: the first of these that an area has. ``compared_with``: what the comparison is called in a sentence
    ("the four metropolitan areas"), by its kind or by what it is compared with. ``smallest_differences``: of some
    measures, where it is another than that of the index: what lies within is called "about the same". ``evidence``: by
    measure, or ``any``. ``index_label``: what the whole is called. ``vintage``: of the codes of
    areas. ``scale``: what the scores are measured in, after a number. ``version``: of the
    pages, when they are released.
    """

    against: tuple[Against, ...] = Field(default=("comparison", "benchmark", "others"), min_length=1)
    compared_with: dict[str, Text] = {}
    smallest_differences: dict[Name, Annotated[float, Field(gt=0)]] = {}
    strengths: Choice = Choice()
    watch: Choice = Choice(changes=True)
    evidence: dict[Name, tuple[Evidence, ...]] = {}
    index_label: Text = "Cohesion index"
    vintage: Text = ""
    contact: Text = ""
    version: str = ""
    scale: Text = "points"
    places: int = Field(default=1, ge=0, le=3)
    boundaries: Boundaries | None = None

    @field_validator("against")
    @classmethod
    def _once(cls, kinds: tuple[Against, ...]) -> tuple[Against, ...]:
        if len(set(kinds)) < len(kinds):
            raise ValueError("`against` names a kind of comparison twice")
        return kinds


COMMON = frozenset((
    "the", "a", "an", "all", "other", "others", "both", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "areas", "places", "regions", "districts", "people", "everybody", "everyone", "elsewhere", "comparison",
    "control", "matched", "similar", "neighbouring", "remaining", "national", "average", "mean",
))  # fmt: skip
"""First words of a label that are no names, and small inside a sentence."""


def small_in_sentence(label: str) -> str:
    """A label as it stands inside a sentence: a name keeps its capital.

    >>> small_in_sentence("Four metropolitan areas"), small_in_sentence("East and West"), small_in_sentence("Kent")
    ('four metropolitan areas', 'East and West', 'Kent')
    """
    return label[:1].lower() + label[1:] if label.split(" ")[0].casefold() in COMMON else label


def with_comparison(declared: Profiles, label: str) -> Profiles:
    """The declaration with what index.yaml calls the comparison, where ``compared_with`` does not say it."""
    if not label or "comparison" in declared.compared_with:
        return declared
    return declared.model_copy(
        update={"compared_with": {**declared.compared_with, "comparison": small_in_sentence(label)}}
    )
