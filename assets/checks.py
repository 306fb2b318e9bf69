"""Asset checks, derived from the table contracts in ``pipeline/tables.py``. A failed check stores nothing."""

from dataclasses import dataclass

import dataframely as dy
import polars as pl

from assets.graph import Key, Output

CONTRACT_CHECKS = {
    "columns": "Every column is there, with its type, and no other.",
    "grain": "The key that names a row names no other.",
    "values": "Every value is in its range; nothing is missing that may not be.",
}


@dataclass(frozen=True)
class Check:
    """One check of one table; ``found`` says in words what is wrong, with counts."""

    name: str
    key: Key
    found: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.found


def run_checks(output: Output) -> list[Check]:
    """Hold every table against its contract, and add what the node itself found."""
    checks = [check for key, schema in output.schemas.items() for check in contract(key, output.tables[key], schema)]
    first = next(iter(output.tables))
    extra = [Check(name, first, tuple(problems)) for name, problems in output.problems.items()]
    return [*checks, *extra]


def contract(key: Key, frame: pl.DataFrame, schema: type[dy.Schema]) -> list[Check]:
    """The three checks that a contract gives."""
    columns = _columns(frame, schema)
    if columns:
        return [Check("columns", key, columns), *(Check(name, key, ("not checked",)) for name in ("grain", "values"))]
    counts = schema.filter(frame)[1].counts()
    grain = {rule: count for rule, count in counts.items() if rule in ("primary_key", "grain_unique")}
    values = {rule: count for rule, count in counts.items() if rule not in grain}
    return [
        Check("columns", key),
        Check("grain", key, tuple(f"{count:,} rows share their key" for count in grain.values())),
        Check("values", key, tuple(f"{_words(rule)} ({count:,} rows)" for rule, count in values.items())),
    ]


def _columns(frame: pl.DataFrame, schema: type[dy.Schema]) -> tuple[str, ...]:
    declared = schema.columns()
    absent = [f"column {name} is absent" for name in declared if name not in frame.columns]
    surplus = [f"column {name} is not in the contract" for name in frame.columns if name not in declared]
    wrong = [
        f"column {name} is {frame.schema[name]}, not {column.dtype}"
        for name, column in declared.items()
        if name in frame.columns and not column.validate_dtype(frame.schema[name])
    ]
    return (*absent, *surplus, *wrong)


def _words(rule: str) -> str:
    """``age|max`` → "age breaks its max"."""
    column, _, limit = rule.partition("|")
    return f"{column} breaks its rule {limit!r}" if limit else f"the rule {column} does not hold"
