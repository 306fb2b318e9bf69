"""All waves of a study on the items' declared scales."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import DepositError
from pipeline.harmonise.crosswalk import Rule, canonical, rules, table
from pipeline.harmonise.ledger import ledger
from pipeline.harmonise.projection import literal, projection, quoted
from pipeline.specs.project import Study
from pipeline.specs.reader import nearest
from pipeline.specs.sources import role_columns
from pipeline.tables import MISSING_REASONS

if TYPE_CHECKING:
    import duckdb

REASON = pl.Enum(MISSING_REASONS)
ROLES = {"design_weight": "weight", "stratum": "strata", "psu": "psu", "area_code": "area"}


@dataclass(frozen=True)
class Harmonised:
    """``answers``: one row per person and wave; ``ledger`` and ``crosswalk`` account for it; ``sql`` made it."""

    answers: pl.DataFrame
    ledger: pl.DataFrame
    crosswalk: pl.DataFrame
    sql: dict[str, str]


def harmonise(study: Study, waves: Mapping[str, pl.DataFrame]) -> Harmonised:
    """One row per person and wave, in wave order and then as deposited: head, then value and reason of each item.

    ``waves`` maps wave → wave table as ``pipeline.ingest`` makes it: all text, source variables under their own names.

    Raises ``DepositError`` for a variable that a file lacks, and for codes that are not declared: all at once.
    """
    import duckdb

    parts, ledgers, crosswalks, sql = [], [], [], {}
    with duckdb.connect() as connection:
        for wave, deposited in waves.items():
            declared = study.waves[wave]
            by_arm = {file.arm: list(rules(study, wave, file)) for file in declared.files}
            files = {file.arm: file.file for file in declared.files}
            _check_variables(deposited, by_arm, files)
            ledgers.append(ledger(deposited, study.key, wave, by_arm, files))
            crosswalks += [table(study.key, wave, arm, arm_rules) for arm, arm_rules in by_arm.items()]
            sql[wave] = projection(by_arm, _head(study, wave))
            parts.append(run(connection, sql[wave], deposited, [rule.item for rule in next(iter(by_arm.values()))]))
    return Harmonised(pl.concat(parts), pl.concat(ledgers), pl.concat(crosswalks), sql)


def run(connection: duckdb.DuckDBPyConnection, sql: str, deposited: pl.DataFrame, items: list[str]) -> pl.DataFrame:
    """The projection over one wave table; reasons as an enumeration."""
    connection.register("wave", deposited.with_row_index("row_order").to_arrow())
    made = connection.sql(sql).pl()
    connection.unregister("wave")
    return made.with_columns(pl.col(f"{item}_reason").cast(REASON) for item in items)


def _check_variables(deposited: pl.DataFrame, by_arm: Mapping[str, list[Rule]], files: Mapping[str, str]) -> None:
    problems = []
    for arm, arm_rules in by_arm.items():
        for rule in arm_rules:
            if rule.variable is not None and rule.variable not in deposited.columns:
                hint = nearest(rule.variable, deposited.columns)
                problems.append(f"{files[arm]} has no variable `{rule.variable}` for the item `{rule.item}`{hint}")
    if problems:
        raise DepositError(
            "; ".join(problems),
            todo="Give the name it has under `variables` of the wave, or list the item under `not_asked`.",
        )


def _head(study: Study, wave: str) -> dict[str, str]:
    """Output column → SQL expression, for the fixed head of the answers table."""
    head = {name: quoted(name) for name in ("person_id", "study", "arm", "wave")}
    starts = {file.arm: study.fieldwork(wave, file.arm).start for file in study.waves[wave].files}
    head["fieldwork_start"] = _by_arm({arm: _date(start) for arm, start in starts.items()})
    for name, role in ROLES.items():
        sources = {file.arm: role_columns(study, wave, file).get(role) for file in study.waves[wave].files}
        kind = "DOUBLE" if name == "design_weight" else "VARCHAR"
        head[name] = _by_arm(
            {arm: f"CAST({quoted(source)} AS {kind})" if source else f"NULL::{kind}" for arm, source in sources.items()}
        )
    return head


def _date(day: dt.date) -> str:
    return f"DATE {literal(day.isoformat())}"


def _by_arm(expressions: Mapping[str, str]) -> str:
    distinct = set(expressions.values())
    if len(distinct) == 1:
        return distinct.pop()
    whens = " ".join(f"WHEN {literal(arm)} THEN {expression}" for arm, expression in expressions.items())
    return f"CASE arm {whens} END"


def item_ranges(study: Study) -> dict[str, tuple[float | None, float | None]]:
    """Item → lowest and highest value that any wave's declaration allows."""
    found: dict[str, tuple[float | None, float | None]] = {}
    for wave, declared in study.waves.items():
        for file in declared.files:
            for rule in rules(study, wave, file):
                values = [value for value, _ in rule.codes.values() if value is not None]
                values += list(rule.range or ())
                low, high = found.get(rule.item, (None, None))
                if values:
                    low = min(values) if low is None else min(low, *values)
                    high = max(values) if high is None else max(high, *values)
                found[rule.item] = (low, high)
    return found


def source_codes(rule: Rule) -> set[str]:
    """Every code that a rule knows, as ingest writes it."""
    return {canonical(code) for code in rule.codes}
