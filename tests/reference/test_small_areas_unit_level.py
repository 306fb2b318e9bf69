"""The unit-level model against lme4 and whole matrices in R, and against the paper that it comes from.

Judges: lme4 1.1-31 and plain R (``data/small_areas/unit_level.R``); Battese, Harter & Fuller (1988), JASA 83, 28-36,
tables 2 and 3, whose variances are estimated by fitting constants: their predictions differ from REML by up to 0.75
hectares and their standard errors by up to 0.45. Data: their table 1, without the second segment of Hardin county.
"""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.index import battese_harter_fuller

FOLDER = SHIPPED / "small_areas"
R = json.loads((FOLDER / "unit_level.json").read_text(encoding="utf-8"))
PEOPLE = pl.read_csv(FOLDER / "people.csv")
MEANS = pl.read_csv(FOLDER / "means.csv")
PAPER = {
    "1": (122.2, 9.6), "2": (126.3, 9.5), "3": (106.2, 9.3), "4": (108.0, 8.1), "5": (145.0, 6.5), "6": (112.6, 6.6),
    "7": (112.4, 6.6), "8": (122.1, 6.7), "9": (115.8, 5.8), "10": (124.3, 5.3), "11": (106.3, 5.2), "12": (143.6, 5.7),
}  # fmt: skip


def same(ours, theirs, rel):
    assert np.asarray(ours, dtype=float) == pytest.approx(np.asarray(theirs, dtype=float), rel=rel)


@pytest.mark.parametrize("population", [None, "population"], ids=["large", "finite"])
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_every_number_of_the_unit_level_model(method, population):
    theirs = R[method + ("_finite" if population else "")]
    ours = battese_harter_fuller(
        PEOPLE, MEANS, outcome="trust", covariates=["age", "owner"], method=method, population=population
    )
    same([ours.between, ours.within], [theirs["between"], theirs["within"]], 1e-6)
    same(ours.coefficients["estimate"], theirs["beta"], 1e-7)
    same(ours.coefficients["std_error"], theirs["std_error"], 1e-7)
    same(ours.log_likelihood, theirs["loglik"], 1e-12)
    same(ours.areas["shrunken"], theirs["estimate"], 1e-7)
    same(ours.areas["shrunken_error"] ** 2, theirs["mse"], 1e-6)
    assert ours.areas["reliability"].to_list() == pytest.approx(theirs["reliability"], rel=1e-6)
    assert ours.areas["is_synthetic"].sum() == 2


def test_corn_in_twelve_counties():
    corn = pl.read_csv(FOLDER / "corn.csv").with_row_index().filter(pl.col("index") != 32)
    ours = battese_harter_fuller(
        corn,
        pl.read_csv(FOLDER / "corn_means.csv"),
        outcome="corn_hectares",
        covariates=["corn_pixels", "soybean_pixels"],
        area="county",
    )
    assert (round(ours.between), round(ours.within)) == (140, 147)
    assert ours.coefficients["estimate"].to_list() == pytest.approx([51, 0.329, -0.134], rel=0.005)
    assert ours.coefficients["std_error"].to_list() == pytest.approx([25, 0.050, 0.056], rel=0.03)
    for row in ours.areas.iter_rows(named=True):
        predicted, error = PAPER[row["area"]]
        assert row["shrunken"] == pytest.approx(predicted, abs=0.75)
        assert row["shrunken_error"] == pytest.approx(error, abs=0.45)


def test_the_bootstrap_agrees_with_the_formulas():
    """The bootstrap does not correct the estimate's own bias, so that it is below by a few per cent."""
    given = {"outcome": "trust", "covariates": ["age", "owner"], "population": "population"}
    drawn = battese_harter_fuller(PEOPLE, MEANS, errors="bootstrap", draws=4000, seed=1, **given).areas
    formula = battese_harter_fuller(PEOPLE, MEANS, **given).areas
    ratio = drawn["shrunken_error"] / formula["shrunken_error"]
    assert ratio.min() > 0.94
    assert ratio.max() < 1.02
