"""Fit measures of factor models of ordered items, under lavaan's names and conventions."""

from __future__ import annotations

import numpy as np

from pipeline.sem.engine.chisquare import upper_tail
from pipeline.sem.engine.fit_absolute import critical_n, good_fit
from pipeline.sem.engine.fit_measures import indices, rmsea
from pipeline.sem.engine.moments import block_diag, normal_information, triangle
from pipeline.sem.ordinal.model import OrdinalGroup
from pipeline.sem.ordinal.polychoric import OrdinalMoments
from pipeline.sem.ordinal.solution import OrdinalSolution


def ordinal_measures(result: OrdinalSolution) -> dict[str, float]:
    """χ², scaled χ², CFI and kin, RMSEA, SRMR and kin; ``*.robust`` by Savalei (2021).

    Least squares counts N − G persons (lavaan).
    """
    test, null = result.test, result.null
    groups = len(result.moments)
    n = result.n - groups
    measures = {"npar": result.npar, "fmin": test.statistic / (2 * result.n), "chisq": test.statistic, "df": test.df}
    measures |= {"pvalue": upper_tail(test.statistic, test.df), "chisq.scaled": test.scaled, "df.scaled": test.df}
    measures |= {"pvalue.scaled": upper_tail(test.scaled, test.df), "chisq.scaling.factor": test.scaling}
    measures |= {
        "baseline.chisq": null.statistic, "baseline.df": null.df, "baseline.chisq.scaled": null.scaled,
        "baseline.df.scaled": null.df, "baseline.chisq.scaling.factor": null.scaling,
        "baseline.pvalue": upper_tail(null.statistic, null.df),
        "baseline.pvalue.scaled": upper_tail(null.scaled, null.df),
    }  # fmt: skip
    measures |= indices((test.statistic, test.df), (null.statistic, null.df), "")
    measures |= indices((test.scaled, test.df), (null.scaled, null.df), ".scaled")
    measures |= rmsea(test.statistic, test.df, n, groups, "") | rmsea(test.scaled, test.df, n, groups, ".scaled")
    measures |= _robust(result, n) | _residuals(result) | _absolute(result, n) | {"ntotal": result.n}
    return {name: float(value) for name, value in measures.items()}


def _absolute(result: OrdinalSolution, n: int) -> dict[str, float]:
    """GFI and kin over thresholds and correlations, critical N, centrality, and WRMR."""
    statistic, df = result.test.statistic, result.test.df
    size = sum(len(part.gamma) for part in result.moments)
    gfi = 0.0
    for part, implied in zip(result.moments, result.model.implied(result.theta), strict=True):
        weight = 1 / part.spread
        gfi += (
            part.total / result.n * (1 - float(weight @ (part.vector - implied) ** 2) / float(weight @ part.vector**2))
        )
    measures = good_fit(gfi, size, df) | critical_n(statistic, df, n)
    mean_size = size / len(result.moments)  # lavaan divides by the moments of one group
    return measures | {"mfi": np.exp(-0.5 * (statistic - df) / n), "wrmr": np.sqrt(statistic / mean_size)}


def _residuals(result: OrdinalSolution) -> dict[str, float]:
    """Root mean squares of what is left: of correlations (``_nomean``), and of thresholds with them."""
    total = dict.fromkeys(("rmr", "rmr_nomean", "crmr", "crmr_nomean"), 0.0)
    for part, implied in zip(result.moments, result.model.implied(result.theta), strict=True):
        p, k, share = len(part.items), sum(map(len, part.thresholds)), part.total / result.n
        square = (part.vector - implied) ** 2
        whole, correlations = float(square.sum()), float(square[k:].sum())
        total["rmr"] += share * np.sqrt(whole / (k + p * (p + 1) / 2))
        total["rmr_nomean"] += share * np.sqrt(correlations / (p * (p + 1) / 2))
        total["crmr"] += share * np.sqrt(whole / (k + p * (p - 1) / 2))
        total["crmr_nomean"] += share * np.sqrt(correlations / (p * (p - 1) / 2))
    same = {"srmr": "rmr_nomean", "srmr_bentler": "rmr", "srmr_bentler_nomean": "rmr_nomean"}
    return total | {name: total[source] for name, source in same.items()}


def _robust(result: OrdinalSolution, n: int) -> dict[str, float]:
    """CFI, TLI and RMSEA as if the polychoric correlations were those of continuous items (Savalei 2021,

    Multivariate Behavioral Research 56, 390–407): the maximum likelihood discrepancy at these estimates, and its mean.
    NaN where a matrix of correlations is not positive definite.
    """
    df = _correlation_df(result)
    pieces = [
        _group_pieces(part, group, result.theta)
        for part, group in zip(result.moments, result.model.groups, strict=True)
    ]
    null_df = sum(len(own) for _, _, own, _ in pieces)
    shares = [part.total / result.n for part in result.moments]
    statistic = result.n * sum(f * piece[0] for f, piece in zip(shares, pieces, strict=True))
    null = result.n * sum(f * piece[1] for f, piece in zip(shares, pieces, strict=True))
    gamma = block_diag([piece[3] / f for f, piece in zip(shares, pieces, strict=True)])
    normal = block_diag([f * piece[2] for f, piece in zip(shares, pieces, strict=True)])
    delta, weights, _ = result.pieces
    rows = np.concatenate([_is_correlation(part) for part in result.moments])
    own = delta[rows]
    left = np.eye(len(own)) - own @ result.bread @ (weights[rows][:, None] * own).T
    scaling = float(np.trace(left.T @ normal @ left @ gamma)) / df if df > 0 else 1.0
    null_scaling = float(np.trace(gamma)) / null_df
    measures = indices((statistic, result.test.df, scaling), (null, null_df, null_scaling), ".robust")
    groups = len(result.moments)
    return measures | rmsea(statistic, df, n, groups, ".robust", scaling, statistic / scaling)


def _is_correlation(part: OrdinalMoments) -> np.ndarray:
    return np.arange(len(part.gamma)) >= sum(map(len, part.thresholds))


def _correlation_df(result: OrdinalSolution) -> int:
    """Correlations less the parameters they inform: all but thresholds and means."""
    structural = [k for k, row in enumerate(result.model.free) if row.op not in ("|", "~1")]
    free = int(np.linalg.matrix_rank(result.model.basis[structural])) if structural else 0
    return sum(int(_is_correlation(part).sum()) for part in result.moments) - free


def _group_pieces(
    part: OrdinalMoments, group: OrdinalGroup, theta: np.ndarray
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Discrepancy from the model and from no correlations, normal information and Γ of one group's correlations."""
    rows = _is_correlation(part)
    p = len(part.items)
    implied = np.eye(p)
    at = np.triu_indices(p, 1)
    implied[at] = implied.T[at] = group.implied(theta)[rows]
    logs = np.linalg.slogdet(part.correlation)
    if logs[0] <= 0 or np.linalg.eigvalsh(implied)[0] <= 0:
        return np.nan, np.nan, np.full((int(rows.sum()),) * 2, np.nan), part.gamma[np.ix_(rows, rows)]
    inverse = np.linalg.inv(implied)
    away = float(np.linalg.slogdet(implied)[1] - logs[1] + (part.correlation * inverse).sum() - p)
    place = p + triangle(p).position[at]
    information = normal_information(inverse)[np.ix_(place, place)]
    return away, float(-logs[1]), information, part.gamma[np.ix_(rows, rows)]
