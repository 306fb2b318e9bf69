"""What imputation.yaml, and the models that use its sets, say of the other declarations."""

from __future__ import annotations

from pipeline.specs.families import FAMILIES
from pipeline.specs.imputation import ImputationSet
from pipeline.specs.measured.results import check_result
from pipeline.specs.names import StudyNames, known, once, reports
from pipeline.specs.reading import Parts, Reading
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source
from pipeline.specs.structural import StructuralModel


def check_imputation(key: str, parts: Parts, declared: StudyNames, reading: Reading) -> None:
    """Report what the sets of one study name and the study does not have."""
    source = reading.sources.get((key, "imputation"))
    if source is None:
        return
    for name, chosen in parts.imputation.items():
        _check_set(name, chosen, declared, source)


def _check_set(name: str, chosen: ImputationSet, declared: StudyNames, source: Source) -> None:
    study = declared.key
    for part in ("measures", "lasting"):
        known(source, (name, part), getattr(chosen, part), declared.scores, f"a concept that `{study}` measures")
    known(source, (name, "passive"), chosen.passive, declared.scored, f"scored by a scale of `{study}`")
    known(source, (name, "arms"), chosen.arms, declared.arms, f"an arm of `{study}`")
    known(source, (name, "waves"), chosen.waves, declared.waves, f"a wave of `{study}`")
    known(source, (name, "who", "present_in"), chosen.who.present_in, declared.waves, f"a wave of `{study}`")
    for part in ("passive", "arms", "waves"):
        once(source, (name, part), getattr(chosen, part))


def check_model_imputation(model: Model | StructuralModel, study: StudyNames, source: Source, reading: Reading) -> None:
    """A model's imputation set exists, imputes what the model reads, and suits its family."""
    if model.imputation is None:
        return
    known(source, ("imputation",), [model.imputation], study.imputation, f"an imputation set of `{model.study}`")
    chosen = reading.parts[model.study].imputation.get(model.imputation)
    if chosen is None:
        return
    filled = {*chosen.measures, *chosen.lasting}
    left = [name for name in model.concepts if name not in filled]
    if left:
        source.report(
            ("imputation",),
            f"the set `{model.imputation}` does not fill `{left[0]}`: add it to its `measures` or `lasting`.",
        )


def check_sensitivity(model: Model, source: Source, reading: Reading) -> None:
    """A sensitivity model is of another model of its study, and reads only what the imputation set fills."""
    asked = estimated_again(model, source, reading)
    if asked is None:
        return
    if asked.study == model.study and model.weights and not FAMILIES[asked.family].weighted:
        source.report(("weights",), f"`{model.of}` is a `{asked.family}` model, which takes no weights.")
    chosen = reading.parts[model.study].imputation.get(model.imputation or "") if model.study in reading.parts else None
    if chosen is not None:
        _check_fills(chosen, model, asked, source)


def estimated_again(model: Model, source: Source, reading: Reading) -> Model | None:
    """The model that ``of`` names, if a result of it may be estimated again; what is wrong with it is reported."""
    if model.of is None:
        return None
    known(source, ("of",), [model.of], reports(reading, "models"), "a model in reports/models")
    asked = reading.models.get(model.of)
    if asked is None:
        return None
    if not isinstance(asked, Model):
        source.report(("of",), f"`{model.of}` is a `{asked.family}` model, which has no versions to set side by side.")
        return None
    if not FAMILIES[asked.family].repeatable or asked.imputation:
        source.report(("of",), f"`{model.of}` cannot be estimated again: name a model on answers, not on imputed data.")
    if asked.study != model.study:
        source.report(("of",), f"the model `{model.of}` is of the study `{asked.study}`, not of `{model.study}`.")
    elif model.result is not None:
        check_result(model.result, ("result",), asked, source, reading.studies.get(asked.study))
    return asked


def _check_fills(chosen: ImputationSet, model: Model, asked: Model, source: Source) -> None:
    filled = {*chosen.measures, *chosen.lasting}
    for name in asked.concepts:
        if name not in filled:
            source.report(
                ("imputation",),
                f"the set `{model.imputation}` does not fill `{name}`, which `{model.of}` reads: add it to the set.",
            )
    if model.tipping:
        wanted = [model.tipping.concept]
        known(
            source, ("tipping", "concept"), wanted, list(chosen.measures), f"a measure of the set `{model.imputation}`"
        )
        per = [model.tipping.per] if model.tipping.per else []
        known(source, ("tipping", "per"), per, list(asked.concepts), f"read by `{model.of}`")
