"""Design-based estimates against R's survey on its own samples of Californian schools.

Judge: survey 4.1-1 (``data/survey/run.R``). Closed forms, so 1e-8 relative. The samples lie outside the project.
"""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.models import (
    design_means,
    design_quantiles,
    design_ratios,
    design_regression,
    design_shares,
    design_totals,
)
from pipeline.weights.replicates import Replicates, replicate_weights

REFERENCE = json.loads((SHIPPED / "survey" / "reference.json").read_text(encoding="utf-8"))
DESIGNS = {
    "apistrat": {"weight": "pw", "strata": "stype", "fpc": "fpc"},
    "apiclus1": {"weight": "pw", "psu": "dnum", "fpc": "fpc"},
}
CLOSED_FORM = 1e-8


def schools(name: str) -> pl.DataFrame:
    return pl.read_csv(shared("reference", "survey", f"{name}.csv"))


@pytest.mark.parametrize("sample", DESIGNS)
def test_means_and_intervals(sample):
    theirs = REFERENCE[sample]["mean"]
    ours = design_means(schools(sample), ["api00", "api99"], by=(), **DESIGNS[sample])
    for row in ours.iter_rows(named=True):
        assert row["estimate"] == pytest.approx(theirs["est"][row["outcome"]], rel=CLOSED_FORM)
        assert row["std_error"] == pytest.approx(theirs["se"][row["outcome"]], rel=CLOSED_FORM)
        assert [row["conf_low"], row["conf_high"]] == pytest.approx(theirs["ci95"][row["outcome"]], rel=CLOSED_FORM)
        assert row["df"] == REFERENCE[sample]["degf"]


@pytest.mark.parametrize("sample", DESIGNS)
def test_shares(sample):
    theirs = REFERENCE[sample]["prop_schwide"]
    ours = design_shares(schools(sample), {"sch.wide": {"No": ["No"], "Yes": ["Yes"]}}, by=(), **DESIGNS[sample])
    for row in ours.iter_rows(named=True):
        assert row["estimate"] == pytest.approx(theirs["est"][f"sch.wide{row['term']}"], rel=CLOSED_FORM)
        assert row["std_error"] == pytest.approx(theirs["se"][f"sch.wide{row['term']}"], rel=CLOSED_FORM)


@pytest.mark.parametrize("sample", DESIGNS)
def test_domains_by_type_of_school(sample):
    ours = design_means(schools(sample), ["api00"], by=("stype",), subset="domain", **DESIGNS[sample])
    theirs = {row["stype"]: row for row in REFERENCE[sample]["by_stype"]}
    assert ours["group"].to_list() == list(theirs)
    for row in ours.iter_rows(named=True):
        assert row["estimate"] == pytest.approx(theirs[row["group"]]["api00"], rel=CLOSED_FORM)
        assert row["std_error"] == pytest.approx(theirs[row["group"]]["se"], rel=CLOSED_FORM)


@pytest.mark.parametrize(
    ("sample", "by", "group", "key"),
    [("apistrat", "comp.imp", "Yes", "subset_E"), ("apiclus1", "stype", "H", "clus1_H")],
)
def test_domain_means(sample, by, group, key):
    ours = design_means(schools(sample), ["api00"], by=(by,), subset="domain", **DESIGNS[sample]).filter(group=group)
    theirs = REFERENCE["domain"][key]
    assert ours["estimate"][0] == pytest.approx(theirs["est"]["api00"], rel=CLOSED_FORM)
    assert ours["std_error"][0] == pytest.approx(theirs["se"][0], rel=CLOSED_FORM)


def test_without_a_finite_population_correction():
    ours = design_means(schools("apiclus1"), ["api00"], by=(), weight="pw", psu="dnum")
    assert ours["std_error"][0] == pytest.approx(REFERENCE["apiclus1_nofpc_mean"]["se"][0], rel=CLOSED_FORM)


