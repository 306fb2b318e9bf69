"""Figures: one module per kind, each a function from a plain frame to a matplotlib figure with its alternative text."""

from pipeline.figures.alt import alt_coefficients, alt_odds_ratios, alt_participation, alt_trend
from pipeline.figures.coefficients import coefficients, odds_ratios
from pipeline.figures.draw import Drawing, draw
from pipeline.figures.participation import participation_counts, participation_flow
from pipeline.figures.path import alt_path, path_figure
from pipeline.figures.patterns import alt_patterns, participation_patterns
from pipeline.figures.save import save_drawing, save_figure
from pipeline.figures.style import NARROW, WIDE
from pipeline.figures.trend import trend

__all__ = [
    "NARROW",
    "WIDE",
    "Drawing",
    "alt_coefficients",
    "alt_odds_ratios",
    "alt_participation",
    "alt_path",
    "alt_patterns",
    "alt_trend",
    "coefficients",
    "draw",
    "odds_ratios",
    "participation_counts",
    "participation_flow",
    "participation_patterns",
    "path_figure",
    "save_drawing",
    "save_figure",
    "trend",
]
