"""Declared trends, change scores, derived effects, bootstrap, score tests and imputation of structural models.

Judge: lavaan 0.6-14 (``data/sem/curves.R``, ``derived.R``), whose numbers the declared models give in their rows.
"""

import json
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.imputation.pool_estimates import pool_estimates
from pipeline.sem.declared import fit_declared
from pipeline.specs.structural import StructuralModel

FOLDER = SHIPPED / "sem"
CURVES = json.loads((FOLDER / "curves.json").read_text(encoding="utf-8"))
DERIVED = json.loads((FOLDER / "derived.json").read_text(encoding="utf-8"))
TIMES = (0.0, 1.0, 2.5, 3.0, 4.0)
STUDY = SimpleNamespace(calendar={})


def long(name: str) -> pl.DataFrame:
    """One row per person and wave of a wide file with x1 … x5 and y1 … y5."""
    frame = pl.read_csv(FOLDER / f"{name}.csv", infer_schema_length=None).with_row_index("person_id")
    waves = [
        frame.select(
            pl.col("person_id").cast(pl.String), wave=pl.lit(f"w0{k}"), arm=pl.lit("main"), ex=f"x{k}", why=f"y{k}"
        )
        for k in range(1, 6)
    ]
    return pl.concat(waves)


def declared(family: str, **keys: object) -> StructuralModel:
    given = {"question": "?", "study": "s", "family": family, "constructs": ("ex", "why"), "estimator": "MLR"}
    return StructuralModel.model_validate({**given, "times": TIMES, **keys})


def made(family: str, name: str = "curves", **keys: object) -> pl.DataFrame:
    return fit_declared("m", declared(family, **keys), long(name), STUDY)


def found(table: pl.DataFrame, component: str, outcome: str, term: str) -> tuple[float, float]:
    row = table.filter(component=component, outcome=outcome, term=term).row(0, named=True)
    return row["estimate"], row["std_error"]


def theirs(stored: dict[str, object], lhs: str, op: str, rhs: str = "") -> tuple[float, float]:
    for row in stored["params"]:
        if {row["lhs"], row.get("rhs") or ""} == {lhs, rhs} and row["op"] == op:
            return pytest.approx(row["est"], rel=1e-4), pytest.approx(row["se"], rel=1e-3)
    raise AssertionError(lhs)


def test_latent_curve_with_structured_residuals():
    table, stored = made("lcm_sr", lags="equal"), CURVES["lcm_sr"]
    assert found(table, "lag", "ex", "why") == theirs(stored, "wx2", "~", "wy1")
    assert found(table, "growth", "ex", "slope") == theirs(stored, "s_x", "~1")
    assert found(table, "growth", "why", "level") == theirs(stored, "i_y", "~1")
    assert found(table, "growth_variance", "ex", "slope") == theirs(stored, "s_x", "~~", "s_x")
    assert found(table, "growth_covariance", "ex", "level with slope") == theirs(stored, "i_x", "~~", "s_x")
    assert found(table, "fit", "model", "chi_square")[0] == pytest.approx(stored["fit"]["chisq.scaled"], rel=1e-4)


def test_autoregressive_trajectory():
    table, stored = made("autoregressive_trajectory", lags="equal"), CURVES["alt"]
    assert found(table, "lag", "why", "ex") == theirs(stored, "y2", "~", "x1")
    assert found(table, "growth", "ex", "slope") == theirs(stored, "s_x", "~1")
    assert found(table, "growth_covariance", "ex", "slope with slope of why") == theirs(stored, "s_x", "~~", "s_y")


def test_change_scores():
    table = made("change_score", "change_holes", times=(0.0, 1.0, 2.0, 3.0, 4.0))
    stored = DERIVED["holes"]
    assert found(table, "feedback", "ex", "ex") == theirs(stored, "dx2", "~", "lx1")
    assert found(table, "coupling", "why", "ex") == theirs(stored, "dy2", "~", "lx1")
    assert found(table, "growth", "ex", "constant_change") == theirs(stored, "s_x", "~1")
    assert found(table, "growth_variance", "why", "level") == theirs(stored, "ly1", "~~", "ly1")
    assert found(table, "variance", "ex", "error") == theirs(stored, "x1", "~~", "x1")


