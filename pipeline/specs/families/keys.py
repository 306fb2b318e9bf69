"""Keys that several families take, and components that several have."""

from __future__ import annotations

TERMS = frozenset({"covariates", "categorical"})
PANEL = TERMS | {"wave_effects", "imputation"}
CLUSTERED = PANEL | {"cluster", "correction"}
WEIGHTS = frozenset({"weights", "standard_errors"})
DESIGN = WEIGHTS | {"lonely_psu", "subset"}
EXPLAINS = ("outcome", "exposures")
LINEAR = ("coefficient", "wave", "intercept", "sample")
ODDS = ("coefficient", "wave", "intercept", "odds_ratio", "marginal_effect", "fit", "sample")
