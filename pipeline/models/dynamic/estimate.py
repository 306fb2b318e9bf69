"""From a dynamic model to its rows of the Estimates table, with the gates that withhold or caution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.dynamic.checks import Validity, error_variance, serial_correlation, without_each
from pipeline.models.dynamic.gmm import Step, sandwich, step, windmeijer
from pipeline.models.dynamic.grid import Grid, panel_grid
from pipeline.models.dynamic.settings import Settings
from pipeline.models.dynamic.system import Dynamic, dynamic_model
from pipeline.models.inference import Basis, Term, coefficient_rows, inference, joined, two_sided
from pipeline.models.table import ORDER, noted
from pipeline.tables import estimates

REJECTED = 0.05
"""A test of validity below this p-value is a gate that fails."""
TOO_GOOD = 0.999
"""A p-value of Hansen's test above this says that there are too many instruments for it (Roodman 2009b)."""
PERSISTENT = 0.9
"""From this sum of the coefficients of its own past on, levels say little of an outcome's changes (Bond 2002)."""


@dataclass(frozen=True)
class Fit:
    """A fitted dynamic model: both steps, the one that is reported with its covariance, and the tests."""

    model: Dynamic
    first: Step
    second: Step
    covariance: np.ndarray
    given: Settings

    @property
    def reported(self) -> Step:
        return self.second if self.given.steps == "two" else self.first

    @property
    def hansen(self) -> Validity:
        return Validity(self.second.criterion, self.second.rank - len(self.second.estimates))

    @property
    def sargan(self) -> Validity:
        differences = self.given.transformation == "difference"
        variance = error_variance(self.model.change, self.first, differences=differences)
        return Validity(self.first.criterion / variance, self.first.rank - len(self.first.estimates))

    @property
    def order(self) -> int:
        """The order of serial correlation that would make the outcome's first instrument invalid."""
        lags = self.given.instrumented(self.outcome)
        return max(lags[self.outcome].first, 1)

    @property
    def outcome(self) -> str:
        return self.model.terms[0].term

    def correlation(self, order: int) -> float | None:
        """Arellano and Bond's z."""
        return serial_correlation(self.model, self.reported, self._tested, order)

    @property
    def _tested(self) -> np.ndarray:
        """The covariance in tests of serial correlation: that of the estimates, robust of one step."""
        return sandwich(self.model.moments, self.first) if self.given.steps == "one" else self.covariance


def dynamic_fit(grid: Grid, names: Sequence[str], given: Settings) -> Fit:
    """Both steps of the model and the covariance of the one reported.

    Raises ModelError where a term cannot be separated from the others.
    """
    model = dynamic_model(grid, names, given)
    _require_separate(model)
    try:
        first = step(model.moments, model.moments.weight)
        second = step(model.moments, first.errors.T @ first.errors)
    except np.linalg.LinAlgError:
        raise ModelError(
            "too few persons to weight the moments of so many terms",
            where=model.terms[0].term,
            count=len(model.moments.matrix),
            todo="Choose more rows, or fewer terms.",
        ) from None
    return Fit(model, first, second, _covariance(model, first, second, given), given)


def _covariance(model: Dynamic, first: Step, second: Step, given: Settings) -> np.ndarray:
    if given.steps == "two":
        return windmeijer(model.moments, first, second) if given.robust else second.bread
    if given.robust:
        return sandwich(model.moments, first)
    differences = given.transformation == "difference"
    return first.bread * error_variance(model.change, first, differences=differences)


def _require_separate(model: Dynamic) -> None:
    """Raises ModelError naming the terms that instruments do not tell from the terms before them."""
    slopes = model.moments.matrix.sum(axis=0)
    size = np.sqrt(np.maximum(np.diag(model.moments.weight), 1e-300))
    scaled = slopes / size[:, None]
    scaled = scaled / np.maximum(np.linalg.norm(scaled, axis=0), 1e-300)
    left = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    tied = [term.label for term, what in zip(model.terms, left, strict=True) if what < 1e-9]
    if tied:
        raise ModelError(
            f"{', '.join(tied)} cannot be separated from the other terms by the instruments",
            where=model.terms[0].term,
            todo="Leave it out, or allow more lags as instruments.",
        )


def dynamic_table(
    frame: pl.DataFrame, outcome: str, names: Sequence[str], given: Settings, *, confidence: float, model: str,
    family: str,
) -> pl.DataFrame:  # fmt: skip
    """The Estimates table of a dynamic model."""
    grid = panel_grid(
        frame, outcome, [*names, *given.instruments], categorical=given.categorical, person=given.person,
        wave=given.wave,
    )  # fmt: skip
    fit = dynamic_fit(grid, names, given)
    basis = Basis(fit.model.n_obs, fit.model.n_persons, _described(fit), confidence)
    rows = coefficient_rows(basis, fit.model.terms, fit.reported.estimates, fit.covariance, None)
    rows += _long_run(fit, basis)
    failed, caution = _failed(fit), _caution(fit)
    if failed and given.withhold:
        rows = [withheld(row, failed) for row in rows]
    else:
        rows = noted(rows, joined(failed, caution))
    place = {component: index for index, component in enumerate(ORDER)}
    rows.sort(key=lambda row: place.get(str(row["component"]), len(ORDER)))
    left_out = basis.row(
        Term("sample", "rows_left_out"), estimate=float(grid.n_rows - fit.model.n_obs), covariance=None
    )
    return estimates([*rows, *_tests(fit, basis), left_out], model=model, family=family, outcome=outcome)


