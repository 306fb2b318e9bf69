"""The figures of the overview of one study: ranking, domains, tiles, and a map where there are boundaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.figures.area_values import area_words
from pipeline.figures.data import FEWEST
from pipeline.figures.draw import Drawing
from pipeline.figures.overview import map_plot, panels, ranking
from pipeline.figures.overview.levels import WHOLE, Levels, best_wave, by_round, data_of, levels_of, measures_of
from pipeline.figures.sheet import Heading
from pipeline.figures.style import styled
from pipeline.figures.tile_plot import classes_of, draw_tiles
from pipeline.specs.area_boundaries import Polygon

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Words:
    """What stands around the figures of a study."""

    source: str
    synthetic: bool
    wave: str
    confidence: float
    scale: str

    def heading(self, title: str, subtitle: str = "", key: str = "", note: str = "") -> Heading:
        return Heading(title, subtitle, self.source, note, key, self.synthetic)


@public(infinite=False)
def overview_drawings(
    areas: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    source: str = "",
    wave: str | None = None,
    waves: Mapping[str, str] | None = None,
    tiles: Mapping[str, tuple[int, int]] | None = None,
    boundaries: Mapping[str, tuple[Polygon, ...]] | None = None,
    boundaries_source: str = "",
    scale: str = "Points",
    confidence: float = 0.95,
    synthetic: bool = False,
    smallest: int = FEWEST,
) -> dict[str, Drawing]:
    """Name → figure, in the order of the overview; each can be drawn at any width and ``rendered``.

    ``tiles``: area → row and column, drawn where every area has one; ``boundaries`` likewise. ``waves``: wave → label;
    where the table has ``round``, that is the wave. More areas than fit into one figure are drawn in several. Raises
    ``PaperError`` if no area may be shown.
    """
    areas = by_round(areas)
    at = wave or best_wave(areas, smallest)
    words = Words(source, synthetic, (waves or {}).get(at, at), confidence, scale)
    found: dict[str, Drawing] = {}
    if areas.filter(pl.col("measure") == WHOLE, pl.col("wave") == at).height:
        whole = levels_of(areas, WHOLE, at, smallest=smallest)
        found |= dict(
            _of_index(whole, words, labels.get(WHOLE, "Index"), tiles or {}, boundaries or {}, boundaries_source)
        )
    if measures_of(areas, at, smallest):
        found |= dict(_of_domains(areas, words, labels, at, smallest))
    return found


def _of_index(
    levels: Levels,
    words: Words,
    label: str,
    tiles: Mapping[str, tuple[int, int]],
    boundaries: Mapping[str, tuple[Polygon, ...]],
    boundaries_source: str,
) -> Iterator[tuple[str, Drawing]]:
    count = ranking.parts_of(levels)
    key = ranking.key_of(levels, words.confidence)
    for part in range(1, count + 1):
        more = f", part {chr(64 + part)}" if count > 1 else ""
        title = f"{label} by area, {words.wave}{more}"
        heading = words.heading(title, key=key)
        draw = partial(ranking.drawn, levels, heading, part, words.scale)
        yield (
            f"ranking_{part}",
            Drawing(
                ranking.alt_of(levels, part), words.source, draw, title=title, data=data_of(levels, words.confidence)
            ),
        )
    keys = [area.key for area in levels.areas.areas]
    if keys and all(key in tiles for key in keys):
        title = f"{label} as a map of equal tiles, {words.wave}"
        draw = partial(_tiles, levels, words.heading(title, key=words.scale), tiles)
        yield "tiles", Drawing(_tile_words(levels), words.source, draw, title=title)
    if boundaries:
        title = f"{label} on the map, {words.wave}"
        heading = words.heading(title, note=boundaries_source)
        draw = partial(map_plot.drawn, levels, boundaries, heading)
        yield "map", Drawing(map_plot.alt_of(levels), words.source, draw, note=boundaries_source, title=title)


def _of_domains(
    areas: pl.DataFrame, words: Words, labels: Mapping[str, str], wave: str, smallest: int
) -> Iterator[tuple[str, Drawing]]:
    has_index = areas.filter(pl.col("measure") == WHOLE, pl.col("wave") == wave).height > 0
    first = WHOLE if has_index else measures_of(areas, wave, smallest)[0]
    shown = levels_of(areas, first, wave, smallest=smallest)
    count = ranking.parts_of(shown)
    for part in range(1, count + 1):
        more = f", part {chr(64 + part)}" if count > 1 else ""
        title = f"Each domain by area, {words.wave}{more}"
        made = panels.panels_of(areas, labels, wave, part, smallest)
        draw = partial(panels.drawn, made, words.heading(title, words.scale, panels.key_of(words.confidence)))
        yield f"domains_{part}", Drawing(panels.alt_of(made), words.source, draw, title=title)


@styled
def _tiles(levels: Levels, heading: Heading, tiles: Mapping[str, tuple[int, int]], width: float) -> Figure:
    return draw_tiles(heading, levels.areas, tiles, classes_of(levels.areas), width)


def _tile_words(levels: Levels) -> str:
    listed = "; ".join(f"{area.label} {levels.areas.text(area)}" for area in levels.areas.shown)
    return f"Map of {len(levels.areas.areas)} areas as equal tiles. {area_words(levels.areas)} In order: {listed}."


@styled
def drawing_files(drawing: Drawing) -> dict[str, bytes]:
    """``svg`` for a page and ``narrow`` for a phone. Raises ``PaperError`` if a reader could not read it (``lint``)."""
    from pipeline.figures.lint import require_readable
    from pipeline.figures.save import svg_bytes

    require_readable(drawing)
    return {"svg": svg_bytes(drawing.figure), "narrow": svg_bytes(drawing.narrow)}
