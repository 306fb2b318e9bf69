"""The theta parameterisation of ordered items against lavaan (``data/sem/theta.R``)."""

import json

import polars as pl
import pytest
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.sem import cfa, theta_estimates

FOLDER = SHIPPED / "sem"
R = json.loads((FOLDER / "theta.json").read_text(encoding="utf-8"))
FRAME = pl.read_csv(FOLDER / "ordered.csv")
ONE = {"F": ["q11", "q12", "q13", "q14"]}
TWO = {"F1": ONE["F"], "F2": ["q21", "q22", "q23", "q24"]}
CASES = {
    "one": (ONE, {}),
    "two": (TWO, {"residual_covariances": [("q11", "q21")]}),
    "unit": (ONE, {"standardise_factors": True}),
    "groups": (ONE, {"group": "group"}),
    "equal": (ONE, {"group": "group", "equal": ("loadings", "thresholds")}),
}


@pytest.mark.parametrize("case", CASES)
def test_theta_equals_lavaan(case):
    factors, options = CASES[case]
    result = cfa(FRAME, factors, ordered=True, **options)
    rows = {(row["lhs"], row["op"], row["rhs"], row["group"]): row for row in theta_estimates(result).to_dicts()}
    compared = 0
    for theirs in R[case]["params"]:
        if not theirs.get("se"):
            continue
        group = result.labels[int(theirs.get("group") or 1) - 1]
        ours = rows[theirs["lhs"], theirs["op"], theirs["rhs"] or "", group]
        assert ours["estimate"] == pytest.approx(theirs["est"], rel=1e-4, abs=1e-4 * theirs["se"])
        assert ours["std_error"] == pytest.approx(theirs["se"], rel=1e-3)
        compared += 1
    assert compared > 10
    assert result.fit["chisq.scaled"] == pytest.approx(R[case]["fit"]["chisq.scaled"], rel=1e-4)


def test_answers_that_are_no_categories_have_none():
    with pytest.raises(ModelError, match="only ordered items"):
        theta_estimates(cfa(FRAME, ONE))
