"""Do errors of different persons depend on each other, or their variance on the terms?"""

from __future__ import annotations

import numpy as np

from pipeline.models.covariances.problem import LeastSquares
from pipeline.models.diagnostics.found import Found, chi_squared, normal

MOST_PERSONS = 2_000
"""Of more people not every pair is compared."""
FEWEST_WAVES = 3
"""With two waves in common every correlation is 1 or −1."""


def cross_section(residuals: np.ndarray, person: np.ndarray, wave: np.ndarray) -> list[Found]:
    """Pesaran's CD, and Breusch & Pagan's LM plain and scaled, over all pairs of persons: plm's ``pcdtest``.

    Correlations are of the waves that two persons have in common; pairs with fewer than two are left out.
    """
    says = "H0: errors of different persons do not depend on each other"
    names = ("pesaran_cd", "breusch_pagan_cross_section", "scaled_lm_cross_section")
    n_persons, n_waves = int(person.max()) + 1, int(wave.max()) + 1
    why = None
    if n_persons > MOST_PERSONS:
        why = f"{n_persons:,} persons are too many pairs"
    elif n_waves < FEWEST_WAVES:
        why = f"{n_waves} waves: every correlation is 1 or −1"
    if why:
        return [Found(name, says, withheld=why) for name in names]
    rho, common = _correlations(residuals, person, wave, (n_persons, n_waves))
    count = len(rho)
    if not count:
        return [Found(name, says, withheld="no two persons vary in two common waves") for name in names]
    squares = common * rho**2
    return [
        normal(names[0], says, np.sqrt(1 / count) * float((np.sqrt(common) * rho).sum())),
        chi_squared(names[1], says, float(squares.sum()), count),
        normal(names[2], says, np.sqrt(1 / (2 * count)) * float((squares - 1).sum())),
    ]


def _correlations(
    residuals: np.ndarray, person: np.ndarray, wave: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """The correlation of each pair of persons over their common waves, and how many these are."""
    there, wide = np.zeros(shape), np.zeros(shape)
    there[person, wave], wide[person, wave] = 1.0, residuals
    common = there @ there.T
    sums = wide @ there.T
    spread = np.maximum((wide**2) @ there.T - sums**2 / np.maximum(common, 1), 0)
    covariance = wide @ wide.T - sums * sums.T / np.maximum(common, 1)
    pairs = np.tril(common > 1, -1) & (spread > 1e-20) & (spread.T > 1e-20)
    return covariance[pairs] / np.sqrt(spread[pairs] * spread.T[pairs]), common[pairs]


def breusch_pagan(problem: LeastSquares) -> Found:
    """Koenker's (1981) version of Breusch & Pagan's test, n R² of squared residuals on the terms (``bptest``)."""
    squares = problem.residuals**2
    centred = squares - squares.mean()
    fitted = problem.basis @ (problem.basis.T @ squares) - squares.mean()
    statistic = len(squares) * float(fitted @ fitted) / float(centred @ centred)
    says = "H0: the variance of the errors does not depend on the terms"
    return chi_squared("breusch_pagan", says, statistic, problem.rank - 1)
