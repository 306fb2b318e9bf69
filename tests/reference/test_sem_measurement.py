"""Factor models, invariance, score tests, ordered items and reliability against lavaan and psych."""

import json
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from sem_oracle import assert_as_lavaan, differences, unequal_measures
from shared import SHIPPED, shared

from pipeline.sem import Criterion, compare, invariance
from pipeline.sem.engine.score import addition_tests, release_tests, total_release_test
from pipeline.sem.families.measurement import cfa
from pipeline.sem.families.reliability import alpha, icc, item_table, omega
from pipeline.sem.ordinal.polychoric import polychoric

STORED = json.loads((SHIPPED / "sem" / "reference.json").read_text(encoding="utf-8"))
PSYCH = json.loads((SHIPPED / "psych_scales_reference.json").read_text(encoding="utf-8"))
ITEMS = pl.read_csv(SHIPPED / "sem" / "items.csv")
ONE = {"f": [f"a1{item}" for item in range(1, 6)]}
TWO = {"f": ["o1", "o2", "o3"], "h": ["o4", "o5", "o6"]}
EQUAL = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
GROUPS = ("north", "south")


def test_invariance_over_groups():
    stored = STORED["group_invariance"]
    options = {"group": "group", "estimator": "MLR", "missing": "listwise"}
    models = {level: cfa(ITEMS, ONE, equal=equal, **options) for level, equal in EQUAL.items()}
    for level, result in models.items():
        assert_as_lavaan(result, stored["fits"][level], GROUPS)
    levels = list(EQUAL)
    for before, level in pairwise(levels):
        for method, difference in stored["diff"][level].items():
            found = compare(models[before], models[level], method)
            assert found.statistic == pytest.approx(difference["chisq_diff"], rel=1e-5)
            assert found.p == pytest.approx(difference["p"], rel=1e-4)


def test_invariance_over_groups_names_the_item_that_differs():
    """The third item was drawn with a higher intercept in the south."""
    found = invariance(ITEMS, ONE, "group", estimator="MLR")
    assert found.freed[0] in ("intercept of a13 in group south", "intercept of a13 in group north")
    assert not found.means_comparable


def test_invariance_over_waves():
    lax = Criterion(cfi_drop=1, rmsea_rise=1)
    items = [[f"a{wave}{item}" for item in range(1, 6)] for wave in (1, 2)]
    found = invariance(ITEMS, {"F": items}, estimator="MLR", missing="listwise", criterion=lax)
    for level in EQUAL:
        assert_as_lavaan(found.models[level], STORED["wave_invariance"][level])


def test_score_tests_of_equalities():
    result = cfa(ITEMS, ONE, group="group", equal=("loadings", "intercepts"), missing="listwise")
    tests = {
        (row["lhs"], row["op"], row["rhs"], row["group"]): row for row in release_tests(result).iter_rows(named=True)
    }
    by_label = {row["plabel"]: row for row in STORED["score_group"]["params"]}
    for stored in STORED["score_group"]["uni"]:
        row = by_label[stored["rhs"]]
        found = tests[row["lhs"], row["op"], row["rhs"], GROUPS[row["group"] - 1]]
        assert found["chisq"] == pytest.approx(stored["X2"], rel=1e-5)
        assert found["p"] == pytest.approx(stored["p.value"], rel=1e-3, abs=1e-13)
    assert total_release_test(result)["chisq"] == pytest.approx(STORED["score_group"]["total"]["X2"], rel=1e-5)


def test_modification_indices():
    result = cfa(ITEMS, ONE, missing="listwise")
    stored = {(row["lhs"], row["op"], row["rhs"]): row for row in STORED["modification"]}
    for row in addition_tests(result, list(stored)).iter_rows(named=True):
        index = stored[row["lhs"], row["op"], row["rhs"]]
        assert row["chisq"] == pytest.approx(index["mi"], rel=1e-5)
        assert row["expected_change"] == pytest.approx(index["epc"], rel=1e-5)


def test_ordered_items():
    items = [item for held in TWO.values() for item in held]
    stored = np.array(STORED["polychoric"]["rho"])
    for row in polychoric(ITEMS, items).iter_rows(named=True):
        place = items.index(row["one"]), items.index(row["other"])
        assert row["correlation"] == pytest.approx(stored[place], abs=1e-8)
    result = cfa(ITEMS, TWO, ordered=True)
    assert max(differences(result, STORED["wlsmv"]["params"]).values()) < 1e-5
    assert not unequal_measures(result.fit, STORED["wlsmv"]["fit"])


def test_ordered_items_in_groups():
    parts = {"configural": (), "metric": ("loadings",), "scalar": ("loadings", "thresholds")}
    models = {name: cfa(ITEMS, TWO, "group", equal, ordered=True) for name, equal in parts.items()}
    for name, result in models.items():
        stored = STORED["wlsmv_groups"][name]
        assert max(differences(result, stored["params"], GROUPS).values()) < 1e-5
        assert not unequal_measures(result.fit, stored["fit"])
    found, stored = compare(models["configural"], models["metric"]), STORED["wlsmv_groups"]["diff_metric"]
    assert found.statistic == pytest.approx(stored["chisq_diff"], rel=1e-5)
    assert found.p == pytest.approx(stored["p"], rel=1e-5)
    # lavaan prints p = 1 for a negative statistic here
    unnested = compare(models["metric"], models["scalar"])
    assert np.isnan(unnested.p)
    assert "not nested" in unnested.note


