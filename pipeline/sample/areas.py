"""Made-up places with what the area tables of Parallel Lives hold: the same places whatever the seed of the people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

Array = np.ndarray
AREAS, PER_STRATUM, PSUS = 160, 4, 6
SEED = 20110327
NOTE = "# Synthetic: made-up places, written by pipeline/sample/areas.py; no such place exists.\n"


@dataclass(frozen=True)
class Areas:
    """Arrays of one entry per area; ``own_group_share`` maps ethnic minority (0, 1) to the share of the own group."""

    code: Array
    size: Array
    minority_share: Array
    own_group_share: Mapping[int, Array]
    deprivation: Array
    leave_share: Array
    hate_crime_rate: Array

    @property
    def stratum(self) -> Array:
        """Strata are sets of areas that are alike in how diverse they are."""
        rank = np.argsort(np.argsort(self.minority_share))
        return rank // PER_STRATUM


@lru_cache
def areas() -> Areas:
    """The made-up places: diverse ones voted Leave less, and record more hate crimes."""
    rng = np.random.default_rng(SEED)
    minority = np.clip(rng.beta(0.9, 5.5, AREAS) + 0.01, 0.01, 0.75).round(3)
    deprivation = np.clip(21 + 9 * rng.standard_normal(AREAS) + 8 * (minority - 0.15), 4, 55).round(1)
    leave = 0.54 - 0.35 * (minority - 0.15) + 0.003 * (deprivation - 21) + 0.06 * rng.standard_normal(AREAS)
    hate = np.exp(0.25 + 1.6 * (minority - 0.15) + 0.35 * rng.standard_normal(AREAS))
    concentrated = np.clip(0.55 + 0.25 * rng.random(AREAS), 0, 1)
    return Areas(
        code=np.array([f"SYN{number:05d}" for number in range(1, AREAS + 1)]),
        size=rng.gamma(4.0, 1.0, AREAS),
        minority_share=minority,
        own_group_share={0: (1 - minority).round(3), 1: (concentrated * minority).round(3)},
        deprivation=deprivation,
        leave_share=np.clip(leave, 0.2, 0.76).round(3),
        hate_crime_rate=np.clip(hate, 0.2, 8.0).round(2),
    )


def area_tables() -> dict[str, pl.DataFrame]:
    """File name → one row per area (and group), as the tables in data/areas hold them."""
    places = areas()
    groups = pl.concat(
        pl.DataFrame({"area_code": places.code, "ethnic_minority": group, "share": share})
        for group, share in places.own_group_share.items()
    )
    measures = {
        "deprivation": ("synthetic_deprivation_2019.csv", "score", places.deprivation, "2019", "2019-09-26"),
        "leave_share": ("synthetic_leave_share_2016.csv", "share", places.leave_share, "2016", "2016-06-23"),
        "hate_crime": ("synthetic_hate_crime_2017.csv", "rate", places.hate_crime_rate, "2017", "2017-03-31"),
    }
    tables = {"synthetic_own_group_share_2011.csv": _dated(groups, "2011", "2011-03-27")}
    for file, column, values, vintage, date in measures.values():
        tables[file] = _dated(pl.DataFrame({"area_code": places.code, column: values}), vintage, date)
    return tables


def _dated(table: pl.DataFrame, vintage: str, date: str) -> pl.DataFrame:
    return table.with_columns(vintage=pl.lit(vintage), date=pl.lit(date), source=pl.lit("synthetic"))


def write_area_tables(folder: Path) -> list[Path]:
    """Write the tables as CSV, each with a first line that says they are made up."""
    paths = []
    for name, table in area_tables().items():
        path = folder / name
        path.write_text(NOTE + table.write_csv(), encoding="utf-8")
        paths.append(path)
    return paths
