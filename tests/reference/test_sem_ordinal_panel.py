"""Cross-lagged and growth models of ordered answers by WLSMV, in Python and declared.

Judge: lavaan 0.6-14 (``data/sem/ordinal_panel.R``), in delta and theta parameterisation.
"""

import json
from functools import cache
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.sem import compare, ordinal_growth, ordinal_riclpm, theta_estimates
from pipeline.sem.declared import fit_declared
from pipeline.specs.structural import StructuralModel

FOLDER = SHIPPED / "sem"
R = json.loads((FOLDER / "ordinal_panel.json").read_text(encoding="utf-8"))
FRAME = pl.read_csv(FOLDER / "ordinal_panel.csv", infer_schema_length=None)
COURSE = pl.read_csv(FOLDER / "ordinal_growth.csv", infer_schema_length=None)
ONE = {name: [f"{name}{t}" for t in range(1, 5)] for name in "xy"}
SEVERAL = {name: [[f"{stem}{k}{t}" for k in (1, 2, 3)] for t in range(1, 5)] for name, stem in (("x", "a"), ("y", "b"))}
U = ["u1", "u2", "u3", "u4"]
FITS = {
    "single": lambda: ordinal_riclpm(FRAME, ONE),
    "single_equal": lambda: ordinal_riclpm(FRAME, ONE, lags="equal"),
    "single_zero": lambda: ordinal_riclpm(FRAME, ONE, random_intercepts={"x": "zero"}),
    "single_means": lambda: ordinal_riclpm(FRAME, ONE, means="equal"),
    "single_weights": lambda: ordinal_riclpm(FRAME, ONE, lags="equal", weights="weight"),
    "several": lambda: ordinal_riclpm(FRAME, SEVERAL, lags="equal"),
    "growth": lambda: ordinal_growth(COURSE, U, times=[0, 1, 2, 3.5]),
    "growth_times": lambda: ordinal_growth(COURSE, U, times=[0, 0.5, 2, 3.5]),
    "growth_two": lambda: ordinal_growth(FRAME, ONE),
}


@cache
def fitted(name: str):
    return FITS[name]()


@pytest.mark.parametrize("name", [name for name in R if not name.endswith("_free")])
def test_estimates_and_fit_are_lavaans(name):
    result, stored, compared = fitted(name.removesuffix("_theta")), R[name], 0
    estimates = theta_estimates(result) if "theta" in name else result.estimates
    rows = {(row["lhs"], row["op"], row["rhs"]): row for row in estimates.to_dicts()}
    for theirs in stored["params"]:
        if not theirs.get("se"):
            continue
        lhs, op, rhs = theirs["lhs"], theirs["op"], theirs["rhs"] or ""
        ours = rows.get((lhs, op, rhs)) or rows[rhs, op, lhs]
        assert ours["estimate"] == pytest.approx(theirs["est"], rel=1e-4, abs=1e-4 * theirs["se"])
        assert ours["std_error"] == pytest.approx(theirs["se"], rel=1e-3)
        if op != "~*~":
            assert ours["std_all"] == pytest.approx(theirs["std.all"], rel=1e-4, abs=1e-5)
        compared += 1
    assert compared > 15
    for measure, value in stored["fit"].items():
        if value is not None and measure in result.fit:
            assert result.fit[measure] == pytest.approx(value, rel=1e-4, abs=1e-5), measure


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("single", lambda: ordinal_riclpm(FRAME, ONE, thresholds="free")),
        ("several", lambda: ordinal_riclpm(FRAME, SEVERAL, lags="equal", thresholds="free")),
        ("growth", lambda: ordinal_growth(COURSE, U, times=[0, 1, 2, 3.5], thresholds="free")),
    ],
)
def test_whether_thresholds_are_equal_over_waves(name, fit):
    step, stored = compare(fitted(name), fit()), R[f"{name}_free"]
    assert step.df == stored["Df diff"]
    assert step.statistic == pytest.approx(stored["Chisq diff"], rel=1e-4)
    assert step.p == pytest.approx(stored["Pr(>Chisq)"], rel=1e-4)


