"""What declarations of mixed models say of their study: columns to group by, times and waves."""

from __future__ import annotations

from pipeline.specs.arm_parts import further_head
from pipeline.specs.check_terms import is_lasting
from pipeline.specs.mixed import PERSON, MixedModel
from pipeline.specs.names import StudyNames, known
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Source
from pipeline.specs.terms import parse

GROUPINGS = (PERSON, "area_code", "wave", "arm", "stratum", "psu")


def check_mixed(model: MixedModel, source: Source, study: StudyNames, reading: Reading) -> None:
    """Report groupings that the study does not have, one wave alone, and times that do not fit the waves."""
    declared = reading.studies.get(study.key)
    further = () if declared is None else further_head(declared)
    if study.scores is not None:
        valid = [*GROUPINGS, *further, *study.scores]
        for group in model.random:
            known(source, ("random", group), [group], valid, "a column to group by")
    for key in ("precision", "row_weights", "trials"):
        named = getattr(model, key)
        if named and study.scores is not None:
            known(source, (key,), [named], ["design_weight", *study.scores], f"a column of `{study.key}`")
    if len(model.waves) == 1:
        _refuse_one_wave(model, source)
    bends = {"quadratic": 2, "cubic": 3}.get(model.shape, 1)
    if 1 < len(model.waves) <= bends and model.times != "fieldwork":
        source.report(("shape",), f"a {model.shape} trajectory needs {bends + 1} waves or more.")
    _check_slopes(model, source, reading)
    if isinstance(model.times, tuple):
        _check_times(model, source)


def _refuse_one_wave(model: MixedModel, source: Source) -> None:
    """In one wave nothing changes within a person, and a person has one row."""
    if model.random_slopes:
        source.report(("random_slopes",), "one wave has no change within a person: name more `waves`.")
    elif model.residuals != "independent":
        source.report(("residuals",), "one wave has no residuals that could correlate over time: name more `waves`.")
    elif PERSON in model.groupings:
        source.report(("waves",), "one wave has one row for a person: name more `waves`, or no `random: person_id`.")


def _check_slopes(model: MixedModel, source: Source, reading: Reading) -> None:
    """What never changes within a person has no slope that varies between persons."""
    key = ("random_slopes",) if model.random_slopes else ("random", PERSON)
    for slope in model.groupings.get(PERSON, ()):
        if all(is_lasting(factor, reading.parts[model.study]) for factor in parse(slope)[0].factors):
            source.report(key, f"`{slope}` never changes within a person, so that its slope cannot vary between them.")


def _check_times(model: MixedModel, source: Source) -> None:
    assert isinstance(model.times, tuple)
    if list(model.times) != sorted(set(model.times)):
        source.report(("times",), "`times` rise from wave to wave.")
    if not model.waves:
        source.report(
            ("times",), "`times` are numbers for the declared waves: name them in `waves`, or say `fieldwork`."
        )
    elif len(model.waves) != len(model.times):
        source.report(("times",), f"`times` has {len(model.times)} numbers for {len(model.waves)} `waves`.")
