"""Covariance-structure models for panels: cross-lagged, growth, measurement and invariance, equal to lavaan's.

Public functions take a wide polars frame (one row per person) and column names; results carry estimates, fit and the
reasons a result is withheld.

Conventions are lavaan's: moments with divisor N; means always modelled; standard errors of ML from the expected
information where answers are complete and from the observed one where some are missing; MLR (Huber–White, observed
information, Yuan–Bentler χ² in Mplus's variant) throughout; covariates taken as they are (``fixed.x``).
"""

from pipeline.sem.analyse import sem
from pipeline.sem.bootstrap import Bootstrap, bootstrap
from pipeline.sem.boundary import BoundaryTest, random_intercept_test
from pipeline.sem.compare import Comparison, compare
from pipeline.sem.continuous import continuous_time
from pipeline.sem.curves import alt, lcm_sr
from pipeline.sem.growth import growth
from pipeline.sem.invariance import Criterion, Invariance, invariance
from pipeline.sem.ladder import Ladder, ladder
from pipeline.sem.measurement import cfa
from pipeline.sem.panel import clpm, riclpm
from pipeline.sem.reliability import Alpha, Omega, alpha, icc, item_table, omega
from pipeline.sem.result import Result
from pipeline.sem.score import addition_tests, release_tests, total_release_test
from pipeline.sem.table import Parameter, ParameterTable, parameter_table

__all__ = [
    "Alpha",
    "Bootstrap",
    "BoundaryTest",
    "Comparison",
    "Criterion",
    "Invariance",
    "Ladder",
    "Omega",
    "Parameter",
    "ParameterTable",
    "Result",
    "addition_tests",
    "alpha",
    "alt",
    "bootstrap",
    "cfa",
    "clpm",
    "compare",
    "continuous_time",
    "growth",
    "icc",
    "invariance",
    "item_table",
    "ladder",
    "lcm_sr",
    "omega",
    "parameter_table",
    "random_intercept_test",
    "release_tests",
    "riclpm",
    "sem",
    "total_release_test",
]
