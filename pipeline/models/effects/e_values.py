"""E-values: how strong an unmeasured common cause would have to be to leave nothing of an effect.

VanderWeele & Ding (2017), Annals of Internal Medicine 167, 268–274; of indirect effects Smith & VanderWeele (2019),
Epidemiology 30, 835–837.
"""

from __future__ import annotations

import math

from pipeline.errors import ModelError

PER_STANDARD_DEVIATION = 0.91
"""exp(0.91 d) approximates the risk ratio of a difference of d standard deviations (Chinn 2000; VanderWeele 2017)."""


def e_value(ratio: float) -> float:
    """The risk ratio that a confounder needs with both sides, beside all covariates, to explain a risk ratio away.

    R: ``EValue::evalues.RR``. Of an odds ratio of what is not rare (over 15 %) give its square root. Raises ModelError
    for a ratio that is not above zero.

    >>> round(e_value(3.9), 2)
    7.26
    >>> round(e_value(0.8), 2)
    1.81
    """
    if not ratio > 0 or math.isinf(ratio):
        raise ModelError("an E-value is of a ratio above zero", where="ratio")
    size = ratio if ratio >= 1 else 1 / ratio
    return size + math.sqrt(size * (size - 1))


def e_value_of_limit(low: float, high: float) -> float:
    """The E-value of the end of an interval of a ratio that is nearer one; one where the interval holds it.

    >>> round(e_value_of_limit(1.8, 8.7), 2)
    3.0
    >>> e_value_of_limit(0.9, 1.4)
    1.0
    """
    if not low <= high:
        raise ModelError("an interval begins below its end", where="low")
    if low <= 1 <= high:
        return 1.0
    return e_value(low if low > 1 else high)


def ratio_of_difference(difference: float) -> float:
    """The risk ratio that a difference in standard deviations of the outcome is like.

    >>> round(e_value(ratio_of_difference(0.5)), 3)
    2.529
    """
    return math.exp(PER_STANDARD_DEVIATION * difference)
