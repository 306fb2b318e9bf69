"""One chain of chained equations: the working matrix, and the redraw of one column given all others.

The cross-products of all columns are kept up to date as columns change, and those of a column's observed rows are
theirs minus those of its missing rows: most columns of a panel miss few rows, so most of the work falls away.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.imputation.absence import Absence
from pipeline.imputation.draws import category_draw, nearest_donors, normal_within, sigma_draw, solve_ridge, unit_noise
from pipeline.imputation.plan import Plan


class Chain:
    """The state of one imputation while it mixes. Numbers are standardised inside, and given back in their units."""

    def __init__(self, frame: pl.DataFrame, plan: Plan, rng: np.random.Generator) -> None:
        self.plan, self.rng = plan, rng
        self.missing = {name: np.flatnonzero(frame[name].is_null().to_numpy()) for name in plan.rules}
        gaps = [name for name in plan.rules if self.missing[name].size]
        self.order = sorted(gaps, key=lambda name: self.missing[name].size)
        self.categories: dict[str, list[str]] = {}
        self.values: dict[str, np.ndarray] = {}
        for name in [*plan.complete, *plan.rules]:
            self.values[name] = self._first_fill(frame[name])
        self._lay_out(frame.height)

    def redraw(self, column: str) -> None:
        """New values in the column's gaps, given every other column as it stands."""
        rule, gaps = self.plan.rules[column], self.missing[column]
        on = self.predictor_columns[column]
        if rule.method == "category":
            known = self.observed[column]
            drawn = category_draw(
                self.matrix[np.ix_(known, on)],
                self.values[column][known].astype(np.int64),
                self.matrix[np.ix_(gaps, on)],
                len(self.categories[column]),
                self.rng,
            )
        else:
            drawn = self._draw_number(column, on) + rule.delta
            low, high = (_limit(rule.bounds[0], -np.inf), _limit(rule.bounds[1], np.inf))
            drawn = np.clip(drawn, low, high)
        self.values[column][gaps] = drawn
        self._refresh(column)
        for scale in self.scales_of.get(column, ()):
            self._compute_scale(scale)
            self._refresh(scale)

    def filled(self, column: str) -> np.ndarray:
        """The values in the column's gaps: numbers, or the categories' names."""
        values = self.values[column][self.missing[column]]
        if column in self.categories:
            return np.array(self.categories[column], dtype=object)[values.astype(np.int64)]
        return values

    def moments(self, column: str) -> tuple[float, float]:
        values = self.values[column][self.missing[column]]
        return float(values.mean()), float(values.std())

    def _draw_number(self, column: str, on: np.ndarray) -> np.ndarray:
        rule, gaps = self.plan.rules[column], self.missing[column]
        observed, outcome = self.observed[column], self.values[column]
        centre, spread = self.centre[column], self.spread[column]
        own = self.places[column][0]
        known = self.gram - self.absence.gram(column, self.matrix)
        lower, coefficients = solve_ridge(known[np.ix_(on, on)], known[on, own])
        predicted, noise = self._predicted(on, coefficients, unit_noise(lower, self.rng))
        fitted = predicted[observed]
        residual = (outcome[observed] - centre) / spread - fitted
        sigma = sigma_draw(float(residual @ residual), observed.size, on.size, self.rng)
        target = predicted[gaps] + sigma * noise[gaps]
        if rule.method in ("pmm", "lrd"):
            donors = nearest_donors(fitted, target, rule.donors, self.rng)
            if rule.method == "pmm":
                return np.asarray(outcome[observed[donors]])
            return np.asarray((target + residual[donors]) * spread + centre)
        low, high = (_limit(bound, sign * np.inf) for bound, sign in zip(rule.bounds, (-1, 1), strict=True))
        drawn_values = normal_within(target, sigma, (low - centre) / spread, (high - centre) / spread, self.rng)
        return drawn_values * spread + centre

    def _predicted(self, on: np.ndarray, *coefficients: np.ndarray) -> np.ndarray:
        """Coefficients × rows; the coefficients of other columns are zero, so that none has to be gathered."""
        full = np.zeros((len(coefficients), self.matrix.shape[1]))
        full[:, on] = coefficients
        return full @ self.matrix.T

    def _first_fill(self, series: pl.Series) -> np.ndarray:
        """Gaps filled with answers drawn from the observed ones; categories as numbers."""
        if series.dtype.is_numeric():
            values = series.cast(pl.Float64).to_numpy().copy()
        else:
            text = series.cast(pl.String)
            names = sorted(text.drop_nulls().unique())
            self.categories[series.name] = names
            codes = {name: float(place) for place, name in enumerate(names)}
            values = text.replace_strict(codes, default=None, return_dtype=pl.Float64).to_numpy().copy()
        gaps = np.flatnonzero(np.isnan(values))
        values[gaps] = self.rng.choice(values[~np.isnan(values)], gaps.size)
        return values

    def _lay_out(self, rows: int) -> None:
        """The standardised matrix with a constant first, where each column lies in it, and its cross-products."""
        self.scales_of: dict[str, list[str]] = {}
        for name, scale in self.plan.passive.items():
            self._compute_scale(name)
            for part in scale.parts:
                self.scales_of.setdefault(part, []).append(name)
        self.places: dict[str, np.ndarray] = {}
        width = 1
        for name in self.values:
            size = max(len(self.categories.get(name, ())) - 1, 1)
            self.places[name] = np.arange(width, width + size)
            width += size
        everyone = np.arange(rows)
        self.observed = {name: np.setdiff1d(everyone, gaps, assume_unique=True) for name, gaps in self.missing.items()}
        self.centre = {name: float(values.mean()) for name, values in self.values.items()}
        self.spread = {name: float(values.std()) or 1.0 for name, values in self.values.items()}
        self.matrix = np.zeros((rows, width))
        self.matrix[:, 0] = 1.0
        for name in self.values:
            self._write(name)
        self.gram = self.matrix.T @ self.matrix
        numbers = {name: self.missing[name] for name in self.order if self.plan.rules[name].method != "category"}
        self.absence = Absence(self.matrix, numbers)
        self.predictor_columns = {name: self._columns_for(name) for name in self.order}

    def _columns_for(self, name: str) -> np.ndarray:
        blocks = [self.places[other] for other in self.plan.predictors_of(name)]
        wanted = np.concatenate([np.zeros(1, dtype=np.int64), *blocks])
        moving = self.matrix.std(axis=0) > 0
        moving[0] = True
        return np.asarray(wanted[moving[wanted]])

    def _write(self, name: str) -> None:
        if name in self.categories:
            codes = np.arange(1, len(self.categories[name]))
            self.matrix[:, self.places[name]] = np.equal.outer(self.values[name], codes) if codes.size else 0.0
        else:
            self.matrix[:, self.places[name][0]] = (self.values[name] - self.centre[name]) / self.spread[name]

    def _refresh(self, name: str) -> None:
        self._write(name)
        block = self.matrix.T @ self.matrix[:, self.places[name]]
        self.gram[:, self.places[name]] = block
        self.gram[self.places[name], :] = block.T
        self.absence.refresh(self.matrix, self.places[name])

    def _compute_scale(self, name: str) -> None:
        scale = self.plan.passive[name]
        total = np.sum([self.values[part] for part in scale.parts], axis=0)
        self.values[name] = total / len(scale.parts) if scale.how == "mean" else total


def _limit(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else bound
