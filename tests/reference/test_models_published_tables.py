"""Tables as they were printed, reproduced to their digits from data that R's plm and lme4 ship (outside the project).

- Arellano & Bond (1991), Review of Economic Studies 58, 277–297, table 4: employment of 140 British firms.
- Baltagi (2005), Econometric Analysis of Panel Data, 3rd ed., table 2.1 (Grunfeld's investments of ten firms), and
  table 7.4 (wages of Cornwell & Rupert 1988, by Hausman and Taylor), the latter to the digits of Stata's manual.
- Bates, Mächler, Bolker & Walker (2015), Journal of Statistical Software 67(1), sections 1.2 and 5.2: sleepstudy.
"""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from shared import shared

from pipeline.models import between, difference_gmm, fixed_effects, hausman_taylor, mixed, pooled, random_effects

Printed = dict[tuple[str, str] | str, tuple[float, float]]


def as_printed(table: pl.DataFrame, printed: Printed, digits: int) -> None:
    """Every coefficient and standard error, to within half a unit of the last digit, and rounding of a printed half."""
    for key, expected in printed.items():
        component, term = ("coefficient", key) if isinstance(key, str) else key
        row = table.row(by_predicate=(pl.col("component") == component) & (pl.col("term") == term), named=True)
        found = row["estimate"], row["std_error"]
        assert found == pytest.approx(expected, abs=0.5001 * 10**-digits, rel=0), (component, term)


def lag(table: pl.DataFrame, component: str, term: str) -> list[tuple[float, float]]:
    """Estimate and error of a term and its lags, in order."""
    rows = table.filter(pl.col("component").is_in([component, "lagged"]), term=term)
    return list(zip(rows["estimate"], rows["std_error"], strict=True))


