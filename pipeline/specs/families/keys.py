"""Keys that several families take, and components that several have."""

from __future__ import annotations

TERMS = frozenset({"covariates", "categorical"})
PANEL = TERMS | {"wave_effects", "imputation"}
CONTRASTS = frozenset({"contrasts"})
CLUSTERED = PANEL | CONTRASTS | {"cluster", "correction"}
WEIGHTS = frozenset({"weights", "standard_errors"})
DESIGN = WEIGHTS | {"lonely_psu", "subset"}
EXPLAINS = ("outcome", "exposures")
LINEAR = ("coefficient", "wave", "intercept", "contrast", "test", "sample")
ODDS = ("coefficient", "wave", "intercept", "contrast", "test", "odds_ratio", "marginal_effect", "fit", "sample")
