"""One module for each kind of figure; their records are in ``pipeline/specs/figure_kinds.py``."""
