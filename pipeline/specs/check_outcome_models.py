"""What a model of an ordered, unordered, yes-or-no or counted outcome and its study say of each other."""

from __future__ import annotations

from pipeline.specs.families import FAMILIES
from pipeline.specs.names import StudyNames, known
from pipeline.specs.outcome_models import OutcomeModel
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Source

CATEGORIES = frozenset({
    "ordered_logit", "multinomial_logit", "fixed_effects_ordered_logit", "conditional_logit", "design_ordered",
})  # fmt: skip
"""Families of outcomes with a few answers: not of a scale, which has the mean of several."""


def check_outcome_model(model: OutcomeModel, source: Source, study: StudyNames, reading: Reading) -> None:
    """Report what would be refused before anything is fitted."""
    what = f"a concept that `{model.study}` measures"
    for name in ("exposure_time", "offset"):
        value = getattr(model, name)
        known(source, (name,), [value] if value else [], study.scores, what)
    scales = reading.parts[model.study].scales
    of_scales = {scale.concept or key: len(scale.items) for key, scale in scales.items()}
    if model.family in CATEGORIES and of_scales.get(str(model.outcome), 1) > 1:
        source.report(
            ("outcome",),
            f"`{model.outcome}` is the mean of {of_scales[str(model.outcome)]} items, and a `{model.family}` model is "
            "of one item's answers: name a concept of one item.",
        )
    if FAMILIES[model.family].takes_out_levels:
        _check_changes(model, source, reading)
    alone = len(model.waves) == 1
    if alone and FAMILIES[model.family].takes_out_levels:
        source.report(("waves",), "one wave has no change within a person: name more `waves`.")
    if alone and model.family == "gee" and model.correlation != "independence" and model.cluster == "person_id":
        source.report(("waves",), "one wave has no correlation of a person's answers: name more `waves`.")
    if model.family == "gee" and model.correlation in ("ar1", "unstructured") and model.cluster != "person_id":
        why = f"the rows of one `{model.cluster}` are of many people, and in no order of time"
        source.report(("correlation",), f"{why}: `{model.correlation}` is of `cluster: person_id`.")


def _check_changes(model: OutcomeModel, source: Source, reading: Reading) -> None:
    """What is asked once for all explains no change within a person."""
    items = reading.parts[model.study].items.values()
    changing = {item.concept for item in items if not item.time_constant}
    lasting = {item.concept for item in items if item.time_constant} - changing
    for part in ("outcome", "exposures", "covariates"):
        value = getattr(model, part) or ()
        for name in (value,) if isinstance(value, str) else value:
            if name in lasting:
                source.report(
                    (part,), f"`{name}` never changes within a person: a `{model.family}` model needs change."
                )
