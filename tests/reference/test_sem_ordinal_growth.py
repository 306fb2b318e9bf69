"""Growth of one ordered question by WLSMV against lavaan (``data/sem/ordinal_growth.R``)."""

import json

import polars as pl
import pytest
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.sem import ordinal_growth

FOLDER = SHIPPED / "sem"
R = json.loads((FOLDER / "ordinal_growth.json").read_text(encoding="utf-8"))
FRAME = pl.read_csv(FOLDER / "ordinal_growth.csv", infer_schema_length=None)
WAVES = ["u1", "u2", "u3", "u4"]
TIMES = [0.0, 1.0, 2.0, 3.5]


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
def test_growth_of_an_ordered_question(missing):
    result, compared = ordinal_growth(FRAME, WAVES, times=TIMES, missing=missing), 0
    rows = {(row["lhs"], row["op"], row["rhs"]): row for row in result.estimates.to_dicts()}
    for theirs in R[missing]["params"]:
        if not theirs.get("se"):
            continue
        ours = rows[theirs["lhs"], theirs["op"], theirs["rhs"] or ""]
        assert ours["estimate"] == pytest.approx(theirs["est"], rel=1e-4, abs=1e-4 * theirs["se"])
        assert ours["std_error"] == pytest.approx(theirs["se"], rel=1e-3)
        compared += 1
    assert compared > 10
    assert result.fit["df"] == R[missing]["fit"]["df"]
    assert result.fit["chisq.scaled"] == pytest.approx(R[missing]["fit"]["chisq.scaled"], rel=1e-4)


def test_its_course_comes_back():
    result = ordinal_growth(FRAME, WAVES, times=TIMES)
    slope = result.parameter("s", "~1")
    planted = 0.25 / (0.6 + 0.36) ** 0.5  # in units of the first wave's response
    assert abs(slope["estimate"] - planted) < 3 * slope["std_error"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ordinal_growth(FRAME, WAVES[:2]), "three waves or more"),
        (lambda: ordinal_growth(FRAME, WAVES, times=[0, 2, 1, 3]), "times that rise"),
        (lambda: ordinal_growth(FRAME.with_columns(pl.col(WAVES) > 2), WAVES), "equal thresholds of two answers"),
        (lambda: ordinal_growth(FRAME, WAVES, group="u1"), "no groups"),
        (lambda: ordinal_growth(FRAME, WAVES, shape="cubic"), "unknown shape"),
    ],
)
def test_refuses(call, says):
    with pytest.raises(ModelError, match=says):
        call()
