"""A sample on disk with its design: weighted ratios by cell, and their variance from sums by stratum and unit.

The same formulas as ``pipeline.models.design``: the influence of a row on Σ w y / Σ w is w (y − R) / Σ w, and the
variance that of the totals of influence over sampling units within strata. DuckDB adds them up by unit, and by stratum
sums and squared deviations of units; units without an answer add zeros, which need not be looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import level_name
from pipeline.models.design.sample import IN_WORDS, PERSONS_LINKED, Replicated, with_errors
from pipeline.models.design.survey_design import LonelyPsu, Subset, described, lonely_strata
from pipeline.models.inference import joined
from pipeline.models.on_disk.rows import distinct, refuse_infinite, require
from pipeline.on_disk import OnDisk, cleaned, literal, person_waves_twice, quoted
from pipeline.wave_order import in_wave_order

if TYPE_CHECKING:
    import duckdb

REPLICATES_AT_ONCE = 50


@dataclass(frozen=True)
class ReplicateColumns:
    """Replicate weights as columns of the table: ``full``, then one of each replicate; ``scales`` has their variance.

    ``scales`` is what ``pipeline.weights.replicate_weights`` gives; its own rows are not used.
    """

    full: str
    columns: tuple[str, ...]
    scales: Replicated


@dataclass(frozen=True)
class Cell:
    """A wave and group: its condition in SQL, and that of the rows of its wave."""

    wave: str | None
    group: str | None
    rows: str
    sample: str


@dataclass(frozen=True)
class DiskSample:
    """The view ``sample``: the table's rows with a weight, as ``_w``, ``_stratum``, ``_unit``, ``_who`` and ``_fpc``.

    ``one_row``: a unit has one row in each wave, so that its rows need not be added up. ``persons_once``: a person has.
    """

    connection: duckdb.DuckDBPyConnection
    table: OnDisk
    wave: str
    lonely_psu: LonelyPsu
    replicates: ReplicateColumns | None
    note: str | None
    is_linked: bool
    one_row: bool
    persons_once: bool
    has_fpc: bool

    def cells(self, by: Sequence[str]) -> list[Cell]:
        """Cells in the order of waves and groups; rows without a group are in none."""
        require(self.table, by)
        if not by:
            return [Cell(None, None, "true", "true")]
        names = ", ".join(map(quoted, by))
        found = self.connection.sql(f"SELECT DISTINCT {names} FROM sample").pl().drop_nulls()
        found = found.with_columns(pl.col(name).cast(self._kind(name)) for name in by)
        if self.wave in by:
            order = in_wave_order(
                distinct(self.connection, "sample", self.wave, self._kind(self.wave)).to_frame(), self.wave
            )
            kind = order.schema[self.wave]
            found = found.with_columns(pl.col(self.wave).cast(kind))
        return [self._cell(values) for values in found.sort(by).iter_rows(named=True)]

    def _kind(self, name: str) -> pl.DataType:
        kind = self.table.schema[name]
        return pl.String() if kind == pl.Categorical else kind

    def _cell(self, values: Mapping[str, object]) -> Cell:
        equal = {name: f"{cleaned(self.table, name)} = {literal(value)}" for name, value in values.items()}
        groups = [level_name(value) for name, value in values.items() if name != self.wave]
        return Cell(
            wave=str(values[self.wave]) if self.wave in values else None,
            group=" × ".join(groups) or None,
            rows=" AND ".join(equal.values()),
            sample=equal.get(self.wave, "true"),
        )

    def row(
        self, value: str, cell: Cell, subset: Subset, confidence: float, head: Mapping[str, object]
    ) -> tuple[dict[str, object], float | None] | None:
        """The row of the mean of ``value`` (SQL; null: no answer) in a cell, and its design effect; None if empty."""
        who = "count(*)" if self.persons_once and cell.wave is not None else "count(DISTINCT _who)"
        inside = f"({cell.rows}) AND _y IS NOT NULL"
        source = f"(SELECT *, {value} AS _y FROM sample)"
        n_obs, persons, mass, total = self.connection.execute(
            f"SELECT count(*), {who}, fsum(_w), fsum(_w * _y) FROM {source} WHERE {inside}"
        ).fetchall()[0]
        if not n_obs:
            return None
        mean = total / mass
        linked = PERSONS_LINKED if self.is_linked and persons < n_obs else None
        row = {
            "wave": cell.wave,
            "group": cell.group,
            "note": joined(self.note, linked),
            "estimate": mean,
            "n_obs": n_obs,
            "n_persons": persons,
            **head,
        }
        variance, df, words = self._spread(source, cell, inside, subset, mean, mass)
        made = with_errors(row, variance, df, words, confidence)
        if n_obs < 2 or made.get("std_error") is None:
            return made, None
        squares = self.connection.execute(
            f"SELECT fsum(_w * (_y - {mean!r}) * (_y - {mean!r})) FROM {source} WHERE {inside}"
        ).fetchall()[0][0]
        simple = squares / mass / (n_obs - 1)
        return made, variance / simple if simple > 0 else None

    def _spread(
        self, source: str, cell: Cell, inside: str, subset: Subset, mean: float, mass: float
    ) -> tuple[float, int, str]:
        """Variance, degrees of freedom, and how the variance was made."""
        if self.replicates is not None:
            scales = self.replicates.scales
            each = self._replicated(source, inside)
            variance = float(scales.covariance(each[:, None], np.array([mean]))[0, 0])
            return variance, scales.degrees_of_freedom, f"replicate weights ({scales.kind})"
        influence = f"_w * (_y - {mean!r}) / {mass!r}"
        answered = self._by_stratum(source, inside, influence, cell)
        sizes = answered.select("stratum", size="units")
        if subset == "domain":
            sizes = self._by_stratum(source, f"({cell.sample})", "0.0", cell).select("stratum", size="units")
        found = sizes.join(answered, on="stratum", how="left", maintain_order="left").with_columns(
            pl.col("units", "total", "squares").fill_null(0.0)
        )
        variance = _variance(found, self.lonely_psu, self._left(found))
        df = int(answered["units"].sum()) - answered.height
        words = described(found["size"].to_numpy(), self.lonely_psu)
        return variance, df, f"{words}; {IN_WORDS[subset]}"

    def _by_stratum(self, source: str, inside: str, influence: str, cell: Cell) -> pl.DataFrame:
        """One row per stratum: units, the sum of their totals, and the squared deviations from the mean of these."""
        rows = f"SELECT _stratum AS stratum, _unit AS unit, _fpc AS fpc, {influence} AS z FROM {source} WHERE {inside}"
        if not (self.one_row and cell.wave is not None):
            rows = f"SELECT stratum, unit, max(fpc) AS fpc, sum(z) AS z FROM ({rows}) GROUP BY stratum, unit"
        found: pl.DataFrame = self.connection.sql(
            "SELECT stratum, count(*)::DOUBLE AS units, fsum(z) AS total, var_pop(z) * count(*) AS squares, "
            f"max(fpc)::DOUBLE AS fpc FROM ({rows}) GROUP BY stratum ORDER BY stratum"
        ).pl()
        return found

    def _left(self, found: pl.DataFrame) -> np.ndarray:
        """The share of each stratum's units that were not sampled."""
        if not self.has_fpc:
            return np.ones(found.height)
        size, population = found["size"].to_numpy(), found["fpc"].to_numpy()
        if np.any(population < size):
            raise ModelError("a stratum's population count is smaller than its sample", where="fpc")
        return np.asarray(1 - size / np.maximum(population, 1))

    def _replicated(self, source: str, inside: str) -> np.ndarray:
        assert self.replicates is not None
        found: list[float] = []
        for start in range(0, len(self.replicates.columns), REPLICATES_AT_ONCE):
            columns = map(quoted, self.replicates.columns[start : start + REPLICATES_AT_ONCE])
            ratios = ", ".join(f"fsum({column} * _y) / fsum({column})" for column in columns)
            found += self.connection.execute(f"SELECT {ratios} FROM {source} WHERE {inside}").fetchall()[0]
        return np.array(found, dtype=float)


