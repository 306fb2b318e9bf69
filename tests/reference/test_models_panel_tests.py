"""Specification tests against plm and lmtest: Grunfeld's investments, and an unbalanced panel of our own."""

import json

import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.errors import ModelError
from pipeline.models import panel_tests
from pipeline.models.dispatch import fit
from pipeline.specs.report import Model

THEIRS = json.loads((SHIPPED / "plm" / "reference.json").read_text(encoding="utf-8"))["tests"]
OURS = json.loads((SHIPPED / "covariances" / "reference.json").read_text(encoding="utf-8"))["tests"]
PANEL = pl.read_csv(SHIPPED / "covariances" / "panel.csv")
NAMES = {
    "f_person": "pF_individual",
    "f_two_way": "pF_twoways",
    "breusch_pagan_lm": "lm_bp_individual",
    "honda": "lm_honda_individual",
    "king_wu_two_way": "lm_kw_twoways",
    "gourieroux_holly_monfort_two_way": "lm_ghm_twoways",
    "breusch_pagan_lm_two_way": "lm_bp_twoways",
    "wooldridge_within": "wooldridge_ar_within",
    "wooldridge_difference": "wooldridge_fd",
    "wooldridge_unobserved": "wooldridge_unobserved",
    "breusch_godfrey_fixed": "bg_serial_within",
    "breusch_godfrey_random": "bg_serial_random",
    "bera_sosa_yoon": "bsy_AR",
    "durbin_watson": "bnftest_dw",
    "pesaran_cd": "pesaran_cd_within",
    "breusch_pagan_cross_section": "bp_lm_cd",
    "scaled_lm_cross_section": "scaled_lm_cd",
    "chow": "chow_poolability",
}


def agrees(table, name, expected):
    found = table.filter(term=name).row(0, named=True)
    (statistic,) = expected["statistic"].values()
    assert found["statistic"] == pytest.approx(statistic, rel=1e-8), name
    p = expected["p"]
    if isinstance(p, float | int):
        assert found["p_value"] == pytest.approx(p, rel=1e-6, abs=1e-300), name
    else:
        assert found["p_value"] is None
    if "df1" in expected["parameter"] and "df2" in expected["parameter"] and name != "gourieroux_holly_monfort_two_way":
        first, second = expected["parameter"]["df1"], expected["parameter"]["df2"]
        assert f"F with {first:g} and {second:g} degrees of freedom" in found["note"]
        assert found["df"] == first


def test_plm_on_grunfeld():
    rows = pl.read_csv(shared("reference", "plm", "grunfeld.csv"))
    table = panel_tests(rows, "inv", ["value", "capital"], person="firm", wave="year", wave_effects=False)
    for name, theirs in NAMES.items():
        agrees(table, name, THEIRS[theirs])


def test_an_unbalanced_panel():
    table = panel_tests(PANEL, "y", ["x", "z"], person="person", wave_effects=False)
    for name, theirs in NAMES.items():
        if theirs in OURS:
            agrees(table, name, OURS[theirs])
    agrees(table, "breusch_pagan", OURS["bptest"])
    withheld = table.filter(term="chow").row(0, named=True)
    assert (withheld["statistic"], withheld["p_value"]) == (None, None)
    assert "withheld: " in withheld["note"]


def test_two_waves_withhold_what_needs_more():
    table = panel_tests(PANEL.filter(pl.col("wave") < 3), "y", ["x"], ["z"], person="person")
    notes = dict(table.select("term", "note").iter_rows())
    assert "withheld: 2 waves: every correlation is 1 or −1" in notes["pesaran_cd"]
    assert "withheld" in notes["wooldridge_difference"]
    assert table.filter(term="f_person")["p_value"][0] is not None


def test_the_declared_family_is_the_function():
    people = PANEL.rename({"person": "person_id"}).with_columns(pl.format("w0{}", "wave").alias("wave"))
    spec = Model.model_validate(
        {
            "question": "?",
            "study": "s",
            "family": "panel_tests",
            "outcome": "y",
            "exposures": ["x"],
            "covariates": ["z"],
        }
    )
    assert fit("m", spec, people).equals(panel_tests(people, "y", ["x"], ["z"], model="m"))


def test_a_constant_exposure_is_refused():
    people = PANEL.with_columns(pl.col("person").str.slice(2).cast(pl.Float64).alias("born"))
    with pytest.raises(ModelError, match="no term changes within a person"):
        panel_tests(people, "y", ["born"], person="person", wave_effects=False)
