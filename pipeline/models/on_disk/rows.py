"""The complete rows of a regression in a DuckDB: sorted by person and wave, names replaced by numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import level_name
from pipeline.models.contrasts import Combination
from pipeline.models.inference import Basis, Term
from pipeline.models.regression_data import cluster_names, contrasts_of
from pipeline.on_disk import OnDisk, cleaned, quoted
from pipeline.specs.contrasts import Contrast
from pipeline.wave_order import in_wave_order

if TYPE_CHECKING:
    import duckdb

MOST_WAVES = 63
MOST_LEVELS = 1000


@dataclass(frozen=True)
class Rows:
    """The table ``rows`` (person, wave, y, x0 x1 …, weight, c0 c1) of a connection, and what is in it.

    ``columns`` holds the SQL of each of ``terms``; ``clusters`` the columns with the codes of clusters.
    """

    connection: duckdb.DuckDBPyConnection
    outcome_name: str
    terms: tuple[Term, ...]
    columns: tuple[str, ...]
    waves: tuple[str, ...]
    n_obs: int
    n_persons: int
    n_left_out: int
    clusters: tuple[str, ...]
    cluster_name: str | None
    n_clusters: int
    mean_weight: float
    contrasts: tuple[Contrast | Combination, ...] = ()

    def basis(self, covariance: str, confidence: float) -> Basis:
        return Basis(self.n_obs, self.n_persons, covariance, confidence)

    @property
    def n_waves(self) -> int:
        return len(self.waves)


def regression_rows(
    connection: duckdb.DuckDBPyConnection,
    table: OnDisk,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    categorical: Iterable[str] = (),
    person: str = "person_id",
    wave: str = "wave",
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    wave_effects: bool = True,
    intercept: bool = False,
    contrasts: Mapping[str, str] | None = None,
) -> Rows:
    """As ``regression_data``, on disk: rows with a value everywhere and a positive weight, dummies, codes.

    Raises ModelError as it does, and for infinite values, more than 63 waves or 1,000 categories of one column.
    """
    named = cluster_names(cluster)
    weighing = [] if weights is None else [weights]
    used = list(dict.fromkeys((outcome, *exposures, *covariates, person, wave, *named, *weighing)))
    require(table, used)
    numbers = {name: _is_number(table, name) and name not in set(categorical) for name in (*exposures, *covariates)}
    _require_numbers(table, [outcome, *weighing])
    total = _checked(connection, table, used, weights)
    _complete(connection, table, used, weights)
    waves, levels = _levels(connection, table, wave, [name for name, is_number in numbers.items() if not is_number])
    _coded(connection, "persons", person)
    kept, places = _rows(connection, outcome, numbers, levels, person, wave, named, weights)
    n_obs, n_persons, twice, low, high, mean = connection.execute(
        "SELECT sum(n), count(*), sum(n - bit_count(seen)), min(low), max(high), sum(w) / sum(n) FROM ("
        "SELECT count(*) AS n, bit_or(1::UBIGINT << wave) AS seen, min(y) AS low, max(y) AS high, fsum(weight) AS w "
        "FROM rows GROUP BY person)"
    ).fetchall()[0]
    if twice:
        raise ModelError("a person more than once in a wave", count=twice, todo="Give one row per person and wave.")
    if not n_obs or low == high:
        what = "no row has an answer to everything the model uses" if not n_obs else "the outcome does not vary"
        raise ModelError(what, where=outcome, count=total, todo="Choose other waves or columns.")
    dummies = _wave_dummies(waves) if wave_effects else []
    found = [*([(Term("intercept", "intercept"), "1.0")] if intercept else []), *_columns(kept, levels), *dummies]
    clusters = tuple(places)
    return Rows(
        connection, outcome, tuple(term for term, _ in found), tuple(sql for _, sql in found),
        tuple(map(str, waves)), int(n_obs), n_persons, total - int(n_obs), clusters,
        " and ".join("person" if name == person else name for name in named) or None,
        min((_count(connection, column) for column in clusters), default=0), float(mean),
        contrasts_of(contrasts),
    )  # fmt: skip


def require(table: OnDisk, names: Iterable[str]) -> None:
    """Raises ModelError naming every column that the table does not have."""
    absent = [name for name in names if name not in table.schema]
    if absent:
        raise ModelError(
            f"the table has no column {', '.join(f'`{name}`' for name in absent)}",
            todo=f"It has: {', '.join(table.columns[:40])}.",
        )


def _is_number(table: OnDisk, name: str) -> bool:
    kind = table.schema[name]
    return kind.is_numeric() or kind == pl.Boolean


def _require_numbers(table: OnDisk, names: Iterable[str]) -> None:
    for name in names:
        if not _is_number(table, name):
            raise ModelError("must be a number to be used here", where=name)


def refuse_infinite(connection: duckdb.DuckDBPyConnection, table: OnDisk, names: Iterable[str]) -> int:
    """How many rows the table has. Raises ModelError for columns with infinite values."""
    floats = [name for name in dict.fromkeys(names) if table.schema[name].is_float()]
    counts = ", ".join(["count(*)", *(f"count(*) FILTER (isinf({quoted(name)}))" for name in floats)])
    total, *infinite = connection.execute(f"SELECT {counts} FROM {table.sql}").fetchall()[0]
    found = {name: count for name, count in zip(floats, infinite, strict=True) if count}
    if found:
        raise ModelError("infinite values", where=", ".join(found), count=sum(found.values()), todo="Correct them.")
    return int(total)


def _checked(connection: duckdb.DuckDBPyConnection, table: OnDisk, used: Sequence[str], weights: str | None) -> int:
    total = refuse_infinite(connection, table, used)
    if weights is not None:
        where = _all_given(table, used)
        negative = connection.execute(
            f"SELECT count(*) FROM {table.sql} WHERE {where} AND {quoted(weights)} < 0"
        ).fetchall()[0][0]
        if negative:
            raise ModelError("weights below zero", where=weights, count=negative, todo="Correct the weights.")
    return total


def _all_given(table: OnDisk, used: Iterable[str]) -> str:
    return " AND ".join(f"{cleaned(table, name)} IS NOT NULL" for name in used)


def _complete(connection: duckdb.DuckDBPyConnection, table: OnDisk, used: Sequence[str], weights: str | None) -> None:
    """The view ``complete``: the columns used, of rows with a value in each and a positive weight."""
    positive = "" if weights is None else f" AND {quoted(weights)} > 0"
    names = ", ".join(map(quoted, used))
    connection.execute(
        f"CREATE VIEW complete AS SELECT file_row_number AS _place, {names} FROM {table.sql} "
        f"WHERE {_all_given(table, used)}{positive}"
    )


def _levels(
    connection: duckdb.DuckDBPyConnection, table: OnDisk, wave: str, categories: Sequence[str]
) -> tuple[list[object], dict[str, list[object]]]:
    """The waves of complete rows in their order, and the levels of each categorical column; both as tables of codes."""
    everywhere = in_wave_order(distinct(connection, table.sql, wave, table.schema[wave]).to_frame(), wave)[wave]
    here = distinct(connection, "complete", wave, table.schema[wave]).to_frame()
    order = [level for level in everywhere.drop_nulls().unique().sort().to_list() if level in set(here[wave].to_list())]
    if len(order) > MOST_WAVES:
        raise ModelError(f"more than {MOST_WAVES} waves", where=wave, count=len(order), todo="Fit it in memory.")
    _code_table(connection, "waves", order)
    levels = {}
    for place, name in enumerate(categories):
        found = distinct(connection, "complete", name, table.schema[name]).unique().sort()
        if found.len() < 2:
            raise ModelError("every row has the same category", where=name, todo="Leave it out.")
        levels[name] = found.to_list()
        _code_table(connection, f"levels{place}", levels[name])
    return order, levels


def distinct(connection: duckdb.DuckDBPyConnection, source: str, name: str, kind: pl.DataType) -> pl.Series:
    """The values of a column, each once. Raises ModelError for a column of more than 1,000 values."""
    found: pl.Series = connection.sql(f"SELECT DISTINCT {quoted(name)} FROM {source} LIMIT {MOST_LEVELS + 1}").pl()[
        name
    ]
    if found.len() > MOST_LEVELS:
        raise ModelError("too many values for categories", where=name, count=found.len(), todo="Give it as a number.")
    return found.cast(pl.String if kind == pl.Categorical else kind)


def _code_table(connection: duckdb.DuckDBPyConnection, name: str, levels: Sequence[object]) -> None:
    frame = pl.DataFrame({"level": pl.Series([*levels]), "code": pl.Series(range(len(levels)), dtype=pl.Int32)})
    if frame["level"].dtype == pl.Enum:
        frame = frame.with_columns(pl.col("level").cast(pl.String))
    connection.register("_levels", frame.to_arrow())
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM _levels")
    connection.unregister("_levels")


def _coded(connection: duckdb.DuckDBPyConnection, name: str, column: str) -> None:
    """A table of the values of ``column`` with codes by first appearance: no result may depend on how they sort."""
    connection.execute(
        f"CREATE TABLE {name} AS SELECT value, (row_number() OVER (ORDER BY first) - 1)::INTEGER AS code FROM "
        f"(SELECT {quoted(column)} AS value, min(_place) AS first FROM complete GROUP BY {quoted(column)})"
    )


def _rows(
    connection: duckdb.DuckDBPyConnection,
    outcome: str,
    numbers: Mapping[str, bool],
    levels: Mapping[str, list[object]],
    person: str,
    wave: str,
    clusters: Sequence[str],
    weights: str | None,
) -> tuple[dict[str, str], list[str]]:
    """Make the table ``rows``; column used → its name there, and the columns of clusters."""
    joins = [f"JOIN persons ON persons.value = c.{quoted(person)}", f"JOIN waves ON waves.level = c.{quoted(wave)}"]
    selected = ["persons.code AS person", "waves.code AS wave", f"c.{quoted(outcome)}::DOUBLE AS y"]
    kept: dict[str, str] = {}
    for place, (name, is_number) in enumerate(numbers.items()):
        kept[name] = f"x{place}"
        if is_number:
            selected.append(f"c.{quoted(name)}::DOUBLE AS x{place}")
        else:
            code = f"levels{list(levels).index(name)}"
            joins.append(f"JOIN {code} ON {code}.level = c.{quoted(name)}")
            selected.append(f"{code}.code AS x{place}")
    places = []
    for place, name in enumerate(clusters):
        if name == person:
            places.append("person")
            continue
        _coded(connection, f"clusters{place}", name)
        joins.append(f"JOIN clusters{place} ON clusters{place}.value = c.{quoted(name)}")
        selected.append(f"clusters{place}.code AS c{place}")
        places.append(f"c{place}")
    selected.append(f"{'1.0' if weights is None else f'c.{quoted(weights)}'}::DOUBLE AS weight")
    connection.execute(
        f"CREATE TABLE rows AS SELECT {', '.join(selected)} FROM complete c {' '.join(joins)} ORDER BY person, wave"
    )
    return kept, places


def _columns(kept: Mapping[str, str], levels: Mapping[str, list[object]]) -> list[tuple[Term, str]]:
    found: list[tuple[Term, str]] = []
    for name, column in kept.items():
        if name not in levels:
            found.append((Term("coefficient", name), column))
            continue
        note = f"against {level_name(levels[name][0])}"
        found += [
            (Term("coefficient", name, group=level_name(level), note=note), f"({column} = {place})::DOUBLE")
            for place, level in enumerate(levels[name][1:], start=1)
        ]
    return found


def _wave_dummies(waves: Sequence[object]) -> list[tuple[Term, str]]:
    first, *later = waves
    return [
        (Term("wave", str(wave), wave=str(wave), note=f"against {first}"), f"(wave = {place})::DOUBLE")
        for place, wave in enumerate(later, start=1)
    ]


def _count(connection: duckdb.DuckDBPyConnection, column: str) -> int:
    return int(connection.execute(f"SELECT max({column}) + 1 FROM rows").fetchall()[0][0])
