"""Composites of other sizes, levels, methods and outliers against COINr's documented formulas in plain R.

``data/composites/formulas.R`` makes twelve indices: three and four levels, unequal weights, a domain of one indicator,
directions, missing and negative values, ties, coverage, and every aggregation and most normalisations.
"""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.index import composite, removal_effects

INDICES = json.loads((SHIPPED / "composites" / "formulas.json").read_text(encoding="utf-8"))


def frame_of(columns):
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
    return frame.with_columns(area=pl.int_range(pl.len()).cast(pl.String))


def made(told):
    scale = {"min_max": "bounds", "z_score": "mean_sd"}.get(told["method"])
    normalisation = {"method": told["method"], **({scale: tuple(told["bounds"])} if scale else {})}
    return composite(
        frame_of(told["raw"]), told["structure"], directions=told["directions"], weights=told["weights"],
        outliers=told["outliers"], normalisation=normalisation, aggregation=told["aggregation"],
        available=told["available"],
    )  # fmt: skip


def same(found, expected):
    for name, values in expected.items():
        theirs = np.array([np.nan if one is None else one for one in values], dtype=float)
        ours = found[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-9, nan_ok=True), name


@pytest.mark.parametrize("name", INDICES)
def test_every_stage(name):
    told = INDICES[name]
    found = made(told)
    same(found.stages["treated"], told["treated"])
    same(found.stages["normalised"], told["normalised"])
    same(found.scores, told["scores"])


@pytest.mark.parametrize("name", [name for name, told in INDICES.items() if "moved" in told])
def test_ranks_without_each_element(name):
    told = INDICES[name]
    for place, expected in enumerate(told["moved"]):
        found = removal_effects(
            made(told).stages["normalised"], told["structure"], of_level=place + 1, weights=told["weights"],
            method=told["aggregation"],
        )  # fmt: skip
        assert dict(found.select("element", "mean_rank_change").iter_rows()) == pytest.approx(expected, abs=1e-9)
