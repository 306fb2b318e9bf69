"""Response models and response weights against R: the simulated panel, and the Chilean panel's attrition."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.weights.propensity import propensity_weights, sequential_weights
from pipeline.weights.quality import balance, weight_quality
from pipeline.weights.raking import rake
from pipeline.weights.response import response_model
from pipeline.weights.trimming import quantile_limits

FOLDER = SHIPPED / "attrition_weights"
REFERENCE = json.loads((FOLDER / "reference.json").read_text())
CONVERGED = json.loads((FOLDER / "more.json").read_text())
PREDICTORS = ["female", "ageg", "edu", "ethnic", "trust1", "contact1"]
LEVELS = {"female": "0", "edu": "mid", "ageg": "35-54", "ethnic": "white"}


@pytest.fixture(scope="module")
def eligible() -> pl.DataFrame:
    panel = pl.read_csv(FOLDER / "panel_wide.csv")
    return panel.filter(pl.col("died_w3") == 0).with_columns(pl.col("female").cast(pl.String))


@pytest.fixture(scope="module")
def weighted(eligible):
    table, model = propensity_weights(eligible, "resp4", PREDICTORS, reference=LEVELS)
    stabilised, _ = propensity_weights(eligible, "resp4", PREDICTORS, reference=LEVELS, stabilised=True)
    frame = eligible.with_columns(
        table["probability"], ipw=table["response_weight"], sipw=stabilised["response_weight"]
    )
    return frame, model


def terms(table: pl.DataFrame) -> dict[str, dict]:
    """Our rows under R's names: ``(Intercept)``, ``ageg18-34``, ``trust1``."""
    return {
        "(Intercept)" if row["term"] == "(constant)" else row["variable"] + (row["level"] or ""): row
        for row in table.to_dicts()
    }


def same_coefficients(table: pl.DataFrame, default: dict, converged: dict) -> None:
    """To 1e-8 of R converged; of R as it stops by default, the estimates to 1e-8 and the errors to the tolerance
    of an iterative likelihood (its errors are taken one step before the last)."""
    found = terms(table)
    assert found.keys() == default.keys() == converged.keys()
    for name, row in found.items():
        assert row["estimate"] == pytest.approx(default[name]["estimate"], abs=1e-8)
        assert row["std_error"] == pytest.approx(default[name]["se"], rel=1e-3)
        for ours, theirs in {"estimate": "estimate", "std_error": "se", "statistic": "stat", "p_value": "p"}.items():
            assert row[ours] == pytest.approx(converged[name][theirs], abs=1e-8), (name, ours)


def test_attrition_logit(weighted):
    _, model = weighted
    expected = REFERENCE["attrition_model"]
    same_coefficients(model.odds_ratios(), expected["coef"], CONVERGED["attrition_logit"])
    fit = model.summary().row(0, named=True)
    assert fit["n"] == expected["n"]
    assert fit["log_likelihood"] == pytest.approx(expected["logLik"], abs=1e-8)
    assert -2 * fit["null_log_likelihood"] == pytest.approx(expected["null_deviance"], abs=1e-8)
    assert fit["lr_chi2"] == pytest.approx(expected["lr_chisq"], abs=1e-8)
    assert fit["mcfadden_r2"] == pytest.approx(expected["mcfadden_r2"], abs=1e-8)
    assert fit["auc"] == pytest.approx(expected["auc"], abs=1e-8)


def test_r_indicator(weighted):
    fit = weighted[1].summary().row(0, named=True)
    assert fit["r_indicator"] == pytest.approx(REFERENCE["r_indicator"]["R"], abs=1e-8)
    assert fit["r_indicator_population"] == pytest.approx(REFERENCE["r_indicator"]["R_popvar"], abs=1e-8)
    assert fit["cv_probability"] == pytest.approx(REFERENCE["r_indicator"]["cv_p"], abs=1e-8)


@pytest.fixture(scope="module")
def stayers(weighted):
    """Responders with the propensity weight cut at its 1st and 99th percentile, then raked, as the script did."""
    frame = weighted[0].filter(pl.col("resp4") == 1)
    lower, upper = quantile_limits(frame["ipw"], 0.01, 0.99)
    assert [lower, upper] == pytest.approx(list(REFERENCE["trim_bounds"].values()), abs=1e-8)
    cut = np.clip(frame["ipw"].to_numpy(), lower, upper)
    frame = frame.with_columns(ipw_trim=pl.Series(cut * len(cut) / cut.sum()))
    targets = pl.DataFrame(
        [(v, c, s) for v, shares in REFERENCE["targets"].items() for c, s in shares.items()],
        schema=["variable", "category", "share"],
        orient="row",
    )
    raked = rake(frame, targets, base_weight="ipw_trim", tolerance=1e-13)
    return frame.with_columns(w_final=raked.weights)


