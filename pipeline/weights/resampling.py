"""Which primary units are in which replicate, and how often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import CohesionError


@dataclass(frozen=True)
class Draw:
    """Times each unit counts (units × replicates), and the scales its variance takes."""

    multiplicity: np.ndarray
    scale: float
    rscales: np.ndarray


def draw(
    kind: str,
    strata: np.ndarray,
    sizes: np.ndarray | None,
    *,
    replicates: int,
    seed: int | None,
    fay: float,
    lonely: str,
) -> Draw:
    """The replicates of units with these strata; ``sizes`` are the units in each unit's population stratum."""
    _refuse_unused(kind, sizes, replicates, fay)
    labels, counts = np.unique(strata, return_counts=True)
    if kind == "jk1" and len(labels) > 1:
        raise CohesionError("jk1 is for a design without strata", where="replicate weights", todo="Use jkn.")
    alone = int((counts == 1).sum())
    if alone and lonely == "fail":
        raise CohesionError(
            "strata have a single primary unit",
            where="replicate weights",
            count=alone,
            todo='Merge them with a neighbour, or declare lonely="certainty".',
        )
    if kind in ("jk1", "jkn"):
        return _jackknife(strata, sizes, joint_scale=kind == "jk1")
    if kind == "brr":
        return _half_samples(strata, counts, fay)
    if seed is None:
        raise CohesionError("a bootstrap needs a declared seed", where="replicate weights")
    return _bootstrap(strata, replicates, np.random.default_rng(seed), rao_wu=kind == "bootstrap")


def _refuse_unused(kind: str, sizes: np.ndarray | None, replicates: int, fay: float) -> None:
    """Raises CohesionError for an option that this kind of replicates does not use, or that is out of its range."""
    if fay and kind != "brr":
        raise CohesionError(f"`fay` is for balanced half samples, not for {kind}", where="fay", todo="Leave it out.")
    if not 0 <= fay < 1:
        raise CohesionError(f"`fay={fay!r}` is no share from 0 to below 1", where="fay")
    if sizes is not None and kind not in ("jk1", "jkn"):
        raise CohesionError(
            f"the population's size corrects the jackknives, not {kind}", where="population", todo="Leave it out."
        )
    if kind not in ("jk1", "jkn", "brr") and replicates < 2:
        raise CohesionError("fewer than two replicates have no variance", where="replicates", count=replicates)


def _bootstrap(strata: np.ndarray, replicates: int, rng: np.random.Generator, *, rao_wu: bool) -> Draw:
    """Rao & Wu (1988): n - 1 of n, rescaled. Canty & Davison (1999): n of n, scaled by the harmonic mean size."""
    multiplicity = np.ones((len(strata), replicates))
    sizes = []
    for label in np.unique(strata):
        members = np.flatnonzero(strata == label)
        n = len(members)
        sizes.append(n)
        if n == 1:
            continue
        taken = n - 1 if rao_wu else n
        picks = rng.integers(0, n, size=(replicates, taken)) + n * np.arange(replicates)[:, None]
        times = np.bincount(picks.ravel(), minlength=n * replicates).reshape(replicates, n).T
        multiplicity[members] = times * (n / taken)
    scale = 1 / (replicates - 1)
    if not rao_wu:
        mean_size = 1 / float(np.mean(1 / np.array(sizes)))
        scale *= mean_size / (mean_size - 1)
    return Draw(multiplicity, scale, np.ones(replicates))


def _jackknife(strata: np.ndarray, sizes: np.ndarray | None, *, joint_scale: bool) -> Draw:
    """Each unit left out once, its stratum scaled up by n / (n - 1); a stratum's only unit is never left out."""
    counts = np.bincount(strata)
    if sizes is not None and (sizes < counts[strata]).any():
        raise CohesionError(
            "a stratum's population has fewer units than its sample",
            where="population",
            count=len(np.unique(strata[sizes < counts[strata]])),
        )
    out = np.flatnonzero(counts[strata] > 1)
    multiplicity = np.ones((len(strata), len(out)))
    n = counts[strata]
    same = strata[:, None] == strata[out][None, :]
    multiplicity[same] = np.broadcast_to((n / np.maximum(n - 1, 1))[:, None], same.shape)[same]
    multiplicity[out, np.arange(len(out))] = 0.0
    correction = 1.0 if sizes is None else 1 - n[out] / sizes[out]
    rscales = (n[out] - 1) / n[out] * correction
    if joint_scale:
        return Draw(multiplicity, float(rscales[0]), np.ones(len(out)))
    return Draw(multiplicity, 1.0, rscales)


def _half_samples(strata: np.ndarray, counts: np.ndarray, fay: float) -> Draw:
    """One unit of two in each stratum, chosen by the columns of a Hadamard matrix: fully balanced. McCarthy (1969)."""
    from scipy.linalg import hadamard

    uneven = int((counts != 2).sum())
    if uneven:
        raise CohesionError(
            "strata do not have the two primary units that balanced half samples need",
            where="replicate weights",
            count=uneven,
            todo="Use jkn or bootstrap.",
        )
    replicates = 1 << len(counts).bit_length()  # the smallest power of two above the number of strata
    sign = hadamard(replicates)[:, 1 : len(counts) + 1].T.astype(float)
    place = np.unique(strata, return_inverse=True)[1]
    second = np.array([int((place[:unit] == place[unit]).any()) for unit in range(len(place))])
    favoured = np.where(second[:, None] == 0, sign[place] > 0, sign[place] < 0)
    return Draw(np.where(favoured, 2 - fay, fay), 1 / (replicates * (1 - fay) ** 2), np.ones(replicates))
