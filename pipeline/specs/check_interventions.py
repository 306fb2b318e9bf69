"""What declarations of interventions and interruptions say of a study: waves, areas and columns that are there."""

from __future__ import annotations

import re

from pipeline.specs.interventions import MONTH, Interruption, Intervention
from pipeline.specs.names import StudyNames, known
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Position, Source

BEFORE = {"synthetic_control": 2}
"""Families that need more than one wave before the start."""
NEEDS_TWO = {"synthetic_control": "every mixture of areas above and below fits one, and two are needed"}
HEAD = ("person_id", "arm", "stratum", "psu", "area_code", "household_id")


def check_interventions(model: Model, source: Source, study: StudyNames) -> None:
    """Report starts and interruptions in no wave, or in the first one, and columns that the study does not have."""
    if isinstance(model, Intervention):
        _check_treated(model, source, study)
    elif isinstance(model, Interruption):
        for name, wave in model.interruptions.items():
            _check_wave(wave, ("interruptions", name), model, source, study, fewest=2)


def _check_treated(model: Intervention, source: Source, study: StudyNames) -> None:
    if study.scores is None:
        return
    what = f"a concept that `{model.study}` measures"
    known(source, ("treated",), [model.treated] if model.treated else [], study.scores, what)
    for name in ("by", "unit"):
        column = getattr(model, name)
        known(source, (name,), [column] if column else [], [*HEAD, *study.scores], "a column of the panel")
    for position, wave in _starts(model, study.scores):
        _check_wave(wave, position, model, source, study, fewest=BEFORE.get(model.family, 1))
    if isinstance(model.start, dict) and model.by == "arm":
        known(source, ("start",), model.start, study.arms, f"an arm of `{model.study}`")
    if isinstance(model.start, str) and model.treated is None and model.start not in study.scores:
        source.report(("start",), "one start, and nothing says who is treated: name the 0/1 score in `treated`.")
    if len(_waves(model, study)) == 1:
        source.report(("waves",), "one wave, and a change needs two.")


def _starts(model: Intervention, scores: list[str]) -> list[tuple[Position, str]]:
    """The waves that are declared as starts, with their place."""
    if isinstance(model.start, dict):
        return [(("start", group), wave) for group, wave in model.start.items()]
    return [] if model.start is None or model.start in scores else [(("start",), model.start)]


def _waves(model: Model, study: StudyNames) -> list[str]:
    """The waves of the model: those it names, or all of its arms."""
    return sorted(wave for wave in (model.waves or study.waves) if wave in study.waves)


def _check_wave(
    wave: str, position: Position, model: Intervention | Interruption, source: Source, study: StudyNames, fewest: int
) -> None:
    """The wave is one of the model's, with enough before it; a month is only known to be written as one."""
    if model.calendar == "months":
        if not re.fullmatch(MONTH, wave):
            source.report(position, f"`{wave}` is no month; with `calendar: months` write it as `2020-06`.")
        return
    waves = _waves(model, study)
    known(source, position, [wave], waves, "a wave of this model")
    if wave in waves and waves.index(wave) < fewest:
        many = "no wave" if waves.index(wave) == 0 else "one wave"
        why = "there is nothing to compare with" if fewest == 1 else NEEDS_TWO.get(model.family, "a course needs two")
        source.report(position, f"the model has {many} before `{wave}`: {why}.")
