"""Which within–between models are written in R and Stata: those with a random intercept alone."""

from __future__ import annotations

from pipeline.exports.scripts.call import Call
from pipeline.specs.mixed import MixedModel


def limits(call: Call) -> str:
    """Why a declaration is not written; empty if it is."""
    model = call.model
    if not isinstance(model, MixedModel):
        return ""
    has = [
        words
        for words, there in (
            ("random slopes", bool(model.random_slopes)),
            ("further groupings", len(model.groupings) > 1),
            ("degrees of freedom", model.degrees != "normal"),
            ("full likelihood", model.method != "reml"),
        )
        if there
    ]
    return f"It has {' and '.join(has)}: write it with lme4::lmer from the declaration." if has else ""
