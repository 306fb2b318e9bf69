"""The waves whose answers a model rests on: those that ask all of what it reads, as far as the declarations say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.measured.asked import asked_together, chosen_places, step_of, stepped
from pipeline.specs.measured.constructs import waves_of
from pipeline.specs.measured.facts import Place, measure
from pipeline.specs.mediation import MediationModel
from pipeline.specs.models import AnyModel
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.multiverse_cells import settings
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.several_tests import Corrections
from pipeline.specs.structural import StructuralModel
from pipeline.specs.terms import RESERVED


def waves_used(model: AnyModel, study: Study, models: Mapping[str, AnyModel]) -> tuple[str, ...]:
    """The waves in the order of the study; those that the model chooses where its rows are not known from here.

    ``models``: name → declaration, of the models that it may be of.
    """
    own = set(_waves(model, study, models)) or {wave for _, wave in _chosen(model, study)}
    return tuple(wave for wave in study.waves if wave in own)


def _waves(model: AnyModel, study: Study, models: Mapping[str, AnyModel]) -> Iterable[str]:
    if isinstance(model, StructuralModel):
        return waves_of(model, study)
    fitted = [*_fitted(model, models)]
    if fitted:
        return {wave for one in fitted for wave in waves_used(one, study, models)}
    return () if model.of else {wave for _, wave in _places(model, study)}


def _fitted(model: Model, models: Mapping[str, AnyModel]) -> Iterator[AnyModel]:
    """The models that a model of models rests on."""
    if isinstance(model, Corrections):
        yield from (models[test.model] for test in model.tests if test.model in models)
        return
    asked = models.get(model.of or "")
    if not isinstance(asked, Model):
        return
    if isinstance(model, Multiverse):
        yield from (one.model for one in settings(model, asked))
    else:
        yield asked.model_copy(update={key: value for key in ("waves", "arms") if (value := getattr(model, key))})


def _chosen(model: AnyModel, study: Study) -> frozenset[Place]:
    places = chosen_places(model, study)
    weights = study.weights.get(model.weights or "")
    return frozenset(place for place in places if weights is None or place[1] in weights.waves)


def _places(model: Model, study: Study) -> frozenset[Place]:
    """Arms and waves of the rows that have everything, and those that their lags and leads are from."""
    places = _chosen(model, study)
    if model.from_wave is not None:
        ends = {model.from_wave, model.to_wave, *model.to_waves, *(wave for one in model.sets.values() for wave in one)}
        known = model.from_wave != "latest" and model.to_waves != "all"
        return frozenset(place for place in places if place[1] in ends) if known else places
    for name in filter(None, (model.group,)):
        found = measure(study, name)
        places &= places if found is None or found.places is None else found.places
    if model.outcomes:
        asked = [found.places for name in model.outcomes if (found := measure(study, name)) is not None]
        places &= frozenset().union(*(places if one is None else one for one in asked))
    rows = asked_together(model, study, places)
    return rows.union(*_reached(model, study, rows))


def _reached(model: Model, study: Study, rows: frozenset[Place]) -> Iterator[frozenset[Place]]:
    """Where the values of other waves are from that stand in the rows: lags, leads, later mediators and outcomes."""
    steps = [model.later.mediators, model.later.outcome] if isinstance(model, MediationModel) else []
    factors = [factor for one in placed_terms(model) for factor in one.term.factors]
    for factor in (factor for factor in factors if factor.moved and factor.name not in RESERVED):
        found = measure(study, factor.name)
        if factor.months is None:
            steps.append(-step_of(factor))
        elif found is not None and found.places is not None:
            yield found.places & chosen_places(model, study)
    yield from (stepped(rows, step, study) for step in steps if step)
