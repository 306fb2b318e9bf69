"""Data for R, Stata and SPSS: a frame with its labels and reasons for missing values, in files that keep them."""

from pipeline.exports.variable import Variable
from pipeline.exports.write import export

__all__ = ["Variable", "export"]
