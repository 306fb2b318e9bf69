"""What a two-way estimate is made of where starts differ: its comparisons of two groups, and their weights.

Goodman-Bacon (2021), Journal of Econometrics 225, 254–277; weights on single effects: de Chaisemartin & D'Haultfœuille
(2020), American Economic Review 110, 2964–2996.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.interventions.adoption import Adoption

KINDS = ("treated against never treated", "earlier against later treated", "later against already treated")


@dataclass(frozen=True)
class Part:
    """All comparisons of one kind: their weight in the two-way estimate, and their weighted mean."""

    kind: str
    weight: float
    estimate: float


def negative_weight(data: Adoption) -> float:
    """The share of treated rows that the two-way estimate counts with a negative weight."""
    on = data.is_treated.astype(float)
    left = data.effects.residuals(on)
    cell = np.unique(np.column_stack([data.start, data.time])[data.is_treated], axis=0, return_inverse=True)[1]
    weight = data.weight[data.is_treated]
    mass = np.bincount(cell, weight * left[data.is_treated])
    return float(weight[mass[cell] < 0].sum() / weight.sum())


def decomposed(data: Adoption) -> tuple[Part, ...] | None:
    """The comparisons of a balanced panel without covariates or weights; None where there is no exact decomposition."""
    counts = np.bincount(data.unit)
    if data.design != "panel" or data.covariates.shape[1] or (counts != len(data.times)).any():
        return None
    if data.weights is not None and not np.allclose(data.weights, data.weights[0]):
        return None
    means = _means(data)
    starts = [*data.cohorts, *([np.inf] if data.is_never.any() else [])]
    share = {start: float(np.mean(_cohort(data) == start)) for start in starts}
    on = {start: float(np.mean(data.times >= start - data.anticipation)) for start in starts}
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for index, early in enumerate(data.cohorts):
        for late in starts[index + 1 :]:
            both = share[early] + share[late]
            mix = share[early] / both
            if np.isinf(late):
                variance = mix * (1 - mix) * on[early] * (1 - on[early])
                found[KINDS[0]].append((both**2 * variance, _two_by_two(data, means, early, late, early, np.inf)))
                continue
            now, soon = on[early], on[late]
            first = ((both * (1 - soon)) ** 2) * mix * (1 - mix) * (now - soon) / (1 - soon) * (1 - now) / (1 - soon)
            second = ((both * now) ** 2) * mix * (1 - mix) * soon / now * (now - soon) / now
            found[KINDS[1]].append((first, _two_by_two(data, means, early, late, early, late)))
            found[KINDS[2]].append((second, _two_by_two(data, means, late, early, late, np.inf, since=early)))
    total = sum(weight for parts in found.values() for weight, _ in parts)
    return tuple(
        Part(kind, sum(w for w, _ in parts) / total, sum(w * e for w, e in parts) / sum(w for w, _ in parts))
        for kind, parts in found.items()
        if parts
    )


def _cohort(data: Adoption) -> np.ndarray:
    start = data.start[np.searchsorted(data.unit, np.arange(data.n_units))]
    return np.where(start > data.times[-1], np.inf, start)


def _means(data: Adoption) -> dict[float, np.ndarray]:
    """Mean outcome by wave of each cohort."""
    start = np.where(data.is_never, np.inf, data.start)
    return {
        float(one): np.bincount(data.wave[start == one], data.outcome[start == one], len(data.times))
        / np.bincount(data.wave[start == one], minlength=len(data.times))
        for one in np.unique(start)
    }


def _two_by_two(
    data: Adoption,
    means: dict[float, np.ndarray],
    treated: float,
    control: float,
    start: float,
    until: float,
    since: float = -np.inf,
) -> float:
    """Difference in differences of two cohorts, around ``start``, in the waves from ``since`` to before ``until``."""
    shift = data.anticipation
    used = (data.times >= since - shift) & (data.times < until - shift)
    after = used & (data.times >= start - shift)
    before = used & (data.times < start - shift)
    gap = means[treated] - means[control]
    return float(gap[after].mean() - gap[before].mean())
