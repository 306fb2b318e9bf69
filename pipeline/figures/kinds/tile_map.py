"""Areas as equal tiles, each with its value, laid out as the study declares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.area_values import Areas, area_words, areas_of, data_of, declared_areas
from pipeline.figures.picture import Material, Picture
from pipeline.figures.style import WIDE, styled
from pipeline.figures.tile_plot import classes_of, draw_tiles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The declared estimates by area, on the study's tiles."""
    areas, level = declared_areas(spec, study, material), material.confidence(spec)
    tiles = {key: (tile.row, tile.column) for key, tile in study.about.tiles.items()}
    missing = [area.key for area in areas.areas if area.key not in tiles]
    if missing:
        raise PaperError(f"`{missing[0]}` has no tile", count=len(missing), todo="Declare `tiles` in study.yaml.")
    drawn = partial(_drawn, areas, tiles, y_label=spec.y_label)
    return Picture(_alt(areas), drawn, data=data_of(areas, level))


@public(infinite=False)
@styled
def tile_map(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    tiles: Mapping[str, tuple[int, int]],
    title: str,
    subtitle: str = "",
    source: str = "",
    wave: str | None = None,
    percent: bool = False,
    y_label: str = "",
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each area as a tile with its name and value, in one of at most four classes of colour.

    ``estimates``, ``labels`` and ``wave`` as in ``area_dots``; ``tiles``: area → row and column, counted from the top
    left. Areas of fewer than ten people, and those without an estimate, are hatched. Where the names do not fit into
    tiles the areas are listed in the order of the map.

    Raises ``PaperError`` if no area has ten people.
    """
    areas = areas_of(estimates, labels, wave=wave, percent=percent)
    words = {"title": title, "subtitle": subtitle, "source": source, "note": note}
    return _drawn(areas, dict(tiles), **words, y_label=y_label, synthetic=synthetic, width=width)


@public(infinite=False)
def alt_tile_map(
    estimates: pl.DataFrame, *, labels: Mapping[str, str], wave: str | None = None, percent: bool = False
) -> str:
    """What ``tile_map`` with these arguments shows."""
    return _alt(areas_of(estimates, labels, wave=wave, percent=percent))


def _alt(areas: Areas) -> str:
    listed = "; ".join(f"{area.label} {areas.text(area)}" for area in areas.shown)
    return f"Map of {len(areas.areas)} areas as equal tiles. {area_words(areas)} In order: {listed}."


@styled
def _drawn(
    areas: Areas,
    tiles: Mapping[str, tuple[int, int]],
    *,
    title: str,
    subtitle: str,
    source: str,
    note: str,
    synthetic: bool,
    width: float,
    y_label: str,
) -> Figure:
    from pipeline.figures.sheet import Heading

    heading = Heading(title, subtitle, source, note, y_label, synthetic)
    return draw_tiles(heading, areas, tiles, classes_of(areas), width)
