"""Asset checks, derived from the table contracts in ``pipeline/tables/``. A failed check stores nothing."""

import polars as pl

from assets.engine.node import Node, Output
from assets.engine.report import DATA_CHECKS, Check, checks_of
from pipeline.on_disk import OnDisk, rows_that_share
from pipeline.tables.contracts import dy

GRAIN_RULES = ("primary_key", "grain_unique")


def run_checks(node: Node, output: Output) -> list[Check]:
    """Compare every table with its contract, and add what the node itself found."""
    checks = []
    for name, schema in output.schemas.items():
        key, (grain, ranges) = node.outputs[name], contract(output.tables[name], schema)
        if checks_of(node.group) is DATA_CHECKS:
            checks += [Check("grain", key, grain), Check("ranges", key, ranges)]
        else:
            checks += [Check("contract", key, (*grain, *ranges))]
    first = node.keys[0]
    checks += [Check(name, first, tuple(problems)) for name, problems in output.problems.items()]
    remarks = output.remarks.items()
    return [*checks, *(Check(name, first, tuple(found), False, severity) for name, (severity, found) in remarks)]


def contract(frame: pl.DataFrame | OnDisk, schema: type[dy.Schema]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is wrong with the grain, and what with columns and values; in words, with counts."""
    columns = _columns(frame, schema)
    if columns:
        return ("not checked: columns are not as declared",), columns
    counts = _on_disk(frame, schema) if isinstance(frame, OnDisk) else schema.filter(frame)[1].counts()
    grain = [count for rule, count in counts.items() if rule in GRAIN_RULES]
    values = {rule: count for rule, count in counts.items() if rule not in GRAIN_RULES}
    return (
        tuple(f"{count:,} rows share their key" for count in grain),
        tuple(f"{_words(rule)} ({count:,} rows)" for rule, count in values.items()),
    )


def _on_disk(table: OnDisk, schema: type[dy.Schema]) -> dict[str, int]:
    """Rule → rows that break it, of a table on disk: its rules hold row by row, and its key is counted by DuckDB."""
    counts: dict[str, int] = {}
    for frame in table.slices():
        for rule, count in schema.filter(frame)[1].counts().items():
            if rule not in GRAIN_RULES:
                counts[rule] = counts.get(rule, 0) + count
    key = schema.primary_key()
    shared = rows_that_share(table, key) if key else 0
    return counts | ({GRAIN_RULES[0]: shared} if shared else {})


def _columns(frame: pl.DataFrame | OnDisk, schema: type[dy.Schema]) -> tuple[str, ...]:
    declared, given = schema.columns(), frame.schema
    absent = [f"column {name} is absent" for name in declared if name not in given]
    surplus = [f"column {name} is not in the contract" for name in given if name not in declared]
    wrong = [
        f"column {name} is {given[name]}, not {column.dtype}"
        for name, column in declared.items()
        if name in given and not column.validate_dtype(given[name])
    ]
    return (*absent, *surplus, *wrong)


def _words(rule: str) -> str:
    """``age|max`` → "age breaks its max"."""
    column, _, limit = rule.partition("|")
    return f"{column} breaks its rule {limit!r}" if limit else f"the rule {column} does not hold"
