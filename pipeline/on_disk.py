"""Tables that stay on disk: what a stage takes in place of a frame that memory would not hold, and where it works.

A table on disk is one Parquet file. Stages read columns and batches of it, and let DuckDB group, join and sort within
a share of memory; what does not fit goes into a private folder (below ``TMPDIR``) that is removed afterwards.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.errors import CohesionError

if TYPE_CHECKING:
    import duckdb

MEMORY = "COHESION_MEMORY"
"""The environment variable with how much memory may be used (``6GB``); else what the machine or its container has."""
LARGE = 1 / 12
"""A table that would take more than this share of memory as a frame stays on disk: a stage makes several copies."""
WORK = 1 / 4
"""The share of memory that DuckDB may use for one stage; of many stages side by side each has less."""
WORKERS = "COHESION_WORKERS"
"""The environment variable with how many processes a build has; set by the pool, not by people."""
BATCH = 250_000
"""Rows that are held at once where a table is read or written in pieces."""
CONTAINER = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
MOST_IN_GROUP = 100_000
"""A frame of fewer rows is stored as one group."""
UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30}
WIDTHS = {pl.String: 56, pl.Binary: 56, pl.Boolean: 1, pl.Int8: 1, pl.Int16: 2, pl.Int32: 4, pl.Float32: 4, pl.Date: 4}
"""Bytes of a value in a frame, where they are not eight; of a text its view and a pseudonym's letters."""


@dataclass(frozen=True)
class OnDisk:
    """One table in a Parquet file. A temporary one is removed when nothing refers to it any more."""

    path: Path
    temporary: tempfile.TemporaryDirectory[str] | None = field(default=None, compare=False, repr=False)

    @cached_property
    def schema(self) -> pl.Schema:
        """Column → type. Raises ``CohesionError`` for a file that is no Parquet."""
        try:
            return pl.Schema(pl.read_parquet_schema(self.path))
        except (OSError, pl.exceptions.PolarsError):
            what = "is no Parquet file that can be read" if self.path.is_file() else "is not there"
            raise CohesionError(what, where=self.path.name, todo="Give the path of one Parquet file.") from None

    @property
    def columns(self) -> list[str]:
        return self.schema.names()

    @cached_property
    def height(self) -> int:
        """How many rows there are."""
        return int(self.scan().select(pl.len()).collect().item())

    def scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.path)

    def __getitem__(self, name: str) -> pl.Series:
        """One column, which is read."""
        return Part(self, self.scan())[name]

    def select(self, *columns: pl.Expr | str) -> pl.DataFrame:
        """A few columns, or what is computed of them, as a frame."""
        return Part(self, self.scan()).select(*columns)

    def filter(self, condition: pl.Expr) -> Part:
        """Some of the rows, still on disk."""
        return Part(self, self.scan().filter(condition))

    def slices(self, rows: int | None = None) -> Iterator[pl.DataFrame]:
        """All rows as frames of some of them, in their order."""
        step = rows or BATCH
        for start in range(0, self.height, step):
            yield self.scan().slice(start, step).collect()

    @property
    def sql(self) -> str:
        """The table in a FROM clause, with the number of each row as ``file_row_number``."""
        path = str(self.path).replace("'", "''")
        return f"read_parquet('{path}', file_row_number=true)"

    def write(self, target: Path) -> None:
        """Move a temporary table to ``target``, copy another one."""
        move = shutil.move if self.temporary is not None else shutil.copyfile
        move(str(self.path), str(target))


@dataclass(frozen=True)
class Part:
    """Some rows of a table on disk, as far as they are used like a frame: column by column."""

    table: OnDisk
    rows: pl.LazyFrame

    @property
    def columns(self) -> list[str]:
        return self.table.columns

    @property
    def height(self) -> int:
        return int(self.rows.select(pl.len()).collect().item())

    def __getitem__(self, name: str) -> pl.Series:
        return self.rows.select(name).collect(engine="streaming")[name]

    def select(self, *columns: pl.Expr | str) -> pl.DataFrame:
        return self.rows.select(*columns).collect(engine="streaming")


Source = Any
"""A path to a Parquet file, a polars LazyFrame, a DuckDB relation, or a table that is on disk already."""


def is_source(value: object) -> bool:
    """Whether a value stands for a table on disk. Needs no import of DuckDB."""
    return isinstance(value, (OnDisk, Path, pl.LazyFrame)) or type(value).__name__ == "DuckDBPyRelation"


def on_disk(source: Source) -> OnDisk:
    """The table that a source stands for; a query is run, its result written in pieces to a temporary file."""
    if isinstance(source, OnDisk):
        return source
    if isinstance(source, Path):
        found = OnDisk(source)
        _ = found.schema
        return found
    made = temporary_table()
    if isinstance(source, pl.LazyFrame):
        source.sink_parquet(made.path, maintain_order=True)
    else:
        source.write_parquet(str(made.path))
    return made


