"""Estimates on the survey design in R and in Stata."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.exports.scripts.call import Call, Raw, r_call
from pipeline.specs.report import Model


def in_r(call: Call) -> Iterator[str]:
    """The call of the family's function in ``functions.R``."""
    model = call.model
    assert isinstance(model, Model)
    design = call.study.about.design
    given: dict[str, object] = {}
    if model.outcome:
        given |= {"outcome": model.outcome, "exposures": model.exposures, "covariates": model.covariates or None}
        given |= {"categorical": model.categorical or None, "wave_effects": None if model.wave_effects else False}
    else:
        given |= {"outcomes": model.outcomes, "group": model.group}
    given |= {
        "weight": call.weight,
        "lonely": model.lonely_psu or design.lonely_psu,
        "subset": model.subset or design.subset,
        "replicates": Raw(f"replicates_{call.replicates}") if call.replicates else None,
    }
    yield f"found <- {r_call(model.family, **given)}"
