"""Values of one measure by area at one wave, from the table of areas, without those of few people.

A wave is a round where the table has that column: waves of one time, of arms with calendars of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.area_values import Area, Areas
from pipeline.figures.data import FEWEST, NOTE, PEOPLE, SUPPRESSED, interval_columns, printed
from pipeline.tables.rank_ends import AT_ONCE, rank_with_ends
from pipeline.wave_order import last_of_nearly_all, wave_order

COLUMNS = ("area", "wave", "measure", "estimate", "conf_low", "conf_high", "n_persons")
WHOLE = "index"


@dataclass(frozen=True)
class Levels:
    """Areas of one measure at one wave. ``ranked``: those with a rank; ``ranks``: the rank of each, with its ends.

    ``at_once``: whether the ends are those of all areas at once, as a picture of all of them needs.
    """

    areas: Areas
    ranked: frozenset[str]
    ranks: Mapping[str, tuple[float, float, float]]
    at_once: bool = False

    @property
    def ordered(self) -> list[Area]:
        """Those with a rank, the highest first, then the others."""
        shown = self.areas.shown
        with_rank = sorted(
            (area for area in shown if area.key in self.ranked), key=lambda area: self.ranks.get(area.key, (0.0,))[0]
        )
        return [*with_rank, *(area for area in shown if area.key not in self.ranked)]


def by_round(areas: pl.DataFrame) -> pl.DataFrame:
    """The table with the round, where it has one, in place of the wave."""
    return areas.with_columns(wave="round") if "round" in areas.columns else areas


def levels_of(
    areas: pl.DataFrame, measure: str = WHOLE, wave: str | None = None, *, places: int = 1, smallest: int = FEWEST
) -> Levels:
    """One measure by area, at ``best_wave`` unless one is named.

    Raises ``PaperError`` for a frame without the columns, and where no area may be shown.
    """
    missing = [name for name in COLUMNS if name not in areas.columns]
    if missing:
        raise PaperError(f"there is no column `{missing[0]}`", where="areas", todo=f"It has {', '.join(COLUMNS)}.")
    areas = by_round(areas)
    at = wave or best_wave(areas, smallest)
    own = areas.filter(pl.col("measure") == measure, pl.col("wave") == at, pl.col("area").is_not_null())
    if own["area"].n_unique() < own.height:
        raise PaperError(f"an area has several rows of `{measure}` in `{at}`", where="areas", count=own.height)
    found = tuple(_area(row, smallest) for row in own.iter_rows(named=True))
    if all(area.value is None for area in found):
        raise PaperError(f"no area of `{measure}` may be shown in `{at}`", where="areas", count=own.height)
    kept = {area.key for area in found if area.value is not None}
    with_rank = [row for row in own.iter_rows(named=True) if row.get("is_ranked") and row["area"] in kept]
    ranks = {row["area"]: rank_with_ends(row, at_once=True) for row in with_rank if row.get("rank") is not None}
    at_once = any(row.get(AT_ONCE[0]) is not None for row in with_rank)
    return Levels(Areas(found, None, at, False, places), frozenset(row["area"] for row in with_rank), ranks, at_once)


def best_wave(areas: pl.DataFrame, smallest: int = FEWEST) -> str:
    """The last wave in which nearly all areas can be shown that can be shown in any."""
    shown = by_round(areas).filter(pl.col("n_persons") >= smallest, pl.col("estimate").is_not_null())
    if "is_shown" in areas.columns:
        shown = shown.filter(pl.col("is_shown").fill_null(True))
    if shown.is_empty():
        raise PaperError("no area may be shown in any wave", where="areas", count=areas.height)
    counts = dict(shown.group_by("wave").agg(pl.col("area").n_unique()).iter_rows())
    order = wave_order(list(counts))
    return last_of_nearly_all(counts, order)


def measures_of(areas: pl.DataFrame, wave: str, smallest: int = FEWEST) -> list[str]:
    """The measures below the index that some area may show at a wave: domains, else indicators."""
    own = by_round(areas).filter(pl.col("wave") == wave)
    shown = own.filter(pl.col("n_persons") >= smallest, pl.col("estimate").is_not_null())
    for level in ("domain", "indicator"):
        found = shown.filter(pl.col("level") == level)["measure"].unique(maintain_order=True).to_list()
        if found:
            return found
    return []


def _area(row: Mapping[str, Any], smallest: int) -> Area:
    people, label = row["n_persons"], str(row.get("label") or row["area"])
    hidden = people is None or people < smallest or row.get("is_shown") is False or row["estimate"] is None
    if hidden:
        return Area(row["area"], label, None, None, None, people)
    return Area(row["area"], label, row["estimate"], row["conf_low"], row["conf_high"], people)


def data_of(levels: Levels, confidence: float) -> pl.DataFrame:
    """One row per area in the order of the figure; then those that are not shown, without a number."""
    low, high = interval_columns(confidence, "")
    rows: list[dict[str, Any]] = []
    for area in [*levels.ordered, *levels.areas.hidden]:
        places = levels.areas.places
        note = "" if area.key in levels.ranked else "shown without a rank"
        if area.value is None:
            note = SUPPRESSED if area.suppressed else "not known"
        rows.append(
            {
                "Area": area.label,
                "Estimate": printed(area.value, places),
                low: printed(area.low, places),
                high: printed(area.high, places),
                PEOPLE: None,
                NOTE: note,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None).drop(PEOPLE)
