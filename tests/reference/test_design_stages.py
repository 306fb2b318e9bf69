"""Two-stage designs, lonely units, Rao–Scott tests and calibrated designs against R's survey, on simulated people.

Judge: survey 4.1 (``data/design/run.R``). Closed forms, so 1e-8 relative.
"""

import json

import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.models import (
    design_association,
    design_changes,
    design_differences,
    design_means,
    design_ratios,
    design_regression,
    design_totals,
)
from pipeline.weights.replicates import Replicates, rake_replicates, replicate_weights

FOLDER = SHIPPED / "design"
REFERENCE = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
PEOPLE = pl.read_csv(FOLDER / "people.csv")
WAVES = pl.read_csv(FOLDER / "waves.csv")
ONE = {"weight": "weight", "strata": "stratum", "psu": "place"}
TWO = {**ONE, "fpc": "places", "ssu": "id", "fpc_second": "people"}
RULES = ("certainty", "adjust", "average", "remove")
CASES = [
    *((f"two_stage.{rule}", {**TWO, "lonely_psu": rule}) for rule in RULES),
    *((f"one_stage.{rule}", {**ONE, "lonely_psu": rule}) for rule in RULES),
    ("independent", {"weight": "weight"}),
]
CLOSED_FORM = 1e-8
TABLES = {"answer_by_woman": ("answer", "woman"), "answer_by_education": ("answer", "education")}
TABLES |= {"helped_by_woman": ("helped", "woman")}


def of(key: str, source: dict = REFERENCE) -> dict:
    for part in key.split("."):
        source = source[part]
    return source


def same(row: dict, theirs: dict, tolerance: float = CLOSED_FORM) -> None:
    assert row["estimate"] == pytest.approx(theirs["est"], rel=tolerance)
    assert row["std_error"] == pytest.approx(theirs["se"], rel=tolerance)


@pytest.mark.parametrize(("key", "design"), CASES, ids=[key for key, _ in CASES])
def test_means_totals_ratios_and_domains(key, design):
    theirs = of(key)
    same(design_means(PEOPLE, ["trust"], by=(), **design).row(0, named=True), theirs["mean"])
    same(design_totals(PEOPLE, ["helped"], by=(), **design).row(0, named=True), theirs["total"])
    same(design_ratios(PEOPLE, {"r": ("trust", "contact")}, by=(), **design).row(0, named=True), theirs["ratio"])
    women = design_means(PEOPLE, ["trust"], by=("woman",), subset="domain", **design).filter(group="1")
    same(women.row(0, named=True), theirs["domain"])


@pytest.mark.parametrize(("key", "design"), CASES, ids=[key for key, _ in CASES])
def test_regression(key, design):
    ours = design_regression(PEOPLE, "trust", ["contact", "woman"], wave_effects=False, **design)
    same_line(ours, of(key)["lm"])


def same_line(ours: pl.DataFrame, theirs: dict) -> None:
    for name, expected in theirs.items():
        row = ours.filter(term={"(Intercept)": "intercept"}.get(name, name)).row(0, named=True)
        assert row["estimate"] == pytest.approx(expected["estimate"], rel=CLOSED_FORM)
        assert row["std_error"] == pytest.approx(expected["se"], rel=CLOSED_FORM)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("key", "design"), CASES, ids=[key for key, _ in CASES])
def test_rao_scott(key, design, table):
    variable, group = TABLES[table]
    ours = design_association(PEOPLE, [variable], group, by=(), **design)
    same_test(ours, of(key)[table])


def same_test(ours: pl.DataFrame, theirs: dict) -> None:
    for term, name in {"rao_scott_f": "F", "rao_scott_chi_squared": "Chisq"}.items():
        row, expected = ours.filter(term=term).row(0, named=True), theirs[name]
        parameter = expected["parameter"]
        assert row["statistic"] == pytest.approx(expected["statistic"], rel=CLOSED_FORM)
        assert row["df"] == pytest.approx(parameter[0] if isinstance(parameter, list) else parameter, rel=CLOSED_FORM)
        assert row["p_value"] == pytest.approx(expected["p"], rel=1e-6)


