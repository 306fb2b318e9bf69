"""Quantile regression against R: quantreg 5.94, on a simulated panel with gaps (``data/outcomes``)."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.models import quantile_regression

R = json.loads((SHIPPED / "outcomes" / "reference.json").read_text(encoding="utf-8"))
PANEL = pl.read_csv(SHIPPED / "outcomes" / "panel.csv")


def numbers(table: pl.DataFrame, column: str = "estimate") -> list[float]:
    return [value for component in ("intercept", "coefficient") for value in table.filter(component=component)[column]]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_coefficients_and_errors_of_independent_rows(share):
    theirs = R[f"quantile_{share:g}"]
    ours = quantile_regression(PANEL, "number", ["x"], ["age", "g"], quantiles=[share], cluster=None)
    assert numbers(ours) == pytest.approx(theirs["estimate"], rel=1e-8)
    assert numbers(ours, "std_error") == pytest.approx(theirs["se_ker"], rel=1e-8)


def test_weights():
    ours = quantile_regression(PANEL, "number", ["x", "age"], quantiles=[0.3], weights="weight")
    assert numbers(ours) == pytest.approx(R["quantile_weighted"], rel=1e-8)


def test_several_quantiles_are_those_one_by_one():
    both = quantile_regression(PANEL, "number", ["x"], quantiles=[0.25, 0.75])
    for share in (25, 75):
        alone = quantile_regression(PANEL, "number", ["x"], quantiles=[share / 100])
        assert numbers(both.filter(outcome=f"number_q{share}"), "std_error") == numbers(alone, "std_error")


def test_each_row_a_cluster_is_close_to_independent_rows():
    rows = PANEL.with_columns(person_id=pl.int_range(pl.len()).cast(pl.String))
    apart = numbers(quantile_regression(rows, "number", ["x", "age"]), "std_error")
    alone = numbers(quantile_regression(rows, "number", ["x", "age"], cluster=None), "std_error")
    assert apart == pytest.approx(alone, rel=0.05)


def test_the_bootstrap_draws_persons():
    drawn = quantile_regression(PANEL, "number", ["x"], errors="bootstrap", draws=200, seed=3)
    kernel = quantile_regression(PANEL, "number", ["x"])
    assert numbers(drawn) == numbers(kernel)
    assert np.array(numbers(drawn, "std_error")) == pytest.approx(numbers(kernel, "std_error"), rel=0.3)
    assert "bootstrap of 260 clusters" in drawn["covariance"][0]


def test_several_solutions_are_said_to_be():
    """An even number of people has a median between two answers; an odd one has one."""
    people = pl.DataFrame({"y": [1.0, 2.0, 4.0, 9.0, 12.0], "x": [0.0, 1.0, 0.0, 1.0, 0.0]})
    for frame, several in ((people, False), (people.head(4), True)):
        table = quantile_regression(frame, "y", [], person=None, wave=None)
        notes = table.filter(component="intercept")["note"]
        assert notes.str.contains("one solution of several").fill_null(False).to_list() == [several]


def test_a_solution_between_corners_is_one_of_several():
    """Two groups of an even size: each median lies anywhere between two answers."""
    people = pl.DataFrame({"y": [1.0, 2.0, 4.0, 9.0, 3.0, 5.0, 6.0, 12.0], "x": [0.0] * 4 + [1.0] * 4})
    table = quantile_regression(people, "y", ["x"], person=None, wave=None)
    assert table.filter(component="coefficient")["note"].str.contains("one solution of several").to_list() == [True]
