"""Persons' scores into an index, areas with their uncertainty, changes, the tension monitor, pooled programmes."""

from pipeline.index.area_sets import area_sets, in_declared_areas
from pipeline.index.assembly import (
    area_covariates,
    area_table,
)
from pipeline.index.change import (
    area_changes,
    mean_scores,
)
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
from pipeline.index.persons import (
    PersonScores,
    area_means,
    person_scores,
)
from pipeline.index.programmes import (
    effect_sizes,
    leave_one_out,
    meta_analysis,
    minimum_n,
    pooled_effects,
    power_of,
    programme_effects,
    smallest_effect,
)
from pipeline.index.small_areas import (
    AreaModel,
    Benchmarked,
    Poststratified,
    UnitModel,
    battese_harter_fuller,
    benchmarked,
    fay_herriot,
    poststratified,
)

__all__ = [
    "AreaModel",
    "Benchmarked",
    "Composite",
    "Framework",
    "PersonScores",
    "Poststratified",
    "UnitModel",
    "aggregate",
    "area_changes",
    "area_covariates",
    "area_means",
    "area_sets",
    "area_table",
    "battese_harter_fuller",
    "benchmarked",
    "budget_weights",
    "composite",
    "composite_alpha",
    "effect_sizes",
    "effective_weights",
    "fay_herriot",
    "framework",
    "impute",
    "in_declared_areas",
    "leave_one_out",
    "mean_scores",
    "meta_analysis",
    "minimum_n",
    "normalise",
    "pca_weights",
    "person_scores",
    "pooled_effects",
    "poststratified",
    "power_of",
    "programme_effects",
    "removal_effects",
    "smallest_effect",
    "treat",
]
