"""Pooling against mice, mitml and mitools, given the same imputed data."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED, shared

from pipeline.imputation.joint_tests import d1, d2, d3
from pipeline.imputation.missing import missing_patterns
from pipeline.imputation.pool_estimates import pool_estimates
from pipeline.imputation.pooling import pool, pool_correlation, pool_covariance, pool_r_squared, pool_table
from pipeline.models import design_regression
from pipeline.weights.encoding import encode
from pipeline.weights.logit import fit_logit

FOLDER = SHIPPED / "mice_pooling"
REFERENCE = json.loads((FOLDER / "reference.json").read_text())
COLUMNS = {"ubar": "within", "b": "between", "t": "total", "df": "df", "riv": "riv", "lambda": "lambda", "fmi": "fmi"}
COLUMNS |= {"estimate": "estimate", "se": "std_error", "stat": "statistic", "p": "p_value"}

LEVEL_OF_1_96 = 2 * 0.9750021048517795 - 1
"""The reference rounds the normal quantile of a 95 % interval to 1.96."""


def ols(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and classical covariance."""
    coefficients, *_ = np.linalg.lstsq(x, y, rcond=None)
    residual = y - x @ coefficients
    return coefficients, np.linalg.inv(x.T @ x) * (residual @ residual) / (len(y) - x.shape[1])


def pooled_over(frames: list[pl.DataFrame], y: str, on: list[str], df_complete: float | None = None) -> pl.DataFrame:
    fits, covariances = [], []
    for frame in frames:
        encoded = encode(frame, on)
        coefficients, covariance = ols(frame[y].cast(pl.Float64).to_numpy(), encoded.matrix)
        fits.append(coefficients)
        covariances.append(np.diag(covariance))
    df = frames[0].height - len(encoded.terms) if df_complete is None else df_complete
    names = [v if level is None else v + level for v, level in zip(encoded.variables, encoded.levels, strict=True)]
    names[0] = "(Intercept)"
    return pool(np.array(fits), np.array(covariances), terms=names, df_complete=df)


def same_rows(table: pl.DataFrame, expected: list[dict], *, tolerance: float = 1e-8) -> None:
    assert table["term"].to_list() == [row["term"] for row in expected]
    for found, numbers in zip(table.to_dicts(), expected, strict=True):
        assert found["imputations"] == numbers["m"]
        for theirs, ours in COLUMNS.items():
            assert found[ours] == pytest.approx(numbers[theirs], rel=tolerance, abs=tolerance), (found["term"], ours)


def imputed(path) -> list[pl.DataFrame]:
    table = pl.read_csv(path)
    return [frame.drop(".imp") for frame in table.partition_by(".imp", maintain_order=True)]


@pytest.fixture(scope="module")
def nhanes() -> list[pl.DataFrame]:
    return imputed(shared("reference", "mice_pooling", "nhanes_imputed_long.csv"))


@pytest.fixture(scope="module")
def panel() -> list[pl.DataFrame]:
    return imputed(FOLDER / "panel600_imputed_long.csv")


def test_barnard_rubin(nhanes):
    same_rows(pooled_over(nhanes, "chl", ["age", "bmi"]), REFERENCE["nhanes_lm"])


def test_large_complete_data(nhanes):
    same_rows(pooled_over(nhanes, "chl", ["age", "bmi"], 99999), REFERENCE["nhanes_lm_dfcom_inf"])


def test_the_other_rule_of_mice_for_a_model(nhanes):
    """``pool(fit, rule = "rubin1987")``: mice 3.15 keeps Barnard & Rubin's df there; those of 1987 are the scalars'."""
    same_rows(pooled_over(nhanes, "chl", ["age", "bmi"]), REFERENCE["nhanes_lm_rubin1987"])