def temporary_table() -> OnDisk:
    """Where a table is about to be written; the folder is for the owner alone."""
    folder = tempfile.TemporaryDirectory(prefix="cohesion-")
    return OnDisk(Path(folder.name) / "table.parquet", folder)


def written(batches: Callable[[], Iterator[pl.DataFrame]], schema: pl.Schema, rows: int) -> OnDisk:
    """The table of all ``batches``, with the bytes that one frame of these ``rows`` rows would be stored as.

    In parts first: a query that waits for what other queries make would run on a part of the processors.
    """
    from polars.io.plugins import register_io_source

    made = temporary_table()
    with tempfile.TemporaryDirectory(prefix="cohesion-") as folder:
        parts = []
        for number, batch in enumerate(batches()):
            parts.append(Path(folder) / f"{number:06}.parquet")
            batch.write_parquet(parts[-1], compression="lz4")

        def source(
            columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, size: int | None
        ) -> Iterator[pl.DataFrame]:
            del columns, predicate, n_rows, size  # everything is written
            return _regrouped(parts, _group_sizes(rows))

        whole = register_io_source(source, schema=schema, is_pure=True) if parts else pl.LazyFrame(schema=schema)
        whole.sink_parquet(made.path, maintain_order=True)
    return made


def _regrouped(parts: Iterable[Path], sizes: list[int]) -> Iterator[pl.DataFrame]:
    """The rows of all parts in frames of these sizes; whatever is left in one more."""
    held: list[pl.DataFrame] = []
    wanted = iter(sizes)
    size = next(wanted, None)
    for part in parts:
        held.append(pl.read_parquet(part))
        while size is not None and sum(frame.height for frame in held) >= size:
            whole = pl.concat(held, rechunk=True)
            yield whole.head(size)
            held, size = [whole.slice(size)], next(wanted, None)
    if sum(frame.height for frame in held):
        yield pl.concat(held, rechunk=True)


def mapped(table: OnDisk, change: Callable[[pl.DataFrame], pl.DataFrame], columns: Iterable[str]) -> OnDisk:
    """``change`` of the named columns, which gives a row for each row: batch by batch."""
    scan = table.scan().select(columns)
    schema = change(scan.head(0).collect()).schema

    def batches() -> Iterator[pl.DataFrame]:
        for start in range(0, table.height, BATCH):
            yield change(scan.slice(start, BATCH).collect())

    return written(batches, schema, table.height)


def _group_sizes(rows: int) -> list[int]:
    """How polars lays out a frame of ``rows`` rows in groups: found by writing a column of that length."""
    import io

    import pyarrow.parquet as pq

    if rows < MOST_IN_GROUP:
        return [rows]
    sink = io.BytesIO()
    pl.select(pl.repeat(0, rows, dtype=pl.Int8)).write_parquet(sink)
    found = pq.ParquetFile(sink).metadata
    return [found.row_group(place).num_rows for place in range(found.num_row_groups)]


def are_large(paths: Iterable[Path]) -> bool:
    """Whether tables stay on disk: together they would take more than ``LARGE`` of memory as frames.

    The one place where this is decided. What comes out is the same to rounding.
    """
    return sum(_as_frame(OnDisk(path)) for path in paths if path.is_file()) > LARGE * memory()


def _as_frame(table: OnDisk) -> int:
    """About how many bytes a table takes in memory. Of a file that is none: nothing, which who reads it will say."""
    try:
        row = sum(WIDTHS.get(kind.base_type(), 4 if kind == pl.Enum else 8) for kind in table.schema.dtypes())
        return int(row * table.height)
    except (CohesionError, pl.exceptions.PolarsError):
        return 0


def memory() -> int:
    """How many bytes may be used: as ``COHESION_MEMORY`` says, or what this machine or its container has."""
    said = os.environ.get(MEMORY, "")
    if said:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", said.lower())
        if match is None or match[2] not in UNITS or float(match[1]) * UNITS[match[2]] < 10**8:
            raise CohesionError(
                f"`{said}` is no amount of memory of at least 100 MB", where=MEMORY, todo=f"Write {MEMORY}=6GB."
            )
        return int(float(match[1]) * UNITS[match[2]])
    found = []
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limits = [file.read_text().strip() for file in CONTAINER if file.is_file()]
    found += [int(limit) for limit in limits if limit.isdigit()]
    return min(found, default=8 * 10**9)


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB on a private folder, within its share of memory, on one thread: sums come out the same every time."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="cohesion-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": 1,
            "memory_limit": f"{_own_share() // 10**6}MB",
            "temp_directory": f"{folder}/spilled",
            "preserve_insertion_order": True,
        }
        with duckdb.connect(f"{folder}/work.duckdb", config=settings) as connection:
            try:
                yield connection
            except duckdb.OutOfMemoryException:
                raise CohesionError(
                    "needs more memory than this build may use", where=MEMORY, todo="Allow more, or use fewer columns."
                ) from None