def _variance(found: pl.DataFrame, rule: LonelyPsu, left: np.ndarray) -> float:
    """Σ_h left_h n_h/(n_h−1) Σ_i (z_hi − z̄_h)², units without an answer being zero (see ``stage_covariance``)."""
    size, units, total, squares = (found[name].to_numpy() for name in ("size", "units", "total", "squares"))
    lonely = lonely_strata(size, left, rule)
    centre = total / size
    if rule == "adjust":
        centre = np.where(lonely, 0.0, centre)
    own = np.divide(total, units, out=np.zeros_like(total), where=units > 0)
    spread = squares + units * (own - centre) ** 2 + (size - units) * centre**2
    scale = np.where(size == 1, 1.0, size / np.maximum(size - 1, 1)) * left
    variance = float(np.sum(scale * np.where((size == 1) & ~((rule == "adjust") & lonely), 0.0, spread)))
    if rule == "average":
        reached = units > 0
        variance *= reached.sum() / max((reached & ~lonely).sum(), 1)
    return variance


def disk_sample(
    connection: duckdb.DuckDBPyConnection,
    table: OnDisk,
    used: Sequence[str],
    *,
    weight: str | None = None,
    strata: str | None = None,
    psu: str | None = None,
    fpc: str | None = None,
    lonely_psu: LonelyPsu = "certainty",
    replicates: Any = None,
    person: str = "person_id",
    wave: str = "wave",
    **further: Any,
) -> DiskSample:
    """The sample as ``Sample.of`` takes it. Raises ModelError as it does, and for what needs rows in memory."""
    _require_simple(further, replicates)
    named = [name for name in (weight, strata, psu, fpc) if name is not None]
    require(table, [*used, *named])
    total = refuse_infinite(
        connection, table, [*used, *named, *(name for name in (person, wave) if name in table.schema)]
    )
    if weight is not None and not table.schema[weight].is_numeric():
        raise ModelError("a weight must be a number", where=weight, todo="Correct the weights.")
    has_person = person in table.schema
    who = quoted(person) if has_person else "file_row_number"
    kept = "true" if weight is None or replicates is not None else f"{cleaned(table, weight)} <> 0"
    here, people, once = _people(connection, table, person, wave, kept)
    is_linked = replicates is None and psu is None and has_person and people < here
    _require_design(connection, table, named if replicates is None else [], weight, kept)
    weights = replicates.full if replicates is not None else weight
    unit = who if is_linked else "file_row_number" if psu is None else quoted(psu)
    connection.execute(
        f"CREATE VIEW sample AS SELECT *, {f'{cleaned(table, weights)}::DOUBLE' if weights else '1.0::DOUBLE'} AS _w, "
        f"{'0' if strata is None else quoted(strata)} AS _stratum, {unit} AS _unit, {who} AS _who, "
        f"{'NULL::DOUBLE' if fpc is None else quoted(fpc)} AS _fpc FROM {table.sql} WHERE {kept}"
    )
    note = f"{total - here:,} rows without a weight left out" if total > here else None
    return DiskSample(
        connection, table, wave, lonely_psu, replicates, note, is_linked,
        one_row=psu is None and (once or not is_linked), persons_once=once, has_fpc=fpc is not None,
    )  # fmt: skip