@pytest.mark.parametrize("sample", DESIGNS)
def test_design_effect(sample):
    ours = design_means(schools(sample), ["api00"], by=(), design_effects=True, **DESIGNS[sample])
    theirs = REFERENCE[sample]["mean_deff_replace"]["api00"]
    assert ours.filter(component="design_effect")["estimate"][0] == pytest.approx(theirs, rel=CLOSED_FORM)


@pytest.mark.parametrize("rule", ["adjust", "average", "certainty", "remove"])
def test_sample_of_uneven_strata(rule):
    """R's fixture under each rule; none of its strata is in fact lonely, so that the rules agree."""
    ours = design_means(schools("apistrat_lonely"), ["api00"], by=(), weight="pw", strata="stype", lonely_psu=rule)
    theirs = REFERENCE["lonely"][rule]
    assert ours["estimate"][0] == pytest.approx(theirs["est"]["api00"], rel=CLOSED_FORM)
    assert ours["std_error"][0] == pytest.approx(theirs["se"][0], rel=CLOSED_FORM)


def interval(row: dict[str, object]) -> list[object]:
    return [row["conf_low"], row["conf_high"]]


@pytest.mark.parametrize("sample", DESIGNS)
def test_ratios(sample):
    ours = design_ratios(schools(sample), {"stability": ("api.stu", "enroll")}, by=(), **DESIGNS[sample])
    assert ours["estimate"][0] == pytest.approx(REFERENCE[sample]["ratio"]["est"], rel=CLOSED_FORM)
    assert ours["std_error"][0] == pytest.approx(REFERENCE[sample]["ratio"]["se"], rel=CLOSED_FORM)


@pytest.mark.parametrize("sample", DESIGNS)
def test_totals(sample):
    ours = design_totals(schools(sample), ["enroll"], by=(), **DESIGNS[sample]).row(0, named=True)
    theirs = REFERENCE[sample]["total_enroll"]
    assert ours["estimate"] == pytest.approx(theirs["est"]["enroll"], rel=CLOSED_FORM)
    assert ours["std_error"] == pytest.approx(theirs["se"][0], rel=CLOSED_FORM)
    assert interval(ours) == pytest.approx(theirs["ci95"]["enroll"], rel=CLOSED_FORM)


@pytest.mark.parametrize("sample", DESIGNS)
def test_quantiles(sample):
    ours = design_quantiles(schools(sample), ["api00"], by=(), **DESIGNS[sample])
    for row, theirs in zip(ours.iter_rows(named=True), REFERENCE[sample]["quantile"], strict=True):
        assert (row["estimate"], *interval(row)) == (theirs["quantile"], theirs["ci.2.5"], theirs["ci.97.5"])
        assert row["std_error"] == pytest.approx(theirs["se"], rel=CLOSED_FORM)


@pytest.mark.parametrize("sample", DESIGNS)
@pytest.mark.parametrize(("link", "outcome"), [("linear", "api00"), ("logit", "sch.wide")])
def test_regression(sample, link, outcome):
    frame = schools(sample).with_columns((pl.col("sch.wide") == "Yes").cast(pl.Float64))
    ours = design_regression(
        frame, outcome, ["ell", "meals", "mobility"], link=link, wave_effects=False, **DESIGNS[sample]
    )
    theirs = REFERENCE[sample]["lm" if link == "linear" else "logit"]
    # glm stops when the deviance settles to 1e-8, linear regression is a closed form
    estimate, std_error = (CLOSED_FORM, CLOSED_FORM) if link == "linear" else (1e-4, 1e-3)
    for name, expected in theirs["coef"].items():
        row = ours.filter(term={"(Intercept)": "intercept"}.get(name, name)).row(0, named=True)
        assert row["estimate"] == pytest.approx(expected["estimate"], rel=estimate)
        assert row["std_error"] == pytest.approx(expected["se"], rel=std_error)
        assert row["df"] == theirs["df_resid"]


