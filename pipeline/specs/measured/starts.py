"""Who is treated from when, and where a course bends: among the people, waves and times of the model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pipeline.specs.interventions import Interruption, Intervention
from pipeline.specs.measured.asked import chosen_places
from pipeline.specs.measured.facts import Measure, measure
from pipeline.specs.measured.words import answers, listed, number
from pipeline.specs.mixed import MixedModel
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Position, Source

Found = Iterator[tuple[Position, str]]


def check_starts(model: Model, source: Source, study: Study) -> None:
    """Report treatments of nobody or everybody, starts without a wave before them, and events outside the waves."""
    found: Found = iter(())
    if isinstance(model, Intervention):
        found = _of_treatment(model, study)
    elif isinstance(model, Interruption):
        found = _of_interruptions(model, study)
    elif isinstance(model, MixedModel) and model.event is not None:
        found = _of_event(model, study)
    for position, why in found:
        source.report(position, why)


def _waves(model: Model, study: Study) -> list[str]:
    return sorted({wave for _, wave in chosen_places(model, study)})


def _of_treatment(model: Intervention, study: Study) -> Found:
    places = chosen_places(model, study)
    treated = measure(study, model.treated, places) if model.treated else None
    if treated is not None and model.reaches is not None:
        yield from _of_level(treated, model.reaches)
    elif treated is not None and (treated.kind == "mean" or (treated.values or frozenset((0.0, 1.0))) - {0.0, 1.0}):
        yield ("treated",), f"`{model.treated}` is {answers(treated)}, and who is treated is 1, who is not 0."
    elif treated is not None and treated.kind == "number" and treated.ends != (0.0, 1.0):
        yield ("treated",), f"`{model.treated}` is a number {answers(treated)}, and who is treated is 1, who is not 0."
    by = measure(study, str(model.by), places) if model.by else None
    if model.family == "synthetic_control" and by is not None and by.values is not None and len(by.values) < 3:
        yield ("by",), f"`{model.by}` is {answers(by)}, and a mixture is of two groups or more beside the treated one."
    if isinstance(model.start, dict):
        yield from _of_groups(model, model.start, study)
    if model.calendar == "waves":
        yield from _before(model, study)


def _of_level(treated: Measure, level: float) -> Found:
    """Some answers reach the level, and some do not."""
    if treated.is_name:
        yield ("treated",), f"`{treated.name}` is of names without an order, which reach no level."
    elif treated.ends is not None and not treated.ends[0] < level <= treated.ends[1]:
        who = "everybody reaches it in the first answer" if level <= treated.ends[0] else "nobody reaches it"
        yield ("reaches",), f"`{treated.name}` is {answers(treated)}: {who}."


def _of_groups(model: Intervention, start: dict[str, str], study: Study) -> Found:
    """Groups that start are groups of the model, and somebody else does not."""
    places = chosen_places(model, study)
    levels: list[str] = sorted({arm for arm, _ in places}) if model.by == "arm" else []
    found = measure(study, str(model.by), places) if model.by else None
    if found is not None and found.values is not None:
        levels = [number(value) for value in sorted(found.values)]
    if not levels:
        return
    unknown = [group for group in start if group not in levels]
    if unknown:
        yield ("start", unknown[0]), f"`{unknown[0]}` is no `{model.by}` of the model: it has {listed(levels)}."
    elif set(levels) <= set(start) and len(set(start.values())) == 1:
        yield ("start",), f"every `{model.by}` of the model starts in {next(iter(start.values()))}: nobody is compared."
    if model.family == "synthetic_control" and len(set(levels) - set(start)) < 2:
        yield ("start",), f"a mixture is of two groups or more that do not start; `{model.by}` has {listed(levels)}."


def _before(model: Intervention, study: Study) -> Found:
    """Waves before the start that anticipation leaves, and the one that is omitted."""
    waves = _waves(model, study)
    given = model.start.values() if isinstance(model.start, dict) else [model.start]
    starts = [waves.index(wave) for wave in given if wave in waves]
    if not starts:
        return
    most = max(starts)
    if model.anticipation >= most > 0:
        yield (
            ("anticipation",),
            f"{number(model.anticipation)} waves of anticipation leave none before the start: the model has "
            f"{most} before it.",
        )
    if model.omitted is not None and -model.omitted > most:
        yield (
            ("omitted",),
            f"`omitted: {number(model.omitted)}` is no wave of the model, which has {most} before the start.",
        )


def _of_interruptions(model: Interruption, study: Study) -> Found:
    """Interruptions are in waves of the chosen arms, each in its own."""
    waves = _waves(model, study) if model.calendar == "waves" else []
    first: dict[str, str] = {}
    for name, wave in model.interruptions.items():
        other = first.setdefault(wave, name)
        if other != name:
            yield ("interruptions", name), f"`{name}` and `{other}` both begin in `{wave}`, and no wave lies between."
        elif waves and wave not in waves:
            yield ("interruptions", name), f"`{wave}` is no wave of the model: it has {listed(waves)}."


def _of_event(model: MixedModel, study: Study) -> Found:
    """A course bends between the first and the last time."""
    if isinstance(model.event, dt.date):
        periods = [study.fieldwork(wave, arm) for arm, wave in chosen_places(model, study) if wave in study.waves]
        ends = (min(one.start for one in periods), max(one.end for one in periods)) if periods else None
        if ends is not None and not ends[0] < model.event < ends[1]:
            yield ("event",), f"{model.event} is not between the first and the last wave ({ends[0]} to {ends[1]})."
    elif isinstance(model.times, tuple) and model.event is not None:
        if not model.times[0] < model.event < model.times[-1]:
            between = f"{number(model.times[0])} to {number(model.times[-1])}"
            yield ("event",), f"{number(model.event)} is not between the first and the last of `times` ({between})."
    elif model.times is None and model.event is not None:
        last = len(_waves(model, study)) - 1
        if not 0 < model.event < last:
            yield ("event",), f"{number(model.event)} is not between the first and the last wave (0 to {last})."
