"""Corrected p-values are R's `p.adjust`; equivalence tests are those of two one-sided t tests in R and statsmodels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_ind

from pipeline.errors import ModelError
from pipeline.models import corrections, ordered_logit
from pipeline.models.multiverses.equivalence import equivalence, with_equivalence
from pipeline.models.multiverses.several_tests import adjusted, corrected
from pipeline.specs.base import SmallestEffect
from pipeline.specs.several_tests import Corrections
from pipeline.tables import estimates

JUDGE = json.loads((Path(__file__).parent / "data" / "multiverse" / "reference.json").read_text())
METHODS = {"holm": "holm", "bonferroni": "bonferroni", "benjamini_hochberg": "fdr_bh"}
ROWS = [
    {"component": "coefficient", "term": f"x{place}", "estimate": b, "std_error": 0.1, "df": 50.0, "p_value": p}
    for place, (b, p) in enumerate([(0.4, 0.0002), (0.3, 0.004), (0.2, 0.051), (0.02, 0.84)])
]
MODEL = estimates(ROWS, model="m", family="pooled", outcome="y")


def declared(methods: tuple[str, ...], tests: int = 4) -> Corrections:
    return Corrections.model_validate(
        {"question": "?", "study": "s", "family": "corrections", "methods": methods,
         "tests": [{"model": "m", "term": f"x{place}"} for place in range(tests)]}
    )  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_p_values_are_those_of_r(method):
    assert adjusted(JUDGE["tests"], method) == pytest.approx(JUDGE["adjusted"][method], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_p_values_are_those_of_statsmodels(method):
    draw = np.random.default_rng(1)
    for p in (draw.random(40), np.repeat(0.02, 5), np.array([0.0, 1.0, 0.5, 0.5]), np.array([0.3])):
        assert adjusted(p, method) == pytest.approx(multipletests(p, method=METHODS[method])[1], rel=1e-12)


@pytest.mark.parametrize("p", [[0.1, 1.2], [float("nan"), 0.1], [-0.1]])
def test_no_p_value_outside_its_range(p):
    with pytest.raises(ModelError, match="outside 0 to 1"):
        adjusted(p, "holm")


def test_intervals_take_account_of_all_tests():
    made = corrected("c", declared(("holm", "benjamini_hochberg")), {"m": MODEL})
    assert made.height == 12
    assert made.filter(group="uncorrected")["p_value"].to_list() == MODEL["p_value"].to_list()
    holm = made.filter(group="holm")
    from scipy.stats import t

    half = t.ppf(1 - 0.05 / 4 / 2, 50) * 0.1
    assert (holm["conf_high"] - holm["estimate"]).to_list() == pytest.approx([half] * 4)
    selected = made.filter(group="benjamini_hochberg")["conf_low"].is_not_null().to_list()
    assert selected == [True, True, False, False]
    found = made.filter(group="benjamini_hochberg").row(0, named=True)
    assert found["conf_high"] - found["estimate"] == pytest.approx(t.ppf(1 - 2 * 0.05 / 4 / 2, 50) * 0.1)


def test_a_ratio_has_its_interval_on_the_log_scale():
    """So that no odds are below zero, and what is uncorrected is what the model gives."""
    panel = pl.DataFrame({"x": [0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "z": [3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3],
                          "y": [0, 1, 0, 0, 1, 0, 1, 1, 0, 1]})  # fmt: skip
    table = ordered_logit(panel, "y", ["x", "z"], person=None, wave=None)
    ratios, slopes = (table.filter(component=name) for name in ("odds_ratio", "coefficient"))
    made, logs = (corrections(rows, methods=["holm", "bonferroni"]) for rows in (ratios, slopes))
    for end in ("conf_low", "conf_high"):
        assert made[end].to_list() == pytest.approx(logs[end].exp().to_list(), rel=1e-9)
        assert made.filter(group="uncorrected")[end].to_list() == pytest.approx(ratios[end].to_list(), rel=1e-9)
    with pytest.raises(ModelError, match="`odds_ratio` is a ratio, whose null effect is one"):
        with_equivalence(table, [SmallestEffect(term="x", component="odds_ratio", effect=0.2)])


def test_a_drawn_interval_is_not_replaced_by_another():
    drawn = MODEL.with_columns(conf_low=pl.col("estimate") - 0.1, conf_high=pl.col("estimate") + 0.4)
    made = corrected("c", declared(("holm",)), {"m": drawn})
    own, holm = (made.filter(group=name) for name in ("uncorrected", "holm"))
    assert own["conf_high"].to_list() == drawn["conf_high"].to_list()
    assert holm["conf_high"].to_list() == [None] * 4
    assert holm["note"].unique().to_list() == ["no interval: the model's is drawn, not of its standard error"]


def test_a_withheld_test_still_counts():
    rows = [ROWS[0], ROWS[1] | {"estimate": None, "std_error": None, "p_value": None, "note": "too few clusters"}]
    table = estimates(rows, model="m", family="pooled", outcome="y")
    made = corrected("c", declared(("holm",), 2), {"m": table})
    assert made.filter(group="holm")["p_value"].to_list() == [pytest.approx(0.0004), None]
    assert made.filter(group="holm")["note"].to_list() == [None, "too few clusters"]


def test_equivalence_is_two_one_sided_tests():
    for case in JUDGE["equivalence"]:
        df = case["df"] if case["df"] > 0 else np.inf
        found = equivalence(case["estimate"], case["std_error"], df, case["bound"])
        for name in ("p_value", "conf_low", "conf_high"):
            assert found[name] == pytest.approx(case[name], rel=1e-10)


def test_equivalence_of_two_samples_is_that_of_statsmodels_and_r():
    two = JUDGE["two_samples"]
    found = equivalence(two["estimate"], two["std_error"], two["df"], two["bound"])
    assert found["p_value"] == pytest.approx(two["p_value"], rel=1e-10)
    p, _, _ = ttost_ind(np.array(two["first"]), np.array(two["second"]), -two["bound"], two["bound"])
    assert found["p_value"] == pytest.approx(p, rel=1e-10)


def test_the_row_of_a_smallest_effect_names_its_result():
    made = with_equivalence(MODEL, [SmallestEffect(term="x3", effect=0.25)])
    row = made.filter(component="equivalence").row(0, named=True)
    assert (row["term"], row["group"]) == ("x3", "coefficient")
    assert row["p_value"] == pytest.approx(equivalence(0.02, 0.1, 50, 0.25)["p_value"])
    assert row["p_value"] < 0.05 and row["conf_low"] > -0.25 and row["conf_high"] < 0.25  # noqa: PT018


def test_a_smallest_effect_of_no_result_is_refused():
    with pytest.raises(ModelError, match="0 results fit term z"):
        with_equivalence(MODEL, [SmallestEffect(term="z", effect=0.25)])
    assert with_equivalence(MODEL, []).equals(MODEL)
    assert isinstance(MODEL, pl.DataFrame)
