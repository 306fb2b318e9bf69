"""The method log of an index: each step that was taken, in words, and how many people it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from pipeline.index.composites.kernels import Floats
from pipeline.specs.index import WHOLE, Index
from pipeline.tables import IndexMethods, shaped

Row = tuple[str, str, str, str, int | None]
COLUMNS = ("step", "measure", "choice", "detail", "n")


def method_log(
    index: Index,
    made: Mapping[str, Floats],
    head: pl.DataFrame,
    weight: Mapping[str, float],
    ends: Floats,
) -> pl.DataFrame:
    """One row per step from scores to the index, and measure: what was chosen, and how many people it rests on."""
    rows = [*_people(index, head), *_indicators(index, made, ends), *_domains(index, made, weight)]
    rows += list(_areas(index))
    return shaped(pl.DataFrame(rows, schema=list(COLUMNS), orient="row"), IndexMethods)


def _people(index: Index, head: pl.DataFrame) -> Iterator[Row]:
    arms, waves = sorted(head["arm"].unique()), sorted(head["wave"].unique())
    yield "people", WHOLE, "arms and waves", f"{', '.join(arms)}; {', '.join(waves)}", head["person_id"].n_unique()
    placed = head["area"].drop_nulls()
    yield "area", WHOLE, index.area, f"{placed.n_unique()} areas", placed.len()
    unweighted = bool((head["weight"] == 1).all())
    yield (
        "weight",
        WHOLE,
        "none" if unweighted else "of the wave, mean one",
        "",
        head.height - head["weight"].null_count(),
    )


def _indicators(index: Index, made: Mapping[str, Floats], ends: Floats) -> Iterator[Row]:
    for place, (name, one) in enumerate(index.indicators.items()):
        count = int(np.sum(~np.isnan(made[name])))
        yield "direction", name, one.direction, "higher is more cohesion after this step", count
        low, high = ends[:, place]
        yield "normalisation", name, index.normalisation.method, f"own range {low:g} to {high:g}; {_onto(index)}", count


def _onto(index: Index) -> str:
    said = index.normalisation
    if said.method == "z_score":
        return f"mean {said.mean_sd[0]:g}, standard deviation {said.mean_sd[1]:g}"
    return "as they are" if said.method == "none" else f"onto {said.bounds[0]:g} to {said.bounds[1]:g}"


def _domains(index: Index, made: Mapping[str, Floats], weight: Mapping[str, float]) -> Iterator[Row]:
    members = {**index.structure, WHOLE: tuple(index.domains)}
    for key, inside in members.items():
        share = index.coverage.domains if key == WHOLE else index.coverage.indicators
        mean = index.aggregation.index if key == WHOLE else index.aggregation.domains
        count = int(np.sum(~np.isnan(made[key])))
        total = sum(weight.get(name, 1.0) for name in inside)
        shares = ", ".join(f"{name} {weight.get(name, 1.0) / total:.4g}" for name in inside)
        yield "weights", key, index.weights.method, shares, None
        yield "coverage", key, f"at least {share:g}", f"of {len(inside)}", count
        yield "aggregation", key, mean, f"composed over {index.composed}", count


def _areas(index: Index) -> Iterator[Row]:
    treated = index.outliers
    limits = f"at most {treated.winsorised}, |skew| {treated.skew:g}, kurtosis {treated.kurtosis:g}"
    yield "outliers", WHOLE, treated.method, limits if treated.method != "none" else "", None
    floor = f"effective n {index.ranked.n_effective:g}, reliability {index.ranked.reliability:g}"
    yield "disclosure", WHOLE, f"shown from {index.smallest_shown} people", f"ranked from {floor}", None
