"""DuckDB: the data as ``panel``, with ``variables`` and ``labels`` beside it, every table and column commented."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.exports.dataset import DataSet
from pipeline.exports.lists import LABELS, VARIABLES, label_rows, variable_rows

if TYPE_CHECKING:
    import duckdb

TABLES = {
    "variables": "One row per column of the panel: its label in full, and what it is called in SPSS and Stata",
    "labels": "One row per labelled value and reason for a missing one: its code and label",
}


def write(data: DataSet, path: Path) -> None:
    """Write the data set as a new database."""
    import duckdb

    frames = {"panel": data.frame, "variables": variable_rows(data), "labels": label_rows(data)}
    words = {"panel": {name: about.label or name for name, about in data.variables.items()}}
    words |= {"variables": VARIABLES, "labels": LABELS}
    path.unlink(missing_ok=True)  # an empty file is no database
    with duckdb.connect(str(path), config={"threads": 1}) as connection:
        for table, frame in frames.items():
            _add(connection, table, frame, TABLES.get(table, data.title), words[table])


def _add(
    connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame, title: str, words: dict[str, str]
) -> None:
    connection.register("frame", frame.to_arrow())
    connection.execute(f'create table "{table}" as from frame')
    connection.unregister("frame")
    connection.execute(f'comment on table "{table}" is {quoted(title)}')
    for name, text in words.items():
        column = '"' + name.replace('"', '""') + '"'
        connection.execute(f'comment on column "{table}".{column} is {quoted(text)}')


def quoted(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"
