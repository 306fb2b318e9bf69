"""What small-area functions refuse, in one sentence with column and count; and what no order of rows changes."""

import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import battese_harter_fuller, benchmarked, fay_herriot, poststratified

DIRECT = pl.DataFrame(
    {
        "area": list("abcdefgh"),
        "estimate": [0.31, 0.42, 0.55, 0.38, 0.61, 0.47, 0.52, 0.35],
        "std_error": [0.05, 0.06, 0.04, 0.07, 0.05, 0.08, 0.03, 0.05],
        "n_effective": [60.0, 50, 80, 40, 60, 30, 120, 60],
        "deprivation": [30.0, 22, 10, 28, 8, 15, 12, 26],
        "region": ["n", "n", "s", "n", "s", "s", "s", "n"],
    }
)
TWICE = DIRECT.with_columns(twice=pl.col("deprivation") * 2)
PEOPLE = pl.DataFrame(
    {
        "area": [area for area in "abcdef" for _ in range(6)],
        "age": [float(20 + 7 * (at % 6) + at // 6) for at in range(36)],
        "group": ["x", "y"] * 18,
        "score": [float(at % 5 + at // 6 + (at % 3) ** 2) for at in range(36)],
    }
)
MEANS = pl.DataFrame({"area": list("abcdef"), "age": [40.0] * 6, "people": [100] * 6})
CENSUS = pl.DataFrame(
    [(area, group, 50) for area in "abcdef" for group in "xy"], schema=["area", "group", "count"], orient="row"
)


def first(column, value):
    """The direct estimates with another value in the first row."""
    return DIRECT.with_columns(pl.Series(column, [value, *DIRECT[column][1:]], dtype=DIRECT.schema[column]))


@pytest.mark.parametrize(
    ("frame", "options", "says"),
    [
        (first("std_error", 0.0), {}, r"std_error: a sampling variance that is missing, zero or negative .* \(1\)"),
        (first("std_error", None), {}, "a sampling variance that is missing"),
        (first("area", "b"), {}, r"an area more than once \(1\)"),
        (first("area", None), {}, r"rows without an area \(1\)"),
        (DIRECT.drop("std_error"), {}, "has no column `std_error`"),
        (first("deprivation", None), {"covariates": ["deprivation"]}, r"deprivation: has no value \(1\)"),
        (TWICE, {"covariates": ["deprivation", "twice"]}, "cannot be told"),
        (DIRECT, {"covariates": ["deprivation", "deprivation"]}, "named twice"),
        (DIRECT.head(3), {"covariates": ["deprivation"]}, "3 areas with a sample are too few for 2 coefficients"),
        (first("estimate", -0.1), {"transformation": "log"}, r"the logarithm is of positive estimates \(1\)"),
        (first("estimate", 31.0), {"transformation": "arcsine"}, "the arcsine is of proportions from 0 to 1"),
        (first("n_effective", None), {"transformation": "arcsine"}, "an effective n that is missing"),
        (first("estimate", float("inf")), {}, "infinite"),
        (DIRECT.with_columns(pl.col("estimate").cast(pl.String)), {}, "must be numbers"),
        (DIRECT, {"interval": "bootstrap"}, "a bootstrap needs a seed"),
        (DIRECT, {"method": "bayes"}, "is not an option here"),
        (DIRECT, {"confidence": 95}, "no share between 0 and 1"),
    ],
)  # fmt: skip
def test_the_area_level_model_refuses(frame, options, says):
    with pytest.raises(CohesionError, match=says):
        fay_herriot(frame, **options)


def test_a_category_that_no_area_with_a_sample_has_is_refused():
    frame = first("region", "e").with_columns(estimate=pl.when(pl.col("area") != "a").then("estimate"))
    with pytest.raises(CohesionError, match=r"region: categories that no area with a sample has \(1\)"):
        fay_herriot(frame, covariates=["region"])


@pytest.mark.parametrize("interval", ["t", "normal", "bootstrap"])
@pytest.mark.parametrize("transformation", ["none", "log", "arcsine"])
def test_the_order_of_rows_changes_nothing(interval, transformation):
    options = {"interval": interval, "transformation": transformation, "covariates": ["region"], "seed": 4, "draws": 60}
    frame = DIRECT.with_columns(estimate=pl.when(pl.col("area") != "c").then("estimate"))
    turned = fay_herriot(frame.reverse(), **options).areas
    straight = fay_herriot(frame, **options).areas
    assert turned["area"].to_list() == list("hgfedcba")
    assert turned.reverse().equals(straight)
    assert (straight["shrunken_low"] < straight["shrunken"]).all()
    assert (straight["shrunken"] < straight["shrunken_high"]).all()


@pytest.mark.parametrize(
    ("people", "means", "options", "says"),
    [
        (PEOPLE, MEANS.head(5), {}, r"people in 1 areas of which there are no population means \(6\)"),
        (PEOPLE, MEANS.drop("age"), {}, "has no column `age`"),
        (PEOPLE, MEANS.with_columns(people=3), {"population": "people"}, r"a population smaller than its sample \(6\)"),
        (PEOPLE.head(12), MEANS, {}, "2 areas with people are too few"),
        (PEOPLE.with_columns(score=1.0), MEANS, {}, "does not vary between the people of an area"),
        (PEOPLE, MEANS, {"errors": "bootstrap"}, "a bootstrap needs a seed"),
    ],
    ids=["no-means", "no-covariate", "population", "few", "constant", "seed"],
)
def test_the_unit_level_model_refuses(people, means, options, says):
    with pytest.raises(CohesionError, match=says):
        battese_harter_fuller(people, means, outcome="score", covariates=["age"], **options)


@pytest.mark.parametrize(
    ("people", "census", "options", "says"),
    [
        (PEOPLE, CENSUS[::2], {}, r"18 people in 6 cells that the census does not have \(group `y`\)"),
        (PEOPLE[::2], CENSUS, {}, "nobody in the sample has `y`, of whom the census counts 300"),
        (PEOPLE, pl.concat([CENSUS, CENSUS.head(2)]), {}, r"a cell more than once \(2\)"),
        (PEOPLE, CENSUS.with_columns(count=-1), {}, "counts below zero"),
        (PEOPLE, CENSUS, {"family": "binary"}, "an outcome of `binary` is 0 or 1"),
        (PEOPLE, CENSUS, {"random": ["age"]}, "`age` is random, but not one of the cells"),
        (PEOPLE, CENSUS.with_row_index("rank"), {"covariates": ["rank"]}, "several values within an area"),
        (PEOPLE.with_columns(score=2.0), CENSUS, {}, "the outcome does not vary"),
    ],
    ids=["sample-only", "census-only", "twice", "negative", "not-binary", "random", "covariate", "constant"],
)  # fmt: skip
def test_post_stratification_refuses(people, census, options, says):
    with pytest.raises(CohesionError, match=says):
        poststratified(people, census, outcome="score", cells=["group"], seed=1, **options)


def test_a_random_category_without_people_is_no_mistake():
    made = poststratified(
        PEOPLE.filter(pl.col("group") == "x"), CENSUS, outcome="score", cells=["group"], random=["group"], seed=1
    )
    assert made.areas["shrunken"].null_count() == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"total": -1.0}, "a ratio needs figures above zero"),
        ({"share": "missing"}, "has no column `missing`"),
        ({"method": "mse", "std_error": "none"}, "has no column `none`"),
        ({"total": float("nan")}, "the total is not a number"),
    ],
    ids=["ratio", "share", "errors", "total"],
)
def test_benchmarking_refuses(options, says):
    given = {"total": 0.5, "share": "n_effective", "estimate": "estimate", "std_error": "std_error", **options}
    with pytest.raises(CohesionError, match=says):
        benchmarked(DIRECT, given.pop("total"), **given)


def test_benchmarking_says_what_it_does_to_errors():
    made = benchmarked(DIRECT, 0.5, share="n_effective", estimate="estimate", std_error="std_error", method="mse")
    assert made.after == pytest.approx(0.5)
    assert (made.areas["benchmarked_error"] > DIRECT["std_error"]).all()
    assert "standard errors grow by the adjustment" in made.notes[0]
