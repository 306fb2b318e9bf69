"""What a model's yardstick names: a model of the same study, in the same outcome's units."""

from __future__ import annotations

from pipeline.specs.models import AnyModel
from pipeline.specs.names import known, reports
from pipeline.specs.reading import Reading
from pipeline.specs.strict_yaml import Source


def check_yardstick(model: AnyModel, source: Source, reading: Reading) -> None:
    """Report a yardstick of a model that does not exist, or of another study, or that has another outcome."""
    if model.yardstick is None:
        return
    for part in ("of", "less"):
        named = getattr(model.yardstick, part)
        if named is None or named.model is None:
            continue
        position = ("yardstick", part, "model")
        known(source, position, [named.model], reports(reading, "models"), "a model in reports/models")
        other = reading.models.get(named.model)
        if other is None:
            continue
        if other.study != model.study:
            source.report(position, f"`{named.model}` is a model of `{other.study}`, not of `{model.study}`.")
        outcome, own = getattr(other, "outcome", None), getattr(model, "outcome", None)
        if outcome and own and outcome != own:
            source.report(
                position, f"`{named.model}` is about `{outcome}`: a yardstick of `{own}` is in the units of `{own}`."
            )
