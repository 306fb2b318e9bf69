"""What every public function over areas says of a frame that it cannot take: one sentence, and never a stack trace."""

import contextlib

import numpy as np
import polars as pl
import pytest

from pipeline import index
from pipeline.errors import CohesionError

INF = float("inf")
RNG = np.random.default_rng(1)
AREAS = pl.DataFrame(
    {
        "area": [f"a{place:02}" for place in range(12)],
        "estimate": RNG.normal(50, 5, 12),
        "std_error": RNG.uniform(1, 3, 12),
        "n_effective": RNG.uniform(20, 90, 12),
        "people": RNG.uniform(100, 900, 12),
        "x": RNG.normal(size=12),
        "y": RNG.normal(size=12),
        "z": RNG.normal(size=12),
    }
)
PEOPLE = pl.DataFrame(
    {
        "person_id": [f"p{place:03}" for place in range(240)],
        "area": [f"a{place % 12:02}" for place in range(240)],
        "arm": "one",
        "wave": "w01",
        "weight": RNG.gamma(3, 1, 240),
        "y": RNG.normal(50, 9, 240),
        "z": RNG.normal(20, 3, 240),
    }
)
LATER = PEOPLE.with_columns(wave=pl.lit("w02"), y=pl.col("y") + 1)
PANEL = pl.concat([PEOPLE, LATER])
CHANGES = index.area_changes(PANEL, ["y"])
GROUPS = pl.DataFrame({"mean_1": [5.0], "sd_1": [1.0], "n_1": [20], "mean_2": [4.0], "sd_2": [2.0], "n_2": [30]})
FUNCTIONS = {
    "fay_herriot": (lambda f: index.fay_herriot(f, covariates=["x"]), AREAS, ["estimate", "std_error"]),
    "fay_herriot, log": (lambda f: index.fay_herriot(f, transformation="log"), AREAS, ["estimate", "std_error"]),
    "benchmarked": (
        lambda f: index.benchmarked(f, 55.0, share="people", estimate="estimate", std_error="std_error"),
        AREAS, ["estimate", "std_error", "people"],
    ),
    "unit level": (
        lambda f: index.battese_harter_fuller(f, AREAS.select("area", "people"), outcome="y", population="people"),
        PEOPLE, ["y"],
    ),
    "composite": (lambda f: index.composite(f, {"whole": ["x", "y"]}, outliers={}), AREAS, ["x", "y"]),
    "share of max": (lambda f: index.normalise(f, ["people"], "share_of_max"), AREAS, ["people"]),
    "alpha": (lambda f: index.composite_alpha(f, ["x", "y", "z"]), AREAS, ["x", "y"]),
    "meta_analysis": (lambda f: index.meta_analysis(f, std_error="std_error"), AREAS, ["estimate", "std_error"]),
    "effect_sizes": (lambda f: index.effect_sizes(f, "SMD"), GROUPS, GROUPS.columns),
    "area_means": (lambda f: index.area_means(f, ["y"]), PANEL, ["y", "weight"]),
    "area_changes": (lambda f: index.area_changes(f, ["y"]), PANEL, ["y", "weight"]),
    "area_reliability": (lambda f: index.area_reliability(f, ["y"]), PANEL, ["y", "weight"]),
    "tension_monitor": (index.tension_monitor, CHANGES, ["estimate", "std_error"]),
    "rank_sets": (lambda f: index.rank_sets_of_estimates(f, seed=1), AREAS, ["estimate", "std_error"]),
}  # fmt: skip
CASES = [(name, column) for name, (_, _, columns) in FUNCTIONS.items() for column in columns]


def refused(name, frame):
    with pytest.raises(CohesionError) as caught:
        FUNCTIONS[name][0](frame)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    return str(caught.value)


@pytest.mark.parametrize(("name", "column"), CASES)
def test_text_infinity_and_numbers_that_no_answer_is(name, column):
    frame = FUNCTIONS[name][1]
    first = pl.int_range(pl.len()) == 0
    assert "number" in refused(name, frame.with_columns(pl.col(column).cast(pl.String)))
    for value in (INF, -INF, 1e300):
        words = refused(name, frame.with_columns(pl.when(first).then(value).otherwise(column).alias(column)))
        assert column in words
    if (name, column) != ("benchmarked", "std_error"):  # which it can do without
        refused(name, frame.drop(column))


@pytest.mark.parametrize(("name", "column"), CASES)
def test_what_is_there_is_tiny_zero_or_missing_without_a_stack_trace(name, column):
    call, frame, _ = FUNCTIONS[name]
    first = pl.int_range(pl.len()) == 0
    for value in (1e-300, 0.0, -1.0, float("nan"), None):
        changed = pl.when(first).then(pl.lit(value, pl.Float64)).otherwise(column).alias(column)
        with contextlib.suppress(CohesionError):
            call(frame.with_columns(changed))


@pytest.mark.parametrize("name", ["area_means", "area_changes", "area_reliability"])
def test_weights_below_zero(name):
    assert "below zero (1)" in refused(name, PANEL.with_columns(weight=pl.Series([-1.0] + [1.0] * 479)))


def test_a_composite_keeps_an_event_that_one_area_had():
    """Winsorised further, the indicator would be the same in every area."""
    rare = AREAS.with_columns(x=pl.Series([0.0] * 11 + [5.0]))
    made = index.composite(rare, {"whole": ["x", "y"]}, outliers={})
    assert made.stages["normalised"]["x"].to_list() == [0.0] * 11 + [100.0]


def test_areas_that_rounding_alone_tells_apart_share_a_rank():
    frame = pl.DataFrame({"area": ["a", "b", "c"], "x": [0.1, 0.3, 0.9], "y": [0.2, 0.0, 0.9], "z": [0.3, 0.3, 0.9]})
    made = index.removal_effects(frame, {"whole": ["x", "y", "z"]})
    assert made["mean_rank_change"].to_list()[2] == 0  # 0.1 + 0.2 is 0.3


def test_the_share_of_the_highest_is_of_what_is_better_higher():
    frame = AREAS.select("area", "people")
    highest = frame["people"].max()
    expected = (frame["people"] / highest).to_list()
    assert index.normalise(frame, ["people"], "share_of_max")["people"].to_list() == pytest.approx(expected)
    with pytest.raises(CohesionError, match="better higher"):
        index.normalise(frame, ["people"], "share_of_max", directions={"people": -1})
