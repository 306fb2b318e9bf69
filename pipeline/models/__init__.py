"""One module per model family: each takes a polars panel and gives the Estimates table.

Nothing heavy is imported here: scipy comes with the first p-value, linearmodels and statsmodels with the first model
that they fit.
"""

from pipeline.models.attrition import attrition
from pipeline.models.between import between
from pipeline.models.design_association import design_association
from pipeline.models.design_contrasts import design_changes, design_differences
from pipeline.models.design_means import design_means, design_shares
from pipeline.models.design_quantiles import design_quantiles
from pipeline.models.design_ratios import design_ratios, design_totals
from pipeline.models.design_regression import design_regression
from pipeline.models.first_difference import first_difference
from pipeline.models.fit import fit
from pipeline.models.fixed_effects import fixed_effects
from pipeline.models.hausman import hausman
from pipeline.models.logit import logit
from pipeline.models.mundlak import mundlak
from pipeline.models.pooled import pooled
from pipeline.models.random_effects import random_effects
from pipeline.models.within_between import within_between

__all__ = [
    "attrition",
    "between",
    "design_association",
    "design_changes",
    "design_differences",
    "design_means",
    "design_quantiles",
    "design_ratios",
    "design_regression",
    "design_shares",
    "design_totals",
    "first_difference",
    "fit",
    "fixed_effects",
    "hausman",
    "logit",
    "mundlak",
    "pooled",
    "random_effects",
    "within_between",
]