A1 = {
    "emp": [(0.68623, 0.14459), (-0.08536, 0.05602)],
    "wage": [(-0.60782, 0.17821), (0.39262, 0.16799)],
    "capital": [(0.35685, 0.05902), (-0.05800, 0.07318), (-0.01995, 0.03271)],
    "output": [(0.60851, 0.17253), (-0.71117, 0.23172), (0.10580, 0.14120)],
}
"""As Stata's manual prints it (xtabond, vce(robust)); the article has three digits."""
A2 = {
    "emp": [(0.629, 0.090), (-0.065, 0.027)],
    "wage": [(-0.526, 0.054), (0.311, 0.094)],
    "capital": [(0.278, 0.045), (0.014, 0.053), (-0.040, 0.026)],
    "output": [(0.592, 0.116), (-0.566, 0.140), (0.101, 0.113)],
}
B = {
    "emp": [(0.474, 0.085), (-0.053, 0.027)],
    "wage": [(-0.513, 0.049), (0.225, 0.080)],
    "capital": [(0.293, 0.039)],
    "output": [(0.610, 0.109), (-0.446, 0.125)],
}
LONG = {"wage": 1, "capital": 2, "output": 2}
COLUMNS: dict[str, tuple[dict[str, list[tuple[float, float]]], dict[str, Any]]] = {
    "a1": (A1, {"lags": LONG, "steps": "one"}),
    "a2": (A2, {"lags": LONG, "steps": "two", "robust": False}),
    "b": (B, {"lags": {"wage": 1, "output": 1}, "steps": "two", "robust": False}),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_arellano_and_bond_table_4(column):
    """One step with robust errors (a1), two steps with those before Windmeijer's correction (a2, b); 611 rows."""
    firms = pl.read_csv(shared("reference", "plm", "empluk.csv"))
    firms = firms.with_columns(pl.col("emp", "wage", "capital", "output").log())
    printed, options = COLUMNS[column]
    names = ["wage", "capital", "output"]
    table = difference_gmm(firms, "emp", names, person="firm", wave="year", outcome_lags=2, **options)
    for term, rows in printed.items():
        found = lag(table, "persistence" if term == "emp" else "coefficient", term)
        assert len(found) == len(rows)
        for ours, theirs in zip(found, rows, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-5 if column == "a1" else 0.5001e-3, rel=0), term
    assert table["n_obs"].unique().to_list() == [611]


GRUNFELD: list[tuple[Callable[..., pl.DataFrame], Printed]] = [
    (pooled, {"value": (0.116, 0.006), "capital": (0.231, 0.025)}),
    (between, {"value": (0.135, 0.029), "capital": (0.032, 0.191)}),
    (fixed_effects, {"value": (0.110, 0.012), "capital": (0.310, 0.017)}),
    (random_effects, {"value": (0.110, 0.010), "capital": (0.308, 0.017)}),
]


@pytest.mark.parametrize(("family", "printed"), GRUNFELD, ids=[family.__name__ for family, _ in GRUNFELD])
def test_baltagi_table_2_1(family, printed):
    """Ordinary least squares, between, within, and Swamy and Arora's generalised least squares."""
    firms = pl.read_csv(shared("reference", "plm", "grunfeld.csv"))
    clustered = {} if family is between else {"cluster": None, "wave_effects": False}
    as_printed(family(firms, "inv", ["value", "capital"], person="firm", wave="year", **clustered), printed, 3)


def test_baltagi_table_7_4():
    """Hausman and Taylor (1981), with the digits that Stata's manual (xthtaylor) prints."""
    people = pl.read_csv(shared("reference", "plm", "wages.csv")).with_columns(exp2=pl.col("exp") ** 2)
    codes = {"sex": "female"} | dict.fromkeys(["bluecol", "south", "smsa", "married", "union", "black"], "yes")
    people = people.with_columns((pl.col(name) == code).cast(pl.Int8) for name, code in codes.items())
    names = ["wks", "south", "smsa", "married", "exp", "exp2", "bluecol", "ind", "union", "sex", "black", "ed"]
    options = {"person": "id", "wave": "t", "wave_effects": False, "robust": False}
    related = ["wks", "married", "exp", "exp2", "union", "ed"]
    table = hausman_taylor(people, "lwage", names, endogenous=related, **options)
    printed: Printed = {
        "bluecol": (-0.0207047, 0.0137809),
        "south": (0.0074398, 0.031955),
        "smsa": (-0.0418334, 0.0189581),
        "ind": (0.0136039, 0.0152374),
        "exp": (0.1131328, 0.002471),
        "exp2": (-0.0004189, 0.0000546),
        "wks": (0.0008374, 0.0005997),
        "married": (-0.0298508, 0.01898),
        "union": (0.0327714, 0.0149084),
        "sex": (-0.1309236, 0.126659),
        "black": (-0.2857479, 0.1557019),
        "ed": (0.137944, 0.0212485),
        ("intercept", "intercept"): (2.912726, 0.2836522),
    }
    digits = {"sex": 6, "ed": 6, ("intercept", "intercept"): 6, "married": 5, "south": 6, "exp": 6}
    for key, values in printed.items():
        as_printed(table, {key: values}, digits.get(key, 7))


@pytest.mark.parametrize(("correlated", "fixed", "variances", "correlation"), [
    (True, {"intercept": (251.405, 6.825), "Days": (10.467, 1.546)}, (24.740, 5.922, 25.592), 0.07),
    (False, {"intercept": (251.405, 6.885), "Days": (10.467, 1.560)}, (25.051, 5.988, 25.565), None),
])  # fmt: skip
def test_bates_and_others_sleepstudy(correlated, fixed, variances, correlation):
    """fm1 and fm2 of the article, by restricted likelihood: fixed effects and standard deviations as printed."""
    sleep = pl.read_csv(shared("reference", "lme4", "sleepstudy.csv")).with_columns(wave=pl.col("Days"))
    table = mixed(
        sleep, "Reaction", ["Days"], random={"Subject": ["Days"]}, person="Subject", wave="wave", wave_effects=False,
        uncorrelated=[] if correlated else ["Subject"],
    )  # fmt: skip
    printed: Printed = {("intercept", "intercept"): fixed["intercept"], "Days": fixed["Days"]}
    as_printed(table, printed, 3)
    for term, expected in zip(("person", "Days", "residual"), variances, strict=True):
        found = table.filter(component="standard_deviation", term=term)["estimate"][0]
        assert found == pytest.approx(expected, abs=1.5e-3), term  # lme4 of then stopped a little below the maximum
    if correlation is not None:
        found = table.filter(component="random_correlation")["estimate"][0]
        assert found == pytest.approx(correlation, abs=0.005)


def test_bates_and_others_compare_models():
    """Section 5.2: the likelihoods of both models, 1,752.0 and 1,751.9 (deviance), AIC 1,762.0 and 1,763.9."""
    sleep = pl.read_csv(shared("reference", "lme4", "sleepstudy.csv")).with_columns(wave=pl.col("Days"))
    shown = []
    for uncorrelated in (["Subject"], []):
        table = mixed(
            sleep, "Reaction", ["Days"], random={"Subject": ["Days"]}, person="Subject", wave="wave",
            wave_effects=False, uncorrelated=uncorrelated, method="ml",
        )  # fmt: skip
        fit = {row["term"]: row["estimate"] for row in table.filter(component="fit").to_dicts()}
        shown.append([round(fit[name], 1) for name in ("deviance", "aic", "bic")])
    assert shown == [[1752.0, 1762.0, 1778.0], [1751.9, 1763.9, 1783.1]]
