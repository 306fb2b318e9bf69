"""Scores on the indicators that both sides of a comparison asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.options import known_options
from pipeline.tables.index import INDEX

Compose = Callable[[pl.DataFrame, Sequence[str]], pl.DataFrame]
"""(indicators, those that count) → a column for each domain and for the index, rows as given."""


@known_options
def mean_scores(domains: Mapping[str, Sequence[str]], coverage: float = 0.5, index: str = INDEX) -> Compose:
    """Scores as means: a domain of its indicators, the index of the domains, each where ``coverage`` of them answered.

    ``domains``: domain → its indicators. Of the indicators of a domain only those count that both sides asked.
    """

    def compose(indicators: pl.DataFrame, kept: Sequence[str]) -> pl.DataFrame:
        named = {domain: [name for name in members if name in kept] for domain, members in domains.items()}
        scored = indicators.select(_mean(members, coverage).alias(domain) for domain, members in named.items())
        asked = [domain for domain, members in named.items() if members]
        return scored.with_columns(_mean(asked, coverage).alias(index))

    return compose


def _mean(columns: Sequence[str], coverage: float) -> pl.Expr:
    if not columns:
        return pl.lit(None, dtype=pl.Float64)
    answered = pl.sum_horizontal(pl.col(name).is_not_null() for name in columns)
    return pl.when(answered >= max(coverage * len(columns), 1)).then(pl.mean_horizontal(*columns))


class CommonScores:
    """A measure's scores in the rows of a frame, on the indicators that a comparison has in common.

    A measure of which nothing is left out keeps the scores it was given; others are composed again, once for each set
    of indicators.
    """

    def __init__(
        self,
        scores: pl.DataFrame,
        measures: Sequence[str],
        indicators: pl.DataFrame | None,
        domains: Mapping[str, Sequence[str]],
        compose: Compose | None,
    ) -> None:
        self._given = {name: _numbers(scores[name]) for name in measures}
        self._domains = {domain: tuple(members) for domain, members in domains.items()}
        self._indicators = indicators
        self._compose = compose or mean_scores(domains)
        self._composed: dict[frozenset[str], dict[str, np.ndarray]] = {}
        names = [name for members in self._domains.values() for name in members]
        self.names = tuple(dict.fromkeys(names))
        if indicators is not None:
            self._answered = {name: indicators[name].is_not_null().to_numpy() for name in self.names}

    @property
    def knows_indicators(self) -> bool:
        return self._indicators is not None

    def answered_by(self, rows: np.ndarray) -> frozenset[str]:
        """The indicators that anybody among these rows answered."""
        return frozenset(name for name in self.names if self._answered[name][rows].any())

    def of(self, measure: str) -> tuple[str, ...]:
        """The indicators of a domain, all of them for the index, none for a measure that is not made of any."""
        return self._domains.get(measure, self.names if measure == INDEX else ())

    def given(self, measure: str) -> np.ndarray:
        """The measure's scores as they were given."""
        return self._given[measure]

    def values(self, measure: str, kept: frozenset[str] | None, asked: Sequence[frozenset[str]]) -> np.ndarray:
        """The measure's scores on ``kept``, given what each questionnaire asked; as given where nothing is left out."""
        own = set(self.of(measure))
        if self._indicators is None or kept is None or not own or all(one & own == kept & own for one in asked):
            return self._given[measure]
        if kept not in self._composed:
            self._composed[kept] = self._again(self._indicators, [name for name in self.names if name in kept])
        return self._composed[kept][measure]

    def _again(self, indicators: pl.DataFrame, kept: Sequence[str]) -> dict[str, np.ndarray]:
        made = self._compose(indicators, kept)
        if made.height != indicators.height:
            raise CohesionError("`compose` gave another number of rows", count=made.height, todo="Keep them as given.")
        needed = [name for name in self._given if self.of(name)]
        if missing := [name for name in needed if name not in made.columns]:
            raise CohesionError(f"`compose` gave no column `{missing[0]}`", where="compose", todo="Name its measures.")
        return {name: _numbers(made[name]) for name in needed}


def _numbers(column: pl.Series) -> np.ndarray:
    if not column.dtype.is_numeric() and column.dtype != pl.Null:
        raise CohesionError("a score must be a number", where=column.name, todo="Name the columns that hold scores.")
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
