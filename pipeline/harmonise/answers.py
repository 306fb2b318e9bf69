"""All waves of a study on the items' declared scales."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.harmonise.carry import carried
from pipeline.harmonise.crosswalk import Rule, rules, table
from pipeline.harmonise.head import head_sql
from pipeline.harmonise.ledger import ledger
from pipeline.harmonise.projection import projection, sql_names
from pipeline.harmonise.received import ByArm, check_received
from pipeline.harmonise.undeclared import undeclared_codes
from pipeline.on_disk import OnDisk, is_source, written
from pipeline.on_disk import on_disk as table_on_disk
from pipeline.options import known_options
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.project import Study
from pipeline.tables import MISSING_REASONS

if TYPE_CHECKING:
    import duckdb

REASON = pl.Enum(MISSING_REASONS)


@dataclass(frozen=True)
class Harmonised:
    """``answers``: one row per person and wave; ``ledger`` and ``crosswalk`` account for it; ``sql`` made it.

    Of waves on disk the answers are a table on disk, too (``pipeline.on_disk``); else a frame.
    """

    answers: Any
    ledger: pl.DataFrame
    crosswalk: pl.DataFrame
    sql: dict[str, str]


@known_options
def harmonise(study: Study, waves: Mapping[str, Any]) -> Harmonised:
    """One row per person and wave, in wave order and then as deposited: head, then value and reason of each item.

    ``waves`` maps wave → wave table as ``pipeline.ingest`` makes it: all text, source variables under their own names.
    A wave may be a path to a Parquet file, or a lazy query: then neither the waves nor the answers are held in memory,
    and the file of answers has the bytes that one frame would be stored as.

    Raises ``DepositError`` for a person twice in a wave, for variables that a file lacks, for weights and dates that
    are none, and for codes that are not declared: all of a kind in one message, over all waves.
    """
    waves = {wave: table_on_disk(deposited) if is_source(deposited) else deposited for wave, deposited in waves.items()}
    compiled = {wave: {file.arm: [*rules(study, wave, file)] for file in arm_files(study, wave)} for wave in waves}
    check_received(study, waves, compiled)
    counted = _ledgers(study, waves, compiled)
    crosswalks = [table(study.key, wave, arm, found) for wave in waves for arm, found in compiled[wave].items()]
    names = {wave: sql_names(deposited.columns) for wave, deposited in waves.items()}
    sql = {
        wave: projection(under_sql_names(compiled[wave], names[wave]), head_sql(study, wave, names[wave]))
        for wave in waves
    }
    made, counted = carried(study, _answers(study, waves, names, sql), counted)
    return Harmonised(made, counted, pl.concat(crosswalks), sql)


def _answers(
    study: Study, waves: Mapping[str, Any], names: Mapping[str, dict[str, str]], sql: Mapping[str, str]
) -> Any:
    """The projections of all waves below one another: a frame, or of waves on disk a table on disk."""
    items = list(study.items)

    def parts() -> Iterator[pl.DataFrame]:
        with database() as connection:
            for wave, deposited in waves.items():
                for rows in deposited.slices() if isinstance(deposited, OnDisk) else [deposited]:
                    yield run(connection, sql[wave], rows.rename(names[wave]), items)

    if not any(isinstance(deposited, OnDisk) for deposited in waves.values()):
        return pl.concat(parts())
    first = next(iter(waves))
    with database() as connection:
        nothing = pl.DataFrame(schema=dict.fromkeys(waves[first].columns, pl.String)).rename(names[first])
        schema = run(connection, sql[first], nothing, items).schema
    return written(parts, schema, sum(deposited.height for deposited in waves.values()))


def _ledgers(study: Study, waves: Mapping[str, pl.DataFrame], compiled: Mapping[str, ByArm]) -> pl.DataFrame:
    """One row per wave, arm, item and source code; every undeclared code of every wave in one error."""
    parts, problems = [], []
    for wave, deposited in waves.items():
        files = {file.arm: file.file for file in arm_files(study, wave)}
        found, unknown = ledger(deposited, study.key, wave, compiled[wave], files)
        parts.append(found)
        problems += unknown
    if problems:
        raise undeclared_codes(problems, study.key)
    return pl.concat(parts)


def under_sql_names(by_arm: ByArm, names: Mapping[str, str]) -> dict[str, Sequence[Rule]]:
    """The same rules, each reading its variable under the name it has in the SQL table."""
    return {
        arm: [rule if rule.variable is None else replace(rule, variable=names[rule.variable]) for rule in found]
        for arm, found in by_arm.items()
    }


def database() -> duckdb.DuckDBPyConnection:
    """DuckDB in memory, on one thread: it keeps the row order without a sort, which would cost as much as all else.

    A projection of one table leaves an optimiser nothing to do, and of many items it takes longer than the work.
    """
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    connection.execute("PRAGMA disable_optimizer")
    return connection


def run(connection: duckdb.DuckDBPyConnection, sql: str, deposited: pl.DataFrame, items: Sequence[str]) -> pl.DataFrame:
    """The projection over one wave table, in its row order; reasons as an enumeration."""
    connection.register("wave", deposited.to_arrow())
    made: pl.DataFrame = connection.sql(sql).pl()
    connection.unregister("wave")
    return made.with_columns(pl.col(f"{item}_reason").cast(REASON) for item in items)


@known_options
def item_ranges(study: Study) -> dict[str, tuple[float | None, float | None]]:
    """Item → lowest and highest value that any wave's declaration allows."""
    found: dict[str, tuple[float | None, float | None]] = {}
    for wave in study.waves:
        for file in arm_files(study, wave):
            for rule in rules(study, wave, file):
                values = [value for value, _ in rule.codes.values() if value is not None]
                values += list(rule.range or ())
                low, high = found.get(rule.item, (None, None))
                if values:
                    low = min(values) if low is None else min(low, *values)
                    high = max(values) if high is None else max(high, *values)
                found[rule.item] = (low, high)
    return found
