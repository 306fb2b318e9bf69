"""Effects of programmes pooled over areas, and what a local project needs to measure its own."""

from pipeline.index.programmes.effect_sizes import effect_sizes
from pipeline.index.programmes.leave_one_out import leave_one_out
from pipeline.index.programmes.local_toolkit import Measure, toolkit
from pipeline.index.programmes.meta_analysis import meta_analysis
from pipeline.index.programmes.person_effects import programme_effects
from pipeline.index.programmes.pooled_effects import pooled_effects
from pipeline.index.programmes.power import minimum_n, power_of, smallest_effect

__all__ = [
    "Measure",
    "effect_sizes",
    "leave_one_out",
    "meta_analysis",
    "minimum_n",
    "pooled_effects",
    "power_of",
    "programme_effects",
    "smallest_effect",
    "toolkit",
]
