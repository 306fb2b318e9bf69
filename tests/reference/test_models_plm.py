"""Panel models against R's plm on its own example data: Grunfeld's investments and the unbalanced EmplUK.

Judge: plm 2.6-2 (``data/plm/run.R``). Closed forms, so 1e-8 relative. The data lie outside the project.
"""

import json
from collections.abc import Callable

import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.models import between, first_difference, fixed_effects, hausman, mundlak, pooled, random_effects

REFERENCE = json.loads((SHIPPED / "plm" / "reference.json").read_text(encoding="utf-8"))
FIRMS = {"person": "firm", "wave": "year", "wave_effects": False}
CLOSED_FORM = 1e-8

FAMILIES: dict[str, tuple[Callable[..., pl.DataFrame], dict[str, str]]] = {
    "pooling": (pooled, {}),
    "within": (fixed_effects, {}),
    "within_twoways": (fixed_effects, {"effects": "person_and_wave"}),
    "random_swar": (random_effects, {}),
    "fd": (first_difference, {}),
}
LOGS = {"log(wage)": "log_wage", "log(capital)": "log_capital", "log(output)": "log_output"}
NAMES = {"(Intercept)": "intercept", **LOGS}


@pytest.fixture(scope="module")
def grunfeld() -> pl.DataFrame:
    return pl.read_csv(shared("reference", "plm", "grunfeld.csv"))


@pytest.fixture(scope="module")
def empluk() -> pl.DataFrame:
    firms = pl.read_csv(shared("reference", "plm", "empluk.csv"))
    return firms.with_columns(pl.col("emp", "wage", "capital", "output").log().name.prefix("log_"))


def of(table: pl.DataFrame, term: str) -> dict[str, object]:
    kinds = ["coefficient", "intercept", "within", "contextual", "test"]
    return table.filter(pl.col("component").is_in(kinds), term=NAMES.get(term, term)).row(0, named=True)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("data", ["grunfeld", "empluk"])
def test_coefficients_and_classical_standard_errors(kind, data, request):
    family, options = FAMILIES[kind]
    frame = request.getfixturevalue(data)
    outcome, exposures = ("inv", ["value", "capital"]) if data == "grunfeld" else ("log_emp", list(LOGS.values()))
    key = {"grunfeld": {"within": "within_ind"}.get(kind, kind), "empluk": kind}[data]
    theirs = REFERENCE["grunfeld" if data == "grunfeld" else "empluk_unbalanced"][key]
    ours = family(frame, outcome, exposures, cluster=None, **FIRMS, **options)
    for term, expected in theirs["coef"].items():
        found = of(ours, term)
        assert found["estimate"] == pytest.approx(expected["estimate"], rel=CLOSED_FORM)
        assert found["std_error"] == pytest.approx(expected["se"], rel=CLOSED_FORM)
        assert found["statistic"] == pytest.approx(expected["stat"], rel=CLOSED_FORM)
        assert found["p_value"] == pytest.approx(expected["p"], rel=1e-7)
        assert found["n_obs"] == theirs["nobs"]
        assert found["df"] == (None if kind == "random_swar" else theirs["df_residual"])


@pytest.mark.parametrize(
    ("kind", "family"), [("within_individual", fixed_effects), ("random_swar", random_effects), ("pooling", pooled)]
)
@pytest.mark.parametrize(("correction", "theirs"), [("hc1", "HC1"), ("none", "HC0"), ("stata", "sss")])
def test_clustered_standard_errors(grunfeld, kind, family, correction, theirs):
    ours = family(grunfeld, "inv", ["value", "capital"], cluster="firm", correction=correction, **FIRMS)
    for term, std_error in REFERENCE["robust_se"][kind][f"vcovHC_arellano_{theirs}"].items():
        assert of(ours, term)["std_error"] == pytest.approx(std_error, rel=CLOSED_FORM)


@pytest.mark.parametrize(("correction", "theirs"), [("hc1", "HC1"), ("stata", "sss")])
def test_clustered_standard_errors_of_an_unbalanced_panel(empluk, correction, theirs):
    ours = fixed_effects(empluk, "log_emp", list(LOGS.values()), cluster="firm", correction=correction, **FIRMS)
    for term, std_error in REFERENCE["empluk_unbalanced_robust"][f"within_arellano_{theirs}"].items():
        assert of(ours, term)["std_error"] == pytest.approx(std_error, rel=CLOSED_FORM)


