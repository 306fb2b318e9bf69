"""The warehouse as one DuckDB file: an output like any other, made from whatever tables there are."""

from __future__ import annotations

from collections.abc import Sequence

from assets.engine.node import Key, Node, Output, Tables
from assets.engine.workspace import Workspace
from assets.nodes.ingest import below

KEY = ("database", "tables")


def nodes(workspace: Workspace, others: Sequence[Node]) -> list[Node]:
    """``database/tables``: which tables the file holds."""
    keys: dict[str, Key] = {"/".join(key): key for node in others for key in node.keys}
    return [
        Node(
            make_database,
            reads={},
            inputs={"tables": keys},
            outputs={"tables": KEY},
            files={"database": below(workspace.paths, workspace.paths.database, private=True)},
            group="write",
            study="all",
            description="All tables of the warehouse as one DuckDB file, which many may read at once.",
            kinds=frozenset({"duckdb"}),
            tolerant=True,
            effort=3.0,
        )
    ]


def make_database(tables: Tables, /) -> Output:
    """One row per table of the file: its schema, its name and its rows."""
    import tempfile
    from pathlib import Path

    import duckdb
    import polars as pl

    from pipeline.tables import DatabaseTables

    parts = {name: name.split("/", 1) for name in tables["tables"]}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cohesion.duckdb"
        with duckdb.connect(str(file), config={"threads": 1}) as connection:
            for schema in sorted({schema for schema, _ in parts.values()}):
                connection.execute(f'create schema "{schema}"')
            for name, (schema, rest) in parts.items():
                frame = tables["tables"][name]
                connection.register("frame", frame.to_arrow())
                connection.execute(f'create table "{schema}"."{rest.replace("/", "_")}" as from frame')
                connection.unregister("frame")
        content = file.read_bytes()
    rows = [(schema, rest.replace("/", "_"), tables["tables"][name].height) for name, (schema, rest) in parts.items()]
    made = pl.DataFrame(rows, schema={"schema": pl.String, "table": pl.String, "rows": pl.Int64}, orient="row")
    return Output({"tables": made}, {"tables": DatabaseTables}, files={"database": content})
