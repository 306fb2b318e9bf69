"""Sampling error and choices of method through the whole index: sensitivity, rank intervals and rank sets."""

from pipeline.index.uncertainty.method_draws import MethodDraws, method_draws
from pipeline.index.uncertainty.rank_sets import rank_sets, rank_sets_of_estimates
from pipeline.index.uncertainty.ranks import pairwise, rank_intervals
from pipeline.index.uncertainty.recipe import Recipe
from pipeline.index.uncertainty.removals import removals
from pipeline.index.uncertainty.replicated import ReplicatedIndex, replicated_index
from pipeline.index.uncertainty.sensitivity import method_effects, sensitivity
from pipeline.index.uncertainty.sobol import exact_indices, sobol_indices

__all__ = [
    "MethodDraws",
    "Recipe",
    "ReplicatedIndex",
    "exact_indices",
    "method_draws",
    "method_effects",
    "pairwise",
    "rank_intervals",
    "rank_sets",
    "rank_sets_of_estimates",
    "removals",
    "replicated_index",
    "sensitivity",
    "sobol_indices",
]
