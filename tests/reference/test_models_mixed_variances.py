"""Intervals of variances by chi-squared: of a balanced panel in closed form, where they end, and how groups count."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2

from pipeline.models import mixed
from pipeline.models.multilevel.gaussian.random import Random
from pipeline.models.multilevel.variances import independent_groups

GROUPS, EACH = 9, 6


def balanced(spread: float, seed: int = 3) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    group = np.repeat(np.arange(GROUPS), EACH)
    y = spread * draw.normal(size=GROUPS)[group] + draw.normal(size=len(group))
    return pl.DataFrame({"person_id": group, "wave": np.tile(np.arange(EACH), GROUPS), "y": y})


def rows(frame: pl.DataFrame, **options: object) -> dict[str, dict[str, float]]:
    table = mixed(frame, "y", [], wave_effects=False, **options)  # type: ignore[arg-type]
    return {row["term"]: row for row in table.filter(component="variance").to_dicts()}


@pytest.mark.parametrize("spread", [1.0, 30.0, 0.5])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_of_a_balanced_panel(spread, confidence):
    """MS between = n v + e has k df, and MS within = e its own: SE(v) = √2/n √(MSB²/k + MSW²/df)."""
    frame = balanced(spread)
    means = frame.group_by("person_id").agg(pl.col("y").mean())["y"].to_numpy()
    centred = frame.select(pl.col("y") - pl.col("y").mean().over("person_id")).to_numpy()
    k, df = GROUPS - 1, GROUPS * (EACH - 1)
    upper, lower = EACH * means.var(ddof=1), float((centred**2).sum()) / df
    value, error = (upper - lower) / EACH, np.sqrt(2 * (upper**2 / k + lower**2 / df)) / EACH
    added = error * np.sqrt(k / 2) - value
    tails = np.array([(1 + confidence) / 2, (1 - confidence) / 2])
    found = rows(frame, confidence=confidence)
    assert found["person"]["estimate"] == pytest.approx(value, rel=1e-4)
    ends = np.maximum(k * (value + added) / chi2.ppf(tails, k) - added, 0)
    assert [found["person"]["conf_low"], found["person"]["conf_high"]] == pytest.approx(ends, rel=1e-3, abs=1e-6)
    rest = [found["residual"]["conf_low"], found["residual"]["conf_high"]]
    assert rest == pytest.approx(df * lower / chi2.ppf(tails, df), rel=1e-3)


def test_it_may_end_at_zero_and_then_says_so():
    found = rows(balanced(0.3))["person"]
    assert found["estimate"] > 0
    assert found["conf_low"] == 0
    assert found["conf_high"] > found["estimate"]


def test_each_kind_says_what_it_is():
    frame = balanced(1.0)
    kinds = {kind: rows(frame, intervals=kind)["person"] for kind in ("chi_squared", "delta", "profile")}
    assert "chi-squared" in str(kinds["chi_squared"]["covariance"])
    assert "delta" in str(kinds["delta"]["covariance"])
    assert "profile" in str(kinds["profile"]["covariance"])
    assert len({row["conf_high"] for row in kinds.values()}) == 3


@pytest.mark.parametrize(
    ("second", "counts"),
    [
        ([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2], {"person": 3, "area": 2}),
        ([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3], {"person": 5, "area": 3}),
    ],
    ids=["nested: less its areas", "crossed: less one"],
)
def test_groups_that_vary_independently(second, counts):
    person, ones = np.repeat(np.arange(6), 2), np.ones((12, 1))
    terms = [Random("person", ("intercept",), ones, person), Random("area", ("intercept",), ones, np.array(second))]
    assert independent_groups(terms) == counts
