"""The eight random-intercept models of protest that ELSOC researchers stored: each parameter, error, fit measure."""

import json

import numpy as np
import polars as pl
import pyreadstat
import pytest
from sem_oracle import differences, rows_by_name, unequal_measures
from shared import SHIPPED, shared

from pipeline.sem import compare, riclpm

WAVES = ("W01_2016", "W02_2017", "W03_2018", "W04_2019", "W05_2021")
CROSS = {"a": "none", "b": [("x", "y")], "c": [("y", "x")], "d": "all"}
MEASURES = {
    "X2": "chisq.scaled", "df": "df", "CFI": "cfi.scaled", "TLI": "tli.scaled", "RMSEA": "rmsea.scaled",
    "SRMR": "srmr_mplus", "AIC": "aic", "BIC": "bic", "aBIC": "bic2", "LL": "logl", "par": "npar",
    "LLcorrectf": "scaling.factor.h0",
}  # fmt: skip
CONSTRUCTS = {name: [f"{name}{wave}" for wave in range(1, 6)] for name in "xy"}


@pytest.fixture(scope="module")
def wide():
    """Protest (x) and online expression (y) by wave, one row per person; negative codes are missing."""
    frame = None
    for number, wave in enumerate(WAVES, start=1):
        file = shared("real", "elsoc", "waves", f"ELSOC_{wave}.sav")
        table = pyreadstat.read_sav(str(file), output_format="polars", usecols=["idencuesta", "c08_02", "c08_04"])[0]
        part = table.select(
            pl.col("idencuesta").cast(pl.Int64),
            pl.col("c08_02").cast(pl.Float64).alias(f"x{number}"),
            pl.col("c08_04").cast(pl.Float64).alias(f"y{number}"),
        ).with_columns(pl.when(pl.col(name) >= 0).then(pl.col(name)) for name in (f"x{number}", f"y{number}"))
        frame = part if frame is None else frame.join(part, on="idencuesta", how="full", coalesce=True)
    return frame


def sheets(kind):
    return pl.read_excel(shared("real", "elsoc", "oracle", f"riclpm_collective_action_{kind}.xlsx"), sheet_id=0)


def our_name(name):
    for theirs, ours in (("RI_", "RI"), ("off", "x"), ("onl", "y"), ("cx", "wx"), ("cy", "wy")):
        name = name.replace(theirs, ours)
    return name


def fitted(wide, model):
    lags = "free" if model[1] == "1" else "equal"
    return riclpm(wide, CONSTRUCTS, lags=lags, cross=CROSS[model[0]], estimator="MLR")


def test_all_eight_models(wide):
    params, measures = sheets("estimates"), sheets("gof")["gof"]
    for stored in measures.iter_rows(named=True):
        result = fitted(wide, stored["model"])
        assert (result.n, result.dropped) == (2927, 1)
        found = differences(result, params[stored["model"]].to_dicts(), rename=our_name)
        assert found["estimate"] < 1e-4, (stored["model"], found)
        assert found["std_error"] < 1e-4, (stored["model"], found)
        for theirs, ours in MEASURES.items():
            limit = 1e-6 if theirs == "LL" else 1e-4
            assert result.fit[ours] == pytest.approx(stored[theirs], rel=limit), (stored["model"], theirs)
        # the estimates stop where the likelihood is highest: at or above theirs
        assert result.loglik >= stored["LL"] - 1e-6


@pytest.mark.thorough
def test_at_the_top_lavaan_agrees_to_every_digit(wide):
    """Where lavaan's stored estimates differ from these beyond 1e-5, its search had stopped short of the top.

    It stops at a gradient (per person) of some 1e-6; there an estimate next to zero, a cross-lag of .007 with a
    standard error of .046, is off by 1e-4 of itself. Two Newton steps by its own gradient and Hessian (``elsoc.R``)
    take it to 1e-15, and every estimate, error and fit measure of the eight models to these.
    """
    tops = json.loads((SHIPPED / "sem" / "elsoc.json").read_text(encoding="utf-8"))
    for name, stored in tops.items():
        stopped, top = stored["gradient"]
        assert top < 1e-14 < 1e-7 < stopped
        result = fitted(wide, name)
        assert np.abs(result.state.optimum.gradient).max() / result.n < 1e-8
        rows = rows_by_name(result)
        for param in stored["params"]:
            if param["se"]:
                row = rows[param["lhs"], param["op"], param["rhs"] or "", None]
                assert row["estimate"] == pytest.approx(param["est"], rel=1e-6)
                assert row["std_error"] == pytest.approx(param["se"], rel=1e-6)
                assert row["std_all"] == pytest.approx(param["std.all"], rel=1e-6)
        assert not unequal_measures(result.fit, stored["fit"], tolerance=1e-5, loglik=1e-10)


@pytest.mark.thorough
def test_why_their_nested_tests_went_wrong(wide):
    """Their corrections are negative because lavaan's factor counts parameters before equality constraints.

    The stored ones come back with that factor; with parameters counted after them the corrections are positive and the
    difference tests of the log-likelihoods and of χ² agree.
    """
    for stored in sheets("gof")["comp_nested"].iter_rows(named=True):
        one, two = (fitted(wide, name) for name in stored["comp"].split(" vs. "))
        wrong, right = (
            (one.npar * one.fit[factor] - two.npar * two.fit[factor]) / (one.npar - two.npar)
            for factor in ("scaling.factor.h0", "scaling.factor.h0.constrained")
        )
        assert wrong == pytest.approx(stored["CD"], rel=1e-3)
        found = compare(one, two)
        assert found.scaling == pytest.approx(right, rel=1e-6)
        assert found.scaling > 0
        assert found.statistic == pytest.approx(-2 * stored["LL_D"] / right, rel=1e-3)
        assert 0 < found.p < 1
