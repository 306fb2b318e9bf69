"""programme.yaml: where a programme ran and from when, what it is compared with, and how its effects are pooled."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.specs.base import Assumable, Declaration, Name, Text, WaveName, WaveNames

BEFORE = "before"
"""In place of a wave: the programme started before the study."""
AREA_ROLE = "area"
"""In place of a score: the column with the role ``area``."""


def _number(wave: str) -> int:
    return int(wave[1:])


class ProgrammeArea(Assumable):
    """An area of the programme: its code, and the first wave after its start (``before``: before the first wave)."""

    label: Text
    code: Text
    start: Annotated[str, Field(pattern=r"^(before|w\d{2,3})$")]

    @property
    def first_wave(self) -> str | None:
        """The first wave after the start; nothing where it lies before the study."""
        return None if self.start == BEFORE else self.start


class Compared(Assumable):
    """People without the programme: of these ``arms``, and of the ``codes`` of areas where they are named.

    ``waves``: wave of the programme → wave of the comparison, where the arms have calendars of their own; by default
    each wave is compared with that of its name. ``within_days``: so far apart may the fieldwork of the two begin.
    """

    arms: tuple[Name, ...] = Field(min_length=1)
    codes: tuple[Text, ...] = ()
    waves: dict[WaveName, WaveName] = {}
    within_days: int = Field(default=31, ge=0)

    @model_validator(mode="after")
    def _each_wave_once(self) -> Self:
        twice = [wave for wave in self.waves.values() if list(self.waves.values()).count(wave) > 1]
        if twice:
            raise ValueError(f"`{twice[0]}` is compared with two waves of the programme. Keep one")
        return self


class Pooling(Declaration):
    """How effects of areas are pooled, as ``pipeline.index.meta_analysis`` does it."""

    heterogeneity: Literal["REML", "ML", "DL", "PM", "EB", "HE", "SJ", "HS", "FE"] = "REML"
    test: Literal["knha", "adhoc", "t", "z"] = "knha"
    prediction: Literal["same", "k_minus_2", "hts"] = "k_minus_2"
    confidence: float = Field(default=0.95, gt=0.5, lt=1)


class Programme(Assumable):
    """One programme. ``by``: the score, or the role ``area``, that says where people live.

    ``design: before_after`` compares changes since the last wave before the start, ``difference`` the areas as they
    are after it: no effect, unless they were alike before. ``scale``: in standard deviations, or ``raw`` in units of
    the outcome. ``people``: those who answered before and after, or all. ``weights``: as delivered
    (``design_weight``), or a weight set. ``smallest_effect``: of interest, in the units of ``scale``. ``moderators``:
    name → area → value.
    """

    label: Text
    description: str = ""
    by: Name
    arms: tuple[Name, ...] = Field(min_length=1)
    areas: dict[Name, ProgrammeArea] = Field(min_length=1)
    comparison: Compared
    outcomes: tuple[Name, ...] = Field(min_length=1)
    waves: WaveNames = ()
    design: Literal["before_after", "difference"] = "before_after"
    scale: Literal["standardised", "raw"] = "standardised"
    people: Literal["same", "all"] = "same"
    standardiser: Literal["programme", "area"] = "programme"
    weights: str | None = None
    cluster: Name | None = None
    smallest_effect: float | None = Field(default=None, gt=0)
    moderators: dict[Name, dict[Name, float | str]] = {}
    method: Pooling = Pooling()

    @model_validator(mode="after")
    def _has_a_wave_before_the_start(self) -> Self:
        if self.design == "before_after":
            never = [name for name, area in self.areas.items() if area.start == BEFORE]
            if never:
                raise ValueError(
                    f"`{never[0]}` started before the study, so that there is no change since then: "
                    "say `design: difference`, or the first wave after its start"
                )
        elif self.people == "all":
            raise ValueError("`people: all` is for `design: before_after`; a difference is of one wave")
        return self

    @model_validator(mode="after")
    def _waves_reach_a_start(self) -> Self:
        starts = [area.start for area in self.areas.values() if area.start != BEFORE]
        if self.waves and len(starts) == len(self.areas) and max(map(_number, self.waves)) < min(map(_number, starts)):
            raise ValueError("`waves` are all before the programme started anywhere: name one since then")
        return self

    @model_validator(mode="after")
    def _areas_are_told_apart(self) -> Self:
        codes = [area.code for area in self.areas.values()]
        twice = [code for code in codes if codes.count(code) > 1]
        if twice:
            raise ValueError(f"two areas have the code `{twice[0]}`. Keep one")
        listed = self.comparison.codes
        again = [code for code in listed if listed.count(code) > 1]
        if again:
            raise ValueError(f"the code `{again[0]}` of the comparison is listed twice. Keep one")
        both = sorted(set(codes) & set(self.comparison.codes))
        if both:
            raise ValueError(f"the code `{both[0]}` is an area of the programme and of the comparison")
        if not self.comparison.codes and set(self.arms) & set(self.comparison.arms):
            raise ValueError("where programme and comparison share an arm, name the `codes` of the comparison")
        return self

    @model_validator(mode="after")
    def _moderators_know_every_area(self) -> Self:
        for name, values in self.moderators.items():
            unknown = sorted(set(values) - set(self.areas))
            missing = [area for area in self.areas if area not in values]
            if unknown:
                raise ValueError(f"the moderator `{name}` names `{unknown[0]}`, which is no area of the programme")
            if missing:
                raise ValueError(f"the moderator `{name}` has no value of `{missing[0]}`")
            if len({isinstance(value, str) for value in values.values()}) > 1:
                raise ValueError(f"the moderator `{name}` has numbers and texts. Give one of the two")
            if len(set(values.values())) < 2:
                raise ValueError(f"the moderator `{name}` is the same in all areas, and explains nothing")
        return self

    @property
    def starts(self) -> dict[str, str | None]:
        """Area → the first wave after its start."""
        return {name: area.first_wave for name, area in self.areas.items()}