def test_each_imputation_before_pooling(nhanes):
    from scipy.special import stdtr

    for frame, expected in zip(nhanes, REFERENCE["nhanes_per_imputation"], strict=True):
        coefficients, covariance = ols(frame["chl"].cast(pl.Float64).to_numpy(), encode(frame, ["age", "bmi"]).matrix)
        for name, estimate, variance in zip(expected, coefficients, np.diag(covariance), strict=True):
            numbers, statistic = expected[name], estimate / np.sqrt(variance)
            assert estimate == pytest.approx(numbers["estimate"], rel=1e-8)
            assert np.sqrt(variance) == pytest.approx(numbers["se"], rel=1e-8)
            assert statistic == pytest.approx(numbers["stat"], rel=1e-8)
            df = frame.height - len(coefficients)
            assert 2 * stdtr(df, -abs(statistic)) == pytest.approx(numbers["p"], rel=1e-8)


def test_estimates_of_a_design_pooled_after_fitting(panel):
    """The model family itself, clustered by area, on each imputed panel: survey's svyglm and mitools' MIcombine."""
    tables = [
        design_regression(
            frame.with_columns(pl.lit("w01").alias("wave"), pl.col("id").cast(pl.String).alias("person_id")),
            "trust4",
            ["trust1", "contact1"],
            psu="area",
            wave_effects=False,
        )
        for frame in panel
    ]
    expected = REFERENCE["panel_svyglm_MIcombine"]
    pooled = pool_estimates(tables, name="five")
    for row in pooled.filter(pl.col("component").is_in(["coefficient", "intercept"])).to_dicts():
        name = "(Intercept)" if row["component"] == "intercept" else row["term"]
        assert row["estimate"] == pytest.approx(expected["coef"][name], abs=1e-8)
        assert row["std_error"] == pytest.approx(expected["se"][name], abs=1e-8)
        assert "pooled over 5 imputations (five)" in row["covariance"]


def test_panel_regression(panel):
    same_rows(pooled_over(panel, "trust4", ["trust1", "contact1", "female", "ageg"]), REFERENCE["panel_lm"])


def test_panel_logit(panel):
    fits, variances = [], []
    for frame in panel:
        encoded = encode(frame, ["trust1", "contact1", "female"])
        fit = fit_logit(encoded.matrix, (frame["trust4"] > 3).cast(pl.Float64).to_numpy())
        fits.append(fit.coefficients)
        variances.append(np.diag(fit.covariance))
    terms = ["(Intercept)", "trust1", "contact1", "female"]
    table = pool(np.array(fits), np.array(variances), terms=terms, df_complete=596)
    # glm takes its standard errors one step before it stops, so only the estimates hold to 1e-8.
    same_rows(table, REFERENCE["panel_logit"], tolerance=1e-3)
    expected = [row["estimate"] for row in REFERENCE["panel_logit"]]
    assert table["estimate"].to_list() == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(("block", "df"), [("pool_scalar_example", 97), ("pool_scalar_rubin1987", np.inf)])
def test_scalars(block, df):
    q, u = [1.0, 1.2, 0.9, 1.1, 1.3], [0.04, 0.05, 0.045, 0.042, 0.048]
    row = pool(np.array(q)[:, None], np.array(u)[:, None], df_complete=df).row(0, named=True)
    names = {"qbar": "estimate", "ubar": "within", "b": "between", "t": "total", "df": "df", "r": "riv", "fmi": "fmi"}
    for theirs, ours in names.items():
        assert row[ours] == pytest.approx(REFERENCE[block][theirs], abs=1e-8), ours


def test_correlation(nhanes):
    expected = REFERENCE["correlation_fisher_z"]
    each = [float(frame.select(pl.corr("bmi", "chl")).item()) for frame in nhanes]
    assert np.arctanh(each).tolist() == pytest.approx(expected["z"], abs=1e-8)
    found = pool_correlation(each, 25, level=LEVEL_OF_1_96)
    assert found["estimate"] == pytest.approx(expected["r"], abs=1e-8)
    assert found["conf_low"] == pytest.approx(expected["lo"], abs=1e-8)
    assert found["conf_high"] == pytest.approx(expected["hi"], abs=1e-8)


@pytest.fixture(scope="module")
def nested(nhanes):
    """chl on age, bmi, hyp in each imputation: coefficients, covariances, and the data."""
    fits = []
    for frame in nhanes:
        x = np.column_stack([np.ones(frame.height), frame.select("age", "bmi", "hyp").to_numpy()])
        y = frame["chl"].to_numpy().astype(float)
        fits.append((*ols(y, x), x, y))
    return fits


