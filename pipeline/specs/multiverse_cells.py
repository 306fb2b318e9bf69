"""What a cell of a multiverse fits: the model that it is of, with the cell's values in place of the declared ones."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.specs.families import FAMILIES
from pipeline.specs.multiverse import IN, WITHIN, Cell, Multiverse, label
from pipeline.specs.report import Model

LEAST_SQUARES = ("pooled", "fixed_effects", "first_difference")
"""Families whose cells share their work, being least squares of the same rows."""
ONE_WAVE = ("fixed_effects", "first_difference", "within_between", "random_effects")
"""Families that say nothing about one wave alone."""
CLASSICAL = "none"


@dataclass(frozen=True)
class Setting:
    """One analysis: its label, the declared model that it is, and what is done to the rows before."""

    label: str
    model: Model
    exposure: str
    component: str | None
    missing: str = "answered"
    outliers: str = "none"
    errors: str | None = None  # as chosen; None: as the model's family has them

    @property
    def shares(self) -> bool:
        """Whether it is fitted together with others."""
        return self.model.family in LEAST_SQUARES and not self.model.has_terms and not self.model.contrasts

    @property
    def impossible(self) -> str | None:
        """Why the combination makes no sense, as far as declarations say; None if it may."""
        model, family = self.model, FAMILIES[self.model.family]
        used = (str(model.outcome), *model.exposures, *model.covariates)
        if len(set(used)) < len(used):
            twice = next(name for name in used if used.count(name) > 1)
            return f"`{twice}` would stand in the model twice"
        if model.weights and not family.weighted:
            return f"a `{family.key}` model takes no weights"
        if self.errors not in (None, "replicates") and "cluster" not in family.keys:
            return f"a `{family.key}` model takes no choice of standard errors"
        if self.errors == "replicates" and not model.weights:
            return "`standard_errors: replicates` are those of a weight set"
        if self.missing == "imputed" and not family.imputed:
            return f"a `{family.key}` model is not fitted on imputed data"
        if len(model.waves) == 1 and family.key in ONE_WAVE:
            return f"a `{family.key}` model needs more than one wave"
        return None


def settings(declared: Multiverse, asked: Model) -> tuple[Setting, ...]:
    """What each cell of the grid fits, in the order of ``declared.cells``."""
    return tuple(_setting(cell, declared, asked) for cell in declared.cells)


def _setting(cell: Cell, declared: Multiverse, asked: Model) -> Setting:
    chosen, wanted = declared.choices, declared.result
    assert wanted is not None
    exposure = cell.get("exposure", wanted.term)
    family, effects = asked.family, asked.effects
    if "family" in cell:
        family, effects = cell["family"], "person"
        if family == "two_way":
            family, effects = "fixed_effects", "person_and_wave"
    covariates = _covariates(cell, declared, asked)
    used = (*asked.exposures, exposure, *covariates)
    changed = {
        "family": family,
        "effects": effects,
        "outcome": cell.get("outcome", asked.outcome),
        "exposures": tuple(exposure if name == wanted.term else name for name in asked.exposures),
        "covariates": covariates,
        "categorical": tuple(name for name in (*asked.categorical, *declared.categorical) if name in used),
        "waves": chosen.waves.get(cell.get("waves", ""), declared.waves or asked.waves),
        "arms": chosen.arms.get(cell.get("arms", ""), declared.arms or asked.arms),
        "confidence": declared.confidence,
    }
    if "weights" in cell:
        changed["weights"] = None if cell["weights"] == "none" else cell["weights"]
    errors = cell.get("standard_errors")
    if errors is not None and errors != "replicates":
        changed["cluster"] = CLASSICAL if errors == "classical" else errors
    return Setting(
        label(cell),
        asked.model_copy(update=changed),
        exposure,
        _component(family, cell, wanted.component),
        cell.get("missing", "answered"),
        cell.get("outliers", "none"),
        errors,
    )


def _component(family: str, cell: Cell, component: str | None) -> str | None:
    """The component of the result in this family: within a person, where a choice of families has both."""
    if "family" not in cell:
        return component
    return WITHIN[0] if family == "within_between" else WITHIN[1]


def _covariates(cell: Cell, declared: Multiverse, asked: Model) -> tuple[str, ...]:
    """The model's own covariates, the cell's set or subset, and those that are in."""
    named = declared.choices.covariates.get(cell.get("covariates", ""), ())
    subset = tuple(name for name in declared.choices.subsets if name in cell.get("subsets", "").split(" + "))
    own = tuple(name for name in declared.choices.in_or_out if cell[name] == IN)
    return (*asked.covariates, *named, *subset, *own)
