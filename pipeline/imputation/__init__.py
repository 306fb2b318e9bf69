"""Missing answers: imputed with earlier and later waves, pooled by Rubin's rules, and pushed until a result tips."""

from pipeline.imputation.chained import Imputations, impute
from pipeline.imputation.completed import fit_imputed, how_sure
from pipeline.imputation.joint_tests import JointTest, d1, d2, d3
from pipeline.imputation.missing import missing_patterns
from pipeline.imputation.plan import Passive, Plan, Rule, default_plan
from pipeline.imputation.pooling import pool, pool_correlation, pool_covariance, pool_r_squared, pool_table
from pipeline.imputation.tipping import tipping_curve
from pipeline.imputation.wide import lengthen, widen

__all__ = [
    "Imputations",
    "JointTest",
    "Passive",
    "Plan",
    "Rule",
    "d1",
    "d2",
    "d3",
    "default_plan",
    "fit_imputed",
    "how_sure",
    "impute",
    "lengthen",
    "missing_patterns",
    "pool",
    "pool_correlation",
    "pool_covariance",
    "pool_r_squared",
    "pool_table",
    "tipping_curve",
    "widen",
]
