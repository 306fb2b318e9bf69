"""Quantile regression as a linear programme, by the interior-point method of Portnoy & Koenker (1997).

Statistical Science 12, 279–300 (R: ``quantreg::rq(method = "fn")``). The solution is then moved to the corner of the
programme beside it, where as many residuals are zero as there are terms: the exact one. statsmodels' ``QuantReg``
iterates reweighted least squares, and stops in the sixth digit.
"""

from __future__ import annotations

import numpy as np

from pipeline.errors import ModelError

MAX_STEPS = 200
SHORT = 0.99995
GAP = 1e-13


def quantile_fit(outcome: np.ndarray, matrix: np.ndarray, share: float, weights: np.ndarray, where: str) -> np.ndarray:
    """The coefficients (k) that minimise Σ w ρ(y − xb), ρ(u) = u (share − [u < 0]). Raises ModelError without any."""
    used = weights > 0
    x, y = matrix[used] * weights[used, None], outcome[used] * weights[used]
    if len(y) < x.shape[1]:
        raise ModelError("fewer rows than terms", where=where, count=len(y))
    size = float(np.abs(y).max()) or 1.0
    inside = _interior(y / size, x, share, where) * size
    corner = _corner(y, x, inside)
    return corner if corner is not None and _loss(y - x @ corner, share) <= _loss(y - x @ inside, share) else inside


def is_unique(outcome: np.ndarray, matrix: np.ndarray, share: float, weights: np.ndarray, slopes: np.ndarray) -> bool:
    """Whether no other coefficients fit as well: at the corner that was found, no dual lies on an end of its range.

    Fewer rows than terms without a residual are no corner, but lie between several. Where more rows than terms have no
    residual (ties), it is not told, and taken to be.
    """
    used = weights > 0
    x, left, w = matrix[used], (outcome - matrix @ slopes)[used], weights[used]
    through = np.abs(left) <= 1e-9 * max(float(np.abs(left).max()), 1e-300)
    if through.sum() != x.shape[1]:
        return bool(through.sum() > x.shape[1])
    pull = x[~through].T @ (w[~through] * (share - (left[~through] < 0)))
    dual = np.linalg.lstsq(x[through].T, -pull, rcond=None)[0] / w[through]
    return bool(np.all((dual > share - 1 + 1e-9) & (dual < share - 1e-9)))


def _loss(residuals: np.ndarray, share: float) -> float:
    return float(np.sum(residuals * (share - (residuals < 0))))


def _interior(y: np.ndarray, x: np.ndarray, share: float, where: str) -> np.ndarray:
    """The dual: max y'a with x'a = (1 − share) x'1 and 0 ≤ a ≤ 1, by predictor and corrector steps."""
    n = len(y)
    a = np.full(n, 1 - share)
    s = 1 - a
    slopes = -np.linalg.lstsq(x, y, rcond=None)[0]
    gap = -y - x @ slopes
    gap = np.where(gap == 0, 1e-3, gap)
    z, w = np.maximum(gap, 0), np.maximum(-gap, 0)
    floor = 1e-3 * max(float(np.abs(gap).mean()), 1e-12)
    z, w = z + floor, w + floor
    for _ in range(MAX_STEPS):
        q = 1 / (z / a + w / s)
        r = z - w
        scaled = x * q[:, None]
        try:
            root = np.linalg.cholesky(x.T @ scaled)
        except np.linalg.LinAlgError:
            break
        drift = -y - x @ slopes - r  # how far z − w is from the gap that it stands for
        feasible = (1 - share) * x.sum(axis=0) - x.T @ a
        right = scaled.T @ (r + drift) + feasible
        move = _solved(root, right)
        da = q * (x @ move - r - drift)
        dz, dw = -z * (1 + da / a), -w * (1 - da / s)
        primal, dual = _reach(a, da, s, -da), _reach(z, dz, w, dw)
        total = float(z @ a + w @ s)
        if min(primal, dual) < 1:
            after = float((z + dual * dz) @ (a + primal * da) + (w + dual * dw) @ (s - primal * da))
            mu = total * (after / total) ** 3 / (2 * n)
            second_z, second_w = da * dz, -da * dw
            pull = mu * (1 / a - 1 / s) - second_z / a + second_w / s
            move = _solved(root, right - scaled.T @ pull)
            da = q * (x @ move - r - drift + pull)
            dz = mu / a - z - z * da / a - second_z / a
            dw = mu / s - w + w * da / s - second_w / s
            primal, dual = _reach(a, da, s, -da), _reach(z, dz, w, dw)
        a, s = a + primal * da, s - primal * da
        slopes, z, w = slopes + dual * move, z + dual * dz, w + dual * dw
        if float(z @ a + w @ s) <= GAP * n:
            return np.asarray(-slopes)
    if float(z @ a + w @ s) <= 1e-6 * n:
        return np.asarray(-slopes)
    raise ModelError("the quantile has no solution that can be found", where=where, count=n)


def _solved(root: np.ndarray, right: np.ndarray) -> np.ndarray:
    from scipy.linalg import cho_solve

    return np.asarray(cho_solve((root, True), right))


def _reach(one: np.ndarray, step: np.ndarray, other: np.ndarray, other_step: np.ndarray) -> float:
    """How much of the steps may be taken so that both stay above zero, at most all of them."""
    steepest = max(-float((step / one).min()), -float((other_step / other).min()))
    return min(SHORT / steepest, 1.0) if steepest > 0 else 1.0


def _corner(y: np.ndarray, x: np.ndarray, slopes: np.ndarray) -> np.ndarray | None:
    """The exact solution through as many independent rows, of those nearest to the fit, as there are terms."""
    from scipy.linalg import qr

    k = x.shape[1]
    far = np.abs(y - x @ slopes)
    near = np.argsort(far)[: 8 * k]
    scale = far[near] / np.maximum(np.linalg.norm(x[near], axis=1), 1e-300)
    _, _, pivot = qr((x[near] / (scale + 1e-12 * (scale.max() or 1.0))[:, None]).T, mode="economic", pivoting=True)
    chosen = near[pivot[:k]]
    try:
        return np.asarray(np.linalg.solve(x[chosen], y[chosen]))
    except np.linalg.LinAlgError:
        return None
