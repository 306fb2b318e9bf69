"""What declarations of structural models say of studies, scales and each other."""

from __future__ import annotations

import datetime as dt

from pipeline.specs.check_imputation import check_model_imputation
from pipeline.specs.check_ordered import check_ordered
from pipeline.specs.families import FAMILIES
from pipeline.specs.measured.constructs import fewest_waves
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Source
from pipeline.specs.structural import StructuralModel

HEAD_GROUPS = ("arm", "stratum", "area_code")


def check_structural(model: StructuralModel, source: Source, study: StudyNames, reading: Reading) -> None:
    """Report names that the study does not have, scales with too few items, and times that cannot be determined."""
    if model.reads_items:
        _check_scales(model, source, study, reading)
    else:
        known(source, ("constructs",), model.constructs, study.scores, f"a concept that `{study.key}` measures")
    once(source, ("constructs",), model.constructs)
    for name in ("covariates", "time_varying"):
        known(source, (name,), getattr(model, name), study.scores, f"a concept that `{study.key}` measures")
        for both in sorted(set(getattr(model, name)) & set(model.constructs)):
            source.report((name,), f"`{both}` is one of the `constructs`: it cannot also be held constant.")
    known(source, ("waves",), model.waves, study.waves, f"a wave of `{study.key}`")
    known(source, ("arms",), model.arms, study.arms, f"an arm of `{study.key}`")
    if model.group and study.scores is not None:
        known(source, ("group",), [model.group], [*HEAD_GROUPS, *study.scores], "a column to group by")
    if model.weights:
        known(source, ("weights",), [model.weights], ["design_weight"], "a weight of the panel")
    if model.ordinal:
        check_ordered(model, source, study, reading)
    if model.waves and len(model.waves) < fewest_waves(model):
        source.report(("waves",), f"this model needs {fewest_waves(model)} `waves`, and names {len(model.waves)}.")
    check_model_imputation(model, study, source, reading)
    _check_times(model, source, study, reading)


def _check_scales(model: StructuralModel, source: Source, study: StudyNames, reading: Reading) -> None:
    """Items are analysed: each construct is a scale of this study, with items enough."""
    scales = reading.parts[study.key].scales
    named = {scale.concept or key: scale for key, scale in scales.items()}
    known(source, ("constructs",), model.constructs, list(named), f"a scale of `{study.key}`, whose items are analysed")
    least = FAMILIES[model.family].fewest_items
    for name in model.constructs:
        if name in named and len(named[name].items) < least:
            source.report(("constructs",), f"`{name}` has {len(named[name].items)} items; {least} are needed.")


def _check_times(model: StructuralModel, source: Source, study: StudyNames, reading: Reading) -> None:
    """Fieldwork dates give the times only where the chosen arms share them; an event of a date needs such times."""
    if isinstance(model.event, dt.date) and model.times != "fieldwork":
        source.report(("event",), "`event` is a date, but `times` are numbers. Give the event on the scale of `times`.")
    if isinstance(model.event, float) and model.times == "fieldwork":
        source.report(("event",), "`event` is a number, but the times are fieldwork dates. Give its date.")
    about = reading.parts[study.key].about
    if "times" not in FAMILIES[model.family].takes or model.times != "fieldwork" or about is None:
        return
    arms = [arm for key, arm in about.arms.items() if not model.arms or key in model.arms]
    if len({arm.waves for arm in arms}) > 1:
        source.report(
            ("arms",) if model.arms else (),
            "the arms have calendars of their own, so that a wave is not one date. Choose `arms` that share one.",
        )
