"""Are there person (and wave) effects? F and Lagrange multiplier tests, as plm's."""

from __future__ import annotations

import numpy as np

from pipeline.models.covariances.problem import LeastSquares
from pipeline.models.diagnostics.found import Found, chi_squared, f_test, normal


def f_of_effects(name: str, says: str, pooled: LeastSquares, within: LeastSquares) -> Found:
    """F of the sums of squares without and with the effects: plm's ``pFtest``."""
    without, left = float(pooled.residuals @ pooled.residuals), float(within.residuals @ within.residuals)
    first = pooled.df - within.df
    return f_test(name, says, (without - left) / left / first * within.df, first, within.df)


def multipliers(residuals: np.ndarray, person: np.ndarray, wave: np.ndarray) -> list[Found]:
    """Breusch & Pagan's, Honda's, King & Wu's and Gouriéroux, Holly & Monfort's tests: plm's ``plmtest``.

    From the residuals of the pooled model, with the versions for unbalanced panels (Baltagi & Li 1990).
    """
    n, total = len(residuals), float(residuals @ residuals)
    size, part = [], []
    for codes in (person, wave):
        counts = np.bincount(codes)
        size.append(float(counts @ counts) - n)
        part.append(float((np.bincount(codes, residuals) ** 2).sum()) / total - 1)
    first, second = (n / np.sqrt(2 * m) * a if m > 0 else 0.0 for m, a in zip(size, part, strict=True))
    none, neither = "H0: no person effects", "H0: neither person nor wave effects"
    return [
        chi_squared("breusch_pagan_lm", none, first**2, 1),
        normal("honda", none, first, one_sided=True),
        chi_squared("breusch_pagan_lm_two_way", neither, first**2 + second**2, 2),
        normal(
            "king_wu_two_way",
            neither,
            (np.sqrt(size[0]) * first + np.sqrt(size[1]) * second) / np.sqrt(size[0] + size[1]),
            one_sided=True,
        ),
        _mixed(neither, max(0.0, first) ** 2 + max(0.0, second) ** 2),
    ]


def _mixed(says: str, statistic: float) -> Found:
    """A mixture of χ² with 0, 1 and 2 degrees of freedom, in shares ¼, ½, ¼."""
    from scipy.special import chdtrc

    p_value = 1.0 if statistic <= 0 else 0.5 * chdtrc(1, statistic) + 0.25 * chdtrc(2, statistic)
    return Found("gourieroux_holly_monfort_two_way", f"{says}; χ² mixed of 0, 1, 2 df", statistic, (), float(p_value))


def unobserved(residuals: np.ndarray, person: np.ndarray) -> Found:
    """Wooldridge's (2010, 10.4.4) test for unobserved effects, robust to their distribution: plm's ``pwtest``."""
    sums = np.bincount(person, residuals)
    squares = np.bincount(person, residuals**2)
    products = (sums**2 - squares) / 2
    return normal("wooldridge_unobserved", "H0: no unobserved effects", products.sum() / np.sqrt(products @ products))


def stability(within: LeastSquares, outcome: np.ndarray, matrix: np.ndarray, person: np.ndarray) -> Found:
    """Chow's test that slopes are the same for all persons: plm's ``pooltest``, each person fitted alone.

    ``matrix`` has no intercept; withheld where a person has no more rows than terms.
    """
    says = "H0: the same slopes for all persons"
    counts = np.bincount(person)
    k = matrix.shape[1] + 1
    if counts.min() <= k:
        short = int((counts <= k).sum())
        return Found("chow", says, withheld=f"{short:,} persons have no more rows than terms")
    left = 0.0
    order = np.argsort(person, kind="stable")
    for rows in np.split(order, np.cumsum(counts)[:-1]):
        own = np.column_stack([np.ones(len(rows)), matrix[rows]])
        errors = outcome[rows] - own @ np.linalg.lstsq(own, outcome[rows], rcond=None)[0]
        left += float(errors @ errors)
    pooled = float(within.residuals @ within.residuals)
    df = len(outcome) - len(counts) * k
    first = within.df - df
    return f_test("chow", says, (pooled - left) / left * df / first, first, df)