def _require_simple(further: Mapping[str, Any], replicates: Any) -> None:
    foreign = [name for name, value in further.items() if value not in (None, (), [])]
    if foreign:
        raise ModelError(
            "needs the rows of the panel in memory", where=", ".join(foreign), todo="Give a frame, not a path."
        )
    if replicates is not None and not isinstance(replicates, ReplicateColumns):
        raise ModelError(
            "replicate weights of a table on disk are columns of it",
            where="replicates",
            todo="Give pipeline.models.ReplicateColumns(full, columns, scales).",
        )


def _people(
    connection: duckdb.DuckDBPyConnection, table: OnDisk, person: str, wave: str, kept: str
) -> tuple[int, int, bool]:
    """Rows and persons with a weight, and whether nobody has two rows in a wave. Raises ModelError if somebody has."""
    has_person, has_wave = person in table.schema, wave in table.schema
    who = f"count(DISTINCT {quoted(person)})" if has_person else "count(*)"
    rows, people = connection.execute(f"SELECT count(*), {who} FROM {table.sql} WHERE {kept}").fetchall()[0]
    if not (has_person and has_wave):
        return rows, people, not has_person
    twice = person_waves_twice(connection, table, person=person, wave=wave)
    if twice:
        raise ModelError("a person more than once in a wave", count=twice, todo="Give one row per person and wave.")
    return rows, people, True


def _require_design(
    connection: duckdb.DuckDBPyConnection, table: OnDisk, named: Sequence[str], weight: str | None, kept: str
) -> None:
    """Raises ModelError for rows without a weight, stratum, unit or population count, and weights below zero."""
    for name in named:
        missing = connection.execute(
            f"SELECT count(*) FROM {table.sql} WHERE {kept} AND {cleaned(table, name)} IS NULL"
        ).fetchall()[0][0]
        if missing:
            raise ModelError("rows without a value for the design", where=name, count=missing, todo="Leave them out.")
    if weight is not None and weight in named:
        below = connection.execute(f"SELECT count(*) FROM {table.sql} WHERE {quoted(weight)} < 0").fetchall()[0][0]
        if below:
            raise ModelError("weights below zero", where=weight, count=below)
