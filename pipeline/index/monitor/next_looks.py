"""What to look at next where a measure fell: which of its indicators fell most, and in which groups of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.tables import MonitorNext, shaped
from pipeline.tables.index import INDEX
from pipeline.wave_order import in_rounds

KEYS = ("area", "wave", "against")
NEEDED = ("area", "measure", "wave", "against", "estimate", "std_error", "n_persons")
AS_FALLS = ("measure", "round", "against_round")


@public()
def next_looks(
    monitor: pl.DataFrame,
    indicator_changes: pl.DataFrame,
    domains: Mapping[str, Sequence[str]],
    *,
    spread: Mapping[str, float] | None = None,
    group_changes: pl.DataFrame | None = None,
    kind: str = "previous_wave",
    most: int = 3,
) -> pl.DataFrame:
    """One row per signal and what to look at: the indicators, and the groups of people, that fell most.

    ``monitor``: rows of ``tension_monitor``; only those below their limit are followed. ``indicator_changes``: rows of
    ``area_changes`` of the indicators; ``domains``: domain → its indicators (``index`` has all). An indicator's fall is
    less the mean change of all areas over the same rounds, and ranked in standard deviations between people where
    ``spread`` has them. ``group_changes``: rows of ``area_changes`` of the measures within groups, with ``group`` (such
    as ``Age: under 35``), ranked by their own change. What has no number (fewer than ten people) is left out. At most
    ``most`` of each.

    These rows order where to look first. They are chosen because they fell, so that their intervals are too narrow to
    say that they did.
    """
    _require(monitor, ("study", *KEYS, "measure", "signal"), "monitor")
    _require(indicator_changes, (*NEEDED, "kind"), "indicator_changes")
    indicators = _relative(indicator_changes.filter(kind=kind), spread or {})
    groups = None
    if group_changes is not None:
        _require(group_changes, (*NEEDED, "kind", "group"), "group_changes")
        groups = group_changes.filter(kind=kind)
    every = [name for members in domains.values() for name in members]
    rows: list[dict[str, Any]] = []
    for signal in in_rounds(monitor.filter(signal="below")).iter_rows(named=True):
        members = every if signal["measure"] == INDEX else list(domains.get(signal["measure"], ()))
        at = {name: signal[name] for name in KEYS}
        own = indicators.filter(pl.col("measure").is_in(members), **at)
        rows += _looks(signal, own.sort("order", "measure"), "indicator", "measure", most)
        if groups is not None:
            within = groups.filter(pl.col("estimate").is_not_null(), measure=signal["measure"], **at)
            rows += _looks(signal, within.sort("estimate", "group"), "group", "group", most)
    schema = {name: column.dtype for name, column in MonitorNext.columns().items()}
    return shaped(pl.DataFrame(rows, schema=schema, orient="row"), MonitorNext)


def _relative(changes: pl.DataFrame, spread: Mapping[str, float]) -> pl.DataFrame:
    """Changes with a number, less the common change of all areas, and their order in deviations between people."""
    known = changes.filter(pl.col("estimate").is_not_null())
    precision = 1 / pl.col("std_error").replace(0.0, None).pow(2)
    common = (pl.col("estimate") * precision).sum() / precision.sum()
    scale = pl.col("measure").replace_strict(dict(spread), default=1.0, return_dtype=pl.Float64)
    relative = in_rounds(known).with_columns(common=common.over(AS_FALLS).fill_nan(0.0))
    return relative.with_columns(order=(pl.col("estimate") - pl.col("common")) / scale)


def _looks(signal: Mapping[str, Any], found: pl.DataFrame, part: str, name: str, most: int) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(found.filter(pl.col("estimate") < 0).head(most).iter_rows(named=True), start=1):
        yield {
            "study": signal["study"],
            **{key: signal[key] for key in ("area", "measure", "wave", "round", "against")},
            "part": part,
            "rank": place,
            "what": row[name],
            "fall": row["estimate"],
            "std_error": row["std_error"],
            "common": row.get("common"),
            "n_persons": row["n_persons"],
        }


def _require(frame: pl.DataFrame, columns: Sequence[str], where: str) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise CohesionError(f"there is no column `{missing[0]}`", where=where, todo=f"It needs {', '.join(columns)}.")
