"""The test of exact fit by Bollen and Stine's bootstrap: lavaan's distribution of the same answers, and its rate.

Judge: lavaan 0.6-14 (``data/sem/bollen_stine.R``), whose draws are others: shares and moments agree within chance.
"""

import json
import math

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.sem import bollen_stine, cfa, growth
from pipeline.sem.engine.model_bootstrap import _turned
from pipeline.specs.structural import StructuralModel

FOLDER = SHIPPED / "sem"
R = json.loads((FOLDER / "bollen_stine.json").read_text(encoding="utf-8"))
FRAME = pl.read_csv(FOLDER / "bollen_stine.csv", infer_schema_length=None)
FACTORS = {"f": ["x1", "x2", "x3"], "g": ["x4", "x5", "x6"]}
DRAWS = 250


@pytest.mark.parametrize(("name", "options"), [("one", {}), ("two", {"group": "side"})])
def test_the_distribution_is_lavaans(name, options):
    theirs = R[name]
    found = bollen_stine(cfa(FRAME, FACTORS, gate=False, **options), draws=DRAWS)
    assert found.statistic == pytest.approx(theirs["chisq"], rel=1e-6)
    assert found.df == theirs["df"]
    assert found.failed < DRAWS / 20
    draws = found.draws[~np.isnan(found.draws)]
    chance = 4 * theirs["sd"] * math.sqrt(1 / len(draws) + 1 / theirs["draws"])
    assert draws.mean() == pytest.approx(theirs["mean"], abs=chance)
    for share, value in theirs["quantiles"].items():
        rate = float(share.rstrip("%")) / 100
        wide = 4 * math.sqrt(rate * (1 - rate) * (1 / len(draws) + 1 / theirs["draws"]))
        assert np.mean(draws <= value) == pytest.approx(rate, abs=wide), share
    p = theirs["p"]
    assert found.p == pytest.approx(p, abs=0.01 + 4 * math.sqrt(p * (1 - p) * (1 / len(draws) + 1 / theirs["draws"])))


def test_the_model_holds_in_the_answers_that_are_drawn_from():
    state = cfa(FRAME, FACTORS, gate=False).state
    turned = _turned(state.data.groups[0].y, state.implied[0], (state.saturated[0].mean, state.saturated[0].covariance))
    assert turned.mean(axis=0) == pytest.approx(state.implied[0][0], abs=1e-10)
    assert np.cov(turned.T, bias=True) == pytest.approx(state.implied[0][1], abs=1e-10)


def test_incomplete_normal_answers_agree_with_the_chi_squared():
    """Of normal answers, a fifth of them missing, the bootstrap's p-value is about that of χ²."""
    draw = np.random.default_rng(4)
    level, slope = draw.normal(size=(2, 400))
    answers = level[:, None] + 0.4 * slope[:, None] * np.arange(4) + draw.normal(size=(400, 4))
    held = np.where(draw.random(answers.shape) < 0.2, np.nan, answers)
    frame = pl.DataFrame(held, [f"t{wave}" for wave in range(4)]).fill_nan(None)
    result = growth(frame, {"t": frame.columns})
    found = bollen_stine(result, draws=150)
    assert found.p == pytest.approx(result.fit["pvalue"], abs=0.15)
    assert np.nanmean(found.draws) == pytest.approx(found.df, rel=0.25)


def test_it_is_the_same_each_time():
    result = cfa(FRAME, FACTORS, gate=False)
    assert np.array_equal(bollen_stine(result, 30, seed=2).draws, bollen_stine(result, 30, seed=2).draws)
    assert not np.array_equal(bollen_stine(result, 30, seed=2).draws, bollen_stine(result, 30, seed=3).draws)


def test_refuses():
    saturated = cfa(FRAME, {"f": ["x1", "x2", "x3"]})
    with pytest.raises(ModelError, match="without degrees of freedom"):
        bollen_stine(saturated)
    with pytest.raises(ModelError, match="two draws at least"):
        bollen_stine(cfa(FRAME, FACTORS, gate=False), draws=1)


@pytest.mark.slow
def test_a_true_model_of_skewed_answers_is_rejected_in_one_of_twenty():
    """χ² rejects it more often than that; 250 samples of 200 people, a tenth of the answers missing."""
    rejected = []
    for seed in range(250):
        draw = np.random.default_rng(seed)
        level, slope = draw.exponential(size=(2, 200))
        errors = draw.chisquare(1, size=(200, 4))
        answers = level[:, None] + 0.4 * slope[:, None] * np.arange(4) + errors / 2
        held = np.where(draw.random(answers.shape) < 0.1, np.nan, answers)
        frame = pl.DataFrame(held, [f"t{wave}" for wave in range(4)]).fill_nan(None)
        result = growth(frame, {"t": frame.columns}, gate=False)
        rejected.append((bollen_stine(result, draws=99, seed=seed).p < 0.05, result.fit["pvalue"] < 0.05))
    bootstrapped, by_chi_squared = np.mean(rejected, axis=0)
    assert 0.015 < bootstrapped < 0.095
    assert by_chi_squared > bootstrapped


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"bollen_stine": {"draws": 5}}, "greater than or equal to 100"),
        ({"bollen_stine": {"seeds": 5}}, "seeds"),
        ({"bollen_stine": {}, "imputation": "scores"}, "exclude each other"),
        ({"bollen_stine": {}, "ordinal": True}, "leave `bollen_stine` out"),
    ],
)
def test_declarations_refused(keys, says):
    base = {"question": "How?", "study": "s", "family": "growth", "constructs": ("trust",)}
    with pytest.raises(ValidationError, match=says):
        StructuralModel(**base, **keys)
