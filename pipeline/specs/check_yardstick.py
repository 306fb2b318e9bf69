"""What a model's yardstick names: a model of the same study, in the same outcome's units."""

from __future__ import annotations

from pipeline.specs.families import FAMILIES
from pipeline.specs.measured.results import check_result
from pipeline.specs.models import AnyModel
from pipeline.specs.names import known, reports
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Source
from pipeline.specs.yardstick import Measured


def check_yardstick(model: AnyModel, source: Source, reading: Reading) -> None:
    """Report a yardstick of a model that does not exist, or of another study, or that has another outcome."""
    if model.yardstick is None:
        return
    family = FAMILIES[model.family]
    if model.yardstick.sd is not None and "variance" not in family.components:
        why = f"a `{family.key}` model leaves no standard deviation of people and answers: give `of` or `value`."
        source.report(("yardstick", "sd"), why)
    for part in ("of", "less"):
        named = getattr(model.yardstick, part)
        if named is not None:
            _check_measured(named, part, model, source, reading)


def _check_measured(named: Measured, part: str, model: AnyModel, source: Source, reading: Reading) -> None:
    """One result: of this model, or of another of the same study and outcome."""
    study = reading.studies.get(model.study)
    if named.model is None:
        check_result(named, ("yardstick", part), model, source, study)
        return
    position = ("yardstick", part, "model")
    known(source, position, [named.model], reports(reading, "models"), "a model in reports/models")
    other = reading.models.get(named.model)
    if other is None:
        return
    check_result(named, ("yardstick", part), other, source, study)
    if other.study != model.study:
        source.report(position, f"`{named.model}` is a model of `{other.study}`, not of `{model.study}`.")
    outcome, own = getattr(other, "outcome", None), getattr(model, "outcome", None)
    if outcome and own and outcome != own:
        source.report(
            position, f"`{named.model}` is about `{outcome}`: a yardstick of `{own}` is in the units of `{own}`."
        )
