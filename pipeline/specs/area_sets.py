"""area_sets.yaml: areas as sets of codes with a vintage, and how codes of other vintages are traced to it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pipeline.specs.base import Assumable, Declaration, Name, Text, WaveName

Rest = Literal["refuse", "left_out", "own"]
Splits = Literal["refuse", "largest", "share"]


class CodedArea(Declaration):
    """One area: its name, and the codes it is made of, of the set's vintage."""

    label: Text
    codes: tuple[Text, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_code_once(self) -> Self:
        twice = sorted({code for code in self.codes if self.codes.count(code) > 1})
        if twice:
            raise ValueError(f"the code `{twice[0]}` is listed twice. Keep one")
        return self


class AreaSet(Assumable):
    """Areas that are sets of codes. The key is the name that ``area`` of index.yaml takes.

    ``vintage`` is that of the codes below; ``recorded`` that of the codes in the answers, one for all waves or wave by
    wave. ``lookups`` are tables in data/areas that lead from one vintage to another. ``rest`` is what becomes of a code
    in no area: a mistake, left out, or an area of its own. ``splits`` of people whose code became several that are in
    different areas: a mistake, to the largest part, or by ``share`` to each part (which counts a person in several).
    ``overlap``: a code may be in several areas.
    """

    label: Text
    vintage: Text
    recorded: Text | dict[WaveName, Text] = ""
    lookups: Annotated[tuple[str, ...], BeforeValidator(lambda one: [one] if isinstance(one, str) else one)] = ()
    areas: dict[Name, CodedArea] = Field(min_length=1)
    rest: Rest = "refuse"
    splits: Splits = "refuse"
    overlap: bool = False
    source: Text = ""

    @model_validator(mode="after")
    def _no_code_in_two_areas(self) -> Self:
        seen: dict[str, str] = {}
        for key, area in self.areas.items():
            for code in area.codes:
                if code in seen and not self.overlap:
                    raise ValueError(
                        f"the code `{code}` is in `{seen[code]}` and in `{key}`: keep one, or write `overlap: true`"
                    )
                seen[code] = key
        return self

    def recorded_in(self, wave: str) -> str:
        """The vintage of the codes in the answers of a wave."""
        if isinstance(self.recorded, dict):
            return self.recorded.get(wave, self.vintage)
        return self.recorded or self.vintage

    @property
    def vintages(self) -> list[str]:
        """Every vintage that answers are recorded in."""
        found = self.recorded.values() if isinstance(self.recorded, dict) else [self.recorded or self.vintage]
        return list(dict.fromkeys(found))