@pytest.mark.parametrize("data", ["grunfeld", "empluk"])
def test_between(data, request):
    outcome, exposures = ("inv", ["value", "capital"]) if data == "grunfeld" else ("log_emp", list(LOGS.values()))
    ours = between(request.getfixturevalue(data), outcome, exposures, person="firm", wave="year")
    theirs = REFERENCE["grunfeld" if data == "grunfeld" else "empluk_unbalanced"]["between"]
    for term, expected in theirs["coef"].items():
        assert of(ours, term)["estimate"] == pytest.approx(expected["estimate"], rel=CLOSED_FORM)
        assert of(ours, term)["std_error"] == pytest.approx(expected["se"], rel=CLOSED_FORM)
        assert of(ours, term)["df"] == theirs["df_residual"]


def test_variance_components(grunfeld, empluk):
    for frame, outcome, exposures, key in (
        (grunfeld, "inv", ["value", "capital"], "grunfeld"),
        (empluk, "log_emp", list(LOGS.values()), "empluk_unbalanced"),
    ):
        ours = random_effects(frame, outcome, exposures, cluster=None, **FIRMS).filter(component="variance")
        theirs = REFERENCE[key]["random_swar"]["ercomp"]["sigma2"]
        assert ours["estimate"][:2].to_list() == pytest.approx([theirs["id"], theirs["idios"]], rel=CLOSED_FORM)


def test_both_variances_between_agree_on_a_balanced_panel(grunfeld):
    theirs = REFERENCE["grunfeld"]["random_swar"]["coef"]
    ours = random_effects(grunfeld, "inv", ["value", "capital"], cluster=None, small_sample=False, **FIRMS)
    for term, expected in theirs.items():
        assert of(ours, term)["estimate"] == pytest.approx(expected["estimate"], rel=CLOSED_FORM)


def test_hausman(grunfeld, empluk):
    theirs = REFERENCE["tests"]["hausman_chisq"]
    ours = of(hausman(grunfeld, "inv", ["value", "capital"], **FIRMS), "hausman")
    assert ours["statistic"] == pytest.approx(theirs["statistic"]["chisq"], rel=CLOSED_FORM)
    assert (ours["df"], ours["p_value"]) == (2, pytest.approx(theirs["p"], rel=CLOSED_FORM))
    unbalanced = of(hausman(empluk, "log_emp", list(LOGS.values()), **FIRMS), "hausman")
    theirs = REFERENCE["empluk_unbalanced_robust"]["hausman"]
    assert unbalanced["statistic"] == pytest.approx(theirs["statistic"]["chisq"], rel=CLOSED_FORM)
    assert "not positive definite" in unbalanced["note"]


@pytest.mark.parametrize(
    ("cluster", "mundlak_key", "auxiliary"),
    [(None, "wald_means_classical", "hausman_aux"), ("firm", "wald_means_arellano_HC1", "hausman_aux_robust_HC1")],
)
def test_mundlak_is_the_regression_based_hausman_test(grunfeld, cluster, mundlak_key, auxiliary):
    ours = mundlak(grunfeld, "inv", ["value", "capital"], cluster=cluster, **FIRMS)
    test = of(ours, "mundlak")
    assert test["statistic"] == pytest.approx(REFERENCE["mundlak"][mundlak_key], rel=CLOSED_FORM)
    assert test["p_value"] == pytest.approx(REFERENCE["tests"][auxiliary]["p"], rel=1e-7)
    for term in ("value", "capital"):
        contextual = ours.filter(component="contextual", term=term)["estimate"][0]
        assert contextual == pytest.approx(REFERENCE["mundlak"]["coef"][f"m_{term}"]["estimate"], rel=CLOSED_FORM)
        assert of(ours, term)["estimate"] == pytest.approx(
            REFERENCE["mundlak"]["coef"][term]["estimate"], rel=CLOSED_FORM
        )