def same_test(found, expected: dict) -> None:
    assert found.statistic == pytest.approx(expected["F"], abs=1e-8)
    assert found.df1 == expected["df1"]
    assert found.df2 == pytest.approx(expected["df2"], abs=1e-7)
    assert found.p_value == pytest.approx(expected["p"], abs=1e-8)
    assert found.riv == pytest.approx(expected["riv"], abs=1e-8)


def test_d1(nested):
    estimates = np.array([fit[0][2:] for fit in nested])
    covariances = np.array([fit[1][2:, 2:] for fit in nested])
    same_test(d1(estimates, covariances, df_complete=21), REFERENCE["D1_f2_vs_f0"])


def test_d2(nested):
    walds = [fit[0][2:] @ np.linalg.solve(fit[1][2:, 2:], fit[0][2:]) for fit in nested]
    same_test(d2(walds, 2), REFERENCE["D2_f2_vs_f0"])


def test_d3(nested):
    """The likelihood ratio of a normal regression is n log of the residual sums' ratio, at own and pooled slopes.

    mice fixes the coefficients through an offset and refits the constant, so the residuals are centred.
    """

    def lines(full: np.ndarray, small: np.ndarray) -> list[float]:
        ratios = []
        for one, other, (_, _, x, y) in zip(full, small, nested, strict=True):
            spreads = [np.var(y - x @ one), np.var(y - x[:, :2] @ other)]
            ratios.append(len(y) * np.log(spreads[1] / spreads[0]))
        return ratios

    full = np.array([fit[0] for fit in nested])
    small = np.array([ols(y, x[:, :2])[0] for _, _, x, y in nested])
    pooled = [np.tile(each.mean(axis=0), (len(nested), 1)) for each in (full, small)]
    same_test(d3(lines(full, small), lines(*pooled), 2), REFERENCE["D3_f2_vs_f0"])


@pytest.mark.parametrize(("block", "adjusted"), [("rsq", False), ("adj", True)])
def test_r_squared(nhanes, block, adjusted):
    values = []
    for frame in nhanes:
        x = np.column_stack([np.ones(25), frame.select("age", "bmi").to_numpy()])
        y = frame["chl"].to_numpy().astype(float)
        residual = y - x @ ols(y, x)[0]
        r2 = 1 - residual @ residual / np.sum((y - y.mean()) ** 2)
        values.append(1 - (1 - r2) * 24 / 22 if adjusted else r2)
    expected = REFERENCE["pool_r2"][block][0]
    found = pool_r_squared(values, 25, level=LEVEL_OF_1_96)
    assert found["estimate"] == pytest.approx(expected["est"], abs=1e-8)
    assert found["conf_low"] == pytest.approx(expected["lo 95"], abs=1e-8)
    assert found["conf_high"] == pytest.approx(expected["hi 95"], abs=1e-8)
    assert found["fmi"] == pytest.approx(expected["fmi"], abs=1e-8)


def balanced_random_intercept(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[float, float]]:
    """REML of trust ~ wave + contact1 + (1 | id) on four full waves, where it has a closed form.

    With balanced waves the wave effect is purely within and the contact effect purely between persons, so the
    variances are the two mean squares (Searle, Casella & McCulloch 1992, section 4.2).
    """
    trust = frame.select(f"trust{wave}" for wave in range(1, 5)).to_numpy()
    persons, waves = trust.shape
    time = np.arange(1, 5) - 2.5
    slope = trust.mean(axis=0) @ time / (time @ time)
    inside = trust - trust.mean(axis=1, keepdims=True) - slope * time
    within = (inside**2).sum() / (persons * (waves - 1) - 1)
    x = np.column_stack([np.ones(persons), frame["contact1"].to_numpy()])
    (level, contact), covariance = ols(trust.mean(axis=1), x)
    slope_variance = within / (persons * (time @ time))
    table = pl.DataFrame(
        {
            "term": ["(Intercept)", "wave", "contact1"],
            "estimate": [level - 2.5 * slope, slope, contact],
            "std_error": np.sqrt([covariance[0, 0] + 2.5**2 * slope_variance, slope_variance, covariance[1, 1]]),
        }
    )
    total = float(np.sum((trust.mean(axis=1) - x @ np.array([level, contact])) ** 2)) / (persons - 2)
    return table, (total - within / waves, within)


