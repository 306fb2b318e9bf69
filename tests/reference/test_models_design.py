"""Changes, differences, ratios, totals, quantiles and regression on a design, against R's survey on a simulated panel.

Judge: survey 4.1 (``data/models/run.R``). Closed forms, so 1e-8 relative.
"""

import json

import polars as pl
import pytest
from shared import SHIPPED

from pipeline.models import (
    design_changes,
    design_differences,
    design_quantiles,
    design_ratios,
    design_regression,
    design_totals,
)

REFERENCE = json.loads((SHIPPED / "models" / "reference.json").read_text(encoding="utf-8"))
PANEL = pl.read_csv(SHIPPED / "models" / "panel.csv")
DESIGN = {"weight": "design_weight", "strata": "stratum", "psu": "psu", "lonely_psu": "certainty"}
PAIRS = [("w01", "w02"), ("w01", "w05"), ("w04", "w05")]
CLOSED_FORM = 1e-8


def assert_same(row: dict[str, object], theirs: dict[str, float]) -> None:
    assert row["estimate"] == pytest.approx(theirs["est"], rel=CLOSED_FORM)
    assert row["std_error"] == pytest.approx(theirs["se"], rel=CLOSED_FORM)


@pytest.mark.parametrize("subset", ["answered", "domain"])
def test_changes_between_waves_know_who_is_in_both(subset):
    ours = design_changes(PANEL, ["trust"], pairs=PAIRS, subset=subset, **DESIGN)
    for (earlier, later), row in zip(PAIRS, ours.iter_rows(named=True), strict=True):
        assert (row["term"], row["wave"]) == (f"{earlier}_to_{later}", later)
        assert_same(row, REFERENCE["changes"][subset][f"{later}_{earlier}"])


@pytest.mark.parametrize("subset", ["answered", "domain"])
def test_difference_of_changes(subset):
    ours = design_changes(PANEL, ["trust"], pairs=[("w01", "w05")], group="is_woman", subset=subset, **DESIGN)
    row = ours.filter(component="difference_of_changes").row(0, named=True)
    assert row["group"] == "1"
    assert_same(row, REFERENCE["difference_of_changes"][subset])
    assert ours.filter(component="change")["group"].to_list() == ["0", "1"]


@pytest.mark.parametrize("subset", ["answered", "domain"])
def test_differences_between_groups(subset):
    ours = design_differences(PANEL, ["trust"], "is_woman", subset=subset, **DESIGN)
    for row in ours.iter_rows(named=True):
        assert row["term"] == "1_minus_0"
        assert_same(row, REFERENCE["differences"][subset][row["wave"]])


def test_ratios():
    named = {"trust_per_contact": ("trust", "contact")}
    for row in design_ratios(PANEL, named, subset="answered", **DESIGN).iter_rows(named=True):
        assert_same(row, REFERENCE["ratio"][row["wave"]])


def test_totals():
    for row in design_totals(PANEL, ["helped"], **DESIGN).iter_rows(named=True):
        assert_same(row, REFERENCE["total"][row["wave"]])


def test_quantiles_with_woodruff_intervals():
    ours = design_quantiles(PANEL, ["contact"], [0.1, 0.25, 0.5, 0.9], subset="domain", **DESIGN)
    for wave in ours["wave"].unique():
        theirs = REFERENCE["quantile"][wave]["contact"]
        for row, expected in zip(ours.filter(wave=wave).iter_rows(named=True), theirs, strict=True):
            found = [row["estimate"], row["conf_low"], row["conf_high"], row["std_error"]]
            wanted = [expected["quantile"], expected["ci.2.5"], expected["ci.97.5"], expected["se"]]
            assert found == pytest.approx(wanted, rel=CLOSED_FORM)


def test_median_of_a_yes_or_no_answer():
    ours = design_quantiles(PANEL, ["helped"], [0.5], subset="domain", **DESIGN)
    for row in ours.iter_rows(named=True):
        assert row["estimate"] == REFERENCE["quantile"][row["wave"]]["helped"][0]["quantile"]


@pytest.mark.parametrize(
    ("link", "outcome", "exposures", "waves", "tolerance"),
    [
        ("linear", "trust", ["contact", "threat"], True, CLOSED_FORM),
        ("logit", "helped", ["contact", "threat", "is_woman"], False, 1e-7),
    ],
)
def test_regression(link, outcome, exposures, waves, tolerance):
    ours = design_regression(PANEL, outcome, exposures, link=link, wave_effects=waves, **DESIGN)
    theirs = REFERENCE["svyglm"][link]
    for name, expected in theirs["coef"].items():
        term = {"(Intercept)": "intercept"}.get(name, name.removeprefix("factor(wave)"))
        row = ours.filter(term=term).row(0, named=True)
        assert row["estimate"] == pytest.approx(expected["estimate"], rel=tolerance)
        assert row["std_error"] == pytest.approx(expected["se"], rel=tolerance)
        assert row["p_value"] == pytest.approx(expected["p"], rel=1e-6, abs=1e-14)
        assert row["df"] == theirs["df"]
