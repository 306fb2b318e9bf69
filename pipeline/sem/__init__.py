"""Covariance-structure models for panels: cross-lagged, growth, measurement and invariance, equal to lavaan's.

Public functions take a wide polars frame (one row per person) and column names; results carry estimates, fit and the
reasons a result is withheld.
"""

from pipeline.sem.analyse import sem
from pipeline.sem.compare import compare
from pipeline.sem.panel import clpm, riclpm
from pipeline.sem.result import Result
from pipeline.sem.table import Parameter, ParameterTable, parameter_table

__all__ = ["Parameter", "ParameterTable", "Result", "clpm", "compare", "parameter_table", "riclpm", "sem"]
