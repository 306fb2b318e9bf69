"""Standard errors of generalised estimating equations: robust, and corrected for few clusters."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.estimating_equations.estimating import Solution, solve
from pipeline.models.estimating_equations.means import mean_of

Kind = Literal["robust", "mancl_derouen", "kauermann_carroll", "morel", "jackknife", "deletion", "model"]

IN_WORDS: dict[str, str] = {
    "robust": "robust (sandwich)",
    "mancl_derouen": "robust, corrected after Mancl & DeRouen (2001)",
    "kauermann_carroll": "robust, corrected after Kauermann & Carroll (2001)",
    "morel": "robust, corrected after Morel, Bokossa & Neerchal (2003)",
    "jackknife": "one-step jackknife of clusters",
    "deletion": "jackknife of clusters, refitted without each",
    "model": "as if the working correlation were true",
}


def covariance(solution: Solution, kind: str) -> np.ndarray:
    """The covariance (p × p) of the coefficients.

    With u_i the score of cluster i, B_i its derivative and M = (Σ B_i)⁻¹: "robust" M Σ u u' M; "mancl_derouen" takes
    (I − B_i M)⁻¹ u_i in place of u_i, "kauermann_carroll" (I − B_i M)^−½ u_i; "morel" c M Σ u u' M + δ φ M with
    c = (n−1)/(n−p) · K/(K−1), δ = min(½, p/(K−p)), φ = max(1, tr(c Σ u u' M)/p); "jackknife" is Mancl and DeRouen's
    times (K − p − q − 1)/K (geepack's ``std.err = "jack"``), "deletion" that of refits (its ``"fij"``).
    """
    bread, scores = solution.bread, solution.scores
    if kind == "model":
        return bread
    if kind == "morel":
        return _morel(solution)
    if kind == "deletion":
        return _deleted(solution)
    if kind in ("mancl_derouen", "jackknife"):
        scores = _corrected(solution, bread, -1.0)
    if kind == "kauermann_carroll":
        scores = _corrected(solution, bread, -0.5)
    made = bread @ (scores.T @ scores) @ bread
    return np.asarray(made * _freedom(solution) if kind == "jackknife" else made)


def _freedom(solution: Solution) -> float:
    count = solution.equations.n_clusters
    return (count - len(solution.slopes) - len(solution.alpha) - 1) / count


def _corrected(solution: Solution, bread: np.ndarray, power: float) -> np.ndarray:
    """(I − B_i M)^power u_i, through the symmetric M^½ B_i M^½ that I − B_i M is similar to."""
    roots, vectors = np.linalg.eigh(bread)
    root = (vectors * np.sqrt(roots)) @ vectors.T
    back = (vectors / np.sqrt(roots)) @ vectors.T
    leverage, frames = np.linalg.eigh(np.einsum("ij,gjk,kl->gil", root, solution.curvatures, root))
    if leverage.max() > 1 - 1e-9:
        raise ModelError("a cluster alone decides a term, so that its error cannot be corrected",
                         where=solution.equations.subject, count=int((leverage.max(axis=1) > 1 - 1e-9).sum()),
                         todo="Leave the term out, or use `errors: robust`.")  # fmt: skip
    inside = np.einsum("gji,gj->gi", frames, solution.scores @ root)
    return np.asarray(np.einsum("gij,gj->gi", frames, (1 - leverage) ** power * inside) @ back)


def _morel(solution: Solution) -> np.ndarray:
    n, k, count = len(solution.residuals), len(solution.slopes), solution.equations.n_clusters
    if count <= k:
        raise ModelError("fewer clusters than terms", where=solution.equations.subject, count=count)
    factor = (n - 1) / (n - k) * count / (count - 1)
    bread = solution.bread
    meat = factor * solution.scores.T @ solution.scores
    size = max(1.0, float(np.trace(meat @ bread)) / k)
    return np.asarray(bread @ meat @ bread + min(0.5, k / (count - k)) * size * bread)


def _deleted(solution: Solution) -> np.ndarray:
    """Refits without each cluster."""
    equations = solution.equations
    moved = []
    for cluster in range(equations.n_clusters):
        kept = equations.cluster != cluster
        place = np.cumsum(kept) - 1
        pairs = equations.pairs
        inside = kept[pairs.one]
        fewer = replace(
            pairs, one=place[pairs.one[inside]], other=place[pairs.other[inside]],
            parameter=pairs.parameter[inside], distance=pairs.distance[inside],
        )  # fmt: skip
        part = replace(
            equations, outcome=equations.outcome[kept], matrix=equations.matrix[kept], offset=equations.offset[kept],
            weights=equations.weights[kept], time=equations.time[kept], code=equations.code[kept], pairs=fewer,
            cluster=np.unique(equations.cluster[kept], return_inverse=True)[1],
        )  # fmt: skip
        moved.append(solve(part, solution.slopes).slopes - solution.slopes)
    gaps = np.array(moved)
    return np.asarray(_freedom(solution) * gaps.T @ gaps)


def nuisance_errors(solution: Solution) -> tuple[float, np.ndarray]:
    """Standard errors of the scale and of the correlations, which know that residuals rest on estimates.

    The sandwich of the three sets of equations together (Yan & Fine 2004), as geepack computes it: with the derivative
    of squared residuals over the root of the variance once more, which changes the scale's error of binomial answers
    and counts a little.
    """
    equations, scale = solution.equations, solution.scale
    found = mean_of(equations.distribution, equations.matrix @ solution.slopes + equations.offset)
    bread, residuals, weights = solution.bread, solution.residuals, equations.weights
    root = np.sqrt(np.maximum(found.variance, 1e-300))
    half = weights / (2 * scale)
    own = equations.sums((half * (residuals**2 - scale))[:, None])[:, 0]
    pull = -2 * residuals / root - residuals**2 / found.variance * found.slope
    by_slopes = -(half * pull) @ solution.derivatives
    inverse = 1 / half.sum()
    moved = inverse * (own - solution.scores @ (bread @ by_slopes))
    return float(np.sqrt(moved @ moved)), _alpha_errors(solution, found.slope / root, moved)


def _alpha_errors(solution: Solution, bent: np.ndarray, scale_moved: np.ndarray) -> np.ndarray:
    equations, pairs = solution.equations, solution.equations.pairs
    if not pairs.count:
        return np.zeros(0)
    scale, residuals, derivatives = solution.scale, solution.residuals, solution.derivatives
    one, other = pairs.one, pairs.other
    value, slope = pairs.correlation(equations.structure, solution.alpha)
    weight = equations.weights[one] * equations.weights[other] * slope
    product = residuals[one] * residuals[other] / scale
    size = np.bincount(pairs.parameter, weight * slope, pairs.count)
    own = np.zeros((equations.n_clusters, pairs.count))
    np.add.at(own, (equations.cluster[one], pairs.parameter), weight * (product - value))
    # What a row is multiplied by in the derivative of the products, summed over its pairs, parameter by parameter.
    by_slopes = np.empty((pairs.count, derivatives.shape[1]))
    by_scale = np.empty(pairs.count)
    for parameter in range(pairs.count):
        used = np.where(pairs.parameter == parameter, weight, 0.0)
        each = np.zeros(len(residuals))
        for mine in (one, other):
            part = -residuals[mine] / scale - 0.5 * product * bent[mine]
            each += np.bincount(mine, used * part, len(residuals))
        by_slopes[parameter] = -each @ derivatives
        by_scale[parameter] = float(used @ product) / scale
    moved = (own - solution.scores @ solution.bread @ by_slopes.T - scale_moved[:, None] * by_scale) / size
    return np.asarray(np.sqrt(np.sum(moved**2, axis=0)))
