"""What the declarations of a study say of one score: its answers, and where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns, source_variable
from pipeline.specs.study import Item, Scale, WaveException, awaits_labels

Place = tuple[str, str]
"""An arm and one of its waves."""
Kind = Literal["mean", "sum", "ordinal", "nominal", "number", "area"]
MOST_SUMS = 5_000
"""Sums of items are listed if so many combinations of answers, at most, make them."""


@dataclass(frozen=True)
class Measure:
    """One score. ``values``: every answer, where they are listed; ``ends``: the lowest and the highest.

    ``places``: the arms and waves that ask it; None where that is not declared. ``items``: the questions it is made of.
    """

    name: str
    kind: Kind
    values: frozenset[float] | None
    ends: tuple[float, float] | None
    places: frozenset[Place] | None
    items: tuple[str, ...] = ()
    lasting: bool = False

    @property
    def is_name(self) -> bool:
        """Whether its answers are three or more names, without order or distance."""
        return self.kind == "nominal" and self.values is not None and len(self.values) > 2

    @property
    def is_binary(self) -> bool:
        return self.values is not None and len(self.values) == 2

    @property
    def is_whole(self) -> bool:
        """Whether every value that is listed is whole; a mean of several items has values between."""
        return self.kind != "mean" and all(value == round(value) for value in self.values or ())


def measure(study: Study, name: str, places: frozenset[Place] | None = None) -> Measure | None:
    """The facts of a score, with the answers of ``places`` (all by default); None if the study has no such score."""
    key = (name, frozenset(wave for _, wave in places or ()))
    if key not in study.known:
        study.known[key] = _measure(study, name, places)
    found: Measure | None = study.known[key]
    return found


def _measure(study: Study, name: str, places: frozenset[Place] | None) -> Measure | None:
    scale = next((one for key, one in study.scales.items() if (one.concept or key) == name), None)
    if scale is not None:
        return _of_scale(study, name, scale, places)
    item = study.scored_items().get(name)
    if item is not None:
        declared = study.items[item]
        values, ends = _answers(study, item, places)
        return Measure(
            name, declared.kind, values, ends, _asked(study, (item,), 1), (item,), lasting=declared.time_constant
        )
    area = study.about.areas.get(name)
    if area is None:
        return None
    own = _with_role(study, "area") if area.code == "area_code" else None
    return Measure(name, "area", None, area.range, own)


def every_place(study: Study) -> frozenset[Place]:
    """Every wave of every arm."""
    return frozenset((arm, wave) for arm, waves in study.calendar.items() for wave in waves)


def asked_of(study: Study, item: str) -> dict[Place, str]:
    """The arms and waves that ask an item, each with the variable that holds the answers."""
    if item not in study.known:
        found: dict[Place, str] = {}
        for wave, _, file in study.files():
            variable = source_variable(study, wave, file, item)
            if variable is not None:
                found.setdefault((file.arm, wave), variable)
        study.known[item] = found
    places: dict[Place, str] = study.known[item]
    return places


def _of_scale(study: Study, name: str, scale: Scale, places: frozenset[Place] | None) -> Measure:
    items = tuple(item for item in scale.items if item in study.items)
    answers = [_answers(study, item, places) for item in items]
    ends = _ends_of_scale(scale, [found for _, found in answers])
    if scale.score == "mean" and len(items) > 1:
        values = None
    elif len(items) == 1:
        values = _turned(answers[0][0]) if items[0] in scale.reverse else answers[0][0]
    else:
        values = _sums([found for found, _ in answers])
    single = study.items[items[0]].kind if len(items) == 1 else scale.score
    lasting = bool(items) and all(study.items[item].time_constant for item in items)
    needed = scale.minimum_answered or len(scale.items)
    return Measure(name, single, values, ends, _asked(study, items, needed), items, lasting=lasting)


def _ends_of_scale(scale: Scale, ends: list[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = [end for end in ends if end is not None]
    if not known or len(known) < len(scale.items):
        return None
    lows, highs = [low for low, _ in known], [high for _, high in known]
    return (sum(lows), sum(highs)) if scale.score == "sum" else (min(lows), max(highs))


def _sums(values: list[frozenset[float] | None]) -> frozenset[float] | None:
    """Every sum of one answer to each item."""
    made = {0.0}
    for found in values:
        if found is None or len(made) * len(found) > MOST_SUMS:
            return None
        made = {one + other for one, other in product(made, found)}
    return frozenset(made)


def _turned(values: frozenset[float] | None) -> frozenset[float] | None:
    return None if values is None else frozenset(min(values) + max(values) - value for value in values)


def _answers(
    study: Study, key: str, places: frozenset[Place] | None
) -> tuple[frozenset[float] | None, tuple[float, float] | None]:
    """The values of an item and their ends, in any of the waves."""
    item = study.items[key]
    waves = {wave for _, wave in places} if places else set(study.waves)
    found: set[float] = set()
    ends: list[float] = []
    for wave in [wave for wave in study.waves if wave in waves] or list(study.waves):
        exception = study.waves[wave].exceptions.get(key)
        if item.kind == "number":
            ends += (exception.range if exception else None) or item.range or ()
        elif awaits_labels(item) and (exception is None or exception.codes is None):
            return None, None
        else:
            found |= set(_values(item, exception))
    values = frozenset(found) if item.kind != "number" else None
    ends = [*ends, *found]
    return values, (min(ends), max(ends)) if ends else None


def _values(item: Item, exception: WaveException | None) -> Iterator[float]:
    """What the answer codes of one wave become (``pipeline.harmonise.crosswalk.rule_of``)."""
    declared = item.codes if exception is None or exception.codes is None else exception.codes
    nearer = {*item.missing, *(exception.missing if exception else ())}
    codes = [float(code) for code in declared if code not in nearer]
    recode = (exception.recode if exception else None) or item.recode
    turns = item.reverse and (exception is None or exception.recode is None)
    if exception is not None and exception.reverse is not None:
        turns = exception.reverse
    if turns and codes:
        codes = [min(codes) + max(codes) - code for code in codes]
    becomes = {float(code): value for code, value in recode.items()} if recode else {}
    for code in codes:
        value = becomes.get(code) if recode else code
        if isinstance(value, float | int):
            yield float(value)


def _asked(study: Study, items: tuple[str, ...], needed: int) -> frozenset[Place]:
    """The places that ask as many of the items as a score needs; a carried fact is known in all waves of its arm."""
    counts: dict[Place, set[str]] = {}
    for item in items:
        for arm, wave in asked_of(study, item):
            for one in study.calendar.get(arm, ()) if study.items[item].carry else (wave,):
                counts.setdefault((arm, one), set()).add(item)
    return frozenset(place for place, found in counts.items() if len(found) >= min(needed, len(items)))


def _with_role(study: Study, role: str) -> frozenset[Place]:
    """The places whose answers have a column in that role."""
    return frozenset((file.arm, wave) for wave, _, file in study.files() if role in role_columns(study, wave, file))
