"""How strong an unmeasured common cause of mediator and outcome would have to be for an indirect effect to vanish.

With errors of mediator and outcome equations correlated by ρ, the indirect effect is zero at the ρ that equals the
partial correlation of mediator and outcome given all else (Imai, Keele & Yamamoto 2010, Statistical Science 25, theorem
2). The robustness value is the share of the remaining variance of both that a confounder must explain to bring the
mediator's coefficient to zero: ½(√(f⁴ + 4f²) − f²) with f² = ρ² / (1 − ρ²) (Cinelli & Hazlett 2020, JRSS-B 82).
The E-value is of the indirect effect in standard deviations of the outcome, for one of the exposure (``e_values.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.models.effects.e_values import e_value, e_value_of_limit, ratio_of_difference
from pipeline.models.inference import Term
from pipeline.models.mechanisms.effects import SUFFIX
from pipeline.models.mechanisms.equations import Equation
from pipeline.models.mechanisms.table import PRODUCT


def partial_correlation(equation: Equation, mediator: str) -> float:
    """The correlation of a mediator and the variable explained, given the other terms of the equation."""
    root = np.sqrt(equation.level.weights)[:, None]
    values = equation.level.values * root
    place = equation.level.names[mediator]
    others = [column for column in equation.columns if column != place]
    pair = values[:, [place, equation.target]]
    if others:
        size = np.linalg.norm(values[:, others], axis=0)
        basis = np.linalg.qr(values[:, others] / size)[0]
        pair = pair - basis @ (basis.T @ pair)
    return float(pair[:, 0] @ pair[:, 1] / np.sqrt((pair**2).sum(axis=0).prod()))


def robustness_value(correlation: float) -> float:
    """The share of residual variance that a confounder explains of both to take a coefficient to zero.

    >>> round(robustness_value(0.1), 4)
    0.0956
    """
    squared = correlation**2 / (1 - correlation**2)
    return float((np.sqrt(squared**2 + 4 * squared) - squared) / 2)


def sensitivities(equations: Sequence[Equation], mediators: Sequence[str], outcome: str) -> list[tuple[Term, float]]:
    """For each level and mediator: the correlation of errors, and the robustness value, at which nothing is left."""
    found = []
    for equation in equations:
        if equation.explained != outcome:
            continue
        suffix = SUFFIX[equation.level.level]
        for mediator in mediators:
            rho = partial_correlation(equation, mediator)
            found.append((Term(f"sensitivity_rho{suffix}", mediator), rho))
            found.append((Term(f"robustness_value{suffix}", mediator), robustness_value(rho)))
    return found


def e_value_rows(
    rows: Sequence[Mapping[str, object]], equations: Sequence[Equation], exposures: Sequence[str], outcome: str
) -> list[tuple[Term, float]]:
    """For each level and exposure the E-values of the total indirect effect, and of the end of its interval.

    ``rows``: those of the effects. Effects whose interval is withheld have the first alone.
    """
    found: list[tuple[Term, float]] = []
    for equation in equations:
        if equation.explained != outcome:
            continue
        suffix = SUFFIX[equation.level.level]
        of = {row["term"]: row for row in rows if row["component"] == f"total_indirect_effect{suffix}"}
        for exposure in exposures:
            if PRODUCT in exposure:  # its effect is a difference of indirect effects
                continue
            scale = _spread(equation, equation.level.names[exposure]) / _spread(equation, equation.target)
            values = [of[exposure].get(name) for name in ("estimate", "conf_low", "conf_high")]
            ratios = [ratio_of_difference(float(str(value)) * scale) for value in values if value is not None]
            note = "of the indirect effect of one standard deviation, as a risk ratio"
            found.append((Term(f"e_value{suffix}", exposure, note=note), e_value(ratios[0])))
            if len(ratios) == 3:
                limit = Term(f"e_value{suffix}", exposure, group="end of the interval", note=note)
                found.append((limit, e_value_of_limit(ratios[1], ratios[2])))
    return found


def _spread(equation: Equation, column: int) -> float:
    """The standard deviation of a column at the equation's level; one where it is coded 0 and 1."""
    values, weights = equation.level.values[:, column], equation.level.weights
    if column != equation.target and set(np.unique(values)) == {0.0, 1.0}:
        return 1.0
    return float(np.sqrt(np.average((values - np.average(values, weights=weights)) ** 2, weights=weights)))
