"""From estimates by area to the values that figures of areas show, without those of fewer than ten people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.data import FEWEST, NOTE, PEOPLE, SUPPRESSED, interval_columns, printed
from pipeline.specs.rounding import places_of, to_places
from pipeline.wave_order import wave_order

if TYPE_CHECKING:
    from pipeline.figures.picture import Material
    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study


@dataclass(frozen=True)
class Area:
    """One area's estimate, in the unit that is printed; no value where it is suppressed or unknown."""

    key: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    people: int | None

    @property
    def suppressed(self) -> bool:
        """Whether there are people, but too few to show."""
        return self.value is None and bool(self.people)


@dataclass(frozen=True)
class Areas:
    """Areas in the order declared, at one wave; ``overall`` is the estimate of all areas together."""

    areas: tuple[Area, ...]
    overall: Area | None
    wave: str | None
    percent: bool
    decimals: int = 2

    @property
    def places(self) -> int:
        """Decimal places, unless more are needed to keep a value off zero."""
        return 0 if self.percent else self.decimals

    @property
    def shown(self) -> list[Area]:
        """The areas with a value, the highest first."""
        return sorted((area for area in self.areas if area.value is not None), key=lambda area: -(area.value or 0.0))

    @property
    def hidden(self) -> list[Area]:
        return [area for area in self.areas if area.value is None]

    def text(self, area: Area) -> str:
        """A value as it is printed."""
        if area.value is None:
            return f"under {FEWEST} people" if area.suppressed else "not known"
        places = places_of((area.low, area.high), self.places, value=area.value)
        return to_places(area.value, places) + ("%" if self.percent else "")


def areas_of(
    estimates: pl.DataFrame, labels: Mapping[str, str], *, wave: str | None = None, percent: bool = False
) -> Areas:
    """The areas named, at a wave: the last that the estimates have unless one is named.

    ``estimates``: rows of ``Estimates`` of one outcome with component ``mean`` or ``share``, an area in each ``group``;
    a row without a group is the estimate of all areas. Raises ``PaperError`` if no area has ten people.
    """
    levels = estimates.filter(pl.col("component").is_in(["mean", "share"]))
    waves = wave_order(levels["wave"].drop_nulls().unique().to_list())
    at = wave or (waves[-1] if waves else None)
    rows = levels.filter(pl.col("wave").eq_missing(pl.lit(at, dtype=pl.String))).rows(named=True)
    often = [row["group"] for row in rows]
    if len(set(often)) < len(often):
        raise PaperError(
            "an area has several results at one wave",
            count=len(often) - len(set(often)),
            todo="Draw one outcome of one model, and one model of all areas.",
        )
    by_group = {row["group"]: row for row in rows}
    areas = tuple(_area(key, label, by_group.get(key), percent) for key, label in labels.items())
    if all(area.value is None for area in areas):
        raise PaperError(
            f"no area has an estimate of {FEWEST} or more people" + (f" at `{at}`" if at else ""),
            todo="Check the areas named under `groups` or `tiles`, and the wave.",
        )
    overall = _area("", "All", by_group.get(None), percent) if None in by_group else None
    return Areas(areas, overall, at, percent)


def _area(key: str, label: str, row: Mapping[str, Any] | None, percent: bool) -> Area:
    if row is None:
        return Area(key, label, None, None, None, None)
    people, times = row["n_persons"], 100.0 if percent else 1.0
    if row["estimate"] is None or (people is not None and people < FEWEST):
        return Area(key, label, None, None, None, people)
    low, high = (None if row[end] is None else row[end] * times for end in ("conf_low", "conf_high"))
    return Area(key, label, row["estimate"] * times, low, high, people)


def declared_areas(spec: FigureSpec, study: Study, material: Material) -> Areas:
    """The areas of a declared figure, under the names that the study's tiles or the figure's ``groups`` give them."""
    estimates = material.of(spec)
    outcomes = spec.outcomes or tuple(estimates["outcome"].unique(maintain_order=True))
    if len(outcomes) != 1:
        raise PaperError("a figure of areas draws one measure", count=len(outcomes), todo="Name it under `outcomes`.")
    own = estimates.filter(pl.col("outcome") == outcomes[0])
    tiles = {key: tile.label for key, tile in study.about.tiles.items()}
    found = dict.fromkeys(own["group"].drop_nulls().to_list())
    labels = spec.groups or {key: tiles.get(key, key) for key in (tiles or found)}
    return areas_of(own, labels, wave=getattr(spec.options, "wave", None), percent=spec.percent)


def data_of(areas: Areas, confidence: float) -> pl.DataFrame:
    """One row per area, the highest first, then those without a value and why; and all areas together."""
    unit = " (%)" if areas.percent else ""
    low, high = interval_columns(confidence, unit)
    ordered: Sequence[Area] = [*areas.shown, *areas.hidden, *([areas.overall] if areas.overall else [])]
    rows = []
    for area in ordered:
        places = places_of((area.low, area.high), 0 if areas.percent else 2, value=area.value)
        values = {f"Estimate{unit}": printed(area.value, places), low: printed(area.low, places)}
        values |= {high: printed(area.high, places), PEOPLE: None if area.suppressed else area.people}
        why = SUPPRESSED if area.suppressed else "" if area.value is not None else "not known"
        rows.append({"Area": area.label} | values | {NOTE: why})
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return frame if frame[NOTE].ne("").any() else frame.drop(NOTE)


def area_words(areas: Areas) -> str:
    """The highest, the lowest, all together, and how many areas are not shown, as a sentence each."""
    shown = areas.shown
    high, low = shown[0], shown[-1]
    parts = [f"Highest: {high.label}, {areas.text(high)}.", f"Lowest: {low.label}, {areas.text(low)}."]
    parts += [f"All areas together: {areas.text(areas.overall)}."] if areas.overall else []
    few = [area.label for area in areas.areas if area.suppressed]
    unknown = [area.label for area in areas.hidden if not area.suppressed]
    parts += [f"Not shown, with under {FEWEST} people: {', '.join(few)}."] if few else []
    return " ".join([*parts, *([f"Not known: {', '.join(unknown)}."] if unknown else [])])
