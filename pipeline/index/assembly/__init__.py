"""Persons' scores and the declaration of an index into the tables of its areas."""

from pipeline.index.assembly.areas import area_table, with_rank_intervals
from pipeline.index.assembly.changes import index_changes
from pipeline.index.assembly.coherent import index_coherence
from pipeline.index.assembly.covariates import area_covariates
from pipeline.index.assembly.recipe import recipe_of
from pipeline.index.assembly.replicates import in_weight_set, index_replicates
from pipeline.index.assembly.uncertain import Uncertain, index_uncertainty

__all__ = [
    "Uncertain",
    "area_covariates",
    "area_table",
    "in_weight_set",
    "index_changes",
    "index_coherence",
    "index_replicates",
    "index_uncertainty",
    "recipe_of",
    "with_rank_intervals",
]
