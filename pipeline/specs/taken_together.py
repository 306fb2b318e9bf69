"""Of whom a figure speaks: the arms that a model, or a figure of people, takes together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.specs.sources import source_variable

if TYPE_CHECKING:
    from pipeline.specs.figures import Figure
    from pipeline.specs.models import AnyModel
    from pipeline.specs.project import Study

Place = tuple[str, str]
"""An arm and one of its waves."""


def arms_together(figure: Figure, models: Mapping[str, AnyModel], study: Study) -> tuple[tuple[str, ...], ...]:
    """The arms, by title, that each model of a figure takes together, each set once; none of models of one arm.

    ``models``: every declared model. A model that tells arms apart (``group: arm``) takes none together; one that
    estimates another again takes those of the other.
    """
    if len(study.about.arms) < 2:
        return ()
    if figure.kind == "transitions":
        found = [_of_people(figure, study)]
    else:
        own = [models[name] for name in figure.models if name in models]
        found = [_of_model(models.get(str(getattr(model, "of", None)), model), study) for model in own]
    titles = {key: arm.title for key, arm in study.about.arms.items()}
    return tuple(dict.fromkeys(tuple(titles[arm] for arm in arms) for arms in found if len(arms) > 1))


def _of_model(model: AnyModel, study: Study) -> list[str]:
    if getattr(model, "group", None) == "arm":
        return []
    every = {(arm, wave) for arm, waves in study.calendar.items() for wave in waves}
    outcomes = [*filter(None, [getattr(model, "outcome", None)]), *getattr(model, "outcomes", ())]
    asked = set[Place]().union(*(_asked(outcome, study) for outcome in outcomes))
    places = every & asked if asked else every
    found = {
        arm
        for arm, wave in places
        if (not model.arms or arm in model.arms) and (not model.waves or wave in model.waves)
    }
    return [arm for arm in study.about.arms if arm in found]


def _of_people(figure: Figure, study: Study) -> list[str]:
    """The arms whose people may have been in all waves that a figure of people draws."""
    waves = set(getattr(figure.options, "waves", ()))
    if getattr(figure.options, "arm", None):
        return []
    return [arm for arm, own in study.calendar.items() if waves <= set(own)]


def _asked(concept: str, study: Study) -> set[Place]:
    """The arms and waves whose files hold a question that measures a concept."""
    scale = next((one for key, one in study.scales.items() if (one.concept or key) == concept), None)
    item = study.scored_items().get(concept)
    items = [*(scale.items if scale else ()), *([item] if item else [])]
    return {
        (file.arm, wave)
        for wave, _, file in study.files()
        for key in items
        if key in study.items and source_variable(study, wave, file, key) is not None
    }
