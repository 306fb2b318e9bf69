"""Models on a declared weight set: the rows that have one, and standard errors from refitting in each replicate."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.models import design_means, first_difference, fit, fixed_effects, pooled
from pipeline.models.weighting import Weighting
from pipeline.specs import declare
from pipeline.weights.replicates import replicate_weights

FAMILIES = {"pooled": pooled, "fixed_effects": fixed_effects, "first_difference": first_difference}


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    rng = np.random.default_rng(2)
    rows = []
    for person in range(80):
        usual = rng.normal()
        for wave in ("w01", "w02", "w03"):
            contact = usual + rng.normal()
            rows.append((f"p{person}", wave, contact, 0.5 * contact + usual + rng.normal()))
    return pl.DataFrame(rows, schema=["person_id", "wave", "contact", "trust"], orient="row")


@pytest.fixture(scope="module")
def weighting(panel) -> Weighting:
    """Sixty of the eighty people have a weight."""
    rng = np.random.default_rng(4)
    people = panel.unique("person_id", maintain_order=True).select("person_id").with_row_index()
    with_weight = people.head(60).with_columns(panel_weight=pl.Series(rng.uniform(0.5, 2, 60)))
    weights = people.join(with_weight.select("person_id", "panel_weight"), on="person_id", how="left")
    drawn = replicate_weights(with_weight, "bootstrap", weight="panel_weight", replicates=8, seed=1)
    return Weighting("stayers", ("w01", "w02", "w03"), weights, drawn)


def declared(family: str, **more: object) -> Any:
    return declare(family=family, weights="stayers", **more)


def test_replicates_give_simple_slopes_their_errors(panel, weighting):
    """At zero of the moderator a slope is the coefficient itself."""
    more = panel.with_columns(age=pl.Series(np.random.default_rng(3).normal(size=panel.height)))
    slopes = [{"of": "contact", "by": "age", "at": [0.0, 1.0]}]
    model = declared("pooled", outcome="trust", exposures=("contact * age",), slopes=slopes)
    found = fit("m", model, more, weighting=weighting)
    at_zero = found.filter(component="simple_slope", group="age=0").row(0, named=True)
    itself = found.filter(component="coefficient", term="contact").row(0, named=True)
    assert "replicate" in at_zero["covariance"]
    assert at_zero["std_error"] == pytest.approx(itself["std_error"], rel=1e-9)
    moved = fit("m", model, more.with_columns(pl.col("age") - 1), weighting=weighting)
    at_one = found.filter(component="simple_slope", group="age=1").row(0, named=True)
    itself = moved.filter(component="coefficient", term="contact").row(0, named=True)
    assert at_one["std_error"] == pytest.approx(itself["std_error"], rel=1e-8)


def test_replicates_give_predictions_their_errors(panel, weighting):
    """At zero of the only term a prediction is the intercept itself, wherever zero is."""
    model = declared("pooled", outcome="trust", exposures=("contact",), wave_effects=False)
    at = model.model_copy(update={"predict_at": {"contact": (0.0, 2.0)}})
    shown = fit("m", at, panel, weighting=weighting).filter(component="prediction")
    assert shown["statistic"].null_count() == shown["p_value"].null_count() == 2
    for value, shift in zip(shown.to_dicts(), (0.0, 2.0), strict=True):
        moved = fit("m", model, panel.with_columns(pl.col("contact") - shift), weighting=weighting)
        itself = moved.filter(component="intercept").row(0, named=True)
        assert "replicate" in value["covariance"]
        for name in ("estimate", "std_error", "conf_low", "conf_high"):
            assert value[name] == pytest.approx(itself[name], rel=1e-8)


@pytest.mark.thorough
@pytest.mark.parametrize("wave_effects", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_replicates_refit_the_regression(panel, weighting, family, wave_effects):
    """The judge: the family's own function on each replicate's weights, without the people that have none in it."""
    model = declared(family, outcome="trust", exposures=("contact",), wave_effects=wave_effects)
    row = fit("m", model, panel, weighting=weighting).filter(term="contact").row(0, named=True)
    ids = weighting.weights.drop_nulls("panel_weight")["person_id"]

    def slope(weights: np.ndarray) -> float:
        given = pl.DataFrame({"person_id": ids, "w": weights}).filter(pl.col("w") > 0)
        rows = panel.join(given, on="person_id", how="inner", maintain_order="left")
        table = FAMILIES[family](rows, "trust", ["contact"], weights="w", wave_effects=wave_effects)
        return table.filter(term="contact")["estimate"][0]

    estimate, covariance = weighting.replicates.estimate(slope)
    assert row["estimate"] == pytest.approx(estimate[0], rel=1e-9)
    assert row["std_error"] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-7)
    assert row["df"] == 7


def test_design_families_take_replicates_unless_taylor_is_asked_for(panel, weighting):
    rows = panel.join(weighting.weights.drop_nulls("panel_weight"), on="person_id", how="inner", maintain_order="left")
    taylor = fit(
        "m", declared("design_means", outcomes=("trust",), standard_errors="taylor"), panel, weighting=weighting
    )
    direct = design_means(rows, ["trust"], weight="panel_weight")
    assert taylor["std_error"].to_list() == pytest.approx(direct["std_error"].to_list(), rel=1e-12)
    replicated = fit("m", declared("design_means", outcomes=("trust",)), panel, weighting=weighting)
    assert replicated["estimate"].to_list() == pytest.approx(direct["estimate"].to_list(), rel=1e-12)
    assert replicated["covariance"].str.contains("replicate weights").all()
    first = rows.filter(wave="w01")
    _, error = weighting.replicates.ratio(first["trust"].to_numpy())
    assert replicated.row(0, named=True)["std_error"] == pytest.approx(error, rel=1e-9)


def test_rows_without_the_weight_are_counted(panel, weighting):
    table = fit("m", declared("design_means", outcomes=("trust",)), panel, weighting=weighting)
    assert set(table["note"]) == {"60 rows of people without the weight “stayers” left out"}


def test_a_contrast_has_the_error_of_the_replicates(panel, weighting):
    """b1 x1 + b2 x2 = (b1 − b2) x1 + b2 (x1 + x2): the coefficient of x1 is then the contrast."""
    frame = panel.with_columns(age=pl.col("contact") ** 2).with_columns(both=pl.col("age") + pl.col("contact"))
    gap = {"gap": "contact - age"}
    one = declared("pooled", outcome="trust", exposures=("contact", "age"), contrasts=gap | {"age": "age"})
    made = fit("m", one, frame, weighting=weighting)
    other = declared("pooled", outcome="trust", exposures=("contact", "both"))
    judge = fit("m", other, frame, weighting=weighting).row(by_predicate=pl.col("term") == "contact", named=True)
    found = made.row(by_predicate=pl.col("term") == "gap", named=True)
    for name in ("estimate", "std_error", "df", "p_value", "covariance"):
        assert found[name] == (pytest.approx(judge[name], rel=1e-9) if name != "covariance" else judge[name])
    joint = made.row(by_predicate=pl.col("term") == "contrasts", named=True)
    assert (joint["df"], joint["covariance"]) == (2.0, found["covariance"])


def test_replicates_leave_no_note_of_drawn_areas(panel, weighting):
    areas = panel.with_columns(area_code=pl.col("person_id").str.slice(-1))
    model = declared("pooled", outcome="trust", exposures=("contact",), cluster="area_code")
    found = fit("m", model, areas, weighting=weighting).filter(term="contact").row(0, named=True)
    assert found["covariance"].startswith("replicate weights")
    assert "draws" not in (found["note"] or "")
    fixed = declared("pooled", outcome="trust", exposures=("contact",), standard_errors="cr2", cluster="area_code")
    found = fit("m", fixed, areas, weighting=weighting).filter(term="contact").row(0, named=True)
    assert found["covariance"].startswith("clustered by area_code (10 clusters), CR2")