@pytest.mark.parametrize("sample", DESIGNS)
def test_two_groups_compared_is_a_regression_on_the_group(sample):
    """R's svyttest: t on the degrees of freedom of a regression with one term."""
    ours = design_regression(schools(sample), "api00", ["comp.imp"], wave_effects=False, **DESIGNS[sample])
    row, theirs = ours.filter(term="comp.imp").row(0, named=True), REFERENCE[sample]["ttest"]
    assert row["statistic"] == pytest.approx(theirs["statistic"]["t"], rel=CLOSED_FORM)
    assert (row["df"], row["p_value"]) == (theirs["parameter"]["df"], pytest.approx(theirs["p"], rel=1e-7))


REPLICATED = {
    "strat_JKn": ("apistrat", "jkn", {"stratum": "stype"}),
    "clus1_JK1": ("apiclus1", "jk1", {"psu": "dnum"}),
    "clus1_bootstrap_100": ("apiclus1", "repweights_clus1_bootstrap_100", {}),
    "strat_subbootstrap_100": ("apistrat", "repweights_strat_subbootstrap_100", {}),
}


def replicates_of(key: str) -> tuple[pl.DataFrame, Replicates]:
    """R's replicate weights where they were drawn at random; the jackknife, which is not random, from the design."""
    sample, how, design = REPLICATED[key]
    frame, theirs = schools(sample), REFERENCE["replicate"][key]
    if how in ("jk1", "jkn"):
        return frame, replicate_weights(frame, how, weight="pw", population="fpc", **design)
    weights = pl.read_csv(shared("reference", "survey", f"{how}.csv")).to_numpy()
    ones = np.ones(theirs["nrep"])
    return frame, Replicates(frame["pw"].to_numpy(), weights, theirs["scale"], ones, "bootstrap", theirs["lm"]["degf"])


@pytest.mark.parametrize("key", REPLICATED)
def test_replicate_standard_errors(key):
    frame, replicates = replicates_of(key)
    theirs = REFERENCE["replicate"][key]
    mean = design_means(frame, ["api00"], by=(), replicates=replicates).row(0, named=True)
    assert mean["estimate"] == pytest.approx(theirs["mean"]["est"]["api00"], rel=CLOSED_FORM)
    assert mean["std_error"] == pytest.approx(theirs["mean"]["se"][0], rel=CLOSED_FORM)
    total = design_totals(frame, ["enroll"], by=(), replicates=replicates).row(0, named=True)
    assert total["std_error"] == pytest.approx(theirs["total"]["se"][0], rel=CLOSED_FORM)
    linear = design_regression(frame, "api00", ["ell", "meals"], wave_effects=False, replicates=replicates)
    for name, expected in theirs["lm"]["coef"].items():
        row = linear.filter(term={"(Intercept)": "intercept"}.get(name, name)).row(0, named=True)
        assert row["estimate"] == pytest.approx(expected["estimate"], rel=CLOSED_FORM)
        assert row["std_error"] == pytest.approx(expected["se"], rel=CLOSED_FORM)


def test_balanced_repeated_replication_of_a_ratio():
    frame = pl.read_csv(shared("reference", "survey", "scd.csv"))
    half = 2.0 * np.array([[1, 0, 1, 0, 1, 0], [1, 0, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1], [0, 1, 0, 1, 1, 0]]).T
    replicates = Replicates(np.ones(frame.height), half, 1 / 4, np.ones(4), "brr", 3)
    ours = design_ratios(frame, {"survival": ("alive", "arrests")}, by=(), replicates=replicates)
    assert ours["estimate"][0] == pytest.approx(REFERENCE["scd_brr_ratio"]["est"], rel=CLOSED_FORM)
    assert ours["std_error"][0] == pytest.approx(REFERENCE["scd_brr_ratio"]["se"], rel=CLOSED_FORM)
