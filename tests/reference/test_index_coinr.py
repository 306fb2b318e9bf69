"""The composite index equals COINr at every stage (R script and numbers: data/sim_shippable, part 5 of run.R)."""

import json
from pathlib import Path

import polars as pl
import pytest

from pipeline.index import composite, composite_alpha, framework, removal_effects

DATA = Path(__file__).parent / "data" / "sim_shippable"
RAW = pl.read_csv(DATA / "cohesion_indicators.csv").drop("uName")
ELEMENTS = pl.read_csv(DATA / "cohesion_meta.csv", null_values="").rename(
    {"iCode": "element", "Parent": "parent", "Direction": "direction", "Weight": "weight"}
)
FRAMEWORK = framework(ELEMENTS)
INDEX = json.loads((DATA / "reference.json").read_text())["index"]
STAGES = ("raw", "imputed", "treated", "normalised", "aggregated")


def made(bounds=(0, 100), aggregation="arithmetic"):
    return composite(
        RAW, FRAMEWORK.structure, directions=FRAMEWORK.directions, weights=FRAMEWORK.weights, imputation="mean",
        outliers={"winsorised": 3}, normalisation={"method": "min_max", "bounds": bounds}, aggregation=aggregation,
        area="uCode",
    )  # fmt: skip


def same(found: pl.DataFrame, expected: pl.DataFrame, tolerance: float = 1e-8) -> None:
    assert found["uCode"].to_list() == expected["uCode"].to_list()
    for name in expected.columns[1:]:
        assert found[name].to_list() == pytest.approx(expected[name].to_list(), abs=tolerance, rel=0), name


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage(stage):
    expected = pl.read_csv(DATA / f"cohesion_{stage}.csv")
    found = made().stages[stage]
    if stage == "raw":
        assert found.rows() == expected.select(found.columns).rows()
    else:
        same(found, expected)


def test_the_aggregates_in_full_precision():
    same(made().scores, pl.DataFrame(INDEX["amean"]))


def test_the_geometric_mean_onto_1_to_100():
    same(made((1, 100), "geometric").scores, pl.DataFrame(INDEX["gmean_minmax_1_100"]))


def test_effective_weights():
    expected = {row["iCode"]: row["EffWeight"] for row in INDEX["effective_weights"]}
    found = made().weights
    assert dict(found.select("element", "effective_weight").iter_rows()) == pytest.approx(expected, abs=1e-8)
    assert dict(found.select("element", "level").iter_rows()) == {
        row["iCode"]: row["Level"] for row in INDEX["effective_weights"]
    }


def test_what_was_treated_and_why():
    rows = {row["indicator"]: row for row in made().outliers.to_dicts()}
    assert set(rows) == {expected["iCode"] for expected in INDEX["treated"]}
    for expected in INDEX["treated"]:
        row = rows[expected["iCode"]]
        assert str(row["passed"]).upper() == expected["check_SkewKurt0.Pass"]
        assert row["skew"] == pytest.approx(float(expected["check_SkewKurt0.Skew"]), abs=1e-8)
        assert row["kurtosis"] == pytest.approx(float(expected["check_SkewKurt0.Kurt"]), abs=1e-8)
        assert row["winsorised"] == int(expected["winsorise.nwin"] or 0)
        if expected["check_SkewKurt1.Skew"]:
            assert row["skew_after"] == pytest.approx(float(expected["check_SkewKurt1.Skew"]), abs=1e-8)
            assert row["kurtosis_after"] == pytest.approx(float(expected["check_SkewKurt1.Kurt"]), abs=1e-8)


def test_ranks_without_each_domain():
    found = removal_effects(
        made().stages["normalised"], FRAMEWORK.structure, of_level=2, weights=FRAMEWORK.weights, area="uCode"
    )
    expected = {name: one for name, one in INDEX["remove_domain_mean_abs_rank_change"].items() if name != "Nominal"}
    assert dict(found.select("element", "mean_rank_change").iter_rows()) == pytest.approx(expected, abs=1e-6)


def test_alpha_of_a_domain():
    found = composite_alpha(made().stages["normalised"], FRAMEWORK.structure["Trust"], area="uCode")
    assert found == pytest.approx(INDEX["cronbach_trust"], abs=1e-8)
