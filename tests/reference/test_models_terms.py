"""Interactions, powers, simple slopes and Johnson–Neyman regions against R (tests/reference/data/terms/run.R)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import models
from pipeline.specs.models import declare

FOLDER = Path(__file__).parent / "data" / "terms"
with (FOLDER / "reference.csv").open() as stream:
    R = {row["name"]: float(row["value"]) for row in csv.DictReader(stream)}
CLOSED, ITERATIVE = 1e-8, 1e-5


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return pl.read_csv(FOLDER / "panel.csv")


def fitted(panel: pl.DataFrame, family: str, **declared: Any) -> pl.DataFrame:
    return models.fit("m", declare(family=family, outcome="y", **declared), panel)


def row(found: pl.DataFrame, term: str, component: str = "coefficient", group: str | None = None) -> dict[str, Any]:
    rows = found.filter(component=component, term=term).filter(pl.col("group").eq_missing(pl.lit(group)))
    assert rows.height == 1
    return rows.row(0, named=True)


def same(one: dict[str, Any], name: str, tolerance: float = CLOSED) -> None:
    assert one["estimate"] == pytest.approx(R[name], rel=tolerance)
    assert one["std_error"] == pytest.approx(R[f"{name}.se"], rel=tolerance)


def same_slopes(found: pl.DataFrame, name: str, of: str, by: str, tolerance: float = CLOSED) -> None:
    for place, value in enumerate(("low", "mean", "high"), 1):
        one = row(found, of, "simple_slope", f"{by}={value}")
        assert one["estimate"] == pytest.approx(R[f"{name}.slope{place}"], rel=tolerance)
        assert one["std_error"] == pytest.approx(R[f"{name}.slope_se{place}"], rel=tolerance)


def same_region(found: pl.DataFrame, name: str, of: str, by: str, tolerance: float = CLOSED) -> None:
    ends = [row(found, of, "slope_region", f"{by}={end}")["estimate"] for end in ("lower", "upper")]
    assert ends == pytest.approx([R[f"{name}.jn1"], R[f"{name}.jn2"]], rel=tolerance)


SLOPES = [{"of": "x", "by": "z"}]


def test_pooled_interaction_its_slopes_and_region(panel: pl.DataFrame) -> None:
    found = fitted(panel, "pooled", exposures=["x * z"], slopes=SLOPES)
    same(row(found, "x:z"), "pooled.x:z")
    same_slopes(found, "pooled", "x", "z")
    same_region(found, "pooled", "x", "z")


def test_a_power_and_another_reference_category(panel: pl.DataFrame) -> None:
    declared = {"exposures": ["x * z", "x^2"], "covariates": ["edu", "g"], "cluster": "none"}
    found = fitted(panel, "pooled", categorical=["edu"], reference={"edu": 2}, **declared)
    same(row(found, "x:z"), "power.x:z")
    same(row(found, "x^2"), "power.I(x^2)")
    for level in ("1", "3"):
        same(row(found, "edu", group=level), f"power.edu{level}")
        assert row(found, "edu", group=level)["note"] == "against 2"


def test_fixed_effects_double_demean_a_product_of_two_measures_that_change(panel: pl.DataFrame) -> None:
    found = fitted(panel, "fixed_effects", exposures=["x * z"], slopes=SLOPES)
    same(row(found, "x:z"), "fe.x:z")
    same_slopes(found, "fe", "x", "within(z)")
    same_region(found, "fe", "x", "within(z)")


def test_fixed_effects_take_the_product_as_it_is_where_asked(panel: pl.DataFrame) -> None:
    same(row(fitted(panel, "fixed_effects", exposures=["x * z"], products="raw"), "x:z"), "fe_raw.x:z")


def test_a_part_that_never_changes_is_left_to_the_effects_of_persons(panel: pl.DataFrame) -> None:
    found = fitted(panel, "fixed_effects", exposures=["x * g"])
    same(row(found, "x:g"), "fe_constant.x:g")
    assert "g" not in found["term"].to_list()
    assert "held by the effects of persons" in row(found, "x:g")["note"]


def test_within_between_has_both_products(panel: pl.DataFrame) -> None:
    found = fitted(panel, "within_between", exposures=["x * z"], slopes=SLOPES)
    same(row(found, "x:z", "within"), "wb.ddw", ITERATIVE)
    same(row(found, "x:z", "between"), "wb.bb", ITERATIVE)
    same_slopes(found, "wb_within", "within(x)", "within(z)", ITERATIVE)
    same_slopes(found, "wb_between", "between(x)", "between(z)", ITERATIVE)
    same_region(found, "wb_between", "between(x)", "between(z)", ITERATIVE)


def test_cross_level_interactions_of_both_parts(panel: pl.DataFrame) -> None:
    found = fitted(panel, "within_between", exposures=["x * g"], covariates=["g"])
    same(row(found, "x:g", "within"), "cross.xw:g", ITERATIVE)
    same(row(found, "x:g", "between"), "cross.g:xb", ITERATIVE)


@pytest.mark.parametrize("scale", ["overall", "within", "between"])
def test_standard_deviations_of_a_measure(panel: pl.DataFrame, scale: str) -> None:
    plain = fitted(panel, "pooled", exposures=["x"], covariates=["z"])
    made = fitted(panel, "pooled", exposures=["x"], covariates=["z"], standardise={"x": scale})
    ratio = row(made, "x")["estimate"] / row(plain, "x")["estimate"]
    assert ratio == pytest.approx(R[f"sd.{scale}"], rel=CLOSED)


def test_the_design_has_the_slopes_of_its_own_covariance(panel: pl.DataFrame) -> None:
    weighted = panel.with_columns(design_weight=pl.col("edu") + 0.5)
    found = fitted(weighted, "design_regression", exposures=["x * z"], slopes=[SLOPES[0] | {"at": [0.0, 2.0]}])
    assert row(found, "x", "simple_slope", "z=0")["std_error"] == pytest.approx(row(found, "x")["std_error"], rel=1e-10)
    moved = fitted(weighted.with_columns(z=pl.col("z") - 2), "design_regression", exposures=["x * z"])
    assert row(found, "x", "simple_slope", "z=2")["std_error"] == pytest.approx(row(moved, "x")["std_error"], rel=1e-8)
