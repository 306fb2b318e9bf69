"""From declared slopes to what a family's fit has to give: which coefficients, at which values of the moderator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.terms.factors import Factors
from pipeline.models.terms.products import Column
from pipeline.models.terms.slopes import Bin, Cell, Point, SlopePlan
from pipeline.specs.declared_terms import SimpleSlopes
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.terms import Factor, Term, parse

STEPS = 40
"""Steps of a curve of slopes."""
MOST_BINS = 24


@dataclass(frozen=True)
class Made:
    """The terms of a model as columns: products → theirs; the factors that the model splits, or takes deviations of."""

    factors: Factors
    products: dict[Term, list[Column]]
    split: tuple[Factor, ...]
    deviations: bool
    dropped: frozenset[str]


def plans(declared: Sequence[SimpleSlopes], made: Made) -> tuple[SlopePlan, ...]:
    """Raises ModelError for a slope that the model does not have."""
    return tuple(plan for one in declared for plan in _plans(one, made))


def _plans(declared: SimpleSlopes, made: Made) -> list[SlopePlan]:
    of, by = parse(declared.of)[-1].factors[0], parse(declared.by)[-1].factors[0]
    if of.key in made.dropped:
        raise ModelError(
            f"`{of.key}` never changes within a person, so that it has no slope here", where="slopes",
            todo=f"Ask for those of `{by.key}` by `{of.key}`.",
        )  # fmt: skip
    if by in made.split and of not in made.split:
        raise ModelError(
            f"`{by.key}` has two parts in this model",
            where="slopes",
            todo=f"Ask for those of `{by.key}` by `{of.key}`.",
        )
    if of in made.split:
        return [_plan(declared, of, by, made, part) for part in ("within", "between")]
    return [_plan(declared, of, by, made, "")]


def _plan(declared: SimpleSlopes, of: Factor, by: Factor, made: Made, part: str) -> SlopePlan:
    base: list[tuple[Cell, float]] = [((part or "coefficient", of.key), 1.0)]
    held = []
    for term, columns in made.products.items():
        others = [factor for factor in term.factors if factor != of]
        if of not in term.factors or others == [by] or made.factors.is_category(others[0]):
            held += [others[0].key] if of in term.factors and others != [by] else []
            continue
        values, _ = _entering(others[0], made, part, term)
        base.append((_cell(columns, part, made, term), float(values.filter(made.factors.used).mean())))  # type: ignore[arg-type]
        held.append(others[0].key)
    note = f"at the mean or reference of {', '.join(held)}" if held else None
    columns = next(columns for term, columns in made.products.items() if set(term.factors) == {of, by})
    product = Term((of, by))
    name = f"{part}({of.key})" if part else of.key
    if made.factors.is_category(by):
        return SlopePlan(name, by.key, tuple(base), (), _categories(columns, by, made, part, note))
    values, moderator = _entering(by, made, part, product)
    used = values.filter(made.factors.used).to_numpy()
    persons = made.factors.frame[made.factors.making.person].filter(made.factors.used)
    bins, low, high = _bins(used, persons)
    line = high > low and len(np.unique(used)) > 2  # two values, such as yes and no, are two slopes
    return SlopePlan(
        name,
        moderator,
        tuple(base),
        ((_cell(columns, part, made, product), 1.0),),
        _points(declared.at, used, note),
        tuple(float(value) for value in np.linspace(low, high, STEPS + 1)) if line else (),
        bins if line else (),
    )


def _cell(columns: Sequence[Column], part: str, made: Made, term: Term) -> Cell:
    """The coefficient of a product: of a part of an exposure, of one of its two parts, or its own."""
    if part and all(factor in made.split for factor in term.factors):
        return part, columns[0].name
    return "coefficient", next(column.name for column in columns if column.part == part)


def _entering(by: Factor, made: Made, part: str, term: Term) -> tuple[pl.Series, str]:
    """The moderator as it enters the product, and its name."""
    values = made.factors.values(by)
    if part and by in made.split:
        mean = made.factors.person_mean(values)
        return (values - mean, f"within({by.key})") if part == "within" else (mean, f"between({by.key})")
    if made.deviations and sum(made.factors.varies(made.factors.values(f)) for f in term.factors) > 1:
        return values - made.factors.person_mean(values), f"within({by.key})"
    return values, by.key


def _categories(columns: Sequence[Column], by: Factor, made: Made, part: str, note: str | None) -> tuple[Point, ...]:
    points = [Point(made.factors.reference_of(by), 0.0, note)]
    own = [column for column in columns if column.part == part]
    return (*points, *(Point(str(c.group or c.wave), 0.0, note, ((("coefficient", c.name), 1.0),)) for c in own))


def _points(at: Sequence[float], used: np.ndarray, note: str | None) -> tuple[Point, ...]:
    """The declared values, or the mean and a standard deviation to either side."""
    if at:
        return tuple(Point(f"{value:g}", value, note) for value in at)
    values = np.unique(used)
    if len(values) <= 2:
        return tuple(Point(f"{value:g}", float(value), note) for value in values)
    mean, spread = float(used.mean()), float(used.std(ddof=1))
    mean = 0.0 if abs(mean) < 1e-9 * spread else mean  # deviations
    asked = (("low", mean - spread, "one standard deviation below the mean"), ("mean", mean, "the mean"),
             ("high", mean + spread, "one standard deviation above the mean"))  # fmt: skip
    return tuple(
        Point(name, value, "; ".join(filter(None, (f"at {value:.3g}, {words}", note)))) for name, value, words in asked
    )


def _bins(used: np.ndarray, persons: pl.Series) -> tuple[tuple[Bin, ...], float, float]:
    """Where the answers lie, in bins of ten people or more, and the range from the lowest to the highest of them."""
    rows = pl.DataFrame({"value": used, "person": persons})
    if rows["value"].n_unique() > MOST_BINS:
        low, high = float(used.min()), float(used.max())
        place = ((rows["value"] - low) / (high - low) * MOST_BINS).floor().clip(0, MOST_BINS - 1)
    else:
        place = rows["value"].rank("dense")
    parts = [part for _, part in sorted(rows.with_columns(place=place).partition_by("place", as_dict=True).items())]
    merged: list[pl.DataFrame] = []
    for part in parts:
        if merged and merged[-1]["person"].n_unique() < SMALLEST:
            merged[-1] = pl.concat([merged[-1], part])
        else:
            merged.append(part)
    if len(merged) > 1 and merged[-1]["person"].n_unique() < SMALLEST:
        merged[-2:] = [pl.concat(merged[-2:])]
    bins = [Bin(float(p["value"].mean()), p.height / rows.height, p["person"].n_unique()) for p in merged]  # type: ignore[arg-type]
    return tuple(bins), bins[0].value, bins[-1].value
