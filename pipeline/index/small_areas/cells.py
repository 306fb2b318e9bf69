"""People and census in cells of area × categories, with what one has and the other lacks refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.small_areas.given import FloatArray, numbers, orthonormal, require
from pipeline.index.small_areas.random_terms import Terms

PEOPLE, CENSUS = "people", "census"
SHOWN = 6


@dataclass(frozen=True)
class Design:
    """Areas, categories and covariates: which columns there are, and which of the categories are random."""

    area: str
    cells: tuple[str, ...]
    random: tuple[str, ...]
    covariates: tuple[str, ...]

    @property
    def fixed(self) -> tuple[str, ...]:
        return tuple(name for name in self.cells if name not in self.random)

    @property
    def keys(self) -> list[str]:
        return [self.area, *self.cells]


@dataclass(frozen=True)
class Cells:
    """The sample's cells and the census's, and the terms of both. ``rotate`` takes coefficients of the orthonormal
    columns to those of the columns as they are, which are called ``names``."""

    sample: pl.DataFrame
    census: pl.DataFrame
    sample_terms: Terms
    census_terms: Terms
    rotate: FloatArray
    names: list[str]
    notes: tuple[str, ...]


def in_cells(people: pl.DataFrame, census: pl.DataFrame, design: Design, outcome: str, count: str) -> Cells:
    """Raises CohesionError for cells of the sample that the census lacks, and for fixed categories without people."""
    whole = _census(census, design, count)
    kept, notes = _people(people, design, outcome)
    sample = (
        kept.group_by(design.keys)
        .agg(
            count=pl.len().cast(pl.Float64), mean=pl.col(outcome).mean(), within=pl.col(outcome).var(ddof=0) * pl.len()
        )
        .sort(design.keys)
    )
    _same_cells(sample, whole, design)
    sample = sample.join(
        whole.select(*design.keys, *design.covariates), on=design.keys, how="left", maintain_order="left"
    )
    levels = {name: sorted(whole[name].unique()) for name in (design.area, *design.random)}
    fixed = {name: sorted(sample[name].unique()) for name in design.fixed}
    raw, names = _fixed(sample, design, fixed)
    _, upper = orthonormal(raw * np.sqrt(sample["count"].to_numpy())[:, None], names, PEOPLE)
    rotate = np.linalg.inv(upper)
    mine = Terms(raw @ rotate, *_random(sample, levels))
    theirs = Terms(_fixed(whole, design, fixed)[0] @ rotate, *_random(whole, levels))
    return Cells(sample, whole, mine, theirs, rotate, names, notes)


def _census(census: pl.DataFrame, design: Design, count: str) -> pl.DataFrame:
    """One row per cell with people in it, as text, with its ``population``."""
    require(census, [*design.keys, *design.covariates, count], CENSUS)
    sizes = numbers(census, count, CENSUS)
    if (sizes < 0).any():
        raise CohesionError("counts below zero", where=f"{CENSUS}: {count}", count=int((sizes < 0).sum()))
    blank = census.select(design.keys).null_count().sum_horizontal().item()
    if blank:
        raise CohesionError("cells without an area or a category", where=CENSUS, count=int(blank))
    covariates = [pl.Series(name, numbers(census, name, CENSUS)) for name in design.covariates]
    keys = [category(census[name]) for name in design.keys]
    whole = pl.DataFrame([*keys, *covariates, pl.Series("population", sizes)])
    twice = whole.height - whole.select(design.keys).n_unique()
    if twice:
        todo = "Add their counts up: give one row per area and combination of categories."
        raise CohesionError("a cell more than once", where=CENSUS, count=twice, todo=todo)
    for name in design.covariates:
        uneven = whole.group_by(design.area).agg(pl.col(name).n_unique() > 1)[name].sum()
        if uneven:
            what = "a covariate of areas has several values within an area"
            raise CohesionError(what, where=f"{CENSUS}: {name}", count=int(uneven))
    whole = whole.filter(pl.col("population") > 0)
    if not whole.height:
        raise CohesionError("counts nobody", where=f"{CENSUS}: {count}")
    return whole.sort(design.keys)


def _people(people: pl.DataFrame, design: Design, outcome: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    require(people, [*design.keys, outcome], PEOPLE)
    values = pl.Series(outcome, numbers(people, outcome, PEOPLE, needed=False)).fill_nan(None)
    kept = pl.DataFrame([*(category(people[name]) for name in design.keys), values]).drop_nulls()
    if not kept.height:
        raise CohesionError("nobody has an outcome and every category", where=PEOPLE)
    gone = people.height - kept.height
    return kept.sort([*design.keys, outcome]), (f"people left out for a missing value: {gone:,}",) if gone else ()


def _same_cells(sample: pl.DataFrame, whole: pl.DataFrame, design: Design) -> None:
    absent = sample.join(whole, on=design.keys, how="anti")
    if absent.height:
        people = int(absent["count"].sum())
        which = _several(absent, whole, design)
        what = f"{people:,} people in {absent.height:,} cells that the census does not have{which}"
        raise CohesionError(what, where=PEOPLE, todo="Code categories alike in both, or correct the census.")
    for name in design.fixed:
        unseen = whole.filter(~pl.col(name).is_in(sample[name].unique().to_list()))
        if unseen.height:
            kinds = ", ".join(f"`{kind}`" for kind in sorted(unseen[name].unique())[:SHOWN])
            what = f"nobody in the sample has {kinds}, of whom the census counts {unseen['population'].sum():,.0f}"
            raise CohesionError(what, where=name, todo="Merge categories in both, or name the variable in `random`.")


def _several(absent: pl.DataFrame, whole: pl.DataFrame, design: Design) -> str:
    """Which variables have values of their own there."""
    found = []
    for name in design.keys:
        foreign = sorted(set(absent[name]) - set(whole[name]))
        if foreign:
            kinds = ", ".join(f"`{kind}`" for kind in foreign[:SHOWN])
            found.append(f"{name} {kinds}{' …' if len(foreign) > SHOWN else ''}")
    return f" ({'; '.join(found)})" if found else ""


def _fixed(frame: pl.DataFrame, design: Design, levels: dict[str, list[str]]) -> tuple[FloatArray, list[str]]:
    columns, names = [np.ones(frame.height)], ["intercept"]
    for name in design.fixed:
        for level in levels[name][1:]:
            columns.append((frame[name] == level).to_numpy().astype(float))
            names.append(f"{name}: {level}")
    for name in design.covariates:
        columns.append(frame[name].to_numpy())
        names.append(name)
    return np.column_stack(columns), names


def _random(frame: pl.DataFrame, levels: dict[str, list[str]]) -> tuple[tuple[FloatArray, ...], tuple[int, ...]]:
    found = []
    for name, known in levels.items():
        place = {level: at for at, level in enumerate(known)}
        found.append(frame[name].replace_strict(place, return_dtype=pl.Int64).to_numpy())
    return tuple(found), tuple(len(known) for known in levels.values())


def category(values: pl.Series) -> pl.Series:
    """Categories as text: 2 and 2.0 are ``2``, in the sample and in the census."""
    if not values.dtype.is_float():
        return values.cast(pl.String)
    found = values.fill_nan(None)
    whole = (found == found.round(0)).fill_null(False)
    text = found.cast(pl.String)
    return text.zip_with(~whole, found.fill_null(0.0).round(0).cast(pl.Int64).cast(pl.String))
