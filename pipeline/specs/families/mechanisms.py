"""Models of mechanisms: by what an exposure is associated with an outcome."""

from __future__ import annotations

from pipeline.specs.families.keys import CLUSTERED, EXPLAINS, WEIGHTS
from pipeline.specs.family import SIMULATED, Family

_LEVELS = ("", "_within", "_between")
_EFFECTS = (
    "indirect_effect",
    "total_indirect_effect",
    "direct_effect",
    "total_effect",
    "proportion_mediated",
    "indirect_difference",
)

MECHANISMS = (
    Family(
        "mediation",
        "Mediation",
        "Mediation model: indirect effects by products of coefficients, or natural effects, with simulated intervals",
        "pipeline.models.mechanisms.mediation:fit",
        needs=(*EXPLAINS, "mediators"),
        takes=(CLUSTERED - {"imputation", "contrasts"})
        | WEIGHTS
        | {"order", "levels", "later", "interval", "draws", "seed", "definition", "values", "interaction"},
        components=(
            *(f"path{level}" for level in _LEVELS),
            *(f"{effect}{level}" for effect in _EFFECTS for level in _LEVELS),
            "indirect_within_minus_between",
            *(f"{kind}{level}" for kind in ("sensitivity_rho", "robustness_value", "e_value") for level in _LEVELS),
            "sample",
        ),
        declaration="pipeline.specs.mediation:MediationModel",
        weighted=True,
        computed=SIMULATED,
    ),
    Family(
        "variance_shares",
        "Within and between, standardised",
        "Effects in standard deviations within people and between them, and how much of the change within people and "
        "of the difference between people the exposures explain",
        "pipeline.models.effects.variance_shares:fit",
        needs=EXPLAINS,
        takes=(CLUSTERED - {"imputation", "contrasts"}) | {"draws", "seed", "weights"},
        components=(
            *("standardised_within", "standardised_between", "explained_within", "explained_between"),
            "sample",
        ),
        declaration="pipeline.specs.mediation:VarianceShares",
        computed=SIMULATED,
    ),
)
