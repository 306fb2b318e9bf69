"""Logit, probit, Poisson and ordered regression on a survey design against R's survey. Judge: survey 4.1-1."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.errors import ModelError
from pipeline.models import design_ordered, design_regression

R = json.loads((SHIPPED / "outcomes" / "reference.json").read_text(encoding="utf-8"))
PANEL = pl.read_csv(SHIPPED / "outcomes" / "panel.csv").filter(pl.col("x").is_not_null())
DESIGN = {"weight": "weight", "strata": "stratum", "psu": "psu", "wave_effects": False}
TERMS = ["x"], ["age", "g"]


def numbers(table: pl.DataFrame, *components: str, column: str = "estimate") -> list[float]:
    return [value for component in components for value in table.filter(component=component)[column]]


def assert_same(ours: pl.DataFrame, theirs: dict, rel: float = 1e-7) -> None:
    assert numbers(ours, "intercept", "coefficient") == pytest.approx(theirs["estimate"], rel=rel)
    assert numbers(ours, "intercept", "coefficient", column="std_error") == pytest.approx(theirs["se"], rel=rel)
    assert set(numbers(ours, "coefficient", column="df")) == {theirs["df"]}


@pytest.mark.parametrize(("link", "outcome"), [("logit", "b"), ("probit", "b"), ("poisson", "count")])
def test_links(link, outcome):
    time = {"exposure_time": "time"} if link == "poisson" else {}
    assert_same(design_regression(PANEL, outcome, *TERMS, link=link, **time, **DESIGN), R[f"svy_{link}"])


def test_a_domain_keeps_the_whole_design():
    inside = PANEL.with_columns(x=pl.when(pl.col("g") == "a").then("x"))
    assert_same(design_regression(inside, "b", ["x"], link="logit", **DESIGN), R["svy_domain"])


@pytest.mark.parametrize(("link", "method"), [("logit", "logistic"), ("probit", "probit")])
def test_ordered(link, method):
    theirs = R[f"svy_ordered_{method}"]
    ours = design_ordered(PANEL, "y5", *TERMS, link=link, **DESIGN)
    # R's optimiser stops early: its estimates are those of the maximum to four digits, its errors to three
    assert numbers(ours, "coefficient") == pytest.approx(theirs["estimate"][:4], rel=2e-3)
    assert numbers(ours, "coefficient", column="std_error") == pytest.approx(theirs["se"][:4], rel=1e-3)


def test_ordered_of_schools():
    theirs = json.loads(shared("reference", "survey", "reference.json").read_text(encoding="utf-8"))["apistrat_olr"]
    frame = pl.read_csv(shared("reference", "survey", "apistrat.csv"), infer_schema_length=None)
    frame = frame.with_columns(level=1 + (pl.col("api00") > 600).cast(int) + (pl.col("api00") > 700).cast(int))
    design = {"weight": "pw", "strata": "stype", "fpc": "fpc", "wave_effects": False}
    ours = design_ordered(frame, "level", ["ell", "meals"], **design)
    assert numbers(ours, "coefficient", "threshold") == pytest.approx(list(theirs["coef"].values()), rel=1e-4)
    errors = numbers(ours, "coefficient", "threshold", column="std_error")
    assert errors == pytest.approx(list(theirs["se"].values()), rel=1e-3)


def test_degrees_of_freedom_are_a_convention():
    residual, design, normal = (
        design_regression(PANEL, "b", *TERMS, link="logit", degrees=degrees, **DESIGN)
        for degrees in ("residual", "design", "normal")
    )
    assert residual["std_error"].equals(normal["std_error"])
    assert set(numbers(residual, "coefficient", column="df")) == {R["degf"] - 4}
    assert set(numbers(design, "coefficient", column="df")) == {R["degf"]}
    assert set(numbers(normal, "coefficient", column="df")) == {None}


def test_effects_are_averaged_with_the_weights():
    ours = design_regression(PANEL, "b", *TERMS, link="logit", **DESIGN)
    b = numbers(ours, "intercept", "coefficient")
    x = np.column_stack([np.ones(PANEL.height), PANEL["x"], PANEL["age"], PANEL["g"] == "b", PANEL["g"] == "c"])
    chance = 1 / (1 + np.exp(-x @ np.array(b)))
    slope = np.average(chance * (1 - chance), weights=PANEL["weight"]) * b[1]
    assert ours.filter(component="marginal_effect", term="x")["estimate"][0] == pytest.approx(slope, rel=1e-7)


def test_a_time_is_for_counts():
    with pytest.raises(ModelError, match="only counts"):
        design_regression(PANEL, "b", ["x"], link="logit", exposure_time="time", **DESIGN)
