"""Answers that findings set aside: kept with the reason, and marked in the wave table, so that all add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.harmonise.crosswalk import Rule, rules
from pipeline.harmonise.drift.reading import read
from pipeline.harmonise.texts import finding_about
from pipeline.on_disk import OnDisk
from pipeline.options import known_options
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns
from pipeline.tables import SET_ASIDE

VALUE_BY_VALUE = ("undeclared_code", "out_of_range", "no_number", "marked_missing")
"""Findings about single answers; any other finding that blocks is about the whole item."""

SCHEMA = {
    "person_id": pl.String,
    "wave": pl.String,
    "arm": pl.String,
    "row": pl.Int64,
    "item": pl.String,
    "variable": pl.String,
    "value": pl.String,
    "reason": pl.String,
}


@known_options
def set_aside(
    study: Study, waves: Mapping[str, Any], findings: pl.DataFrame
) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """The wave tables without what findings set aside, and per wave one row per answer taken out (``SCHEMA``).

    An answer to an item becomes the code ``set aside``; a weight becomes null. A wave on disk stays there unless
    something is taken out of it.
    """
    decided = findings.filter(pl.col("decision").str.starts_with("set_aside").fill_null(False))
    left, apart = dict(waves), {}
    for wave, deposited in waves.items():
        taken = []
        for file in arm_files(study, wave):
            kinds = _kinds(decided, wave, file.arm)
            if kinds:
                deposited = deposited.scan().collect() if isinstance(deposited, OnDisk) else deposited
                deposited, found = _file(study, wave, file, deposited, kinds)
                taken += found
        left[wave] = deposited
        apart[wave] = pl.concat(taken) if taken else pl.DataFrame(schema=SCHEMA)
    return left, apart


def _kinds(decided: pl.DataFrame, wave: str, arm: str) -> dict[str, set[str]]:
    """Item → the kinds of finding for which it is set aside."""
    found: dict[str, set[str]] = {}
    rows = decided.filter((pl.col("wave") == wave) & (pl.col("arm") == arm)).select("item", "kind")
    for item, kind in rows.iter_rows():
        if kind != "not_in_file":  # there is no answer to keep; ingest has marked the rows
            found.setdefault(item, set()).add(kind)
    return found


def _file(
    study: Study, wave: str, file: WaveFile, deposited: pl.DataFrame, kinds: Mapping[str, set[str]]
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    taken = []
    in_arm = deposited["arm"] == file.arm
    for rule in rules(study, wave, file):
        if rule.item in kinds and rule.variable is not None and rule.variable in deposited.columns:
            affected = in_arm & _answers(rule, deposited, kinds[rule.item])
            reason = ", ".join(sorted(kinds[rule.item]))
            deposited, found = _take(deposited, rule.item, rule.variable, affected, reason, SET_ASIDE)
            taken.append(found)
    weight = role_columns(study, wave, file).get("weight")
    if "weight" in kinds and weight in deposited.columns:
        deposited, found = _take(deposited, "weight", str(weight), in_arm, ", ".join(sorted(kinds["weight"])), None)
        taken.append(found)
    return deposited, taken


def _answers(rule: Rule, deposited: pl.DataFrame, kinds: set[str]) -> pl.Series:
    """Which rows lose their answer: those with an unknown code, or all where the item as a whole is in doubt."""
    codes = deposited[rule.variable or ""]
    if not kinds.issubset(VALUE_BY_VALUE):
        return pl.repeat(True, len(codes), eager=True)
    unknown = read(rule, deposited).unknown
    affected = [code for code in unknown if finding_about(code, rule.range is not None) in kinds]
    return codes.is_in(affected).fill_null(False)


def _take(
    deposited: pl.DataFrame, item: str, variable: str, affected: pl.Series, reason: str, marker: str | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    found = deposited.select(
        "person_id",
        "wave",
        "arm",
        "row",
        pl.lit(item).alias("item"),
        pl.lit(variable).alias("variable"),
        pl.col(variable).alias("value"),
        pl.lit(reason).alias("reason"),
    ).filter(affected)
    column = pl.select(pl.when(affected).then(pl.lit(marker, dtype=pl.String)).otherwise(deposited[variable]))
    return deposited.with_columns(column.to_series().alias(variable)), found
