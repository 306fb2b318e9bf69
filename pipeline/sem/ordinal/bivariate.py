"""Two ordered items with a bivariate normal behind them: cell probabilities, derivatives, the best correlation."""

from __future__ import annotations

import numpy as np

FAR = 37.0  # a threshold that no normal variable passes
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)


def normal_density(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi))


class Cells:
    """Cell probabilities of two ordered items with correlation ρ, and their derivatives."""

    def __init__(self, first: np.ndarray, second: np.ndarray, rho: float) -> None:
        self.u = np.concatenate([[-FAR], first, [FAR]])
        self.v = np.concatenate([[-FAR], second, [FAR]])
        self.rho = rho
        grid = bivariate_normal(self.u[:, None], self.v[None, :], rho)
        self.probability = np.maximum(_cells(grid), 1e-12)
        root = np.sqrt(1 - rho**2)
        u, v = self.u[:, None], self.v[None, :]
        exponent = np.minimum((u**2 - 2 * rho * u * v + v**2) / (2 * root**2), 700.0)
        self.by_rho = _cells(np.exp(-exponent) / (2 * np.pi * root))

    def by_first(self) -> np.ndarray:
        """∂ probability / ∂ thresholds of the first item: cells × thresholds."""
        return self._by(self.u, self.v)

    def by_second(self) -> np.ndarray:
        return self._by(self.v, self.u).transpose(1, 0, 2)

    def _by(self, own: np.ndarray, other: np.ndarray) -> np.ndarray:
        from scipy.special import ndtr

        inner = own[1:-1]
        slopes = normal_density(inner)[:, None] * ndtr((other - self.rho * inner[:, None]) / np.sqrt(1 - self.rho**2))
        gained = np.diff(slopes, axis=1)  # thresholds × cells of the other item
        result = np.zeros((len(own) - 1, len(other) - 1, len(inner)))
        for t in range(len(inner)):
            result[t, :, t] += gained[t]
            result[t + 1, :, t] -= gained[t]
        return result


def _cells(grid: np.ndarray) -> np.ndarray:
    return np.diff(np.diff(grid, axis=0), axis=1)


def bivariate_normal(u: np.ndarray, v: np.ndarray, rho: float) -> np.ndarray:
    """P(X ≤ u, Y ≤ v) of standard normal variables with correlation ρ.

    Φ(u)Φ(v) + ∫₀^asin ρ exp(−(u² + v² − 2uv sin θ) / (2 cos² θ)) dθ / 2π (Drezner & Wesolowsky 1990), Gauss-Legendre.
    """
    from scipy.special import ndtr

    half = 0.5 * np.arcsin(rho)
    angles = half * (NODES + 1)
    sine, cosine2 = np.sin(angles), np.cos(angles) ** 2
    u, v = u[..., None], v[..., None]
    integrand = np.exp(-np.minimum((u**2 + v**2 - 2 * u * v * sine) / (2 * cosine2), 700.0))
    return np.asarray(ndtr(u[..., 0]) * ndtr(v[..., 0]) + half * (integrand @ WEIGHTS) / (2 * np.pi))


def pair_correlation(first: np.ndarray, second: np.ndarray, table: np.ndarray) -> float:
    """Maximum likelihood ρ of a cross-table with thresholds held: scoring steps in atanh ρ, halved if they lower it."""

    def value(z: float) -> tuple[float, Cells]:
        cells = Cells(first, second, float(np.tanh(z)))
        return float((table * np.log(cells.probability)).sum()), cells

    z = 0.0
    best, cells = value(z)
    for _ in range(100):
        slope = 1 - np.tanh(z) ** 2
        gradient = float((table / cells.probability * cells.by_rho).sum()) * slope
        information = float((table.sum() * cells.by_rho**2 / cells.probability).sum()) * slope**2
        step = gradient / max(information, 1e-12)
        step = float(np.clip(step, -1.0, 1.0))
        while True:
            moved, there = value(float(np.clip(z + step, -4.0, 4.0)))
            if moved >= best - 1e-12 * abs(best) or abs(step) < 1e-12:
                break
            step *= 0.5
        z, best, cells = float(np.clip(z + step, -4.0, 4.0)), moved, there
        if abs(step) < 1e-10:
            break
    return float(np.tanh(z))


def without_empty(table: np.ndarray) -> np.ndarray:
    """A 2 × 2 table with one empty cell gets ½ there, its margins kept (lavaan's ``zero.add``)."""
    if table.shape != (2, 2) or (table == 0).sum() != 1:
        return table
    i, j = np.argwhere(table == 0)[0]
    sign = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return np.asarray(table + 0.5 * sign * sign[i, j])
