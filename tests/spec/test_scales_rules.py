"""How a score comes about, and when there is none."""

import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.scales import cronbach_alpha, score_scale


@pytest.mark.parametrize(
    ("answers", "rule", "expected"),
    [
        ((1, 2, 3), {}, 2.0),
        ((1, 2, None), {}, None),
        ((1, 2, None), {"minimum_answered": 2}, 1.5),
        ((1, None, None), {"minimum_answered": 2}, None),
        ((None, None, None), {"minimum_answered": 1}, None),
        ((1, 2, 3), {"score": "sum"}, 6.0),
        ((1, 2, None), {"score": "sum"}, None),
        ((1, 2, 5), {"reverse": ["c"], "ranges": {"c": (1, 5)}}, 4 / 3),
        ((1, 2, None), {"reverse": ["c"], "ranges": {"c": (1, 5)}, "minimum_answered": 2}, 1.5),
    ],
    ids=[
        "mean-of-all",
        "all-needed-unless-said",
        "mean-of-the-answered",
        "too-few-answered",
        "nothing-answered",
        "sum-of-all",
        "sum-needs-all",
        "turns-within-its-range",
        "turning-keeps-missing",
    ],
)
def test_score(answers, rule, expected):
    frame = pl.DataFrame([answers], schema={"a": pl.Float64, "b": pl.Float64, "c": pl.Float64}, orient="row")
    assert score_scale(frame, ["a", "b", "c"], **rule)[0] == (pytest.approx(expected) if expected else None)


def test_turning_needs_a_range():
    with pytest.raises(CohesionError, match="item `a`: cannot be reversed without its range"):
        score_scale(pl.DataFrame({"a": [1.0]}), ["a"], reverse=["a"])


def test_alpha_leaves_out_constant_items_and_says_so():
    frame = pl.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, 3, 2, 4], "c": [5.0, 5, 5, 5]})
    found = cronbach_alpha(frame, ["a", "b", "c"])
    assert found.note == "constant, left out: c"
    assert found.alpha == pytest.approx(cronbach_alpha(frame, ["a", "b"]).alpha)


def test_alpha_uses_complete_rows_only():
    frame = pl.DataFrame({"a": [1.0, 2, 3, 4, None], "b": [1.0, 3, 2, 4, 1]})
    assert cronbach_alpha(frame, ["a", "b"]).n_persons == 4


@pytest.mark.parametrize("rows", [0, 1])
def test_alpha_of_too_few_rows_is_none(rows):
    frame = pl.DataFrame({"a": [1.0], "b": [2.0]}).head(rows)
    assert cronbach_alpha(frame, ["a", "b"]).alpha is None