def _own_share() -> int:
    """How many bytes DuckDB may use here: all processes of a build together no more than half of memory."""
    workers = os.environ.get(WORKERS, "")
    return int(memory() * min(WORK, 2 * WORK / max(1, int(workers) if workers.isdigit() else 1)))


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def cleaned(table: OnDisk, name: str) -> str:
    """A column in SQL, null for NaN."""
    if not table.schema[name].is_float():
        return quoted(name)
    return f"nullif({quoted(name)}, 'NaN'::DOUBLE)"


PERSONS = 20_000
"""How many persons are held at once where all rows of a person are needed."""


def person_blocks(
    connection: duckdb.DuckDBPyConnection, table: OnDisk, columns: Iterable[str], *, person: str = "person_id"
) -> Iterator[pl.DataFrame]:
    """The named columns, some persons at a time with all their rows: persons by first appearance, rows as they stand.

    One sort in DuckDB; what is computed person by person comes out as from one frame.
    """
    names = list(columns)
    listed = ", ".join(f"t.{quoted(name)} AS c{place}" for place, name in enumerate(names))
    who = quoted(person)
    connection.execute(
        "CREATE OR REPLACE TABLE blocks_persons AS SELECT value, row_number() OVER (ORDER BY first) - 1 AS code FROM ("
        f"SELECT {who} AS value, min(file_row_number) AS first FROM {table.sql} GROUP BY {who})"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE blocks AS SELECT code, file_row_number AS place, {listed} FROM {table.sql} t "
        f"JOIN blocks_persons ON value IS NOT DISTINCT FROM t.{who} ORDER BY code, place"
    )
    count = connection.execute("SELECT count(*) FROM blocks_persons").fetchall()[0][0]
    for start in range(0, count, PERSONS):
        found = connection.sql(
            f"SELECT * EXCLUDE (code, place) FROM blocks WHERE code >= {start} AND code < {start + PERSONS} "
            "ORDER BY code, place"
        ).pl()
        yield found.select(pl.col(f"c{place}").cast(table.schema[name]).alias(name) for place, name in enumerate(names))
    connection.execute("DROP TABLE blocks; DROP TABLE blocks_persons")


MOST_WAVES = 120
"""A bit of a 128-bit number stands for each wave."""


def person_waves_twice(
    connection: duckdb.DuckDBPyConnection, table: OnDisk, *, person: str = "person_id", wave: str = "wave"
) -> int:
    """How many rows repeat a person in a wave. Which waves a person has is told by bits, so that no pair is kept."""
    level = f"{quoted(wave)}::VARCHAR"
    asked = f"SELECT DISTINCT {level} FROM {table.sql} WHERE {quoted(wave)} IS NOT NULL ORDER BY 1"
    waves = [text for (text,) in connection.execute(f"{asked} LIMIT {MOST_WAVES + 1}").fetchall()]
    if len(waves) > MOST_WAVES:
        raise CohesionError(f"more than {MOST_WAVES} waves", where=wave, todo="Give a frame, not a path.")
    whens = " ".join(f"WHEN {literal(text)} THEN {place}" for place, text in enumerate(waves))
    if not whens:
        return 0
    found = connection.execute(
        f"SELECT sum(n - seen) FROM (SELECT count(*) AS n, bit_count(bit_or(1::HUGEINT << CASE {level} {whens} END)) "
        f"AS seen FROM {table.sql} WHERE {quoted(wave)} IS NOT NULL AND {quoted(person)} IS NOT NULL "
        f"GROUP BY {quoted(person)})"
    ).fetchall()[0][0]
    return int(found or 0)


def literal(value: object) -> str:
    """A value of a column in SQL."""
    if isinstance(value, (bool, int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def rows_that_share(table: OnDisk, key: Iterable[str]) -> int:
    """How many rows have the same values in the columns of ``key`` as another row."""
    names = list(key)
    with database() as connection:
        if names == ["person_id", "wave"] and not person_waves_twice(connection, table):
            return 0
        listed = ", ".join(map(quoted, names))
        found = connection.execute(
            f"SELECT sum(n) FROM (SELECT count(*) AS n FROM {table.sql} GROUP BY {listed} HAVING count(*) > 1)"
        ).fetchall()[0][0]
    return int(found or 0)
