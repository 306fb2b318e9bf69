"""The weight that a model's estimates take: the one that it declares, or the delivered one where its family takes it.

Families on the survey design take the weight as delivered unless their model names another; in a study whose files have
none they take none. Whatever prints a weight, a check or a way back to the files asks here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.specs.families import FAMILIES
from pipeline.specs.models import AnyModel
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.several_tests import Corrections
from pipeline.specs.sources import role_columns
from pipeline.specs.weights import DELIVERED

UNWEIGHTED = "unweighted"
CHOSEN = "weights as each analysis says"


def weighted_files(study: Study) -> frozenset[tuple[str, str]]:
    """Arm and wave of the files with a weight."""
    return frozenset((file.arm, wave) for wave, _, file in study.files() if "weight" in role_columns(study, wave, file))


def takes_delivered(model: AnyModel) -> bool:
    """Whether the estimates take the weight as delivered although the model names none."""
    return FAMILIES[model.family].on_design and not getattr(model, "weights", None)


def weight_used(model: AnyModel, study: Study) -> str | None:
    """``design_weight``, the name of a weight set, or None where everybody counts alike."""
    if not takes_delivered(model):
        return getattr(model, "weights", None) or None
    arms, waves = (tuple(getattr(model, key, ()) or ()) for key in ("arms", "waves"))
    files = weighted_files(study)
    return DELIVERED if any(_within(arm, arms) and _within(wave, waves) for arm, wave in files) else None


def _within(key: str, limits: tuple[str, ...]) -> bool:
    return not limits or key in limits


def weights_used(model: AnyModel, study: Study, models: Mapping[str, AnyModel]) -> tuple[str | None, ...]:
    """The weight of a model, and those of the models that it rests on, each once. ``models``: name → declaration."""
    own = [weight_used(model, study)] if getattr(model, "weights", None) or not _rests_on_others(model) else []
    fitted = [weight for one in _rests_on(model, models) for weight in weights_used(one, study, models)]
    return tuple(dict.fromkeys([*fitted, *own]))


def _rests_on_others(model: AnyModel) -> bool:
    return isinstance(model, Corrections) or (isinstance(model, Model) and model.of is not None)


def _rests_on(model: AnyModel, models: Mapping[str, AnyModel]) -> Iterator[AnyModel]:
    if isinstance(model, Corrections):
        yield from (models[test.model] for test in model.tests if test.model in models)
    elif isinstance(model, Model) and model.of is not None and model.of in models:
        yield models[model.of]


def weight_in_words(model: AnyModel, study: Study, models: Mapping[str, AnyModel]) -> str:
    """What a source line says of the weight: "unweighted", "weights as delivered", "weight set NAME"."""
    if isinstance(model, Multiverse) and model.choices.weights:
        return CHOSEN
    return " and ".join(called(weight) for weight in weights_used(model, study, models)) or UNWEIGHTED


def called(weight: str | None) -> str:
    """One weight in words."""
    if weight is None:
        return UNWEIGHTED
    return "weights as delivered" if weight == DELIVERED else f"weight set {weight}"
