"""From measures to the factors of terms: centred, standardised, moved in time, split into parts, raised to powers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import level_name, require
from pipeline.models.terms.moves import Calendar, moved, years_since
from pipeline.specs.terms import TIME, WAVE, Factor
from pipeline.wave_order import in_wave_order

MOST_LISTED = 20
"""More values than that are no categories, and are not listed: they would be those of people."""
SAME = 1e-9
"""Deviations from persons' means that are smaller than this, relative to the values, are rounding."""


@dataclass(frozen=True)
class Making:
    """How columns are made: the choices of a declaration, and the names of the panel's columns."""

    categorical: frozenset[str] = frozenset()
    reference: Mapping[str, object] = field(default_factory=dict)
    centre: Mapping[str, str] = field(default_factory=dict)
    standardise: Mapping[str, str] = field(default_factory=dict)
    weights: str | None = None
    person: str = "person_id"
    wave: str = "wave"
    arm: str = "arm"
    area: str = "area_code"
    date: str = "fieldwork_start"


class Factors:
    """The columns of factors over the rows of ``frame``, with the means of the rows that are complete (``used``)."""

    def __init__(
        self,
        frame: pl.DataFrame,
        factors: Iterable[Factor],
        making: Making,
        calendar: Calendar,
        complete: Iterable[str],
    ) -> None:
        self.making, wanted = making, tuple(dict.fromkeys(factors))
        named = [factor.name for factor in wanted if factor.name not in (WAVE, TIME)]
        by_area = [making.area] if "area" in making.centre.values() else []
        further = [name for name in dict.fromkeys((*complete, *by_area)) if name not in named]
        require(frame, [*dict.fromkeys(named), *further])
        self.frame = frame.with_columns(pl.selectors.float().fill_nan(None))
        base: dict[Factor, pl.Series] = {}
        for factor in wanted:
            if factor.name in (WAVE, TIME):
                continue
            raw = self.frame[factor.name]
            names = {"person": making.person, "wave": making.wave, "arm": making.arm, "date": making.date}
            base[factor] = moved(self.frame, factor, calendar, **names) if factor.moved else raw
        answered = [series.is_not_null() for series in base.values()]
        answered += [self.frame[name].is_not_null() for name in further]
        if making.weights is not None:
            answered.append((self.frame[making.weights] > 0).fill_null(False))
        self.used = pl.Series([True] * frame.height, dtype=pl.Boolean)
        for one in answered:
            self.used &= one
        if not self.used.any():
            raise ModelError(
                "no row has an answer to everything the terms use", where=", ".join(dict.fromkeys(named)),
                count=frame.height, todo="Choose other waves or terms.",
            )  # fmt: skip
        self._made = {factor: self._finished(factor, values) for factor, values in base.items()}

    def is_category(self, factor: Factor) -> bool:
        """Whether it stands for dummies."""
        if factor.name in (WAVE, *self.making.categorical, *self.making.reference):
            return True
        if factor.name == TIME:
            return False
        kind = self.frame[factor.name].dtype
        return not (kind.is_numeric() or kind == pl.Boolean)

    def values(self, factor: Factor) -> pl.Series:
        """The column of a factor that is a number."""
        if factor.name == TIME:
            return years_since(self.frame, self.used, self.making.date) ** factor.power
        return self._made[factor]

    def levels(self, factor: Factor) -> list[tuple[str, pl.Series]]:
        """Each category but the reference, with its dummy (null where there is no answer)."""
        column = self.category(factor)
        _, *others = column.filter(self.used).unique().sort().to_list()
        if not others:
            raise ModelError("every row has the same category", where=factor.key, todo="Leave it out.")
        return [(level_name(level), (column == level).cast(pl.Float64)) for level in others]

    def reference_of(self, factor: Factor) -> str:
        """The category that the others are set against."""
        return level_name(self.category(factor).filter(self.used).unique().sort()[0])

    def category(self, factor: Factor) -> pl.Series:
        """The categories of a factor, in order: the reference first.

        Raises ModelError if nobody has the declared reference.
        """
        if factor.name == WAVE:
            return in_wave_order(self.frame.select(self.making.wave), self.making.wave)[self.making.wave]
        column = self._made[factor]
        if factor.name not in self.making.reference:
            return column
        wanted = self.making.reference[factor.name]
        first = level_name(float(wanted) if isinstance(wanted, int) and not isinstance(wanted, bool) else wanted)
        found = {level_name(level): level for level in column.filter(self.used).unique().sort()}
        if first not in found:
            raise ModelError(
                f"nobody has the reference category `{first}`", where=factor.name,
                todo=f"There are: {', '.join(found)}." if len(found) <= MOST_LISTED else "It has too many to be one.",
            )  # fmt: skip
        ordered = [first, *(name for name in found if name != first)]
        return pl.Series(
            column.name, [None if level is None else level_name(level) for level in column], dtype=pl.String
        ).cast(pl.Enum(ordered), strict=False)

    def person_mean(self, values: pl.Series) -> pl.Series:
        """The person's (weighted) mean over the rows used; null for people without any, and for rows of nobody."""
        weights = self.frame[self.making.weights] if self.making.weights else None
        return self._mean_by(values, [self.making.person], weights)

    def varies(self, values: pl.Series) -> bool:
        """Whether it changes within anybody, over the rows used."""
        spread = (values - self.person_mean(values)).filter(self.used).abs().max()
        size = values.filter(self.used).abs().max()
        return bool(spread is not None and float(spread) > SAME * max(float(size or 0.0), 1e-300))  # type: ignore[arg-type]

    def _finished(self, factor: Factor, values: pl.Series) -> pl.Series:
        """Centred and standardised as declared, then the part, then the power; a category as it is."""
        if self.is_category(factor):
            if factor.power > 1 or factor.call in ("within", "between"):
                raise ModelError("a category has no power and no mean", where=factor.key, todo="Name it alone.")
            return values
        values = self._scaled(factor, values.cast(pl.Float64))
        if factor.call in ("within", "between"):
            mean = self.person_mean(values)
            values = mean if factor.call == "between" else values - mean
        return (values**factor.power).alias(factor.key)

    def _scaled(self, factor: Factor, values: pl.Series) -> pl.Series:
        scale = self.making.standardise.get(factor.name)
        centre = self.making.centre.get(factor.name, "grand" if scale else None)
        size = self._size(scale, values, factor) if scale else 1.0
        if centre == "grand":
            values = values - values.filter(self.used).mean()
        elif centre == "person":
            values = values - self.person_mean(values)
        elif centre == "area":
            values = values - self._mean_by(values, [self.making.area])
        return values / size

    def _size(self, scale: str, values: pl.Series, factor: Factor) -> float:
        """The standard deviation of all rows used, of deviations from persons' means, or of persons' means."""
        mean = self.person_mean(values)
        used = pl.DataFrame({"x": values, "mean": mean, "person": self.frame[self.making.person]}).filter(self.used)
        people = used.unique("person")
        if scale == "overall":
            found = used["x"].std()
        elif scale == "between":
            found = people["mean"].std()
        else:
            df = used.height - people.height
            found = (float(((used["x"] - used["mean"]) ** 2).sum()) / df) ** 0.5 if df else None
        largest = used["x"].abs().max()
        if found is None or float(found) <= SAME * float(largest or 0.0):  # type: ignore[arg-type]
            raise ModelError(f"does not vary {scale}, so that it cannot be standardised", where=factor.key)
        return float(found)  # type: ignore[arg-type]

    def _mean_by(self, values: pl.Series, keys: list[str], weights: pl.Series | None = None) -> pl.Series:
        rows = self.frame.select(keys).with_columns(_x=values, _w=pl.lit(1.0) if weights is None else weights)
        used = rows.filter(self.used & values.is_not_null())
        means = used.group_by(keys).agg(_mean=(pl.col("_x") * pl.col("_w")).sum() / pl.col("_w").sum())
        return rows.join(means, on=keys, how="left", maintain_order="left")["_mean"]
