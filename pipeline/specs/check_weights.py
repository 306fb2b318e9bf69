"""Consistency of weights.yaml and targets.csv with the rest of their study, and of models with weight sets."""

from __future__ import annotations

from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.nearest import nearest
from pipeline.specs.reading import Parts, Reading
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source
from pipeline.specs.targets import category_name
from pipeline.specs.weight_used import weighted_files
from pipeline.specs.weights import DELIVERED, Target, WeightSet, arms_of

HEAD_VARIABLES = ("stratum", "area_code")


def check_weights(key: str, parts: Parts, declared: StudyNames, reading: Reading) -> None:
    """Report every contradiction of weights.yaml and targets.csv into their sources."""
    for line, target in parts.targets.items():
        _check_target(line, target, parts, declared, reading.sources[key, "targets"])
    for name, weights in parts.weights.items():
        _check_set(name, weights, parts, declared, reading.sources[key, "weights"])


def _check_target(line: int, target: Target, parts: Parts, declared: StudyNames, source: Source) -> None:
    known(source, (line,), [target.wave] if target.wave else [], declared.waves, "a wave of this study")
    known(source, (line,), [target.arm] if target.arm else [], declared.arms, "an arm of this study")
    if declared.scores is None:
        return
    known(source, (line,), [target.variable], [*HEAD_VARIABLES, *declared.scores], "a score of this study")
    categories = _categories(target.variable, parts)
    name = category_name(target.category)
    if categories and name not in categories:
        some = nearest(name, categories) or f"; its values are {', '.join(categories)}."
        source.report((line,), f"`{target.category}` is not a value of `{target.variable}`{some}")


def _categories(variable: str, parts: Parts) -> list[str]:
    """The values that a concept measured by one item with codes can take; none where they are not listed."""
    items = [item for item in parts.items.values() if item.concept == variable]
    if len(items) != 1 or variable in {scale.concept or key for key, scale in parts.scales.items()}:
        return []
    item = items[0]
    values = [value for value in item.recode.values() if isinstance(value, float | int)] if item.recode else item.codes
    added = [
        code
        for wave in parts.waves.values()
        for key, exception in wave.exceptions.items()
        if parts.items.get(key) is item
        for code in (exception.codes or {})
    ]
    return list(dict.fromkeys(category_name(str(value)) for value in [*values, *added]))


def _check_set(name: str, weights: WeightSet, parts: Parts, declared: StudyNames, source: Source) -> None:
    if name == DELIVERED:
        source.report((name,), f"`{DELIVERED}` is the weight as delivered; give the set another name.")
    known(source, (name, "waves"), weights.waves, declared.waves, "a wave of this study")
    known(source, (name, "arms"), weights.arms, declared.arms, "an arm of this study")
    once(source, (name, "arms"), weights.arms)
    origin = [] if weights.origin in ("latest", weights.waves[0]) else [weights.origin]
    known(source, (name, "response", "source"), origin, declared.waves, "a wave of this study")
    if declared.scores is not None:
        predictors = [*HEAD_VARIABLES, *declared.scores]
        known(source, (name, "response", "predictors"), weights.response.predictors, predictors, "a score of the study")
        once(source, (name, "response", "predictors"), weights.response.predictors)
    if set(weights.waves) <= set(declared.waves):
        _check_calendar(name, weights, parts, source)
    _check_base(name, weights, parts, declared, source)
    if weights.margins is not None:
        _check_margins(name, weights, parts, declared, source)


def _check_base(name: str, weights: WeightSet, parts: Parts, declared: StudyNames, source: Source) -> None:
    """The wave whose delivered weight is the base exists, and its files have one in every arm of the set."""
    at = (
        (name, "base", "wave")
        if weights.base_wave
        else (name, "base")
        if "base" in weights.model_fields_set
        else (name,)
    )
    known(source, at, [weights.base_wave] if weights.base_wave else [], declared.waves, "a wave of this study")
    wave = weights.base_wave or weights.origin
    if weights.base == "none" or wave not in declared.waves or declared.declared is None:
        return
    have = weighted_files(declared.declared)
    named = {file.arm for key, _, file in declared.declared.files() if key == wave}
    for arm in arms_of(weights, _calendar(parts)):
        if arm in named and (arm, wave) not in have:
            source.report(
                at,
                f"{wave} has no weight in the arm `{arm}`: say `base: {{wave: …}}`, the wave whose delivered weight "
                "the set starts from (a longitudinal weight: its last), or `base: none`: everybody starts alike.",
            )


def _calendar(parts: Parts) -> dict[str, tuple[str, ...]]:
    return {} if parts.about is None else {key: arm.waves for key, arm in parts.about.arms.items()}


def _check_calendar(name: str, weights: WeightSet, parts: Parts, source: Source) -> None:
    """Every arm named has the set's waves; at least one has."""
    calendar = _calendar(parts)
    fits = arms_of(weights, calendar)
    for arm in weights.arms:
        if arm in calendar and arm not in fits:
            source.report((name, "arms"), f"the arm `{arm}` does not have all of the set's waves.")
    if calendar and not weights.arms and not fits:
        source.report((name, "waves"), f"no arm has all of the waves of `{name}`.")


def _check_margins(name: str, weights: WeightSet, parts: Parts, declared: StudyNames, source: Source) -> None:
    """Each margin has targets for the set's wave in every arm."""
    margins = weights.margins
    assert margins is not None
    position = (name, "margins", "variables")
    valid = None if declared.scores is None else [*HEAD_VARIABLES, *declared.scores]
    known(source, position, margins.variables, valid, "a score of this study")
    once(source, position, margins.variables)
    known(source, (name, "margins", "wave"), [margins.wave] if margins.wave else [], declared.waves, "a wave")
    wave = margins.wave or weights.origin
    for variable in margins.variables:
        rows = [row for row in parts.targets.values() if row.variable == variable]
        for arm in arms_of(weights, _calendar(parts)):
            if not any(row.wave in (None, wave) and row.arm in (None, arm) for row in rows):
                source.report(position, f"targets.csv has no shares of `{variable}` for {wave} in the arm `{arm}`.")


def check_model_weights(model: Model, study: StudyNames, source: Source, reading: Reading) -> None:
    """A model's weights exist, cover its waves and arms, and have replicates if its standard errors need them."""
    if model.weights:
        valid = None if study.weights is None else [DELIVERED, *study.weights]
        known(source, ("weights",), [model.weights], valid, f"a weight of the panel or a set of `{model.study}`")
    chosen = reading.parts[model.study].weights.get(model.weights or "")
    if chosen is not None:
        _check_covers(model, chosen, study, source, _calendar(reading.parts[model.study]))
    if model.standard_errors is None or model.standard_errors.kind != "replicates":
        return
    if model.weights in (None, DELIVERED):
        source.report(("standard_errors",), "`replicates` are those of a weight set: name it in `weights`.")
    elif chosen is not None and chosen.replicates is None:
        source.report(("standard_errors",), f"the weight set `{model.weights}` declares no `replicates`.")


def _check_covers(
    model: Model, chosen: WeightSet, study: StudyNames, source: Source, calendar: dict[str, tuple[str, ...]]
) -> None:
    """The set weights every wave and arm of the model."""
    for wave in model.waves:
        if wave in study.waves and wave not in chosen.waves:
            source.report(("waves",), f"the weight `{model.weights}` is for {', '.join(chosen.waves)}, not for {wave}.")
    arms = arms_of(chosen, calendar)
    for arm in model.arms:
        if arm in calendar and arm not in arms:
            source.report(("arms",), f"the weight `{model.weights}` is for {', '.join(arms)}, not for {arm}.")
