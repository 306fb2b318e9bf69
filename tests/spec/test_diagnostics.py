"""Diagnostics of a linear fit, against fits made again."""

import numpy as np
import polars as pl
import pytest

from pipeline.models import between, first_difference, fixed_effects, pooled, random_effects
from pipeline.models.dispatch import fit
from pipeline.specs.report import Model


def panel(seed=1, areas=7):
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(42), 4)
    x = rng.normal(size=len(person)) + person % 3
    frame = pl.DataFrame({
        "person_id": [f"p{one}" for one in person], "wave": [f"w0{one}" for one in np.tile(np.arange(1, 5), 42)],
        "area_code": [f"a{one % areas}" for one in person], "x": x, "z": 0.97 * x + 0.1 * rng.normal(size=len(person)),
        "y": 0.3 * x + rng.normal(size=42)[person] + rng.normal(size=len(person)),
        "weight": rng.uniform(1, 2, len(person)),
    })  # fmt: skip
    return frame.sample(fraction=0.9, seed=3, shuffle=True)


def values(table, column="estimate"):
    rows = table.filter(component="diagnostic")
    return {(row["term"], row["group"]): row[column] for row in rows.to_dicts()}


@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("family", [pooled, fixed_effects])
def test_estimates_without_one_area_are_those_of_the_others(family, weights):
    frame = panel()
    options = {"cluster": "area_code", "weights": weights, "standard_errors": "clustered"}
    made = family(frame, "y", ["x", "z"], diagnostics=True, **options)
    found = values(made)
    for term in ("x", "z"):
        refits = [
            family(frame.filter(pl.col("area_code") != area), "y", ["x", "z"], **options)
            .filter(term=term, component="coefficient")["estimate"][0]
            for area in frame["area_code"].unique()
        ]  # fmt: skip
        assert found["lowest_without_one", term] == pytest.approx(min(refits), rel=1e-8)
        assert found["highest_without_one", term] == pytest.approx(max(refits), rel=1e-8)


def test_collinear_terms_are_named():
    found = values(pooled(panel(), "y", ["x", "z"], wave_effects=False, diagnostics=True))
    frame = panel()
    r = np.corrcoef(frame["x"], frame["z"])[0, 1]
    assert found["vif", "x"] == pytest.approx(1 / (1 - r**2))
    notes = values(pooled(frame, "y", ["x", "z"], wave_effects=False, diagnostics=True), "note")
    assert "its variance is" in notes["vif", "z"]
    assert values(pooled(frame, "y", ["x"], wave_effects=False, diagnostics=True))["vif", "x"] == pytest.approx(1)


def test_a_result_that_hangs_on_one_area_says_so():
    frame = panel().with_columns(
        y=pl.when(area_code="a3").then(5 * pl.col("x")).otherwise(pl.col("y") - 0.35 * pl.col("x"))
    )
    options = {"cluster": "area_code", "standard_errors": "clustered", "wave_effects": False}
    notes = values(pooled(frame, "y", ["x"], diagnostics=True, **options), "note")
    assert notes["lowest_without_one", "x"] == "its sign changes without one cluster (1 of them)"


@pytest.mark.parametrize("family", [pooled, fixed_effects, random_effects, first_difference, between])
def test_every_linear_family_has_them(family):
    table = family(panel(), "y", ["x"], diagnostics=True)
    found = {name for name, _ in values(table)}
    assert {"residual_df", "condition_number", "vif", "lowest_without_one", "breusch_pagan"} <= found
    assert ("durbin_watson" in found) == (family is not between)
    assert table.filter(pl.col("component") != "diagnostic").equals(family(panel(), "y", ["x"]))


def test_they_are_declared():
    asked = {"question": "?", "study": "s", "family": "pooled", "outcome": "y", "exposures": ["x"], "diagnostics": True}
    made = fit("m", Model.model_validate(asked), panel())
    assert made.equals(pooled(panel(), "y", ["x"], diagnostics=True, model="m"))
    with pytest.raises(ValueError, match="they are of one panel"):
        Model.model_validate({**asked, "imputation": "main"})
