"""Levels and values that a model names: answers that its measures can have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pipeline.specs.contrasts import Part, read_contrast
from pipeline.specs.declared_terms import has_wave_effects, placed_terms
from pipeline.specs.measured.asked import chosen_places
from pipeline.specs.measured.facts import Measure, Place, measure
from pipeline.specs.measured.words import answers, listed, number
from pipeline.specs.mediation import MediationModel
from pipeline.specs.mixed import MixedModel
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Position, Source
from pipeline.specs.terms import WAVE, Factor, parse

Found = Iterator[tuple[Position, str]]
ABOVE_ZERO = ("exposure_time", "precision", "trials")


def check_levels(model: Model, source: Source, study: Study) -> None:
    """Report levels that nobody can have, and values beyond what a measure can be."""
    asked = _Asked(model, study)
    checks = (_references, _base, _contrasts, _predicted, _slopes, _random_slopes, _powers, _values, _above_zero)
    for position, why in dict.fromkeys(one for check in checks for one in check(asked)):
        source.report(position, why)


class _Asked:
    """A model with the measures of its terms, as its arms and waves ask them."""

    def __init__(self, model: Any, study: Study) -> None:
        self.model, self.study = model, study
        self.places: frozenset[Place] = chosen_places(model, study)
        self.coded = {*model.categorical, *model.reference}
        self.waves = sorted({wave for _, wave in self.places})

    def measure(self, name: str) -> Measure | None:
        return measure(self.study, name, self.places)

    def unlike(self, name: str, value: object) -> str | None:
        """Why a value is no answer of a measure; None if it may be one."""
        found = self.measure(name)
        given = _as_number(value)
        if given is None:
            return f"`{value}` is text, and `{name}` is a number{_of(found)}"
        if found is not None and found.values is not None and given not in found.values:
            return f"nobody can have `{name}` {number(given)}: it is {answers(found)}"
        if found is not None and found.ends is not None and not found.ends[0] <= given <= found.ends[1]:
            return f"`{name}` is never {number(given)}: it is {answers(found)}"
        return None


def _of(found: Measure | None) -> str:
    return "" if found is None else f" ({answers(found)})"


def _as_number(value: object) -> float | None:
    try:
        given = float(str(value))
    except ValueError:
        return None
    return given if math.isfinite(given) else None


def _references(asked: _Asked) -> Found:
    for name, level in asked.model.reference.items():
        if why := asked.unlike(name, level):
            yield ("reference", name), f"{why}."


def _base(asked: _Asked) -> Found:
    base = getattr(asked.model, "base_category", None)
    why = asked.unlike(str(asked.model.outcome), base) if base is not None else None
    if why:
        yield ("base_category",), f"{why}."


def _contrasts(asked: _Asked) -> Found:
    for name, text in asked.model.contrasts.items():
        for part in read_contrast(name, text).parts:
            why = _of_wave(asked, part) if part.name == WAVE else _of_level(asked, part)
            if why:
                yield ("contrasts", name), f"{why}."


def _of_wave(asked: _Asked, part: Part) -> str | None:
    if part.level is None:
        return "`wave` is named without one: write `wave[w03]`"
    if not has_wave_effects(asked.model):
        return f"`{part.words}`: waves have no effects here (`wave_effects: false`)"
    if asked.waves and part.level not in asked.waves:
        return f"`{part.level}` is no wave of this model: it has {listed(asked.waves)}"
    if asked.waves and part.level == asked.waves[0]:
        return f"`{part.words}` is the wave that others are compared with, whose effect is zero: leave it out"
    return None


def _of_level(asked: _Asked, part: Part) -> str | None:
    if part.name not in asked.coded:
        numeric = part.level is not None and asked.measure(part.name) is not None
        return f"`{part.words}`: `{part.name}` is no category here: name it in `categorical`" if numeric else None
    found = asked.measure(part.name)
    if part.level is None:
        return (
            f"`{part.name}` is a category: name one of its levels, such as `{part.name}[{_a_level(asked, part.name)}]`"
        )
    if why := asked.unlike(part.name, part.level):
        return why
    lowest = None if found is None or not found.values else min(found.values)
    reference = _as_number(asked.model.reference.get(part.name, lowest))
    if reference is not None and _as_number(part.level) == reference:
        return f"`{part.words}` is the reference, whose coefficient is zero: leave it out, or declare another"
    return None


def _a_level(asked: _Asked, name: str) -> str:
    found = asked.measure(name)
    return number(max(found.values)) if found is not None and found.values else "2"


def _predicted(asked: _Asked) -> Found:
    for key, values in asked.model.predict_at.items():
        for value in values:
            if why := _unpredicted(asked, key, value):
                yield ("predict_at", key), f"{why}."


def _unpredicted(asked: _Asked, key: str, value: object) -> str | None:
    if key == WAVE:
        known = asked.waves and str(value) not in asked.waves
        return f"`{value}` is no wave of this model: it has {listed(asked.waves)}" if known else None
    factor = parse(key)[0].factors[0]
    if factor.name in asked.coded:
        return asked.unlike(factor.name, value)
    given = _as_number(value)
    if given is None:
        return f"`{value}` is no number to predict `{key}` at"
    found = asked.measure(factor.name)
    ends = None if found is None or found.ends is None else _ends(factor, found.ends)
    if ends is None or ends[0] <= given <= ends[1]:
        return None
    return f"`{key}` is never {number(given)}: it is from {number(ends[0])} to {number(ends[1])}"


def _ends(factor: Factor, ends: tuple[float, float]) -> tuple[float, float]:
    """The lowest and highest value of a column made of a measure."""
    if factor.call == "within":
        return ends[0] - ends[1], ends[1] - ends[0]
    if factor.power == 1:
        return ends
    powers = [end**factor.power for end in ends] + ([0.0] if ends[0] < 0 < ends[1] else [])
    return min(powers), max(powers)


def _slopes(asked: _Asked) -> Found:
    for place, slope in enumerate(asked.model.slopes):
        of, by = parse(slope.of)[-1].factors[0], parse(slope.by)[-1].factors[0]
        if of.name in asked.model.reference and of.name not in asked.model.categorical:
            yield ("slopes", place), f"`slopes` of `{of.key}`: it is a category (`reference`), which has no slope."
        if by.name in asked.model.reference and by.name not in asked.model.categorical and slope.at:
            yield ("slopes", place), f"`slopes` by `{by.key}` are at each of its categories: leave `at` out."
        found = asked.measure(by.name)
        if found is None or found.ends is None or by.name in (*asked.coded, *asked.model.standardise):
            continue
        ends = _ends(by, found.ends)
        if by.name in asked.model.centre:
            ends = (ends[0] - ends[1], ends[1] - ends[0])
        beyond = [value for value in slope.at if not ends[0] <= value <= ends[1]]
        if beyond:
            yield (
                ("slopes", place),
                f"`{by.key}` is never {number(beyond[0])}: it is from {number(ends[0])} to {number(ends[1])}"
                f"{', less its mean' if by.name in asked.model.centre else ''}.",
            )


def _random_slopes(asked: _Asked) -> Found:
    """Slopes that vary are of numbers: a category has as many effects as it has levels but one."""
    if not isinstance(asked.model, MixedModel):
        return
    own: dict[Position, tuple[str, ...]] = {("random_slopes",): asked.model.random_slopes}
    own |= {("random", group): slopes for group, slopes in asked.model.random.items()}
    for position, slopes in own.items():
        for slope in slopes:
            names = [factor.name for factor in parse(slope)[0].factors if factor.name in asked.coded]
            if names:
                yield (
                    position,
                    f"`{names[0]}` is a category, whose effects are several and no one slope that could "
                    "vary: make 0/1 scores of it, or leave it out.",
                )


def _powers(asked: _Asked) -> Found:
    for one in placed_terms(asked.model):
        for factor in one.term.factors:
            found = asked.measure(factor.name)
            if factor.power > 1 and found is not None and found.values == frozenset((0.0, 1.0)):
                yield (
                    (one.place,),
                    f"`{factor.key}`: `{factor.name}` is 0 and 1, whose powers are itself: leave it out.",
                )


def _values(asked: _Asked) -> Found:
    """The two values of an exposure between which natural effects are."""
    model = asked.model
    if isinstance(model, MediationModel) and model.definition == "natural" and len(model.exposures) == 1:
        factor = parse(model.exposures[0])[-1].factors[0]
        if factor.power == 1 and not factor.call:
            for value in model.values:
                if why := _unpredicted(asked, factor.key, value):
                    yield ("values",) if "values" in model.model_fields_set else ("exposures",), f"{why}."


def _above_zero(asked: _Asked) -> Found:
    for key in ABOVE_ZERO:
        name = getattr(asked.model, key, None)
        found = asked.measure(name) if name else None
        if name is not None and name == asked.model.outcome:
            yield (key,), f"`{name}` is the outcome."
        elif found is not None and _reaches_zero(found):
            yield (key,), f"`{name}` is {answers(found)}, and `{key}` is above zero for everybody."
        elif found is not None and key == "trials" and (found.kind in ("mean", "area") or not found.is_whole):
            yield (key,), f"`{name}` is not whole, and `trials` are counted."


def _reaches_zero(found: Measure) -> bool:
    listed_zero = found.values is not None and min(found.values, default=1.0) <= 0
    return listed_zero or (found.ends is not None and found.ends[1] <= 0)