@pytest.mark.parametrize(
    ("how", "margins", "base"),
    [
        ("raked", ["woman", "education"], None),
        ("post_stratified", ["education"], "weight"),
        ("linear", ["woman", "education"], "weight"),
    ],
)
def test_calibrated_designs(how, margins, base):
    theirs = REFERENCE["calibrated"][how]
    frame = PEOPLE.with_columns(calibrated=pl.Series(theirs["weights"]))
    design = {**ONE, "weight": "calibrated", "calibrated_on": margins, "base_weight": base, "lonely_psu": "certainty"}
    same(design_means(frame, ["trust"], by=(), **design).row(0, named=True), theirs["mean"])
    same(design_totals(frame, ["helped"], by=(), **design).row(0, named=True), theirs["total"])
    same_line(design_regression(frame, "trust", ["contact", "woman"], wave_effects=False, **design), theirs["lm"])


@pytest.fixture(scope="module")
def jackknives() -> dict[str, Replicates]:
    """The jackknife of the design, and the same raked anew in each replicate."""
    drawn = replicate_weights(WAVES, "jkn", weight="weight", stratum="stratum", psu="place", lonely="certainty")
    shares = {"woman": {"0": 0.48, "1": 0.52}, "education": {"none": 0.25, "school": 0.45, "degree": 0.3}}
    rows = [(variable, category, share) for variable, of in shares.items() for category, share in of.items()]
    targets = pl.DataFrame(rows, schema=["variable", "category", "share"], orient="row")
    raked = rake_replicates(drawn, WAVES, targets, tolerance=1e-13, total=drawn.full.sum())
    return {"design": drawn, "raked": raked}


@pytest.mark.parametrize("how", ["design", "raked"])
def test_changes_differences_and_regression_with_replicates(jackknives, how):
    theirs, replicates = REFERENCE["jackknife"][how], jackknives[how]
    tolerance = CLOSED_FORM if how == "design" else 1e-6
    change = design_changes(WAVES, ["trust"], person="id", replicates=replicates).row(0, named=True)
    same(change, theirs["change"], tolerance)
    last = {"replicates": replicates}
    difference = design_differences(WAVES, ["trust"], "woman", **last).filter(wave="w02").row(0, named=True)
    same(difference, theirs["difference"], tolerance)
    ratio = design_ratios(WAVES, {"r": ("trust", "contact")}, **last).filter(wave="w02").row(0, named=True)
    same(ratio, theirs["ratio"], tolerance)
    linear = design_regression(WAVES, "trust", ["contact", "woman"], replicates=replicates)
    for name, expected in theirs["lm"].items():
        row = linear.filter(term={"(Intercept)": "intercept", "wavew02": "w02"}.get(name, name)).row(0, named=True)
        assert row["estimate"] == pytest.approx(expected["estimate"], rel=tolerance)
        assert row["std_error"] == pytest.approx(expected["se"], rel=tolerance)


def test_the_schools_of_two_stages():
    reference = json.loads(shared("reference", "survey", "reference.json").read_text(encoding="utf-8"))["apiclus2"]
    schools = pl.read_csv(shared("reference", "survey", "apiclus2.csv"))
    design = {"weight": "pw", "psu": "dnum", "ssu": "snum", "fpc": "fpc1", "fpc_second": "fpc2"}
    for row in design_means(schools, ["api00", "api99"], by=(), **design).iter_rows(named=True):
        same(row, {name: reference["mean"][name][row["outcome"]] for name in ("est", "se")})
    total = design_totals(schools, ["enroll"], by=(), **design).row(0, named=True)
    same(total, {"est": reference["total_enroll"]["est"]["enroll"], "se": reference["total_enroll"]["se"][0]})
    linear = design_regression(schools, "api00", ["ell", "meals", "mobility"], wave_effects=False, **design)
    same_line(linear, reference["lm"]["coef"])
