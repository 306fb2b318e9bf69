"""Persons' scores and the declaration of an index into the tables of its areas."""

from pipeline.index.assembly.areas import area_table
from pipeline.index.assembly.changes import index_changes
from pipeline.index.assembly.covariates import area_covariates

__all__ = ["area_covariates", "area_table", "index_changes"]
