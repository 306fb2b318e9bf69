"""Chained equations: every column with missing values imputed in turn from all others, until the chain has mixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.imputation.chain import Chain
from pipeline.imputation.plan import Plan
from pipeline.parallel import fan_out


@dataclass(frozen=True)
class Imputations:
    """One set of imputations, made once and used by every model: the frame, and what stands in each gap.

    ``filled[column]`` is imputations × missing rows. ``trace`` has one row per imputation, round and column with the
    mean and SD of the imputed values: a chain that drifts has not mixed.
    """

    frame: pl.DataFrame
    plan: Plan
    filled: dict[str, np.ndarray]
    trace: pl.DataFrame
    keep_missing: Mapping[str, pl.Series]

    @property
    def count(self) -> int:
        return len(next(iter(self.filled.values()))) if self.filled else 0

    def complete(self, imputation: int) -> pl.DataFrame:
        """The frame with the gaps filled by imputation 0, 1, ...; passive scales are added from their parts."""
        columns = []
        for name, values in self.filled.items():
            gaps = self.frame[name].is_null()
            series = _fill(self.frame[name], gaps, values[imputation])
            keep = self.keep_missing.get(name)
            columns.append(series if keep is None else series.set(gaps & keep, None))
        done = self.frame.with_columns(columns)
        scales = []
        for name, scale in self.plan.passive.items():
            parts = [pl.col(part) for part in scale.parts]
            total = pl.sum_horizontal(parts, ignore_nulls=False)
            scales.append((total / len(parts) if scale.how == "mean" else total).alias(name))
        return done.with_columns(scales)

    def each(self) -> list[pl.DataFrame]:
        """All completed frames."""
        return [self.complete(index) for index in range(self.count)]

    def table(self) -> pl.DataFrame:
        """One row per imputation (from 1) and row of the frame: what to store, so that every model uses the same."""
        return pl.concat(
            frame.insert_column(0, pl.Series("imputation", [index] * frame.height, dtype=pl.Int64))
            for index, frame in enumerate(self.each(), start=1)
        )


@public(once=True, people=True)
def impute(
    frame: pl.DataFrame,
    plan: Plan,
    *,
    imputations: int = 20,
    iterations: int = 10,
    seed: int,
    keep_missing: Mapping[str, pl.Series] | None = None,
) -> Imputations:
    """Multiple imputation of ``frame`` (one row per person, waves side by side: ``wide.widen``) by chained equations.

    van Buuren & Groothuis-Oudshoorn (2011), J. Stat. Software 45(3). Each imputation is its own chain from its own
    stream of ``seed``, so results do not depend on who runs the chains. ``keep_missing`` marks, per
    column, rows that have no answer to impute (the item was not asked, the person had died): they help the chain
    and are blanked in the completed frames.
    Raises CohesionError for a plan that does not fit the data.
    """
    plan.check(frame)
    if imputations < 2:
        raise CohesionError("fewer than two imputations say nothing of their own uncertainty", where="imputation")
    if iterations < 1:
        raise CohesionError("a chain needs a round at least", where="iterations", count=iterations)
    streams = np.random.SeedSequence(seed).spawn(imputations)
    chains = fan_out(_run, [(stream,) for stream in streams], (frame, plan, iterations))
    names = list(chains[0][0])
    filled = {name: np.stack([chain[0][name] for chain in chains]) for name in names}
    trace = pl.concat(
        [
            chain[1].insert_column(0, pl.Series("imputation", [index] * chain[1].height, dtype=pl.Int64))
            for index, chain in enumerate(chains, start=1)
        ]
    )
    return Imputations(frame, plan, filled, trace, keep_missing or {})


def _run(
    frame: pl.DataFrame, plan: Plan, iterations: int, stream: np.random.SeedSequence
) -> tuple[dict[str, np.ndarray], pl.DataFrame]:
    chain = Chain(frame, plan, np.random.default_rng(stream))
    trace = []
    for iteration in range(1, iterations + 1):
        for column in chain.order:
            chain.redraw(column)
        trace += [(iteration, column, *chain.moments(column)) for column in chain.order]
    schema = {"iteration": pl.Int64, "column": pl.String, "mean": pl.Float64, "sd": pl.Float64}
    return {column: chain.filled(column) for column in chain.order}, pl.DataFrame(trace, schema=schema, orient="row")


def _fill(series: pl.Series, gaps: pl.Series, values: np.ndarray) -> pl.Series:
    """The series with ``values`` in its gaps; whole numbers stay whole where every imputed one is."""
    if not series.dtype.is_numeric():
        full = series.cast(pl.String).to_list()
        for row, value in zip(np.flatnonzero(gaps.to_numpy()), values, strict=True):
            full[row] = value
        return pl.Series(series.name, full).cast(series.dtype)
    full_numbers = series.cast(pl.Float64).to_numpy().copy()
    full_numbers[gaps.to_numpy()] = values
    whole = series.dtype.is_integer() and bool((values == np.round(values)).all())
    return pl.Series(series.name, full_numbers).cast(series.dtype if whole else pl.Float64)
