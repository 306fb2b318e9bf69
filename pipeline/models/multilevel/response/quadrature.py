"""Adaptive Gauss–Hermite quadrature of one random effect a group (Liu & Pierce 1994, Biometrika 81, 624-629).

R: ``nAGQ`` of lme4's ``glmer``, and of ``ordinal::clmm``.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from pipeline.models.multilevel.response.modes import Modes, OneGrouping


@cache
def _nodes(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes z, and logarithms of weights for the density: Σ w f(z) ≈ ∫ f(z) dz / √2π."""
    from numpy.polynomial.hermite_e import hermegauss

    nodes, weights = hermegauss(points)
    return nodes, np.log(weights) + nodes**2 / 2 - np.log(2 * np.pi) / 2


def quadrature(
    groups: OneGrouping, modes: Modes, fixed: np.ndarray, cuts: np.ndarray, factor: np.ndarray, points: int
) -> tuple[float, np.ndarray, float, np.ndarray]:
    """The deviance; its gradient by the linear predictor of each row, by Λ (a number), and by each row's edges.

    A group's integral is s Σ_k w_k exp(h(û + s z_k)) with the mode û and s² = 1/H. Its derivative has those of h at the
    nodes, weighed by their shares π, and those of û and s, which move with the parameters.
    """
    from scipy.special import logsumexp

    assert modes.lower is not None
    nodes, logs = _nodes(points)
    codes, column, scale = groups.codes, groups.columns[:, 0], float(factor[0, 0])
    mode, spread = modes.effects[0], 1 / modes.lower[0, 0]
    edges: list[np.ndarray] = []
    heights, slopes = np.empty((points, groups.n_groups)), np.empty((points, len(codes)))
    for k, node in enumerate(nodes):
        at = mode + spread * node
        density = groups.outcome.at(fixed + column * scale * at[codes], cuts)
        heights[k] = np.bincount(codes, density.log, groups.n_groups) - at**2 / 2 + logs[k]
        slopes[k] = density.slope
        edges += [density.edges.log] if density.edges is not None else []
    total = logsumexp(heights, axis=0)
    shares = np.exp(heights - total)
    deviance = float(-2 * (total + np.log(spread)).sum())

    by_node = np.stack([groups.summed(slope)[0] for slope in slopes])  # Z'g at each node
    places = mode + spread * nodes[:, None]
    uphill = scale * by_node - places
    by_mode, by_spread = (shares * uphill).sum(axis=0), (shares * uphill * nodes[:, None]).sum(axis=0)
    here, curvature = modes.density, modes.lower[0, 0] ** 2
    bend = -0.5 * (spread * by_spread + 1) / curvature  # derivative of the logarithm by H, through s
    weighed = groups.products(here.curvature)[0, 0]  # Σ z²W
    third = np.bincount(codes, column**3 * here.change, groups.n_groups)
    moved = (by_mode + bend * scale**3 * third) * scale / curvature
    rows = (shares[:, codes] * slopes).sum(axis=0)
    rows = rows - column * here.curvature * moved[codes] + (bend * scale**2)[codes] * column**2 * here.change
    mode_by_scale = (groups.summed(here.slope)[0] - scale * mode * weighed) / curvature
    curvature_by_scale = 2 * scale * weighed + scale**2 * third * (mode + scale * mode_by_scale)
    by_scale = (shares * places * by_node).sum(axis=0) + by_mode * mode_by_scale + bend * curvature_by_scale
    by_edges = np.empty((2, 0))
    if here.edges is not None:
        by_edges = sum(share[codes] * edge for share, edge in zip(shares, edges, strict=True))
        by_edges = by_edges + column * moved[codes] * here.edges.slope
        by_edges = by_edges + (bend * scale**2)[codes] * column**2 * here.edges.curvature
    return deviance, -2 * rows, float(-2 * by_scale.sum()), -2 * by_edges
