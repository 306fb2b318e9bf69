"""A composite indicator over areas, stage by stage, equal to COINr."""

from pipeline.index.composites.aggregate import aggregate
from pipeline.index.composites.composite import Composite, Framework, composite, framework
from pipeline.index.composites.impute import impute
from pipeline.index.composites.normalise import normalise
from pipeline.index.composites.removal import composite_alpha, removal_effects
from pipeline.index.composites.treat import treat
from pipeline.index.composites.weights import budget_weights, effective_weights, pca_weights

__all__ = [
    "Composite",
    "Framework",
    "aggregate",
    "budget_weights",
    "composite",
    "composite_alpha",
    "effective_weights",
    "framework",
    "impute",
    "normalise",
    "pca_weights",
    "removal_effects",
    "treat",
]
