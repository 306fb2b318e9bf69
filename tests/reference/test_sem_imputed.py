"""Structural models over imputations: D3 against lavaan by hand, and a declared model from deposit to table.

Judge: lavaan 0.6-14 on imputations of mice (``data/mice_pooling/structural.R``).
"""

import json
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from confirmed import confirm_all
from engine_runs import build
from leaf_study import STUDY, make_everything
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.imputation.completed import fit_imputed, with_likelihood_ratio
from pipeline.imputation.joint_tests import d3
from pipeline.sem import growth
from pipeline.sem.declared import declared_ratios, fit_declared, keeping, likelihood_ratios
from pipeline.specs.structural import StructuralModel

FOLDER = SHIPPED / "mice_pooling"
R = json.loads((FOLDER / "structural.json").read_text(encoding="utf-8"))
SETS = pl.read_csv(FOLDER / "panel600_imputed_long.csv").partition_by(".imp", maintain_order=True)
TRUST = {"t": [f"trust{k}" for k in range(1, 5)]}
NO_SPREAD = [("s_t", "s_t"), ("i_t", "s_t")]


@pytest.fixture(scope="module")
def fits():
    linear = [growth(one, TRUST, fixed_covariances=NO_SPREAD) for one in SETS]
    return {"linear": linear, "level": [growth(one, TRUST, "intercept") for one in SETS], "saturated": None}


@pytest.mark.parametrize("name", ["linear_vs_level", "linear_vs_saturated", "level_vs_saturated"])
def test_likelihood_ratios_over_imputations(fits, name):
    one, other = name.split("_vs_")
    held, free = (fits[other], fits[one]) if other == "level" else (fits[one], None)
    ratios, stored = likelihood_ratios(held, free), R[name]
    assert np.mean(ratios.own) == pytest.approx(stored["own"], rel=1e-6)
    assert np.mean(ratios.pooled) == pytest.approx(stored["pooled"], rel=1e-6)
    tested = d3(ratios.own, ratios.pooled, ratios.df)
    assert tested.df1 == stored["df1"]
    assert tested.statistic == pytest.approx(stored["statistic"], rel=1e-6)
    assert tested.riv == pytest.approx(stored["riv"], rel=1e-5)
    assert tested.df2 == pytest.approx(stored["df2"], rel=1e-4)
    assert tested.p_value == pytest.approx(stored["p"], rel=1e-3)


def test_estimates_by_rubins_rules(fits):
    for theirs in R["pooled"]:
        lhs, op, rhs = (theirs["name"].replace("~~", " ~~ ").replace("~1", " ~1 ") + " ").split(" ")[:3]
        name = {"i": "i_t", "s": "s_t"}
        each = [fit.parameter(name.get(lhs, lhs), op, name.get(rhs, rhs)) for fit in fits["linear"]]
        values, errors = (np.array([row[key] for row in each]) for key in ("estimate", "std_error"))
        total = (errors**2).mean() + (1 + 1 / len(each)) * values.var(ddof=1)
        assert values.mean() == pytest.approx(theirs["estimate"], rel=1e-4, abs=1e-5)
        assert np.sqrt(total) == pytest.approx(theirs["se"], rel=1e-3)


def test_refuses_what_has_no_pooled_likelihood(fits):
    robust = [growth(one, TRUST, "intercept", estimator="MLR") for one in SETS]
    for held, free, says in (
        (robust, None, "a robust fit has no likelihood ratio"),
        (fits["level"][:1], None, "two imputations or more"),
        (fits["level"], fits["linear"][:3], "two imputations or more"),
        (fits["level"], fits["level"], "the same degrees of freedom"),
    ):
        with pytest.raises(ModelError, match=says):
            likelihood_ratios(held, free)


def with_gaps() -> tuple[pl.DataFrame, pl.DataFrame]:
    """The panel as it was answered, and what each imputation fills in."""
    answered = pl.read_csv(FOLDER / "panel600_missing.csv", infer_schema_length=None, null_values=["NA", ""])
    panel, filled = [], []
    for k in range(1, 5):
        own = answered.select(
            person_id=pl.int_range(pl.len()).cast(pl.String), wave=pl.lit(f"w0{k}"), arm=pl.lit("main"),
            trust=pl.col(f"trust{k}").cast(pl.Float64),
        )  # fmt: skip
        panel.append(own)
        for index, one in enumerate(SETS, start=1):
            known = own.with_columns(value=one[f"trust{k}"], imputation=pl.lit(index), concept=pl.lit("trust"))
            filled.append(known.filter(pl.col("trust").is_null()).drop("trust", "arm"))
    return pl.concat(panel), pl.concat(filled)


def declared(**keys: object) -> StructuralModel:
    given = {"question": "?", "study": "s", "family": "growth", "constructs": ("trust",), "imputation": "main"}
    return StructuralModel.model_validate({**given, "shape": "intercept", "times": (0.0, 1.0, 2.0, 3.0), **keys})


def test_a_declared_model_has_d3_beside_d2():
    study, (panel, cells) = SimpleNamespace(calendar={}), with_gaps()
    model = declared(estimator="ML")
    with keeping() as results:
        made = fit_imputed(lambda one: fit_declared("m", model, one, study), panel, cells, name="main")
    ratios = declared_ratios(model, results)
    table = with_likelihood_ratio(made, ratios.own, ratios.pooled, ratios.df, name="main")
    ratio = table.filter(component="test", term="likelihood_ratio").row(0, named=True)
    assert ratio["statistic"] == pytest.approx(R["level_vs_saturated"]["statistic"], rel=1e-6)
    assert ratio["p_value"] == pytest.approx(R["level_vs_saturated"]["p"], rel=1e-3)
    assert "D3 on 8 and 287.6 df" in ratio["covariance"]
    square = table.filter(component="fit", term="chi_square").row(0, named=True)
    assert "D2" in square["covariance"]
    assert table.filter(component="fit", term="cfi")["statistic"][0] is None
    assert declared_ratios(declared(estimator="MLR"), results) is None
    assert "nobody" in with_likelihood_ratio(made, (), (), 0, reason="nobody").row(-1, named=True)["note"]


@pytest.mark.thorough
def test_from_deposits_to_the_pooled_table(tmp_path):
    root = make_everything(tmp_path)
    model = f"""question: What of both, where answers are filled in?
study: {STUDY}
family: riclpm
constructs: [life_satisfaction, belonging]
arms: [main]
lags: equal
estimator: ML
imputation: main
"""
    (root / "reports" / "models" / "lags_imputed.yaml").write_text(model)
    confirm_all(root)
    made = build(root, lambda node: ("estimates", "lags_imputed") in node.outputs.values())
    assert not [report.message for report in made.values() if report.message]
    table = pl.read_parquet(root / "data" / "warehouse" / "estimates" / "lags_imputed.parquet")
    lags = table.filter(component="lag")
    assert lags.height == 4
    assert lags["covariance"].str.contains("pooled over 4 imputations").all() or lags["note"].is_not_null().all()
    steps = table.filter(component="ladder", term="difference").drop_nulls("estimate")
    assert steps["covariance"].str.contains("D2").all()
    if lags["estimate"].null_count() == 0:
        assert "D3" in table.filter(term="likelihood_ratio")["covariance"][0]
