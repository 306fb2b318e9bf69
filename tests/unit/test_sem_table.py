"""Parameter tables: what is read, what is refused, and what the panel builders write."""

import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.sem.engine.ram import compile_model
from pipeline.sem.engine.table import Parameter, linear, parameter_table
from pipeline.sem.families.panel_table import PanelModel, panel_table


@pytest.mark.parametrize(
    ("text", "terms", "constant"),
    [
        ("a == b", {"a": 1, "b": -1}, 0),
        ("a == 2*b + 0.5", {"a": 1, "b": -2}, 0.5),
        ("a + b == 1", {"a": 1, "b": 1}, 1),
        ("-a/2 == 3 - b", {"a": -0.5, "b": 1}, 3),
    ],
)
def test_linear_constraint(text, terms, constant):
    assert linear(text) == (terms, constant)


@pytest.mark.parametrize("text", ["a", "a == b*c", "a == b == ", "a == exp(b)"])
def test_what_is_not_linear_is_refused(text):
    with pytest.raises(ModelError):
        linear(text)


def test_a_frame_becomes_a_table():
    frame = pl.DataFrame(
        {
            "lhs": ["f", "f", "f", "a"],
            "op": ["=~", "=~", "=~", "=="],
            "rhs": ["x1", "x2", "x3", "b"],
            "value": [1.0, None, None, None],
            "label": ["", "a", "b", ""],
        }
    )
    table = parameter_table(frame)
    assert [row.free for row in table.parameters] == [False, True, True]
    assert table.constraints == (({"a": 1.0, "b": -1.0}, 0.0),)
    assert (table.latents, table.observed) == (["f"], ["x1", "x2", "x3"])


@pytest.mark.parametrize(
    "row",
    [
        Parameter("f", "<-", "x"),
        Parameter("f", "=~", "x", free=False),
    ],
    ids=["unknown-operator", "fixed-without-value"],
)
def test_rows_that_make_no_sense(row):
    with pytest.raises(ModelError):
        parameter_table([row])


def test_a_covariance_named_both_ways_round_is_named_twice():
    with pytest.raises(ModelError, match="twice"):
        parameter_table([Parameter("x", "~~", "y"), Parameter("y", "~~", "x")])


def test_constraints_that_contradict_or_name_nothing():
    rows = [Parameter("x", "~~", "x", label="a"), Parameter("y", "~~", "y", label="b")]
    with pytest.raises(ModelError, match="contradict"):
        compile_model(parameter_table(rows, ["a == b", "a == b + 1"]))
    with pytest.raises(ModelError, match="no free parameter"):
        compile_model(parameter_table(rows, ["a == c"]))


def rows_of(**options):
    model = PanelModel({"x": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}, **options)
    return panel_table(model).parameters


def count(**options):
    """Free parameters after equalities, means included."""
    table = panel_table(PanelModel({"x": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}, **options))
    return compile_model(table, options.get("groups", 1)).npar


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({}, 35),
        ({"lags": "equal"}, 27),
        ({"lags": "equal", "residuals": "equal"}, 21),
        ({"lags": "equal", "residuals": "equal", "means": "equal"}, 15),
        ({"between": False}, 32),
        ({"cross": "none"}, 29),
        ({"slopes": True}, 35 - 8 + 4 + 7),
        ({"cross": [("x", "y")]}, 32),
        ({"groups": 2}, 70),
        ({"groups": 2, "group_equal": ("lags",)}, 58),
        ({"groups": 2, "lags": "equal", "group_equal": ("lags",)}, 50),
        ({"groups": 2, "group_equal": ("lags", "residuals", "means", "between", "first_wave")}, 35),
    ],
)
def test_number_of_parameters(options, parameters):
    assert count(**options) == parameters


def test_a_cross_lag_is_named_from_and_to():
    lags = {(row.rhs, row.lhs) for row in rows_of(cross=[("x", "y")]) if row.op == "~"}
    assert ("wx1", "wy2") in lags
    assert ("wy1", "wx2") not in lags


def test_three_constructs():
    model = PanelModel({name: [f"{name}{wave}" for wave in range(1, 9)] for name in "xyz"})
    rows = panel_table(model).parameters
    assert sum(row.op == "~" for row in rows) == 9 * 7
    assert compile_model(panel_table(model)).npar == 63 + 6 + 8 * 6 + 24


@pytest.mark.parametrize(
    ("constructs", "options"),
    [
        ({"x": ["x1", "x2"], "y": ["y1", "y2"]}, {}),
        ({"x": ["x1", "x2", "x3"], "y": ["y1", "y2"]}, {}),
        ({"x": ["x1", "x2", "x3"]}, {"lags": "some"}),
        ({"x": ["x1", "x2", "x3"]}, {"group_equal": ("lag",)}),
    ],
    ids=["too-few-waves", "unequal-waves", "unknown-lags", "unknown-part"],
)
def test_models_that_cannot_be(constructs, options):
    with pytest.raises(ModelError):
        PanelModel(constructs, **options)


def test_lavaans_own_table_is_read():
    """plabels become labels, ``==`` rows constraints, ``ustart`` fixed values, numbers in ``free`` a yes."""
    row = {"op": "=~", "lhs": "f", "group": 1, "label": ""}
    table = parameter_table(
        [
            row | {"rhs": "x1", "free": 0, "ustart": 1.0, "plabel": ".p1."},
            row | {"rhs": "x2", "free": 1, "ustart": None, "plabel": ".p2."},
            row | {"rhs": "x3", "free": 2, "ustart": float("nan"), "plabel": ".p3.", "label": ".p2."},
            row | {"rhs": "x4", "free": 3, "ustart": None, "plabel": ".p14."},
            {"op": "==", "lhs": ".p2.", "rhs": ".p14.", "group": 0},
            {"op": "==", "lhs": ".p2.", "rhs": ".p3.", "group": 0},
        ]
    )
    assert [(row.free, row.value, row.label) for row in table.parameters] == [
        (False, 1.0, "p_p1"), (True, None, "p_p2"), (True, None, "p_p2"), (True, None, "p_p14"),
    ]  # fmt: skip
    assert table.constraints == (({"p_p2": 1.0, "p_p14": -1.0}, 0.0),)
