"""Keys that several families take, and components that several have."""

from __future__ import annotations

TERMS = frozenset({"covariates", "categorical", "reference", "centre", "standardise", "products"})
PANEL = TERMS | {"wave_effects", "imputation"}
CONTRASTS = frozenset({"contrasts", "slopes"})
CLUSTERED = PANEL | CONTRASTS | {"cluster", "correction"}
ROBUST = frozenset({"standard_errors"})
DIAGNOSED = frozenset({"diagnostics"})
PREDICTS = frozenset({"predict_at"})
WEIGHTS = frozenset({"weights", "standard_errors"})
DESIGN = WEIGHTS | {"lonely_psu", "subset"}
SLOPES = ("simple_slope", "slope_curve", "slope_region", "moderator")
"""Components of models that give slopes at values of a moderator (key `slopes`)."""
EXPLAINS = ("outcome", "exposures")
LINEAR = ("coefficient", "wave", "intercept", "contrast", *SLOPES, "test", "sample")
ODDS = (
    *("coefficient", "wave", "intercept", "contrast", *SLOPES, "test"),
    *("odds_ratio", "marginal_effect", "fit", "sample"),
)
