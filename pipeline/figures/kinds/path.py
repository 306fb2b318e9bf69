"""Paths of a cross-lagged model from one wave to the next, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.data import of_paths
from pipeline.figures.lags import lag_paths, paths_of
from pipeline.figures.path_plot import draw_paths
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study


STANDARDISED = "Standardised: in within-person standard deviations."


OWN_SCALES = "Each estimate is in the scales of its two measures: compare arrows only where they are standardised."


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The lags of the one declared model; ``spec.terms`` chooses and orders constructs."""
    declared = material.models.get(spec.models[0])
    constructs = spec.terms or getattr(declared, "constructs", ())
    if len(spec.models) != 1 or not constructs:
        raise PaperError("a path figure draws one cross-lagged model", todo="Name one `riclpm` model.")
    standardised = bool(getattr(spec.options, "standardised", False))
    titles = {key: wave.title for key, wave in study.waves.items()}
    estimates, caution = material.marked(spec, material.of(spec).filter(pl.col("component").str.starts_with("lag")))
    paths, waves = lag_paths(estimates, constructs, titles, standardised=standardised)
    shared: Arguments = {
        "constructs": {construct: material.label(construct, spec) for construct in constructs},
        "waves": waves,
        "confidence": material.confidence(spec),
        "standardised": standardised,
    }
    named = shared["constructs"]
    data = of_paths(paths_of(paths, named, waves), named, waves, shared["confidence"])
    return Picture(alt_path(paths, **shared), partial(path_figure, paths, **shared), caution, data)


@public(infinite=False)
@styled
def path_figure(
    paths: pl.DataFrame,
    *,
    constructs: Mapping[str, str],
    waves: Mapping[str, str],
    title: str,
    subtitle: str = "",
    source: str = "",
    confidence: float = 0.95,
    standardised: bool = False,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Constructs as rows, waves as columns, and an arrow with its estimate for every path between them.

    ``paths``: one row per path, columns from_construct, from_wave, to_construct, to_wave, estimate, conf_low,
    conf_high. ``constructs`` and ``waves``: key → label, in the order to be drawn; for lags that are equal over time
    two waves are enough ("one wave", "the next"). Paths whose interval includes zero are dashed and grey.

    Raises ``PaperError`` if a path starts or ends at a construct or wave that is not named, or if there is none.
    """
    arrows = paths_of(paths, constructs, waves)
    key = f"Dashed: the {confidence * 100:g}% confidence interval includes zero."
    key = f"{STANDARDISED if standardised else OWN_SCALES} {key}"
    heading = Heading(title, subtitle, source, note, key, synthetic)
    return draw_paths(heading, arrows, constructs, waves, width)


@public(infinite=False)
def alt_path(
    paths: pl.DataFrame,
    *,
    constructs: Mapping[str, str],
    waves: Mapping[str, str],
    confidence: float = 0.95,
    standardised: bool = False,
) -> str:
    """What ``path_figure`` with these arguments shows: every path with its interval."""
    parts = [f"Path diagram with {confidence * 100:g}% confidence intervals."]
    parts.append(STANDARDISED if standardised else OWN_SCALES)
    for path in paths_of(paths, constructs, waves):
        (start, early), (end, late) = path.start, path.end
        parts.append(f"{constructs[start]}, {waves[early]}, to {constructs[end]}, {waves[late]}: {path.text()}.")
    return " ".join(parts)
