"""Persons' scores into an index, areas with their uncertainty, changes, the tension monitor, pooled programmes."""

from pipeline.index.composites import (
    Composite,
    Framework,
    aggregate,
    budget_weights,
    composite,
    composite_alpha,
    effective_weights,
    framework,
    impute,
    normalise,
    pca_weights,
    removal_effects,
    treat,
)
from pipeline.index.programmes import (
    effect_sizes,
    leave_one_out,
    meta_analysis,
    pooled_effects,
    programme_effects,
)
from pipeline.index.small_areas import (
    AreaModel,
    Benchmarked,
    benchmarked,
    fay_herriot,
)

__all__ = [
    "AreaModel",
    "Benchmarked",
    "Composite",
    "Framework",
    "aggregate",
    "benchmarked",
    "budget_weights",
    "composite",
    "composite_alpha",
    "effect_sizes",
    "effective_weights",
    "fay_herriot",
    "framework",
    "impute",
    "leave_one_out",
    "meta_analysis",
    "normalise",
    "pca_weights",
    "pooled_effects",
    "programme_effects",
    "removal_effects",
    "treat",
]
