"""The tables of areas as profiles read them: checked once, then looked up by area, wave and measure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.wave_order import in_rounds, wave_order

Row = Mapping[str, Any]
Window = tuple[dt.date, dt.date]

NUMBERS = ("estimate", "std_error", "conf_low", "conf_high")
AREA_COLUMNS = ("area", "wave", "measure", "level", *NUMBERS, "n_persons")
CHANGE_COLUMNS = ("area", "measure", "kind", "wave", "against", *NUMBERS)
FIELDWORK = ("area", "wave", "start", "end")
KINDS = ("previous_wave", "base_wave", "comparison", "benchmark")
LEVELS = ("index", "domain", "indicator")
INDEX = "index"
PREVIOUS, BASE = "previous_wave", "base_wave"


@dataclass(frozen=True)
class AreaTables:
    """Rows of areas and of their differences. ``smallest``: the fewest people of whom something is shown.

    A wave number is not a date: areas may be asked in their sixth wave when others are asked in their eighth. Those of
    one ``round`` are of one time. ``windows``: area and wave → first and last day of its fieldwork.
    """

    areas: tuple[Row, ...]
    changes: tuple[Row, ...]
    smallest: int
    windows: Mapping[tuple[str, str], Window] = field(default_factory=dict)

    @cached_property
    def waves(self) -> list[str]:
        return wave_order(list(dict.fromkeys(row["wave"] for row in self.areas)))

    @cached_property
    def rounds(self) -> list[str]:
        return wave_order(list(dict.fromkeys(row["round"] for row in self.areas)))

    @cached_property
    def names(self) -> dict[str, str]:
        """Area → its label: the last that the table has."""
        found: dict[str, str] = {}
        for row in sorted(self.areas, key=lambda row: self.waves.index(row["wave"])):
            if row["area"] is not None:
                found[row["area"]] = str(row.get("label") or found.get(row["area"]) or row["area"])
        return found

    @cached_property
    def domains(self) -> list[str]:
        """The measures below the index, in the order of the table; indicators where there are no domains."""
        for level in ("domain", "indicator"):
            found = list(dict.fromkeys(row["measure"] for row in self.areas if row["level"] == level))
            if found:
                return found
        return []

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, str], Row]:
        return {(row["area"], row["wave"], row["measure"]): row for row in self.areas}

    @cached_property
    def _by_change(self) -> dict[tuple[str, str, str, str], Row]:
        found: dict[tuple[str, str, str, str], Row] = {}
        for row in self.changes:
            found.setdefault((row["area"], row["wave"], row["measure"], row["kind"]), row)
        return found

    @cached_property
    def _waves_of(self) -> dict[str, list[str]]:
        found: dict[str, set[str]] = {}
        for row in self.areas:
            found.setdefault(row["area"], set()).add(row["wave"])
        return {area: [wave for wave in self.waves if wave in own] for area, own in found.items()}

    @cached_property
    def _by_round(self) -> dict[tuple[str, str, str], Row]:
        return {(row["area"], row["round"], row["measure"]): row for row in self.areas}

    @cached_property
    def _rounds_of(self) -> dict[tuple[str, str], str]:
        return {(row["area"], row["wave"]): row["round"] for row in self.areas}

    def waves_of(self, area: str) -> list[str]:
        """The waves in which the area has any row."""
        return self._waves_of.get(area, [])

    def round_of(self, area: str, wave: str) -> str:
        """The round of an area's wave."""
        return self._rounds_of.get((area, wave), wave)

    def wave_in(self, area: str, at: str) -> str:
        """What the area calls its wave of a round; empty where it has none."""
        return next((wave for wave in self.waves_of(area) if self.round_of(area, wave) == at), "")

    def periods(self, at: str) -> set[Window]:
        """First and last day of the fieldwork of the areas of a round, where they are known."""
        return {window for (area, wave), window in self.windows.items() if self.round_of(area, wave) == at}

    def in_round(self, area: str, at: str, measure: str) -> Row | None:
        """The row of an area in a round, whatever its wave is called."""
        return self._by_round.get((area, at, measure))

    def row(self, area: str, wave: str, measure: str) -> Row | None:
        return self._by_place.get((area, wave, measure))

    def shown(self, area: str, wave: str, measure: str) -> Row | None:
        """The row where it may be shown: enough people, an estimate, and nothing that the index stage withheld."""
        return self._if_shown(self.row(area, wave, measure))

    def shown_in(self, area: str, at: str, measure: str) -> Row | None:
        """The same of a round."""
        return self._if_shown(self.in_round(area, at, measure))

    def _if_shown(self, row: Row | None) -> Row | None:
        return row if row is not None and self.is_shown(row) else None

    def is_shown(self, row: Row) -> bool:
        people = row["n_persons"]
        if people is None or people < self.smallest or row["estimate"] is None:
            return False
        return row.get("is_shown") is not False

    def change(self, area: str, wave: str, measure: str, kind: str) -> Row | None:
        """A difference of the area, where it and the people behind it may be shown."""
        row, own = self._by_change.get((area, wave, measure, kind)), self.shown(area, wave, measure)
        if row is None or row["estimate"] is None or own is None:
            return None
        people = row.get("n_persons")
        people = own["n_persons"] if people is None else people
        before = kind in (PREVIOUS, BASE) and self.row(area, row["against"], measure) is not None
        if before and self.shown(area, row["against"], measure) is None:
            return None
        return {**row, "n_persons": people} if people >= self.smallest else None

    def others(self, area: str, wave: str, measure: str) -> Row | None:
        """The area less the average of the other areas shown of its round. Each counts once; errors are independent."""
        own = self.shown(area, wave, measure)
        rest = list(self._rest(area, self.round_of(area, wave), measure))
        if own is None or not rest or any(row["std_error"] is None for row in (own, *rest)):
            return None
        mean = math.fsum(row["estimate"] for row in rest) / len(rest)
        error = math.sqrt(own["std_error"] ** 2 + math.fsum(row["std_error"] ** 2 for row in rest) / len(rest) ** 2)
        reach = (own["conf_high"] - own["conf_low"]) / 2 / own["std_error"] * error if own["std_error"] else 0.0
        difference = own["estimate"] - mean
        return {
            "area": area,
            "measure": measure,
            "kind": "others",
            "wave": wave,
            "against": str(len(rest)),
            "estimate": difference,
            "std_error": error,
            "conf_low": difference - reach,
            "conf_high": difference + reach,
            "n_persons": own["n_persons"],
        }

    def _rest(self, area: str, at: str, measure: str) -> Iterator[Row]:
        for other in self.names:
            row = self.shown_in(other, at, measure) if other != area else None
            if row is not None:
                yield row

    def ranked(self, at: str, measure: str) -> list[str]:
        """The areas with a rank in a round."""
        rows = (self.shown_in(area, at, measure) for area in self.names)
        return [row["area"] for row in rows if row is not None and row.get("is_ranked")]


