"""From base weight to panel weight: response, margins, trimming, and replicates that repeat every step."""

from pipeline.weights.calibration import calibrate
from pipeline.weights.people import people
from pipeline.weights.propensity import class_weights, propensity_weights, sequential_weights
from pipeline.weights.quality import balance, weight_quality
from pipeline.weights.raking import poststratify, rake
from pipeline.weights.recipe import Recipe
from pipeline.weights.replicated import replicate_set
from pipeline.weights.replicates import rake_replicates, replicate_weights
from pipeline.weights.sets import weight_set
from pipeline.weights.trimming import quantile_limits, trim, trim_to_margins

__all__ = [
    "Recipe",
    "balance",
    "calibrate",
    "class_weights",
    "people",
    "poststratify",
    "propensity_weights",
    "quantile_limits",
    "rake",
    "rake_replicates",
    "replicate_set",
    "replicate_weights",
    "sequential_weights",
    "trim",
    "trim_to_margins",
    "weight_quality",
    "weight_set",
]
