"""Cross-lagged models in R, by lavaan. Stata's sem is not written: its starting values need a person's eye."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.exports.scripts.call import Call, r_call
from pipeline.specs.structural import StructuralModel

NOT_WRITTEN = {
    "group": "several groups",
    "indicators": "items in place of scores",
    "covariates": "covariates",
    "time_varying": "covariates of each wave",
    "weights": "weights",
    "cluster": "clusters",
    "ordinal": "ordered answers",
}
"""Keys of a declaration that the function of the script does not take, in words."""


def limits(call: Call) -> str:
    """Why a declaration is not written in lavaan; empty if it is."""
    model = call.model
    assert isinstance(model, StructuralModel)
    has = [words for key, words in NOT_WRITTEN.items() if getattr(model, key)]
    if model.missing != "fiml" or model.estimator != "MLR":
        has.append("another estimator than MLR with full information")
    intercepts = model.random_intercepts
    if (intercepts if isinstance(intercepts, str) else set(intercepts.values()) - {"free"}) not in ("free", set()):
        has.append("a random intercept that is held")
    return f"It has {' and '.join(has)}: write it in lavaan from the declaration." if has else ""


def in_r(call: Call) -> Iterator[str]:
    """The call of ``cross_lagged`` in ``functions.R``."""
    model = call.model
    assert isinstance(model, StructuralModel)
    given = {
        "constructs": model.constructs,
        "intercepts": model.family == "riclpm",
        "lags": model.lags,
        "residuals": model.residuals,
        "means": model.means,
        "waves": model.waves or None,
    }
    yield f"found <- {r_call('cross_lagged', **given)}"
