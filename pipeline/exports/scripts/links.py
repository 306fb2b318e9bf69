"""Which regressions on the survey design are written in R and Stata: linear ones, with R's degrees of freedom."""

from __future__ import annotations

from pipeline.exports.scripts.call import Call
from pipeline.specs.outcome_models import OutcomeModel


def limits(call: Call) -> str:
    """Why a declaration is not written; empty if it is."""
    model = call.model
    if not isinstance(model, OutcomeModel):
        return ""
    has = [
        words
        for words, there in (
            (f"the link `{model.link}`", model.link not in (None, "linear")),
            ("other degrees of freedom", model.degrees != "residual"),
        )
        if there
    ]
    return f"It has {' and '.join(has)}: write it with survey::svyglm from the declaration." if has else ""
