"""Interrupted time series against R: lm, sandwich, nlme, lmtest and glm on the seatbelt law.

The data are R's own example and are read from the shared material; the numbers are in ``data/interventions/its.json``.
Closed forms 1e-8; the likelihood 1e-4, its standard errors 1e-3 (as the quasi-Poisson ones: R stops earlier).
"""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.models import interrupted_time_series
from pipeline.models.interventions.serial import bandwidth, breusch_godfrey, durbin_watson, least_squares

R = json.loads((SHIPPED / "interventions" / "its.json").read_text(encoding="utf-8"))
TERMS = {
    "t": ("trend", "time"),
    "law": ("level_change", "law"),
    "after": ("slope_change", "law"),
    "log(PetrolPrice)": ("coefficient", "price"),
}
ERRORS = {
    "ols": {"errors": "classical"},
    "HC1": {"errors": "hc1"},
    "NW_lag0": {"lags": 0},
    "NW_lag3": {"lags": 3},
    "NW_lag12": {"lags": 12},
    "NW_lag12_adjust": {"lags": 12, "adjust": True},
    "NW_auto_prewhite": {"prewhite": True},
}
SERIES = {"interruptions": {"law": 170}, "time": "t", "categorical": ["month"]}


@pytest.fixture(scope="module")
def seatbelts() -> pl.DataFrame:
    data = pl.read_csv(shared("reference", "its", "seatbelts.csv"))
    return data.with_columns(log_drivers=pl.col("drivers").log(), price=pl.col("PetrolPrice").log())


def row(table: pl.DataFrame, name: str) -> dict[str, float]:
    component, term = TERMS[name]
    return table.filter(component=component, term=term).row(0, named=True)


@pytest.mark.parametrize("errors", ERRORS)
def test_segmented_regression(seatbelts, errors):
    table = interrupted_time_series(seatbelts, "log_drivers", ["price", "month"], **SERIES, **ERRORS[errors])
    for name, theirs in R["segmented_ols"][errors].items():
        ours = row(table, name)
        found = [ours[key] for key in ("estimate", "std_error", "statistic", "p_value")]
        assert found == pytest.approx([theirs[key] for key in ("estimate", "se", "stat", "p")], rel=1e-8)


def test_autoregressive_errors(seatbelts):
    table = interrupted_time_series(seatbelts, "log_drivers", ["price", "month"], **SERIES, errors="ar1")
    theirs = R["gls_ar1_ML"]
    for name, values in theirs["coef"].items():
        ours = row(table, name)
        assert ours["estimate"] == pytest.approx(values["estimate"], rel=1e-4)
        assert [ours["std_error"], ours["p_value"]] == pytest.approx([values["Std.Error"], values["p"]], rel=1e-3)
    fits = dict(table.filter(component="fit").select("term", "estimate").rows())
    assert fits == pytest.approx({"phi": theirs["phi"], "log_likelihood": theirs["logLik"]}, rel=1e-4)


def test_counts(seatbelts):
    table = interrupted_time_series(seatbelts, "VanKilled", ["month"], **SERIES, distribution="quasi_poisson")
    theirs = R["quasipoisson_vankilled"]
    for name, values in theirs["coef"].items():
        ours = row(table, name)
        assert ours["estimate"] == pytest.approx(values["estimate"], rel=1e-4)
        assert ours["std_error"] == pytest.approx(values["se"], rel=1e-3)
    assert table.filter(component="fit")["estimate"].to_list() == pytest.approx([theirs["dispersion"]], rel=1e-4)


def test_what_would_have_been(seatbelts):
    table = interrupted_time_series(seatbelts, "log_drivers", ["price", "month"], **SERIES, lags=3, log=True)
    last = table.filter(component="departure", wave="192").row(0, named=True)
    theirs = R["counterfactual_end"]
    assert last["estimate"] == pytest.approx(theirs["effect_log"], rel=1e-8)
    assert last["note"].startswith(f"{theirs['pct']:.1f} per cent (")
    expected = table.filter(component="counterfactual", wave="192").row(0, named=True)
    assert expected["conf_low"] < expected["estimate"] < expected["conf_high"]


def test_diagnostics(seatbelts):
    table = interrupted_time_series(seatbelts, "log_drivers", ["price", "month"], **SERIES)
    rows = table.filter(component="test").select("term", "statistic", "p_value").rows()
    tests = {name: (value, p) for name, value, p in rows}
    dw, bg = R["diagnostics"]["dw"], R["diagnostics"]["bg_lag1"]
    assert tests["durbin_watson"] == pytest.approx((dw["statistic"]["DW"], dw["p"]), rel=1e-7)
    assert tests["breusch_godfrey"] == pytest.approx((bg["statistic"]["LM test"], bg["p"]), rel=1e-8)
    n, months = seatbelts.height, seatbelts["month"].to_numpy()
    dummies = [(months == month).astype(float) for month in range(2, 13)]
    columns = [np.ones(n), *(seatbelts[name].to_numpy() for name in ("t", "law", "after", "price")), *dummies]
    x = np.column_stack(columns)
    errors = least_squares(seatbelts["log_drivers"].to_numpy(), x)[1]
    twelve = R["diagnostics"]["bg_lag12"]
    assert breusch_godfrey(errors, x, 12) == pytest.approx((twelve["statistic"]["LM test"], twelve["p"]), rel=1e-8)
    assert durbin_watson(errors, x)[0] == pytest.approx(dw["statistic"]["DW"], rel=1e-8)
    chosen = bandwidth(x * errors[:, None], np.ptp(x, axis=0) == 0, prewhite=False)
    assert chosen == pytest.approx(R["segmented_ols"]["bwNW"], rel=1e-8)
