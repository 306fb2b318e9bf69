"""The warehouse as one DuckDB file: an output like any other, made from whatever tables there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.workspace import Workspace
from assets.nodes.comments import declared_comments
from assets.nodes.ingest import below

if TYPE_CHECKING:
    import duckdb
    import polars as pl

KEY = ("database", "tables")
MAIN = "main"
"""The schema of the database that holds the labels of all studies."""


def nodes(workspace: Workspace, others: Sequence[Node]) -> list[Node]:
    """``database/tables``: which tables the file holds."""
    keys: dict[str, Key] = {"/".join(key): key for node in others for key in node.keys}
    return [
        Node(
            make_database,
            reads={"declared": declared_comments(workspace.project)},
            inputs={"tables": keys},
            outputs={"tables": KEY},
            files={"database": below(workspace.paths, workspace.paths.database, private=True)},
            group="write",
            study="all",
            description="All tables of the warehouse as one DuckDB file, each table and column with a comment.",
            kinds=frozenset({"duckdb"}),
            tolerant=True,
            effort=3.0,
        )
    ]


def make_database(tables: Tables, /, *, declared: Mapping[str, Mapping[str, str]]) -> Output:
    """One row per table of the file: its schema, its name and its rows."""
    import tempfile
    from pathlib import Path

    import duckdb
    import polars as pl

    from pipeline.tables import DatabaseTables
    from pipeline.tables.words import LABEL_GRAIN, LABELS, comments

    parts = {name: name.split("/", 1) for name in tables["tables"]}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cohesion.duckdb"
        with duckdb.connect(str(file), config={"threads": 1}) as connection:
            for schema in sorted({schema for schema, _ in parts.values()}):
                connection.execute(f'create schema "{schema}"')
            for name, (schema, rest) in parts.items():
                frame, said = tables["tables"][name], declared.get(name, {})
                title, words = comments(tuple(name.split("/")), frame.columns, said)
                add_table(connection, schema, rest.replace("/", "_"), frame, title, words)
            labels = _labels(tables["tables"])
            if labels is not None:
                words = comments(("crosswalk",), labels.columns, {})[1]
                add_table(connection, MAIN, LABELS, labels, LABEL_GRAIN, words)
        content = file.read_bytes()
    rows = [(schema, rest.replace("/", "_"), tables["tables"][name].height) for name, (schema, rest) in parts.items()]
    rows += [] if labels is None else [(MAIN, LABELS, labels.height)]
    made = pl.DataFrame(rows, schema={"schema": pl.String, "table": pl.String, "rows": pl.Int64}, orient="row")
    return Output({"tables": made}, {"tables": DatabaseTables}, files={"database": content})


def add_table(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, frame: pl.DataFrame, title: str,
    words: Mapping[str, str],
) -> None:  # fmt: skip
    """A frame as a table of the database, with a comment on it and on each of its columns."""
    place = f"{_named(schema)}.{_named(table)}"
    said = [f"comment on table {place} is {_text(title)}"]
    said += [f"comment on column {place}.{_named(name)} is {_text(words[name])}" for name in frame.columns]
    connection.register("frame", frame.to_arrow())
    connection.begin()
    connection.execute(f"create table {place} as from frame limit 0")
    connection.execute(";".join(said))  # before there are rows: a comment on a full table takes its time
    connection.execute(f"insert into {place} from frame")
    connection.commit()
    connection.unregister("frame")


def _labels(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame | None:
    """What each code of each study means: the crosswalks, one below the other; None if there is none."""
    import polars as pl

    found = [frame for name, frame in tables.items() if name.startswith("crosswalk/")]
    return pl.concat(found) if found else None


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    """A text in SQL, with signs that nobody sees by their code."""
    from pipeline.texts import visible

    return "'" + visible(text).replace("'", "''") + "'"