def test_derivatives_are_those_of_differences():
    model = (result := fitted("single_equal")).model
    exact = model.groups[0].jacobian(result.theta)
    step = 1e-6 * np.eye(len(result.theta))
    near = [(model.implied(result.theta + one)[0] - model.implied(result.theta - one)[0]) / 2e-6 for one in step]
    assert np.abs(exact - np.array(near).T).max() < 1e-8


def long(frame: pl.DataFrame, **columns: str) -> pl.DataFrame:
    """One row per person and wave: a column for each that begins as its keyword's value and ends with the wave."""
    frame = frame.with_row_index("person_id").with_columns(pl.col("person_id").cast(pl.String))
    waves = [
        frame.select(
            "person_id", wave=pl.lit(f"w0{t}"), arm=pl.lit("main"), **{n: f"{s}{t}" for n, s in columns.items()}
        )
        for t in range(1, 5)
    ]
    return pl.concat(waves)


def declared(**keys: object) -> StructuralModel:
    return StructuralModel.model_validate({"question": "?", "study": "s", "ordinal": True, **keys})


def row(table: pl.DataFrame, component: str, outcome: str, term: str) -> dict[str, object]:
    return table.filter(component=component, outcome=outcome, term=term).row(0, named=True)


def theirs(name: str, lhs: str, op: str, rhs: str) -> dict[str, float]:
    return next(one for one in R[name]["params"] if (one["lhs"], one["op"], one["rhs"]) == (lhs, op, rhs))


STUDY = SimpleNamespace(calendar={}, scales={}, items={})


@pytest.mark.parametrize("parameterisation", ["delta", "theta"])
def test_declared_lags(parameterisation):
    name = "single" if parameterisation == "delta" else "single_theta"
    model = declared(
        family="riclpm", constructs=("ex", "why"), parameterisation=parameterisation, times=(0.0, 1.0, 2.0, 4.0)
    )
    table = fit_declared("m", model, long(FRAME, ex="x", why="y"), STUDY)
    lag = row(table, "lag", "ex", "why")
    assert lag["estimate"] == pytest.approx(theirs(name, "wx2", "~", "wy1")["est"], rel=1e-3)
    assert lag["std_error"] == pytest.approx(theirs(name, "wx2", "~", "wy1")["se"], rel=1e-3)
    assert row(table, "between", "ex", "why")["estimate"] == pytest.approx(
        theirs(name, "RIx", "~~", "RIy")["est"], rel=1e-4
    )
    assert row(table, "threshold", "why", "4|5")["estimate"] == pytest.approx(
        theirs(name, "y1", "|", "t4")["est"], rel=1e-4
    )
    assert row(table, "fit", "model", "chi_square")["estimate"] == pytest.approx(
        R["single"]["fit"]["chisq.scaled"], rel=1e-4
    )
    assert row(table, "test", "model", "equal_thresholds")["statistic"] == pytest.approx(
        R["single_free"]["Chisq diff"], rel=1e-4
    )
    assert "thresholds of answers equal over waves" in lag["note"]
    assert "unequally far apart" in lag["note"]


@pytest.mark.thorough
def test_declared_lags_of_scales_of_ordered_items():
    items = {f"{stem}{k}": f"{stem}{k}" for stem in "ab" for k in (1, 2, 3)}
    scales = {
        name: SimpleNamespace(concept=None, items=tuple(f"{stem}{k}" for k in (1, 2, 3)), reverse=())
        for name, stem in (("ex", "a"), ("why", "b"))
    }
    study = SimpleNamespace(
        calendar={}, scales=scales, items=dict.fromkeys(items, SimpleNamespace(range=None, recode={}, codes={}))
    )
    model = declared(
        family="riclpm", constructs=("ex", "why"), indicators=True, lags="equal", times=(0.0, 1.0, 2.0, 3.0)
    )
    answers = long(FRAME, **items)
    panel = answers.select("person_id", "wave", "arm")
    table = fit_declared("m", model, panel, study, answers)
    assert row(table, "lag", "why", "ex")["estimate"] == pytest.approx(
        theirs("several", "wy2", "~", "wx1")["est"], rel=1e-3
    )
    assert row(table, "mean", "ex", "mean")["estimate"] == pytest.approx(
        theirs("several", "Fx2", "~1", "")["est"], rel=1e-3
    )
    assert row(table, "threshold", "a2", "1|2")["estimate"] == pytest.approx(
        theirs("several", "a21", "|", "t1")["est"], rel=1e-4
    )


