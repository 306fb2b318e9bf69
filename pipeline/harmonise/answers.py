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

    Raises ``DepositError`` for a person twice in a wave, for variables that a file lacks, for weights and dates that
    are none, and for codes that are not declared: all of a kind at once, over all waves.
    """
    compiled = {wave: {f.arm: list(rules(study, wave, f)) for f in study.waves[wave].files} for wave in waves}
    received = {wave: received_as_declared(study, wave, waves[wave], by_arm) for wave, by_arm in compiled.items()}
    check_received(study, received, compiled)
    crosswalks = [
        table(study.key, wave, arm, arm_rules)
        for wave, by_arm in compiled.items()
        for arm, arm_rules in by_arm.items()
    ]
    answers, sql = [], {}
    for wave, deposited in waves.items():
        names = sql_names(deposited.columns)
        sql[wave] = projection(under_sql_names(compiled[wave], names), head_sql(study, wave, names))
        answers.append(run(sql[wave], deposited.rename(names), list(study.items)))
    return Harmonised(pl.concat(answers), pl.concat(ledgers), pl.concat(crosswalks), sql)


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
