"""Estimates with made weights against R's survey: the simulated panel's raked weights, the schools' calibrated ones.

Judge: survey 4.1 (``data/attrition_weights/run.R``, ``data/survey/run.R``). Closed forms, so 1e-8 relative, given the
weights; 1e-6 where R's own raking, calibration or printing of weights stops earlier.
"""

import json

import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.models import design_association, design_means, design_regression, design_totals

PANEL_FOLDER = SHIPPED / "attrition_weights"
PANEL = json.loads((PANEL_FOLDER / "reference.json").read_text(encoding="utf-8"))["estimates"]
SCHOOLS = json.loads((SHIPPED / "survey" / "reference.json").read_text(encoding="utf-8"))
CLOSED_FORM, ITERATIVE = 1e-8, 1e-6
MARGINS = ["female", "ageg", "edu"]
REGRESSIONS = {"lm_independent": {}, "lm_cluster_area": {"psu": "area"}, "lm_raked": {"calibrated_on": MARGINS}}
DESIGNS = {
    "apistrat": {"weight": "pw", "strata": "stype", "fpc": "fpc"},
    "apiclus1": {"weight": "pw", "psu": "dnum", "fpc": "fpc"},
    "apiclus2": {"weight": "pw", "psu": "dnum", "ssu": "snum", "fpc": "fpc1", "fpc_second": "fpc2"},
}


@pytest.fixture(scope="module")
def stayers() -> pl.DataFrame:
    weights = pl.read_csv(PANEL_FOLDER / "weights_wave4.csv")
    panel = pl.read_csv(PANEL_FOLDER / "panel_wide.csv")
    return weights.join(panel, on="id", how="left", maintain_order="left")


def same(row: dict, estimate: float, std_error: float, tolerance: float = CLOSED_FORM) -> None:
    assert row["estimate"] == pytest.approx(estimate, rel=tolerance)
    assert row["std_error"] == pytest.approx(std_error, rel=tolerance)


@pytest.mark.parametrize(
    ("key", "design"),
    [
        ("unweighted_mean_trust4", {}),
        ("weighted_mean_trust4", {"weight": "w_final"}),
        ("weighted_mean_cluster_area", {"weight": "w_final", "psu": "area"}),
        ("raked_calibrated_se", {"weight": "w_final", "calibrated_on": MARGINS}),
    ],
)
def test_means_of_the_last_wave(stayers, key, design):
    ours = design_means(stayers, ["trust4"], by=(), design_effects=True, **design)
    same(ours.filter(component="mean").row(0, named=True), PANEL[key]["est"], PANEL[key]["se"])
    if "deff_replace" in PANEL[key]:
        effect = ours.filter(component="design_effect")["estimate"][0]
        assert effect == pytest.approx(PANEL[key]["deff_replace"], rel=CLOSED_FORM)


@pytest.mark.parametrize("key", REGRESSIONS)
def test_regressions_of_the_last_wave(stayers, key):
    ours = design_regression(
        stayers, "trust4", ["trust1", "contact1", "female"], wave_effects=False, weight="w_final", **REGRESSIONS[key]
    )
    same_line(ours, PANEL[key]["coef"])


def same_line(ours: pl.DataFrame, theirs: dict, tolerance: float = CLOSED_FORM) -> None:
    for name, expected in theirs.items():
        name = name.removesuffix("1") if name == "female1" else name
        row = ours.filter(term={"(Intercept)": "intercept"}.get(name, name)).row(0, named=True)
        same(row, expected["estimate"], expected["se"], tolerance)


@pytest.mark.parametrize("sample", DESIGNS)
def test_rao_scott_on_the_schools(sample):
    schools = pl.read_csv(shared("reference", "survey", f"{sample}.csv"))
    ours = design_association(schools, ["sch.wide"], "stype", by=(), **DESIGNS[sample])
    f, theirs = ours.filter(term="rao_scott_f").row(0, named=True), SCHOOLS[sample]["chisq_F"]
    assert f["statistic"] == pytest.approx(theirs["statistic"]["F"], rel=CLOSED_FORM)
    assert f["df"] == pytest.approx(theirs["parameter"]["ndf"], rel=CLOSED_FORM)
    assert f["p_value"] == pytest.approx(theirs["p"], rel=1e-6)
    chi, theirs = ours.filter(term="rao_scott_chi_squared").row(0, named=True), SCHOOLS[sample]["chisq_Chisq"]
    assert chi["statistic"] == pytest.approx(theirs["statistic"]["X-squared"], rel=CLOSED_FORM)
    assert chi["df"] == theirs["parameter"]["df"]
    assert chi["p_value"] == pytest.approx(theirs["p"], rel=1e-6)


