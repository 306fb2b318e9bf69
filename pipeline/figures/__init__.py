"""Figures: one module per kind, each a function from a plain frame to a matplotlib figure with its alternative text."""

from pipeline.figures.draw import Drawing, draw
from pipeline.figures.kinds.areas import alt_area_dots, area_dots
from pipeline.figures.kinds.coefficients import alt_coefficients, coefficients
from pipeline.figures.kinds.control_chart import alt_control_chart, control_chart
from pipeline.figures.kinds.event_study import alt_event_study, event_study
from pipeline.figures.kinds.forest_plot import alt_forest, forest_plot
from pipeline.figures.kinds.likert import alt_likert, likert
from pipeline.figures.kinds.mediation_paths import alt_mediation_paths, mediation_paths
from pipeline.figures.kinds.odds_ratios import alt_odds_ratios, odds_ratios
from pipeline.figures.kinds.participation import alt_participation, participation_flow
from pipeline.figures.kinds.path import alt_path, path_figure
from pipeline.figures.kinds.patterns import alt_patterns, participation_patterns
from pipeline.figures.kinds.predicted_margins import alt_predicted_margins, predicted_margins
from pipeline.figures.kinds.programme_forest import alt_programme_forest, programme_forest
from pipeline.figures.kinds.sensitivity import alt_versions, versions
from pipeline.figures.kinds.simple_slopes import alt_simple_slopes, simple_slopes
from pipeline.figures.kinds.small_multiples import alt_small_multiples, small_multiples
from pipeline.figures.kinds.specification_curve import alt_specification_curve, specification_curve
from pipeline.figures.kinds.tile_map import alt_tile_map, tile_map
from pipeline.figures.kinds.transitions import alt_transition_flow, transition_flow
from pipeline.figures.kinds.trend import alt_trend, trend
from pipeline.figures.lint import lint
from pipeline.figures.save import rendered, save_drawing, save_figure
from pipeline.figures.style import NARROW, WIDE
from pipeline.figures.wave_counts import participation_counts

__all__ = [
    "NARROW",
    "WIDE",
    "Drawing",
    "alt_area_dots",
    "alt_coefficients",
    "alt_control_chart",
    "alt_event_study",
    "alt_forest",
    "alt_likert",
    "alt_mediation_paths",
    "alt_odds_ratios",
    "alt_participation",
    "alt_path",
    "alt_patterns",
    "alt_predicted_margins",
    "alt_programme_forest",
    "alt_simple_slopes",
    "alt_small_multiples",
    "alt_specification_curve",
    "alt_tile_map",
    "alt_transition_flow",
    "alt_trend",
    "alt_versions",
    "area_dots",
    "coefficients",
    "control_chart",
    "draw",
    "event_study",
    "forest_plot",
    "likert",
    "lint",
    "mediation_paths",
    "odds_ratios",
    "participation_counts",
    "participation_flow",
    "participation_patterns",
    "path_figure",
    "predicted_margins",
    "programme_forest",
    "rendered",
    "save_drawing",
    "save_figure",
    "simple_slopes",
    "small_multiples",
    "specification_curve",
    "tile_map",
    "transition_flow",
    "trend",
    "versions",
]
