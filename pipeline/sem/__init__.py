"""Covariance-structure models for panels: cross-lagged, growth, measurement and invariance, equal to lavaan's.

Public functions take a wide polars frame (one row per person) and column names; results carry estimates, fit and the
reasons a result is withheld.

Conventions are lavaan's: moments with divisor N; means always modelled; standard errors of ML from the expected
information where answers are complete and from the observed one where some are missing; MLR (Huber–White, observed
information, Yuan–Bentler χ² in Mplus's variant) throughout; covariates taken as they are (``fixed.x``),
unless somebody would be lost for lack of one (then as random). Ordered items: WLSMV, incomplete answers pairwise. An
option that a model cannot use is refused.
"""

from pipeline.sem.engine.analyse import sem
from pipeline.sem.engine.bootstrap import Bootstrap, bootstrap
from pipeline.sem.engine.comparison import Comparison
from pipeline.sem.engine.derived import derived_effects, expression_intervals
from pipeline.sem.engine.fitting import Fitting
from pipeline.sem.engine.model_bootstrap import BollenStine, bollen_stine
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.score import addition_tests, release_tests, total_release_test
from pipeline.sem.engine.scores import factor_scores
from pipeline.sem.engine.table import Parameter, ParameterTable, parameter_table
from pipeline.sem.families.boundary import BoundaryTest, random_intercept_test
from pipeline.sem.families.change_score import change_score
from pipeline.sem.families.compare import compare
from pipeline.sem.families.continuous import continuous_time
from pipeline.sem.families.curves import alt, lcm_sr
from pipeline.sem.families.decision import Configural, Criterion, Invariance
from pipeline.sem.families.growth import growth
from pipeline.sem.families.invariance import invariance
from pipeline.sem.families.ladder import Ladder, ladder
from pipeline.sem.families.measurement import cfa
from pipeline.sem.families.ordinal_growth import ordinal_growth
from pipeline.sem.families.ordinal_panel import ordinal_riclpm
from pipeline.sem.families.panel import clpm, riclpm
from pipeline.sem.families.panel_model import PanelModel
from pipeline.sem.families.reliability import Alpha, Omega, alpha, icc, item_table, omega
from pipeline.sem.ordinal.fitting import OrdinalFitting
from pipeline.sem.ordinal.polychoric import polychoric
from pipeline.sem.ordinal.theta import theta_estimates

__all__ = [
    "Alpha",
    "BollenStine",
    "Bootstrap",
    "BoundaryTest",
    "Comparison",
    "Configural",
    "Criterion",
    "Fitting",
    "Invariance",
    "Ladder",
    "Omega",
    "OrdinalFitting",
    "PanelModel",
    "Parameter",
    "ParameterTable",
    "Result",
    "addition_tests",
    "alpha",
    "alt",
    "bollen_stine",
    "bootstrap",
    "cfa",
    "change_score",
    "clpm",
    "compare",
    "continuous_time",
    "derived_effects",
    "expression_intervals",
    "factor_scores",
    "growth",
    "icc",
    "invariance",
    "item_table",
    "ladder",
    "lcm_sr",
    "omega",
    "ordinal_growth",
    "ordinal_riclpm",
    "parameter_table",
    "polychoric",
    "random_intercept_test",
    "release_tests",
    "riclpm",
    "sem",
    "theta_estimates",
    "total_release_test",
]
