"""What a mediation model says of the study: measures that exist, change, and are numbers."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs.check_terms import is_lasting
from pipeline.specs.mediation import MediationModel, VarianceShares
from pipeline.specs.names import StudyNames, known
from pipeline.specs.reading import Reading
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source
from pipeline.specs.study import Item
from pipeline.specs.terms import parse


def check_mediation(model: Model, source: Source, study: StudyNames, reading: Reading) -> None:
    """Report mediators that the study does not measure, that cannot change within people, or are coded 0 and 1."""
    if isinstance(model, VarianceShares):
        _check_change(model, source, study, reading)
    if not isinstance(model, MediationModel):
        return
    known(source, ("mediators",), model.mediators, study.scores, f"a concept that `{model.study}` measures")
    roles = {"exposures": model.exposures, "mediators": model.mediators, "outcome": (str(model.outcome),)}
    items = {item.concept: item for item in _items(study.key, reading)}
    for role, names in roles.items():
        for name in names:
            item = items.get(name)
            if item is None:
                continue
            if "within" in model.levels and item.time_constant:
                source.report((role,), f"`{name}` never changes within a person: leave `within` out of `levels`.")
            if role != "exposures" and model.definition == "product" and _is_binary(item):
                source.report(
                    (role,), f"`{name}` is coded 0 and 1: a product of coefficients is no effect on it. "
                    "Declare `definition: natural`.",
                )  # fmt: skip


def _check_change(model: VarianceShares, source: Source, study: StudyNames, reading: Reading) -> None:
    """Shares are of what changes within people, too."""
    parts = reading.parts[study.key]
    for role, names in (("exposures", model.exposures), ("outcome", (str(model.outcome),))):
        for name in names:
            if all(is_lasting(factor, parts) for factor in parse(name)[0].factors):
                source.report((role,), f"`{name}` never changes within a person, and has no share of change.")


def _items(study: str, reading: Reading) -> Iterator[Item]:
    """Single items that measure a concept."""
    yield from (item for item in reading.parts[study].items.values() if item.concept)


def _is_binary(item: Item) -> bool:
    """Whether every answer that has a value becomes 0 or 1."""
    codes = item.recode or item.codes or {}
    values = [item.recode.get(code, code) for code in item.codes] if item.recode and item.codes else list(codes)
    numbers = {str(value) for value in values if _is_number(value)}
    return bool(numbers) and {float(number) for number in numbers} == {0.0, 1.0}


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