def test_the_bootstrap_of_the_fit():
    table = made("growth", constructs=("ex",), estimator="ML", bollen_stine={"draws": 100, "seed": 3})
    row = table.filter(component="test", term="bollen_stine").row(0, named=True)
    assert row["statistic"] == pytest.approx(found(table, "fit", "model", "chi_square")[0], rel=1e-6)
    assert 0 < row["p_value"] <= 1
    assert "100 draws of persons" in row["note"]


def test_derived_effects_with_and_without_a_bootstrap():
    keys = {
        "lags": "equal",
        "derived": {"gap": "lag[ex, why] - lag[why, ex]", "there_and_back": "lag[ex, why] * lag[why, ex] + 0 * gap"},
    }
    delta = made("lcm_sr", **keys)
    gap = found(delta, "lag", "ex", "why")[0] - found(delta, "lag", "why", "ex")[0]
    assert found(delta, "derived", "model", "gap")[0] == pytest.approx(gap)
    drawn = made("lcm_sr", **keys, bootstrap={"draws": 100, "seed": 4, "interval": "bca"})
    row = drawn.filter(component="derived", term="gap").row(0, named=True)
    assert row["estimate"] == pytest.approx(gap)
    assert row["std_error"] == pytest.approx(found(delta, "derived", "model", "gap")[1], rel=0.3)
    assert row["conf_low"] < gap < row["conf_high"]
    assert row["covariance"] == "bootstrap of 100 draws of persons; BCa intervals"
    assert "delta method" in drawn.filter(component="lag_standardised")["covariance"][0]


def test_score_tests_of_equalities():
    table = made("lcm_sr", lags="equal", score_tests=True)
    rows = table.filter(component="score_test", outcome="ex", term="lag why")
    assert set(rows["wave"]) == {"w02", "w03", "w04", "w05"}
    assert (rows["p_value"] > 0.001).all()
    assert table.filter(component="test", term="equalities")["df"][0] > 10
    with pytest.raises(ModelError, match="nothing is held equal"):
        made("lcm_sr", lags="free", score_tests=True)


def test_pooled_over_imputations():
    """Rubin's rules for estimates; χ² by D2; a measure of fit has no interval of the first imputation."""
    model = declared("lcm_sr", lags="equal")
    panel = long("curves")
    tables = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        moved = panel.with_columns(ex=pl.col("ex") + 0.1 * pl.Series(rng.normal(size=panel.height)))
        tables.append(fit_declared("m", model, moved, STUDY))
    pooled = pool_estimates(tables, name="main")
    each = [found(table, "lag", "ex", "why") for table in tables]
    estimate, error = found(pooled, "lag", "ex", "why")
    between = np.var([one for one, _ in each], ddof=1)
    assert estimate == pytest.approx(np.mean([one for one, _ in each]))
    assert error**2 == pytest.approx(np.mean([se**2 for _, se in each]) + 1.2 * between)
    square = pooled.filter(component="fit", term="chi_square").row(0, named=True)
    assert "D2" in square["covariance"]
    assert 0 <= square["p_value"] <= 1
    assert pooled.filter(component="fit", term="rmsea")["conf_low"].null_count() == 1


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"derived": {"x": "lag[ex, why"}}, "cannot be read"),
        ({"derived": {"x": "loading[ex, why]"}}, "`derived` refers to `loading`"),
        ({"derived": {"x": "lag[weather, why]"}}, "`derived` names `weather`"),
        ({"derived": {"x": "open(lag[ex, why])"}}, "has no function `open`"),
        ({"derived": {"x": "a + b"}}, "`derived` refers to `a`"),
        ({"derived": {"x": "lag[ex, why]"}, "group": "sex"}, "of one group of people"),
        ({"bootstrap": {"draws": 10}}, "greater than or equal to 100"),
        ({"bootstrap": {}, "imputation": "main"}, "exclude each other"),
        ({"means": "equal"}, "takes no `means`"),
        ({"coupling": False}, "takes no `coupling`"),
    ],
)
def test_a_wrong_declaration_is_refused(keys, says):
    with pytest.raises(ValidationError, match=says):
        declared("lcm_sr", **keys)


def test_a_derived_effect_of_a_parameter_that_there_is_not_is_refused_by_name():
    with pytest.raises(ModelError, match=r"derived lag\[ex, why\].*There are: lag\[ex, ex, w02\]"):
        made("lcm_sr", lags="free", derived={"x": "lag[ex, why]"})
