"""How each number of a study is computed, which says how far it may differ on another machine."""

from __future__ import annotations

from collections.abc import Iterable

from assets.bundles.aggregates import AGGREGATES
from assets.engine.workspace import Workspace
from pipeline.specs import AnyModel, Model, Study
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import CLOSED_FORM, ITERATIVE, SIMULATED
from pipeline.specs.tolerances import COUNTED, PRINTED, TOLERANCES

UNCERTAIN = ("std_error", "p_value", "conf_low", "conf_high", "statistic")
"""Columns that are made of a standard error."""
COUNTS = ("n_obs", "n_persons")
OF_TABLES = {aggregate.table: aggregate for aggregate in AGGREGATES}


class Kinds:
    """The way of computing of each number of a study, by its table and column."""

    def __init__(self, workspace: Workspace, study: str) -> None:
        self._models, self._papers = workspace.project.models, workspace.project.papers
        self._study = workspace.project.studies[study]

    def of(self, table: str, column: str) -> str:
        """The key of ``TOLERANCES``."""
        kind, _, name = table.partition("/")
        if kind == "tables" or column == "printed":
            return PRINTED
        if column in COUNTS:
            return COUNTED
        if kind == "estimates" and name in self._models:
            return of_model(self._models[name], self._study)
        if kind == "paper" and name in self._papers:
            return self.of_models(self._papers[name].models)
        aggregate = OF_TABLES.get(kind)
        if aggregate is None:
            return CLOSED_FORM
        return self._weighted if column in aggregate.firm else aggregate.computed

    @property
    def _weighted(self) -> str:
        """How weighted sums over the people of an area are computed: their weights may have been fitted."""
        index = self._study.index
        return ITERATIVE if index is not None and index.uncertainty.weights else CLOSED_FORM

    def of_models(self, names: Iterable[str]) -> str:
        """The way of computing what rests on several models; without one it was counted."""
        return loosest(*(of_model(self._models[name], self._study) for name in names if name in self._models))


def of_model(model: AnyModel, study: Study) -> str:
    """How a model's estimates are computed: by its family, its weights, and what is imputed."""
    found = [FAMILIES[model.family].computed]
    declared = study.weights.get(getattr(model, "weights", None) or "")
    if declared is not None:
        found.append(SIMULATED if declared.replicates else ITERATIVE)
    if isinstance(model, Model) and model.imputation:
        found.append(SIMULATED)
    return loosest(*found)


def loosest(*kinds: str) -> str:
    order = list(TOLERANCES)
    return max(kinds, key=order.index, default=COUNTED)
