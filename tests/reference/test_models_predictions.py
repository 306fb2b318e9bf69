"""Predictions of linear models at declared values, against R (tests/reference/data/predictions/run.R) and emmeans."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline import models
from pipeline.errors import ModelError
from pipeline.specs.models import declare
from tests.shared import SHIPPED

R = json.loads((SHIPPED / "predictions" / "reference.json").read_text())
LME4 = json.loads((SHIPPED / "lme4" / "reference.json").read_text())
PLACES = pl.Series(["north", "south", "west"])
TRUST = pl.read_csv(SHIPPED / "lme4" / "trust_panel.csv").with_columns(
    person_id="id",
    place=pl.col("area").map_elements(lambda area: PLACES[area % 3], pl.String),
    weight=0.5 + pl.col("id") % 4,
)
CLOSED, ITERATIVE, ERROR = 1e-8, 1e-4, 1e-3


def predicted(found: pl.DataFrame) -> pl.DataFrame:
    rows = found.filter(component="prediction")
    assert rows["statistic"].null_count() == rows["p_value"].null_count() == rows.height > 0
    return rows


def same(found: pl.DataFrame, group: str, name: str, estimate: float = CLOSED, error: float = CLOSED) -> None:
    row = predicted(found).row(by_predicate=pl.col("group") == group, named=True)
    assert row["estimate"] == pytest.approx(R[name]["estimate"], rel=estimate)
    assert row["std_error"] == pytest.approx(R[name]["se"], rel=error)
    assert row["conf_low"] < row["estimate"] < row["conf_high"]


def test_pooled_at_a_number_and_a_category():
    at = {"contact": [3, 5], "place": ["south", "north"]}
    found = models.pooled(TRUST, "trust", ["contact"], ["female", "place"], wave_effects=False, predict_at=at)
    same(found, "3 × south", "pooled_south_3")
    same(found, "5 × north", "pooled_north_5")
    assert predicted(found)["term"].unique().to_list() == ["contact × place"]


def test_products_move_with_their_factors():
    spec = {"family": "pooled", "outcome": "trust", "covariates": ["place"], "wave_effects": False, "cluster": "none"}
    both = declare(**spec, exposures=["contact * female"], predict_at={"contact": [4], "female": [1]})
    same(models.fit("m", both, TRUST), "4 × 1", "product_4_1")
    one = declare(**spec, exposures=["contact * female"], predict_at={"contact": [4]})
    same(models.fit("m", one, TRUST), "4", "product_4")


def test_weights_are_those_of_the_mean_row():
    options = {"wave_effects": False, "weights": "weight", "predict_at": {"female": [1]}}
    same(models.pooled(TRUST, "trust", ["contact"], ["female"], **options), "1", "weighted_female")


def test_random_effects():
    options = {"wave_effects": False, "cluster": None, "predict_at": {"contact": [2]}}
    found = models.random_effects(TRUST, "trust", ["contact"], ["female"], **options)
    same(found, "2", "random_2", 1e-6, 1e-6)


@pytest.mark.parametrize("family", ["within_between", "mixed"])
def test_an_exposure_in_two_parts_is_the_mean_of_persons(family):
    numbered = TRUST.with_columns(year=pl.col("wave").cast(pl.Float64))
    split: dict[str, Any] = {"within_between": ["contact"]} if family == "mixed" else {}
    options = {"wave_effects": False, "predict_at": {"contact": [4]}, **split}
    found = getattr(models, family)(numbered, "trust", ["contact"], ["year", "female"], **options)
    same(found, "4", "hybrid_mean_4", ITERATIVE, ERROR)


def test_a_course_moves_with_its_time():
    timed = TRUST.with_columns(time="wave")
    options: dict[str, Any] = {"random": {"person_id": ["time"]}, "predict_at": {"time": [2.5]}}
    found = models.mixed_growth(timed, "trust", ["female"], shape="quadratic", **options)
    same(found, "2.5", "growth_2.5", ITERATIVE, ERROR)
    options["predict_at"] = {"time": [4.5]}
    found = models.mixed_growth(timed, "trust", shape="piecewise", event=3.0, **options)
    same(found, "4.5", "bend_4.5", ITERATIVE, ERROR)


def test_emmeans_and_its_degrees_of_freedom():
    """emmeans weighs both values of ``female`` alike; each prediction and contrast has degrees of its own."""
    found = models.within_between(
        TRUST.with_columns(year="wave"), "trust", ["contact"], ["year", "female"],
        random_slopes=["contact"], degrees="satterthwaite", wave_effects=False,
        predict_at={"year": [1, 5], "female": [0.5]}, contrasts={"first_less_last": "-4 * year"},
    )  # fmt: skip
    for group, theirs in zip(("1 × 0.5", "5 × 0.5"), LME4["trust_emmeans_wave"], strict=True):
        row = predicted(found).row(by_predicate=pl.col("group") == group, named=True)
        ours = [row[name] for name in ("estimate", "std_error", "df", "conf_low", "conf_high")]
        assert ours == pytest.approx(
            [theirs[name] for name in ("emmean", "SE", "df", "lower.CL", "upper.CL")], rel=ERROR
        )
    row = found.row(by_predicate=pl.col("component") == "contrast", named=True)
    theirs = LME4["trust_emmeans_contrast"][0]
    assert row["estimate"] == pytest.approx(theirs["estimate"], rel=ITERATIVE)
    assert [row["std_error"], row["df"]] == pytest.approx([theirs["SE"], theirs["df"]], rel=ERROR)


def test_waves_strings_and_scale():
    """Predictions at waves average to the mean; they do not depend on units, gaps in ids, or rows left out."""
    gaps = TRUST.with_columns(person_id=pl.format("person {}", pl.col("id") * 7), wave=pl.format("w0{}", "wave"))
    gaps = gaps.with_columns(contact=pl.when(pl.col("id") % 11 == 0).then(None).otherwise("contact"))
    waves = {"wave": ["w01", "w02", "w03", "w04", "w05"]}
    found = predicted(models.pooled(gaps, "trust", ["contact"], predict_at=waves))
    large = gaps.with_columns(pl.col("contact") * 1e6, pl.col("trust") * 1e6)
    scaled = predicted(models.pooled(large, "trust", ["contact"], predict_at=waves))
    assert (scaled["estimate"] / 1e6).to_list() == pytest.approx(found["estimate"].to_list(), rel=CLOSED)
    assert (scaled["std_error"] / 1e6).to_list() == pytest.approx(found["std_error"].to_list(), rel=1e-6)
    used = gaps.drop_nulls("contact")
    counts = np.bincount(used["wave"].cast(pl.Categorical).to_physical().to_numpy())
    assert counts @ found["estimate"].to_numpy() / used.height == pytest.approx(used["trust"].mean(), rel=1e-3)


@pytest.mark.parametrize(("at", "message"), [
    ({"absent": [1]}, "no term `absent`"),
    ({"contact": ["much"]}, "predicted at numbers"),
    ({"contact": [float("nan")]}, "predicted at numbers"),
    ({"place": ["east"]}, "no category `east`"),
])  # fmt: skip
def test_values_that_a_model_cannot_have_are_refused(at, message):
    with pytest.raises(ModelError, match=message):
        models.pooled(TRUST, "trust", ["contact"], ["place"], predict_at=at)


@pytest.mark.parametrize(("keys", "message"), [
    ({"family": "fixed_effects"}, "people’s levels are taken out"),
    ({"family": "first_difference"}, "people’s levels are taken out"),
    ({"family": "hausman"}, "takes no `predict_at`"),
    ({"family": "pooled", "predict_at": {"age": [1]}}, "`age`, which is no term"),
    ({"family": "mixed", "predict_at": {"contact": []}}, "no value for `contact`"),
    ({"family": "mixed", "predict_at": {"contact": [1, 1]}}, "twice"),
    ({"family": "within_between", "centre": {"contact": "grand"}}, "centred or standardised"),
])  # fmt: skip
def test_a_declaration_that_cannot_be_predicted_is_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        declare(**{"outcome": "trust", "exposures": ["contact"], "predict_at": {"contact": [1]}, **keys})


def test_a_product_that_a_within_between_model_splits_cannot_be_set():
    with pytest.raises(ModelError, match="part of a product"):
        models.fit(
            "m",
            declare(
                family="within_between",
                outcome="trust",
                exposures=["contact * agree"],
                covariates=["female"],
                predict_at={"contact": [1]},
            ),
            TRUST,
        )
