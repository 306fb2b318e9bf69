"""Is the simpler of two nested models worse? χ² difference tests, scaled where the answers are not normal."""

from __future__ import annotations

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.comparison import METHODS, Comparison
from pipeline.sem.engine.difference import compare_continuous
from pipeline.sem.engine.result import Result
from pipeline.sem.ordinal.difference import compare_ordinal
from pipeline.sem.ordinal.result import OrdinalResult


@known_options
def compare(a: Result | OrdinalResult, b: Result | OrdinalResult, method: str | None = None) -> Comparison:
    """Compare two nested models fitted to the same answers, in either order.

    ``method``: standard for ML; with MLR satorra.bentler.2001 unless its scaling correction is negative, then the
    strictly positive satorra.bentler.2010, with a note. Named explicitly, a negative correction gives NaN and a note,
    never p = 1. Sources: Satorra (2000); Satorra & Bentler (2001, 2010), Psychometrika 66 and 75; lavaan
    ``lavTestLRT``.

    Raises ModelError if the models were not fitted to the same answers, estimator and number of groups, or have the
    same degrees of freedom.
    """
    if method is not None and method not in METHODS:
        raise ModelError(f"unknown method {method!r}", todo=f"Use one of {', '.join(METHODS)}.")
    if isinstance(a, OrdinalResult) and isinstance(b, OrdinalResult):
        if method not in (None, "satorra.2000"):
            raise ModelError("fits of ordered items are compared by satorra.2000", where="method", todo="Leave it out.")
        return compare_ordinal(a, b)
    if not (isinstance(a, Result) and isinstance(b, Result)):
        raise ModelError("a model of ordered items and one of continuous items cannot be compared")
    return compare_continuous(a, b, method)