def test_mixed_model_pooled_after_fitting(panel):
    """Random-intercept model per imputation, pooled as mitml pools lme4's: tolerances of an iterative likelihood."""
    fits = [balanced_random_intercept(frame) for frame in panel]
    expected = REFERENCE["panel_lmer_mitml"]
    for row in pool_table([table for table, _ in fits]).to_dicts():
        numbers = expected["estimates"][row["term"]]
        assert row["estimate"] == pytest.approx(numbers["estimate"], rel=1e-4)
        assert row["std_error"] == pytest.approx(numbers["Std.Error"], rel=1e-3)
        assert row["statistic"] == pytest.approx(numbers["t.value"], rel=2e-3)
        assert row["p_value"] == pytest.approx(numbers["P(>|t|)"], rel=2e-3, abs=1e-12)
        assert row["riv"] == pytest.approx(numbers["RIV"], rel=1e-3)
        assert row["fmi"] == pytest.approx(numbers["FMI"], rel=1e-3)
        assert row["df"] == pytest.approx(numbers["df"], rel=2e-3)
    between, within = np.mean([variances for _, variances in fits], axis=0)
    assert between == pytest.approx(expected["var"]["Intercept~~Intercept|id"], rel=1e-4)
    assert within == pytest.approx(expected["var"]["Residual~~Residual"], rel=1e-4)
    assert between / (between + within) == pytest.approx(expected["var"]["ICC|id"], rel=1e-3)


def test_design_based_regression_pooled_after_fitting(panel):
    """Cluster-robust standard errors by area per imputation, pooled as mitools' MIcombine (df of 1987)."""
    fits, covariances = [], []
    for frame in panel:
        x = np.column_stack([np.ones(frame.height), frame.select("trust1", "contact1").to_numpy()])
        y = frame["trust4"].to_numpy()
        coefficients, _ = ols(y, x)
        scores = x * (y - x @ coefficients)[:, None]
        areas = frame["area"].to_numpy()
        names = np.unique(areas)
        sums = np.array([scores[areas == name].sum(axis=0) for name in names])
        bread = np.linalg.inv(x.T @ x)
        fits.append(coefficients)
        covariances.append(bread @ (len(names) / (len(names) - 1) * sums.T @ sums) @ bread)
    terms = ["(Intercept)", "trust1", "contact1"]
    table = pool(np.array(fits), np.array([np.diag(c) for c in covariances]), terms=terms)
    expected = REFERENCE["panel_svyglm_MIcombine"]
    for row in table.to_dicts():
        assert row["estimate"] == pytest.approx(expected["coef"][row["term"]], abs=1e-8)
        assert row["std_error"] == pytest.approx(expected["se"][row["term"]], abs=1e-8)
        assert row["df"] == pytest.approx(expected["df"][row["term"]], rel=1e-7)
        assert row["fmi"] == pytest.approx(expected["missinfo"][row["term"]], abs=1e-8)
    coefficients, covariance = pool_covariance(np.array(fits), np.array(covariances))
    assert np.sqrt(np.diag(covariance)) == pytest.approx(table["std_error"].to_numpy(), abs=1e-12)
    assert coefficients == pytest.approx(table["estimate"].to_numpy(), abs=1e-12)


def test_missing_patterns():
    frame = pl.read_csv(FOLDER / "panel600_missing.csv")
    table = missing_patterns(frame)
    expected = REFERENCE["md_pattern"]
    counts = {}
    names = [name for name in expected["matrix"][0] if name != "11"]
    for count, row in zip(expected["rows"][:-1], expected["matrix"][:-1], strict=True):
        counts[", ".join(sorted(name for name in names if not row[name]))] = (int(count), row["11"])
    found = {", ".join(sorted(filter(None, row["lacks"].split(", ")))): row for row in table.to_dicts()}
    assert {lacks: (row["count"], row["missing"]) for lacks, row in found.items()} == counts
