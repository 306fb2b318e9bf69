"""What the profiles of areas show and by which rules: ``profile:`` of index.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.specs.base import Declaration, Name, Text

Against = Literal["comparison", "benchmark", "others"]
"""With whom an area is compared: the comparison arm, a benchmark, or the average of the other areas shown."""


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
    interest. ``changes``: also what clearly rose (or fell) since the previous wave.
    """

    most: int = Field(default=3, ge=1, le=6)
    by: Literal["shrunken", "raw"] = "shrunken"
    clear: bool = True
    changes: bool = False


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
    ("the four metropolitan areas"), by its kind or by what it is compared with. ``smallest_difference``: of every
    measure, or by measure, in points of the score: what lies within is called "about the same". ``evidence``: by
    measure, or ``any``. ``names``: code of an area → its name. ``vintage``: of the codes of areas. ``scale``: what the
    scores are measured in, after a number.
    """

    against: tuple[Against, ...] = Field(default=("comparison", "benchmark", "others"), min_length=1)
    compared_with: dict[str, Text] = {}
    smallest_difference: Annotated[float, Field(gt=0)] | dict[Name, Annotated[float, Field(gt=0)]] = 2.0
    strengths: Choice = Choice()
    watch: Choice = Choice(changes=True)
    evidence: dict[Name, tuple[Evidence, ...]] = {}
    names: dict[str, Text] = {}
    vintage: Text = ""
    contact: Text = ""
    scale: Text = "points"
    places: int = Field(default=1, ge=0, le=3)
    boundaries: Boundaries | None = None

    @field_validator("against")
    @classmethod
    def _once(cls, kinds: tuple[Against, ...]) -> tuple[Against, ...]:
        if len(set(kinds)) < len(kinds):
            raise ValueError("`against` names a kind of comparison twice")
        return kinds

    @model_validator(mode="after")
    def _names_what_differs(self) -> Profiles:
        names = [name.casefold() for name in self.names.values()]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two areas are called `{twice}`")
        return self

    def smallest(self, measure: str) -> float | None:
        """The smallest difference of interest of a measure; None where none is declared for it."""
        if isinstance(self.smallest_difference, dict):
            return self.smallest_difference.get(measure)
        return self.smallest_difference
