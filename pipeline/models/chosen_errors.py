"""From the standard errors that are asked for to the covariance, tests and words of a linear fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariance import Linear, Tested, few_clusters
from pipeline.models.covariances import sandwich, serial, small_sample
from pipeline.models.covariances.few_treated import few_treated
from pipeline.models.covariances.problem import LeastSquares
from pipeline.models.covariances.randomisation import Permutations, RandomisationTest, randomised
from pipeline.models.covariances.wild import Bootstrap, WildTest, drawn_way, wild_test
from pipeline.models.covariances.wild_sums import sums
from pipeline.models.inference import joined
from pipeline.models.regression_data import RegressionData
from pipeline.specs.corrections import CORRECTIONS
from pipeline.specs.error_kinds import ERROR_KINDS
from pipeline.specs.standard_errors import AREAS, FEW_AREAS, StandardErrors

ROUNDING = 1e-9
MANY_WAVES = 20
"""With fewer periods Driscoll–Kraay errors are too small."""


@dataclass(frozen=True)
class Refit:
    """What the covariances of a family are made from.

    ``problem`` makes the least squares that its estimates are; ``columns`` (n × terms) are the terms before anything
    was absorbed; ``waves`` (n) and ``persons`` (n) place the rows; ``profile`` (n) is that of an assigned treatment.
    """

    data: RegressionData
    problem: Callable[[], LeastSquares]
    correction: str
    confidence: float
    waves: np.ndarray
    exposures: Sequence[str]
    profile: np.ndarray | None = None


def with_errors(fit: Linear, errors: StandardErrors | None, refit: Refit, *, repeated: bool = False) -> Linear:
    """The fit with the standard errors that were chosen, or as it is.

    By default errors are as fitted, but for fewer than 30 clusters that are areas: then p-values and intervals are
    those of the wild cluster bootstrap. Raises ModelError where the kind cannot be made of these rows.
    """
    automatic = errors is None and not repeated and _few_areas(refit.data)
    if automatic:
        errors = StandardErrors(kind="wild_bootstrap")
    if errors is None:
        return fit if repeated else _cautioned(fit, refit)
    problem = refit.problem()
    if errors.record.clusters:
        made = _clustered(fit, errors, refit, problem, automatic=automatic)
        return made if errors.kind in ("wild_bootstrap", "randomisation") else _cautioned(made, refit)
    return _unclustered(fit, errors, refit, problem)


def _cautioned(fit: Linear, refit: Refit) -> Linear:
    """With a note on each term in which one of few clusters alone differs: its clustered error is far too small."""
    data = refit.data
    if data.clusters is None or not 1 < data.n_clusters < FEW_AREAS:
        return fit
    drawn, before = drawn_way(_ways(data)), fit.tested

    def tested(row: np.ndarray) -> Tested | None:
        found, alone = None if before is None else before(row), np.flatnonzero(row)
        if len(alone) != 1 or data.terms[alone[0]].component == "intercept":
            return found
        lone = few_treated(data.matrix[:, alone[0]], drawn)[0]
        if lone is None:
            return found
        note = f"one of {data.n_clusters} clusters alone differs in it: its error is too small; prefer randomisation"
        return replace(found or Tested(), note=note)

    return replace(fit, tested=tested)


def _few_areas(data: RegressionData) -> bool:
    return data.cluster_name in AREAS and 1 < data.n_clusters < FEW_AREAS


def _unclustered(fit: Linear, errors: StandardErrors, refit: Refit, problem: LeastSquares) -> Linear:
    """Classical, heteroskedasticity-robust and serial covariances, with t on the residual degrees of freedom."""
    words, note = dict[str, object](), None
    if errors.kind == "classical":
        covariance = sandwich.classical(problem)
    elif errors.kind in sandwich.HC:
        covariance = sandwich.heteroskedastic(problem, errors.kind, dummies=errors.dummies)
        absorbed = problem.absorbed is not None
        words = {"kind": errors.kind.upper(), "dummies": ""}
        if absorbed:
            words["dummies"] = ", absorbed effects as dummies" if errors.dummies else ", without the absorbed effects"
        if refit.data.n_persons < refit.data.n_obs:
            note = "a person’s rows count as independent: cluster by person, unless there are two waves"
    else:
        covariance, words, note = _serial(errors, refit, problem)
    described = errors.record.printed.format(**words)
    made = replace(fit, covariance=covariance, described=described, note=note, intervals="t", correction=None)
    return replace(made, tested=_lone(problem)) if errors.kind in sandwich.HC else made


def _lone(problem: LeastSquares) -> Callable[[np.ndarray], Tested | None]:
    """Withholds what rests on a row that decides its own fitted value: it has no residual to judge the error by."""
    lone = problem.basis[problem.leverage > 1 - sandwich.EXACT]

    def tested(row: np.ndarray) -> Tested | None:
        direction = row @ problem.back[: problem.n_terms]
        if not len(lone) or np.abs(lone @ direction).max() < ROUNDING * np.linalg.norm(direction):
            return None
        return Tested(withheld=True, note="withheld: it rests on a row that nothing else in the data speaks of")

    return tested


def _serial(
    errors: StandardErrors, refit: Refit, problem: LeastSquares
) -> tuple[np.ndarray, dict[str, object], str | None]:
    person, waves = refit.data.person, refit.waves
    periods = len(np.unique(waves))
    if errors.kind == "hac":
        covariance, lags = serial.newey_west(
            problem, waves, person, lags=errors.lags, prewhite=errors.prewhite, adjust=errors.adjust
        )
        more = ", prewhitened" if errors.prewhite else ""
    else:
        covariance, lags = serial.driscoll_kraay(problem, waves, lags=errors.lags, adjust=errors.adjust)
        more = ""
    words: dict[str, object] = {"lags": lags, "periods": periods, "more": more + (", n/(n−k)" if errors.adjust else "")}
    few = errors.kind == "driscoll_kraay" and periods < MANY_WAVES
    note = f"Driscoll–Kraay errors are meant for many waves, and there are {periods}" if few else None
    return covariance, words, note


def _clustered(fit: Linear, errors: StandardErrors, refit: Refit, problem: LeastSquares, *, automatic: bool) -> Linear:
    ways = _ways(refit.data)
    n_clusters = refit.data.n_clusters
    words: dict[str, object] = {"clusters": refit.data.cluster_name, "n_clusters": f"{n_clusters:,}"}
    if errors.kind.startswith("cr"):
        covariance, degrees = small_sample.small_sample(problem, ways[0], errors.kind)
        described = errors.record.printed.format(**words, kind=errors.kind.upper())
        tested = _satterthwaite(problem, ways[0], errors.kind)
        joint = _htz(problem, ways[0], errors.kind)
        made = replace(fit, covariance=covariance, degrees=degrees, described=described, note=None, correction=None)
        return replace(made, tested=tested, joint=joint, intervals="t")
    drawn = errors.kind in ("wild_bootstrap", "randomisation")
    name = "stata" if drawn else errors.correction or refit.correction
    covariance = sandwich.clustered(problem, ways, name)
    df = float(n_clusters - 1) if CORRECTIONS[name].groups else fit.df
    if not drawn:
        words["correction"] = CORRECTIONS[name].printed
        described = errors.record.printed.format(**words)
        made = replace(fit, covariance=covariance, df=df, described=described, correction=name)
        return replace(made, note=few_clusters(n_clusters), intervals="t")
    tests = _wild(errors, refit, problem, ways) if errors.kind == "wild_bootstrap" else _random(errors, refit, problem)
    why = f", as there are fewer than {FEW_AREAS} areas" if automatic else ""
    described = ERROR_KINDS[errors.kind].printed.format(**words, bootstrap=tests.words + why)
    made = replace(fit, covariance=covariance, df=df, described=described, correction=name)
    made = replace(made, note=None, intervals="")
    return replace(made, tested=tests, joint=_one_by_one)


def _ways(data: RegressionData) -> list[np.ndarray]:
    if data.clusters is None:
        raise ModelError("there are no clusters", where="cluster", todo="Name a column in `cluster`.")
    return [data.clusters] if data.clusters.ndim == 1 else list(data.clusters.T)


def _satterthwaite(problem: LeastSquares, codes: np.ndarray, kind: str) -> Callable[[np.ndarray], Tested | None]:
    """The degrees of freedom of combinations of terms."""
    found = small_sample.adjusted(problem, codes, kind)

    def tested(row: np.ndarray) -> Tested | None:
        direction = row @ problem.back[: problem.n_terms]
        moments = found.moments(direction, direction)
        return Tested(df=moments.trace**2 / moments.inner(moments))

    return tested


def _htz(problem: LeastSquares, codes: np.ndarray, kind: str) -> Callable[[np.ndarray], dict[str, object]]:
    """The joint test of combinations for few clusters."""

    def joint(rows: np.ndarray) -> dict[str, object]:
        statistic, first, second, p = small_sample.htz(problem, codes, rows @ problem.back[: problem.n_terms], kind)
        if not second > 0:
            note = "withheld: too few clusters for so many contrasts at once"
            return {"statistic": None, "df": first, "p_value": None, "note": note}
        note = f"F on {first:.0f} and {second:.2f} degrees of freedom (HTZ)"
        return {"statistic": statistic, "df": first, "p_value": p, "note": note}

    return joint


def _one_by_one(rows: np.ndarray) -> dict[str, object]:
    note = "withheld: draws test one contrast at a time; for all at once declare `standard_errors: cr2`"
    return {"statistic": None, "df": float(len(rows)), "p_value": None, "note": note}


@dataclass(frozen=True)
class _Drawn:
    """Tests of combinations of the terms, and how they are made in words."""

    test: Callable[[np.ndarray], WildTest | RandomisationTest | Tested]
    words: str

    def __call__(self, row: np.ndarray) -> Tested | None:
        found = self.test(row)
        if isinstance(found, Tested):
            return found
        open_end = found.conf_low is None or found.conf_high is None
        note = "no interval: on one side no value is rejected at this level" if open_end else None
        return Tested(
            p_value=found.p_value,
            conf_low=None if open_end else found.conf_low,
            conf_high=None if open_end else found.conf_high,
            own=True,
            note=joined(found.note, note),
        )


def _wild(errors: StandardErrors, refit: Refit, problem: LeastSquares, ways: list[np.ndarray]) -> _Drawn:
    how = Bootstrap(errors.draws, errors.distribution, errors.restricted, errors.ties, refit.confidence, errors.seed)
    drawn = drawn_way(ways)
    given = sums(problem, ways, drawn)

    def test(row: np.ndarray) -> WildTest | Tested:
        alone = np.flatnonzero(row)
        refused, caution = (None, None)
        if len(alone) == 1 and refit.data.terms[alone[0]].component != "intercept":
            refused, caution = few_treated(refit.data.matrix[:, alone[0]], drawn)
            caution = None if refit.data.terms[alone[0]].component == "wave" else caution  # nobody is treated by it
        if refused:
            return Tested(withheld=True, note=f"withheld: {refused}; use randomisation inference")
        direction = row @ problem.back[: problem.n_terms]
        if not given.of(direction).variance() > 0:
            return Tested(withheld=True)  # its row says why
        found = wild_test(problem, given, direction, how)
        return replace(found, note=joined(found.note, caution))

    return _Drawn(test, how.described(given.n_drawn))


def _random(errors: StandardErrors, refit: Refit, problem: LeastSquares) -> _Drawn:
    how = Permutations(errors.statistic, errors.draws, refit.confidence, errors.seed)
    data, codes = refit.data, _ways(refit.data)[0]
    profile = np.ones(data.n_obs) if refit.profile is None else refit.profile
    exposures = {("coefficient", name) for name in refit.exposures}
    assigned = [place for place, term in enumerate(data.terms) if (term.component, term.term) in exposures]

    def test(row: np.ndarray) -> RandomisationTest | Tested:
        alone = np.flatnonzero(row)
        if len(alone) != 1 or alone[0] not in assigned:
            return Tested(note="not assigned: clustered t with G − 1 degrees of freedom")
        return randomised(problem, data.matrix[:, alone[0]], int(alone[0]), codes, profile, how)

    first = test(np.eye(len(data.terms))[assigned[0]])
    return _Drawn(test, first.described if isinstance(first, RandomisationTest) else "")