@pytest.mark.parametrize(("name", "tolerance"), [("ipw", 1e-8), ("sipw", 1e-8), ("ipw_trim", 1e-8), ("w_final", 1e-8)])
def test_weights_person_by_person(stayers, name, tolerance):
    expected = pl.read_csv(FOLDER / "weights_wave4.csv")
    assert stayers["id"].to_list() == expected["id"].to_list()
    np.testing.assert_allclose(stayers[name], expected[name], atol=tolerance, rtol=0)
    quality, numbers = weight_quality(stayers[name]), REFERENCE["weights"][name]
    names = {"n": "n", "min": "min", "max": "max", "cv": "cv", "design_effect": "deff_kish", "effective_n": "ess"}
    for ours, theirs in names.items():
        assert quality[ours] == pytest.approx(numbers[theirs], rel=1e-8), ours


def test_balance_before_and_after(weighted):
    table = balance(weighted[0], PREDICTORS, responded="resp4", weight="ipw")
    for variable, expected in REFERENCE["balance_ipw"].items():
        rows = {row["category"]: row for row in table.filter(variable=variable).to_dicts()}
        for category, numbers in ({None: expected} if "base" in expected else expected).items():
            row = rows[category]
            assert row["asked"] == pytest.approx(numbers["base"], abs=1e-8)
            assert row["responders"] == pytest.approx(numbers["unweighted"], abs=1e-8)
            assert row["weighted"] == pytest.approx(numbers["weighted"], abs=1e-8)
            assert row["difference_before"] == pytest.approx(numbers["smd_unw"], abs=1e-8)
            assert row["difference_after"] == pytest.approx(numbers["smd_w"], abs=1e-8)


@pytest.mark.parametrize("last", [2, 3, 4])
def test_sequential_weights(eligible, last):
    waves = [f"resp{wave}" for wave in range(2, last + 1)]
    on = ["female", "ageg", "edu", "trust1"]
    table, models = sequential_weights(eligible, waves, [on] * len(waves), reference=LEVELS)
    expected = REFERENCE["sequential"][f"wave{last}"]
    same_coefficients(models[-1].odds_ratios(), expected["coef"], CONVERGED["sequential"][f"wave{last}"])
    quality = weight_quality(table["response_weight"])
    assert quality["n"] == expected["n"]
    assert quality["sum"] == pytest.approx(expected["sum_w"], rel=1e-8)
    assert quality["design_effect"] == pytest.approx(expected["kish_deff"], rel=1e-8)


def test_the_chilean_panels_attrition_logit():
    import pyreadstat

    def wave(number: int, year: int, columns: list[str]) -> pl.DataFrame:
        path = shared("real", "elsoc", "waves", f"ELSOC_W0{number}_{year}.sav")
        frame = pl.from_pandas(pyreadstat.read_sav(path, usecols=columns, user_missing=True)[0])
        coded = pl.col(columns).cast(pl.Float64, strict=False)
        return frame.select(pl.when(coded > -100).then(coded))

    last = wave(5, 2021, ["idencuesta"]).with_columns(stayed=pl.lit(1))
    names = ["idencuesta", "m0_edad", "m0_sexo", "m01", "s01", "c02", "t01"]
    people = (
        wave(1, 2016, names)
        .join(last, on="idencuesta", how="left")
        .with_columns(
            pl.col("stayed").fill_null(0),
            woman=(pl.col("m0_sexo") == 2).cast(pl.Int8),
            gentrust=pl.when(pl.col("c02").is_not_null()).then((pl.col("c02") == 1).cast(pl.Int8)),
        )
    )
    model = response_model(people, "stayed", ["m0_edad", "woman", "m01", "s01", "gentrust", "t01"])
    oracle = pl.read_csv(shared("real", "elsoc", "oracle", "r_reference_attrition_logit_W1_to_W5.csv"))
    assert model.n == oracle["n"][0]
    table = model.odds_ratios()
    for ours, theirs in {"estimate": "Estimate", "std_error": "Std..Error", "statistic": "z.value"}.items():
        assert table[ours].to_list() == pytest.approx(oracle[theirs].to_list(), abs=1e-6)
    assert table["p_value"].to_list() == pytest.approx(oracle["Pr...z.."].to_list(), abs=1e-6)