def withheld(row: Mapping[str, object], reason: str) -> dict[str, object]:
    """The row without its numbers, with the reason."""
    numbers = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
    return {**row, **dict.fromkeys(numbers), "note": f"withheld: {reason}"}


def _described(fit: Fit) -> str:
    given, count = fit.given, fit.model.blocks.count
    how = "orthogonal deviations" if given.transformation == "deviations" else "first differences"
    which = f"system of {how} and levels" if given.system else how
    error = {
        ("two", True): "Windmeijer’s corrected standard errors",
        ("two", False): "uncorrected standard errors",
        ("one", True): "standard errors robust within persons",
        ("one", False): "classical standard errors",
    }[given.steps, given.robust]
    collapsed = ", collapsed" if given.collapse else ""
    return f"{given.steps}-step GMM in {which}, {count} instruments{collapsed}; {error}; normal intervals"


def _long_run(fit: Fit, basis: Basis) -> list[dict[str, object]]:
    """What a lasting difference of one unit makes in the end, (b + its lags) / (1 − the outcome's own), by the delta
    method; none where the outcome's own past adds up to one or more."""
    found, terms = fit.reported.estimates, fit.model.terms
    own = np.array([term.component == "persistence" for term in terms])
    left = 1 - float(found[own].sum())
    if left <= 0:
        return []
    rows = []
    for term in (term for term in terms if term.component == "coefficient"):
        mine = np.array([_same(term, other) for other in terms])
        effect = float(found[mine].sum()) / left
        slope = (mine + own * effect) / left
        error = float(np.sqrt(slope @ fit.covariance @ slope))
        named = Term("long_run", term.term, group=term.group, note=term.note)
        rows.append(basis.row(named, **inference(effect, error, np.inf, basis.confidence)))
    return rows


def _same(term: Term, other: Term) -> bool:
    """Whether the other is this term, or a lag of it."""
    if other.component not in ("coefficient", "lagged") or other.term != term.term:
        return False
    level = None if other.group is None else other.group.split("lag ")[0].rstrip(", ") or None
    return level == term.group


def _tests(fit: Fit, basis: Basis) -> Iterator[dict[str, object]]:
    for order in range(1, max(2, fit.order) + 1):
        z = fit.correlation(order)
        if z is not None:
            yield basis.row(Term("test", f"ar{order}"), statistic=z, p_value=two_sided(z))
    if not fit.given.system:
        yield _validity(basis, "sargan", fit.sargan, None)
    crowded = fit.model.blocks.count > fit.model.n_persons
    p = fit.hansen.p_value
    blind = "withheld: more instruments than persons" if crowded else None
    if p is not None and p > TOO_GOOD:
        blind = "withheld: a p-value of 1.000 says that there are too many instruments for this test"
    yield _validity(basis, "hansen", fit.hansen, blind)
    for group, left, fall in without_each(fit.model, fit.first, fit.second):
        yield _validity(basis, "hansen_without", left, blind) | {"group": group}
        yield _validity(basis, "hansen_difference", fall, blind) | {"group": group}
    for name, count in (("instruments", fit.model.blocks.count), ("persons", fit.model.n_persons)):
        yield basis.row(Term("fit", name), estimate=float(count), covariance=None)


def _validity(basis: Basis, term: str, found: Validity, blind: str | None) -> dict[str, object]:
    if found.df <= 0:
        return basis.row(Term("test", term, note="as many instruments as terms: nothing to test"), df=0.0)
    if blind is not None:
        return basis.row(Term("test", term, note=blind), df=float(found.df))
    return basis.row(Term("test", term), statistic=max(found.statistic, 0.0), df=float(found.df), p_value=found.p_value)


def _failed(fit: Fit) -> str | None:
    """Why the estimates do not hold."""
    count, persons = fit.model.blocks.count, fit.model.n_persons
    if count > persons:
        return f"{count} instruments for {persons} persons: collapse them, or limit their lags"
    z = fit.correlation(fit.order) if fit.order > 1 else None
    if z is not None and two_sided(z) < REJECTED:
        return (
            f"errors correlate over {fit.order} waves (AR({fit.order}) p = {two_sided(z):.3f}), so that levels of "
            f"{fit.order} waves before are no valid instruments: begin them a wave earlier in the past"
        )
    p = fit.hansen.p_value
    if p is not None and p < REJECTED:
        return f"Hansen’s test rejects the instruments (p = {p:.3f})"
    return None


def _caution(fit: Fit) -> str | None:
    """What to bear in mind in reading the estimates."""
    own = [place for place, term in enumerate(fit.model.terms) if term.component == "persistence"]
    past = float(fit.reported.estimates[own].sum())
    found = []
    if not fit.given.system and past > PERSISTENT:
        found.append(f"the outcome’s own past adds up to {past:.2f}: its levels are weak instruments; see system GMM")
    p = fit.hansen.p_value
    if p is not None and p > TOO_GOOD:
        found.append("too many instruments for Hansen’s test to say anything")
    if past >= 1:
        found.append("the outcome’s own past adds up to one or more: there is no long-run effect")
    return "; ".join(found) or None