CALIBRATED = {
    "rake": ("rake", {"calibrated_on": ["stype", "sch.wide"]}),
    "poststratify": ("poststrat", {"calibrated_on": ["stype"], "base_weight": "pw"}),
    **{
        how: (column, {"calibrated_on": ["stype"], "calibrated_totals": ["api99"], "base_weight": "pw"})
        for how, column in {
            "linear": "cal_linear",
            "raking": "cal_raking",
            "logit_bounded": "cal_logit",
            "linear_bounded": "cal_linear_bounded",
        }.items()
    },
}


@pytest.mark.parametrize("how", CALIBRATED)
def test_schools_with_weights_that_meet_margins(how):
    column, design = CALIBRATED[how]
    weights = pl.read_csv(shared("reference", "survey", "apiclus1_weights.csv"))[column]
    schools = pl.read_csv(shared("reference", "survey", "apiclus1.csv")).with_columns(made=weights)
    theirs = SCHOOLS["calibrated"][how]
    design = {"weight": "made", "psu": "dnum", "fpc": "fpc", **design}
    mean = design_means(schools, ["api00"], by=(), **design).row(0, named=True)
    same(mean, theirs["mean"]["est"]["api00"], theirs["mean"]["se"][0], ITERATIVE)
    total = design_totals(schools, ["enroll"], by=(), **design).row(0, named=True)
    same(total, theirs["total_enroll"]["est"]["enroll"], theirs["total_enroll"]["se"][0], ITERATIVE)
    linear = design_regression(schools, "api00", ["ell", "meals", "mobility"], wave_effects=False, **design)
    same_line(linear, theirs["lm"]["coef"], ITERATIVE)


@pytest.mark.parametrize(("how", "column"), [("trimmed", "trim"), ("trimmed_strict", "trim_strict")])
def test_estimates_with_trimmed_weights(how, column):
    """Estimates alone: R takes residuals with the weights from before the trimming, which no longer hold."""
    weights = pl.read_csv(shared("reference", "survey", "apiclus1_weights.csv"))[column]
    schools = pl.read_csv(shared("reference", "survey", "apiclus1.csv")).with_columns(made=weights)
    theirs = SCHOOLS["calibrated"][how]
    ours = design_means(schools, ["api00"], by=(), weight="made")["estimate"][0]
    assert ours == pytest.approx(theirs["mean"]["est"]["api00"], rel=CLOSED_FORM)
    linear = design_regression(schools, "api00", ["ell", "meals", "mobility"], wave_effects=False, weight="made")
    for name, expected in theirs["lm"]["coef"].items():
        row = linear.filter(term={"(Intercept)": "intercept"}.get(name, name)).row(0, named=True)
        assert row["estimate"] == pytest.approx(expected["estimate"], rel=CLOSED_FORM)


def test_the_schools_two_stages_throughout():
    reference, design = SCHOOLS["apiclus2"], DESIGNS["apiclus2"]
    schools = pl.read_csv(shared("reference", "survey", "apiclus2.csv"))
    schools = schools.with_columns((pl.col("sch.wide") == "Yes").cast(pl.Float64).alias("wide"))
    wide = design_means(schools, ["wide"], by=(), **design).row(0, named=True)
    same(wide, reference["prop_schwide"]["est"]["sch.wideYes"], reference["prop_schwide"]["se"]["sch.wideYes"])
    means = design_means(schools, ["api00"], by=("stype",), subset="domain", **design)
    for row, theirs in zip(means.iter_rows(named=True), reference["by_stype"], strict=True):
        same(row, theirs["api00"], theirs["se"])
    own = {"E": 34, "H": 13, "M": 20}  # survey: degf(subset(dclus2, stype == ...)); degf of the whole design is 39
    assert dict(means.select("group", "df").iter_rows()) == own