@pytest.mark.parametrize("over", ["waves", "groups"])
def test_ladder_of_ordered_items(over):
    """Thresholds, loadings, intercepts in turn, each nested in the last; the third item drifts at the second wave."""
    ordered = json.loads((SHIPPED / "sem" / "ordered.json").read_text(encoding="utf-8"))
    frame = pl.read_csv(SHIPPED / "sem" / "ordered.csv")
    waves = [[f"q{wave}{item}" for item in range(1, 5)] for wave in (1, 2)]
    scale, group = ({"F": waves}, None) if over == "waves" else ({"F": waves[0]}, "group")
    found = invariance(frame, scale, group, ordered=True)
    for row in found.table.iter_rows(named=True):
        level, stored = row["level"], ordered[over][row["level"]]
        result = found.models[level]
        assert max(differences(result, stored["params"], GROUPS if group else (None,)).values()) < 1e-5
        assert not unequal_measures(result.fit, stored["fit"])
        if level != "configural":
            step = ordered[f"{over}_diff"][level]
            assert row["delta_chisq"] == pytest.approx(step["chisq_diff"], rel=1e-5)
            assert (row["delta_df"], row["delta_p"]) == (step["df"], pytest.approx(step["p"], rel=1e-4))
    assert found.level == ("metric" if over == "waves" else "scalar")


@pytest.fixture(scope="module")
def bfi():
    return pl.read_csv(shared("reference", "psych_scales", "bfi.csv"), infer_schema_length=None)


@pytest.mark.parametrize("scale", PSYCH["keys"])
def test_alpha_and_item_drop(bfi, scale):
    items = [item.strip("-") for item in PSYCH["keys"][scale]]
    reverse = [item[1:] for item in PSYCH["keys"][scale] if item.startswith("-")]
    stored = PSYCH["alpha"][scale]
    found = alpha(bfi, items, reverse=reverse)
    pairs = {
        "alpha": "raw_alpha", "standardised": "std.alpha", "guttman_6": "G6(smc)", "average_r": "average_r",
        "median_r": "median_r", "std_error": "ase",
    }  # fmt: skip
    for ours, theirs in pairs.items():
        assert getattr(found, ours) == pytest.approx(stored["total"][theirs], rel=1e-8)
    assert found.conf_low == pytest.approx(stored["feldt_ci"]["lower.ci.raw_alpha"], rel=1e-8)
    assert found.conf_high == pytest.approx(stored["feldt_ci"]["upper.ci.raw_alpha"], rel=1e-8)
    listwise = alpha(bfi, items, "listwise", reverse)
    assert (listwise.n, listwise.alpha) == (
        stored["complete_case"]["n"], pytest.approx(stored["complete_case"]["raw_alpha"], rel=1e-8),
    )  # fmt: skip
    dropped = {name.strip("-"): row for name, row in stored["alpha_drop"].items()}
    for row in item_table(bfi, items, reverse=reverse).iter_rows(named=True):
        own = stored["item_stats"].get(row["item"]) or stored["item_stats"][f"{row['item']}-"]
        assert row["rest_correlation"] == pytest.approx(own["r.drop"], rel=1e-8)
        assert row["alpha_without"] == pytest.approx(dropped[row["item"]]["raw_alpha"], rel=1e-8)
        assert row["standardised_alpha_without"] == pytest.approx(dropped[row["item"]]["std.alpha"], rel=1e-8)
        assert (row["n"], row["sd"]) == (own["n"], pytest.approx(own["sd"], rel=1e-8))


def test_omega_of_the_one_factor_solution(bfi):
    found = omega(bfi, {"A": ["A1", "A2", "A3", "A4", "A5"]}, ["A1"], missing="listwise")
    stored = PSYCH["fa_agree_ml1"]
    assert found.table["omega_standardised"][0] == pytest.approx(stored["omega_from_loadings"], rel=1e-5)
    loadings = np.array(list(stored["loadings"].values()))
    assert found.table["ave"][0] == pytest.approx((loadings**2).mean(), rel=1e-4)


def test_polychoric_as_psych(bfi):
    stored = PSYCH["polychoric_agree"]["rho"]
    found = polychoric(bfi.with_columns((7 - pl.col("A1")).alias("A1")), stored["names"])
    for row in found.iter_rows(named=True):
        place = stored["names"].index(row["one"]), stored["names"].index(row["other"])
        assert row["correlation"] == pytest.approx(stored["matrix"][place[0]][place[1]], abs=1e-4)


def test_icc_of_areas():
    panel = pl.read_csv(SHIPPED / "lme4" / "trust_panel.csv", infer_schema_length=None).filter(pl.col("wave") == 1)
    stored = json.loads(shared("reference", "agreement", "reference.json").read_text(encoding="utf-8"))[
        "area_icc_wave1"
    ]
    found = icc(panel, "trust", "area")
    assert found["icc1"] == pytest.approx(stored["ICC1_k0"], rel=1e-8)
    assert found["icc2"] == pytest.approx(stored["ICC2"], rel=1e-8)
    assert (found["f"], found["p"]) == (pytest.approx(stored["F"], rel=1e-8), pytest.approx(stored["p"], rel=1e-6))
