"""Of whom a model speaks: the arms that it takes together, and waves of which it estimates nothing without a weight."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.papers.phrases import joined
from pipeline.specs.families import FAMILIES
from pipeline.specs.weight_used import takes_delivered, weighted_files

if TYPE_CHECKING:
    from pipeline.papers.study_context import Question
    from pipeline.specs.models import AnyModel
    from pipeline.specs.project import Study

WEIGHTED = "Weighted "
"""How the method of most families begins that take the weight as delivered."""


@dataclass(frozen=True)
class Coverage:
    """``calendar``: arm → its waves; ``weighted``: (arm, wave) of files with a weight; ``asked``: concept → where."""

    calendar: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weighted: frozenset[tuple[str, str]] = frozenset()
    asked: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)

    def arms(self, model: AnyModel) -> list[str]:
        """The arms that a model takes together; none where it takes one, or tells them apart."""
        if getattr(model, "group", None) == "arm":
            return []
        found = {arm for arm, _ in self._places(model)}
        return [arm for arm in self.calendar if arm in found] if len(found) > 1 else []

    def without_weight(self, model: AnyModel) -> tuple[list[str], bool]:
        """The waves in which nobody has a weight as delivered, and whether that is so in each; for models with it."""
        if not takes_delivered(model):
            return [], False
        waves = sorted({wave for _, wave in self._places(model)})
        have = {wave for _, wave in self.weighted}
        return [wave for wave in waves if wave not in have], bool(waves) and not have

    def waves(self, model: AnyModel) -> list[str]:
        """The waves in which a model's outcomes were asked, within its limits."""
        return sorted({wave for _, wave in self._places(model)})

    def _places(self, model: AnyModel) -> set[tuple[str, str]]:
        """The arms and waves in which a model's outcomes were asked, within its limits."""
        every = {(arm, wave) for arm, waves in self.calendar.items() for wave in waves}
        outcomes = [*filter(None, [getattr(model, "outcome", None)]), *getattr(model, "outcomes", ())]
        asked = [self.asked[name] for name in outcomes if self.asked.get(name)]
        places = every & frozenset().union(*asked) if asked else every
        return {
            (arm, wave)
            for arm, wave in places
            if (not model.arms or arm in model.arms) and (not model.waves or wave in model.waves)
        }


def coverage_of(study: Study, questions: Mapping[str, Collection[Question]]) -> Coverage:
    """What the declarations say. ``questions``: concept → the questions that measure it."""
    asked = {key: frozenset().union(*(one.places for one in own)) for key, own in questions.items()}
    return Coverage(study.calendar, weighted_files(study), asked)


def remarks(
    model: AnyModel, coverage: Coverage, label: Callable[[str], str], estimated: Collection[str] = ()
) -> Iterator[str]:
    """What stands below a table of the model's estimates, as sentences without their point.

    ``estimated``: the waves of which it has a level. Of one that has a weight by its declaration and no level, the
    weights are blank.
    """
    arms = coverage.arms(model)
    if arms:
        yield f"Arms taken together: {joined([label(arm) for arm in arms])}"
    waves, all_waves = coverage.without_weight(model)
    if waves and not all_waves:
        yield f"Nothing is estimated for {joined([label(wave) for wave in waves])}: there is no weight"
    blank = [wave for wave in coverage.waves(model) if wave not in {*estimated, *waves}]
    if takes_delivered(model) and estimated and blank:
        yield f"Nothing is estimated for {joined([label(wave) for wave in blank])}: nobody has a weight and an answer"


def method_of(model: AnyModel, coverage: Coverage) -> str:
    """The method of the model's family, without weights where the study has none."""
    method = FAMILIES[model.family].method
    if coverage.calendar and coverage.without_weight(model)[1]:
        plain = method.replace("from weights, strata", "from strata").replace("the weighted table", "the table")
        return f"Unweighted {plain.removeprefix(WEIGHTED)}" if plain.startswith(WEIGHTED) else f"{plain}; unweighted"
    return method