def test_declared_growth():
    model = declared(family="growth", constructs=("ex", "why"), times=(0.0, 1.0, 2.0, 3.0))
    table = fit_declared("m", model, long(FRAME, ex="x", why="y"), STUDY)
    for outcome, stem in (("ex", "x"), ("why", "y")):
        slope, given = row(table, "growth", outcome, "slope"), theirs("growth_two", f"s_{stem}", "~1", "")
        assert slope["estimate"] == pytest.approx(given["est"], rel=1e-3)
        assert slope["std_error"] == pytest.approx(given["se"], rel=1e-3)
    both = row(table, "growth_covariance", "ex", "slope with slope of why")
    assert both["estimate"] == pytest.approx(theirs("growth_two", "s_x", "~~", "s_y")["est"], abs=1e-5)


def test_three_answers_leave_no_threshold_to_test():
    three = FRAME.with_columns(pl.col(r"^[xy]\d$").clip(1, 3))
    model = declared(family="riclpm", constructs=("ex", "why"), times=(0.0, 1.0, 2.0, 3.0))
    table = fit_declared("m", model, long(three, ex="x", why="y"), STUDY)
    assert (
        "three answers a question leave no threshold to test" in row(table, "test", "model", "equal_thresholds")["note"]
    )


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ordinal_riclpm(FRAME.with_columns(pl.col(r"^x\d$") > 2), ONE), "equal thresholds of two answers"),
        (lambda: ordinal_riclpm(FRAME, {k: v[:2] for k, v in ONE.items()}), "2 waves are too few"),
        (lambda: ordinal_riclpm(FRAME, ONE, random_intercepts="bounded"), "free or zero"),
        (lambda: ordinal_riclpm(FRAME, ONE, group="weight"), "`group` is not an option here"),
        (lambda: ordinal_riclpm(FRAME, ONE, thresholds="some"), "equal or free"),
        (lambda: ordinal_riclpm(FRAME, ONE, estimator="MLR"), "not estimated by"),
        (lambda: ordinal_riclpm(FRAME, {"x": ONE["x"], "y": ["weight", *ONE["y"][1:]]}), "different answers"),
        (lambda: ordinal_growth(COURSE, U[:3], "quadratic"), "too few for a quadratic"),
    ],
)  # fmt: skip
def test_refuses(call, says):
    with pytest.raises(ModelError, match=says):
        call()


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"family": "riclpm", "covariates": ("z",)}, "has no `covariates`"),
        ({"family": "riclpm", "group": "g"}, "has no `group`"),
        ({"family": "riclpm", "bootstrap": {}}, "has no `bootstrap`"),
        ({"family": "riclpm", "ladder": True}, "has no `ladder`"),
        ({"family": "riclpm", "random_intercepts": "bounded"}, "`free` or `zero`"),
        ({"family": "riclpm", "estimator": "MLR"}, "takes no `estimator`"),
        ({"family": "growth", "residuals": "equal"}, "has no `residuals`"),
        ({"family": "growth", "score_tests": True}, "has no `score_tests`"),
        ({"family": "growth", "missing": "fiml"}, "no `missing: fiml`"),
        ({"family": "clpm"}, "takes no `ordinal`"),
    ],
)
def test_refuses_a_declaration(keys, says):
    with pytest.raises(ValidationError, match=says):
        declared(constructs=("ex", "why"), **keys)
