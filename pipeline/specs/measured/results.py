"""Results of models that others name: to correct them, compare with them, estimate them again."""

from __future__ import annotations

from typing import Protocol

from pipeline.specs.base import Asking
from pipeline.specs.declared_terms import AskingTerms, placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.measured.facts import measure
from pipeline.specs.names import known
from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import Position, Source

OF_TERMS = frozenset({
    "coefficient", "within", "between", "contextual", "within_minus_between", "fixed_minus_random", "odds_ratio",
    "rate_ratio", "standardised", "standardised_latent", "standardised_within", "standardised_between",
})  # fmt: skip
"""Components with a row for each term."""
NAMES_CATEGORIES = frozenset({"multinomial_logit", "quantile_regression", "mediation"})
"""Families whose rows of terms differ by outcome or group, too."""
FURTHER = {"mixed_growth", "interrupted_time_series", "difference_gmm", "system_gmm", "mediation", "chamberlain"}
"""Families with rows of terms that they make themselves."""


class Row(Protocol):
    """What names a row of estimates."""

    @property
    def term(self) -> str | None: ...
    @property
    def component(self) -> str | None: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def wave(self) -> str | None: ...
    @property
    def group(self) -> str | None: ...


def check_result(row: Row, position: Position, model: Asking, source: Source, study: Study | None) -> None:
    """Report a component, term, outcome, wave or group that the estimates of ``model`` do not have."""
    family = FAMILIES[model.family]
    what = f"a component of a `{family.key}` model"
    component = row.component
    if component is not None and component not in family.components and component != "equivalence":
        if component:
            known(source, (*position, "component"), [component], list(family.components), what)
        return
    if not isinstance(model, AskingTerms) or family.key in FURTHER or not row.term:
        return
    terms = [one.term.key for one in placed_terms(model)]
    by_term = component in OF_TERMS or (component is None and set(family.components) & OF_TERMS)
    if not terms or not by_term:
        return
    further = [] if component in OF_TERMS else _further(model)
    if row.term not in (*terms, *further):
        known(source, (*position, "term"), [row.term], terms, f"a term of this `{family.key}` model")
    elif row.term in terms and component in (None, *OF_TERMS) and family.key not in NAMES_CATEGORIES:
        _check_rest(row, position, model, source, study)


def _further(model: AskingTerms) -> list[str]:
    """Terms of other rows: contrasts, waves, tests and whatever has no component of terms."""
    waves = [f"w{number:02d}" for number in range(1, 100)]
    named = [*getattr(model, "contrasts", {}), *waves, "intercept"]
    named += [name for name in (getattr(model, "outcome", None), *getattr(model, "outcomes", ())) if name]
    return named


def _check_rest(row: Row, position: Position, model: AskingTerms, source: Source, study: Study | None) -> None:
    outcome, coded = getattr(model, "outcome", None), {*model.categorical, *model.reference}
    if row.wave is not None:
        source.report((*position, "wave"), f"`{row.term}` has one row for all waves: leave `wave` out.")
    if row.outcome is not None and outcome is not None and row.outcome != outcome:
        source.report((*position, "outcome"), f"the model is of `{outcome}`, not of `{row.outcome}`.")
    if row.group is None or (row.component is None and (model.slopes or getattr(model, "predict_at", None))):
        return
    if row.term not in coded:
        source.report((*position, "group"), f"`{row.term}` is no category, and has no row for a `group`: leave it out.")
        return
    found = None if study is None else measure(study, row.term)
    if found is not None and found.values is not None:
        levels = [f"{value:g}" for value in sorted(found.values)]
        known(source, (*position, "group"), [row.group], levels, f"a category of `{row.term}`")
