"""Design-based estimates against R's survey on its own samples of Californian schools.

Judge: survey 4.1-1 (``data/survey/run.R``). Closed forms, so 1e-8 relative. The samples lie outside the project.
"""

import json

import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.models import design_means, design_shares

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