def tables_of(
    areas: pl.DataFrame, changes: pl.DataFrame | None, smallest: int, fieldwork: pl.DataFrame | None = None
) -> AreaTables:
    """Rows for looking up. Raises ``PaperError`` for frames that are not what the stage ``index`` makes."""
    areas = in_rounds(areas)
    _require(areas, "areas", (*AREA_COLUMNS, "round"), ("area", "wave", "measure"), LEVELS)
    _require(areas, "areas", AREA_COLUMNS, ("area", "round", "measure"), LEVELS)
    if areas.is_empty():
        raise PaperError("the table of areas has no row", where="areas", todo="Build `areas/STUDY` first.")
    if changes is not None:
        _require(changes, "changes", CHANGE_COLUMNS, ("area", "measure", "kind", "wave", "against"), KINDS)
    kept = areas.filter(pl.col("area").is_not_null())
    rows = () if changes is None else tuple(changes.iter_rows(named=True))
    return AreaTables(tuple(kept.iter_rows(named=True)), rows, smallest, _windows(fieldwork))


def _windows(fieldwork: pl.DataFrame | None) -> dict[tuple[str, str], Window]:
    """Area and wave → first and last day, of ``area, wave, start, end``."""
    if fieldwork is None:
        return {}
    missing = [column for column in FIELDWORK if column not in fieldwork.columns]
    if missing:
        raise PaperError(
            f"there is no column `{missing[0]}`", where="fieldwork", todo=f"It has {', '.join(FIELDWORK)}."
        )
    days = fieldwork.drop_nulls(FIELDWORK).group_by("area", "wave").agg(pl.col("start").min(), pl.col("end").max())
    return {(area, wave): (start, end) for area, wave, start, end in days.select(FIELDWORK).iter_rows()}


def _require(
    frame: pl.DataFrame, name: str, columns: tuple[str, ...], keys: tuple[str, ...], known: tuple[str, ...]
) -> None:
    """Refuse a frame without what is read of it, of several studies, with rows twice, or with intervals upside down."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise PaperError(f"there is no column `{missing[0]}`", where=name, todo=f"It has {', '.join(columns)}.")
    texts = [column for column in NUMBERS if not (frame[column].dtype.is_numeric() or frame[column].dtype == pl.Null)]
    if texts:
        raise PaperError(f"`{texts[0]}` holds no numbers", where=name, count=frame.height)
    if "study" in frame.columns and frame["study"].drop_nulls().n_unique() > 1:
        raise PaperError(
            "rows of several studies", where=name, count=frame["study"].n_unique(), todo="Give those of one study."
        )
    twice = frame.height - frame.unique(keys).height
    if twice:
        raise PaperError(f"an {', '.join(keys[:-1])} and {keys[-1]} has several rows", where=name, count=twice)
    sort = "level" if "level" in columns else "kind"
    other = frame.filter(~pl.col(sort).is_in(known) | pl.col(sort).is_null())
    if other.height:
        todo = f"It is one of {', '.join(known)}."
        raise PaperError(f"`{other[sort][0]}` is no {sort}", where=name, count=other.height, todo=todo)
    wrong = frame.filter(
        (pl.col("conf_low") > pl.col("estimate"))
        | (pl.col("conf_high") < pl.col("estimate"))
        | (pl.col("std_error") < 0)
    )
    if wrong.height:
        raise PaperError(
            "an estimate lies outside its interval, or has a negative error", where=name, count=wrong.height
        )
