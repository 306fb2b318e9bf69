"""Failure is honest: a message that names the parameter or variable, and no result."""

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.sem import Parameter, compare, riclpm, sem
from pipeline.sem.families.growth import growth
from pipeline.sem.families.invariance import invariance
from pipeline.sem.families.measurement import cfa
from pipeline.sem.families.reliability import alpha, icc
from pipeline.sem.ordinal.polychoric import polychoric

COMPLETE = pl.read_csv(SHIPPED / "sim_shippable" / "riclpm_sim.csv")
CONSTRUCTS = {"x": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}


def test_a_heywood_case_names_the_variable():
    """Correlations .8, .8 and .5 ask for a loading above one: the first item's own variance turns negative."""
    wanted = np.array([[1.0, 0.8, 0.8], [0.8, 1.0, 0.5], [0.8, 0.5, 1.0]])
    drawn = np.random.default_rng(1).normal(size=(200, 3))
    drawn -= drawn.mean(0)
    exact = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T))).T @ np.linalg.cholesky(wanted).T
    frame = pl.DataFrame(exact, ["a", "b", "c"])
    with pytest.raises(ModelError, match=r"negative variance of a \(a Heywood case\).*withheld"):
        cfa(frame, {"f": ["a", "b", "c"]})
    looked_at = cfa(frame, {"f": ["a", "b", "c"]}, gate=False)
    assert "Heywood" in looked_at.problems[0]
    assert looked_at.parameter("a", "~~", "a")["estimate"] < 0


def test_an_unidentified_model_names_the_parameters():
    rows = [
        *(Parameter("f", "=~", item) for item in CONSTRUCTS["x"]),
        Parameter("f", "~~", "f"),
        *(Parameter(item, "~~", item) for item in CONSTRUCTS["x"]),
    ]
    with pytest.raises(ModelError, match=r"not identified.*f =~ x"):
        sem(COMPLETE, rows)


def test_more_parameters_than_moments():
    rows = [Parameter(f, "=~", item) for f in ("f", "g") for item in ("x1", "x2", "x3")]
    rows += [Parameter(f, "~~", f) for f in ("f", "g")] + [Parameter(item, "~~", item) for item in ("x1", "x2", "x3")]
    with pytest.raises(ModelError, match="parameters of 9 means"):
        sem(COMPLETE, rows)


def test_a_variable_without_variance():
    with pytest.raises(ModelError, match="x2: no variance"):
        riclpm(COMPLETE.with_columns(x2=pl.lit(3.0)), CONSTRUCTS)


def test_a_group_without_variance_is_named():
    flat = COMPLETE.with_columns(
        arm=pl.when(pl.col("g") == 1).then(pl.lit("east")).otherwise(pl.lit("west")),
    ).with_columns(y3=pl.when(pl.col("arm") == "west").then(4.0).otherwise(pl.col("y3")))
    with pytest.raises(ModelError, match="y3: no variance in group west"):
        riclpm(flat, CONSTRUCTS, group="arm")


def test_a_wave_nobody_answered():
    empty = COMPLETE.with_columns(x4=pl.lit(None).cast(pl.Float64))
    with pytest.raises(ModelError, match="x4: nobody answered"):
        riclpm(empty, CONSTRUCTS)


def test_variables_that_repeat_each_other():
    twice = COMPLETE.with_columns(x2=2 * pl.col("x1"))
    with pytest.raises(ModelError, match=r"^x1, x2: .*not positive definite"):
        riclpm(twice, CONSTRUCTS, missing="listwise")
    gaps = twice.with_columns(y3=pl.when(pl.col("y1") > 3).then("y3"))
    with pytest.raises(ModelError, match=r"^x1, x2: .*not positive definite"):
        riclpm(gaps, CONSTRUCTS, estimator="MLR")


def test_no_stable_differences_are_told():
    """White noise: the random intercept has no variance, and the search may leave the possible."""
    generator = np.random.default_rng(2)
    names = [name for held in CONSTRUCTS.values() for name in held]
    messages = []
    for _ in range(6):
        frame = pl.DataFrame(generator.normal(size=(300, 8)), names)
        result = riclpm(frame, CONSTRUCTS, gate=False)
        if result.problems:
            with pytest.raises(ModelError, match="withheld") as told:
                riclpm(frame, CONSTRUCTS)
            messages.append(str(told.value))
    assert messages
    assert all(any(word in message for word in ("RIx", "RIy", "wx", "wy")) for message in messages)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "WLS"}, "unknown estimator"),
        ({"missing": "mean"}, "unknown treatment of missing"),
        ({"cluster": "g"}, "need robust"),
        ({"weights": "g"}, "need robust"),
        ({"times": [0, 1]}, "2 times for 4 waves"),
        ({"times": [0, 1, 1, 2]}, "do not rise"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(ModelError, match=message):
        riclpm(COMPLETE, CONSTRUCTS, **options)


def test_columns_that_are_absent_or_text():
    with pytest.raises(ModelError, match="no column x9"):
        riclpm(COMPLETE, {"x": ["x1", "x2", "x9"]})
    with pytest.raises(ModelError, match="x1: the variable is not numeric"):
        riclpm(COMPLETE.with_columns(pl.col("x1").cast(pl.String)), CONSTRUCTS)
    with pytest.raises(ModelError, match="two constructs"):
        riclpm(COMPLETE, {"x": ["x1", "x2", "x3"], "y": ["y1", "x2", "y3"]})


def test_a_negative_correction_has_no_p():
    """Sixty heavy-tailed persons, for whom the correction of 2001 is negative."""
    generator = np.random.default_rng(19)
    answers = generator.standard_t(3, (60, 8)) + generator.standard_t(3, (60, 1))
    frame = pl.DataFrame(answers, [f"{name}{wave}" for name in "xy" for wave in range(1, 5)])
    free = riclpm(frame, CONSTRUCTS, lags="equal", estimator="MLR")
    held = riclpm(frame, CONSTRUCTS, lags="equal", cross=[("x", "y")], estimator="MLR")
    named = compare(free, held, "satorra.bentler.2001")
    assert named.scaling < 0
    assert np.isnan(named.p)
    assert named.is_worse is None
    assert "negative" in named.note
    shown = compare(free, held)
    assert (shown.method, shown.scaling > 0) == ("satorra.bentler.2010", True)
    assert "2010 is shown" in shown.note


def test_models_of_other_answers_are_not_compared():
    one, two = riclpm(COMPLETE, CONSTRUCTS), riclpm(COMPLETE.head(500), CONSTRUCTS, lags="equal")
    with pytest.raises(ModelError, match="same answers"):
        compare(one, two)
    with pytest.raises(ModelError, match="same degrees of freedom"):
        compare(one, riclpm(COMPLETE, CONSTRUCTS))


def test_growth_that_cannot_be():
    with pytest.raises(ModelError, match="too few for a quadratic"):
        growth(COMPLETE, {"x": ["x1", "x2", "x3"]}, "quadratic")
    with pytest.raises(ModelError, match="event between"):
        growth(COMPLETE, {"x": CONSTRUCTS["x"]}, "piecewise")


def test_measures_of_scales_that_cannot_be():
    with pytest.raises(ModelError, match="two items"):
        alpha(COMPLETE, ["x1"])
    with pytest.raises(ModelError, match="x2: the item does not vary"):
        alpha(COMPLETE.with_columns(x2=pl.lit(1.0)), ["x1", "x2"])
    with pytest.raises(ModelError, match="ordered item"):
        polychoric(COMPLETE, ["x1", "x2"])
    with pytest.raises(ModelError, match="two groups"):
        icc(COMPLETE.with_columns(area=pl.lit("a")), "x1", "area")
    with pytest.raises(ModelError, match="items do not fit"):
        invariance(COMPLETE, {"f": ["x1", "x2", "x3"]})


def test_ordered_items_that_allow_no_ladder():
    generator = np.random.default_rng(6)
    answers = pl.DataFrame(generator.integers(0, 2, (200, 3)), ["a", "b", "c"]).with_columns(g=pl.Series([1, 2] * 100))
    with pytest.raises(ModelError, match="two answers"):
        invariance(answers, {"f": ["a", "b", "c"]}, "g", ordered=True)
    rare = answers.with_columns(a=pl.when((pl.col("a") == 1) & (pl.col("g") == 1)).then(2).otherwise(pl.col("a")))
    with pytest.raises(ModelError, match="a: an answer is never given"):
        cfa(rare, {"f": ["a", "b", "c"]}, "g", ordered=True)
    with pytest.raises(ModelError, match="no intercepts"):
        cfa(answers, {"f": ["a", "b", "c"]}, "g", ("intercepts",), ordered=True)


X = pl.col("x1")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (pl.lit(3.0).alias("x1") + 1e-15 * X, {}, "x1: no variance"),
        (pl.when(X > 4).then(float("inf")).otherwise(X).alias("x1"), {}, "x1: an answer is infinite"),
        ((-X).alias("w"), {"weights": "w", "estimator": "MLR"}, "w: a weight is negative"),
        (pl.lit(0.0).alias("w"), {"weights": "w", "estimator": "MLR"}, "nobody answered enough"),
        (pl.lit(1).alias("c"), {"cluster": "c", "estimator": "MLR"}, "c: .* two clusters"),
        (X.alias("h"), {"group": "h"}, "h: .* too many different values"),
        ((pl.int_range(pl.len()) < 1).alias("h"), {"group": "h"}, "x1: no variance in group true"),
        ((pl.int_range(pl.len()) < 5).alias("h"), {"group": "h"}, "true: .* no more persons"),
        (pl.lit(1.0).alias("z"), {"covariates": "z"}, "z: no variance"),
        (X.alias("z"), {"covariates": ["z", "q"]}, "no column q"),
        (X, {"times": ["a", "b", "c", "d"]}, "numbers or dates"),
        (X, {"times": [0, 1, float("nan"), 3]}, "numbers or dates"),
    ],
)  # fmt: skip
def test_answers_that_bear_no_model(change, options, message):
    """One message, no warning of numpy's, no trace, no answer in it."""
    with pytest.raises(ModelError, match=message):
        riclpm(COMPLETE.with_columns(change), CONSTRUCTS, **options)


@pytest.mark.parametrize(
    ("constructs", "message"),
    [
        (["x1", "x2", "x3"], "constructs are named"),
        ({"x": "x1"}, "x: a construct is a list"),
        ({"x": ["x1", "x2", "RIx"]}, "RIx: .* latent"),
        ({"a": ["x1", "x2", "x3"], "a_b": ["y1", "y2", "y3"], "b_a": ["x4", "y4", "g"]}, "taken for one another"),
    ],
)
def test_constructs_that_cannot_be(constructs, message):
    with pytest.raises(ModelError, match=message):
        riclpm(COMPLETE.rename({"x3": "RIx"}) if "RIx" in message else COMPLETE, constructs)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("y1 ~ x1", "rows with lhs"),
        ([], "is empty"),
        (pl.DataFrame({"a": [1]}), "rows with lhs"),
        ([{"lhs": "y1", "op": "~", "rhs": "x1"}], "y1, x1: .*no valid covariance"),
        ([{"lhs": "x1", "op": "~~", "rhs": "x1", "value": -1.0}], "x1: .*no valid covariance"),
        ([{"lhs": "x1", "op": "~~", "rhs": "x1", "value": "a"}], "x1 ~~ x1: a value is not a number"),
        ([{"lhs": "x1", "op": "~~", "rhs": "x1", "group": 3}], "a group 3, the answers have 1"),
        ([{"lhs": "x1", "op": "|", "rhs": "t1"}], "belong to ordered items"),
    ],
)
def test_tables_that_cannot_be(table, message):
    with pytest.raises(ModelError, match=message):
        sem(COMPLETE, table, gate=False)


def test_scales_that_cannot_be():
    for factors, message in (
        ({}, "factors are named"), ({"f": []}, "f: a factor has a list"), ({"f": "x1"}, "f: a factor has a list"),
        ({"f": ["x1", "x1", "x2"]}, "named twice"), ({"x1": ["x1", "x2", "x3"]}, "x1: a factor has the name"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=message):
            cfa(COMPLETE, factors)
    with pytest.raises(ModelError, match="not as a polars frame"):
        cfa({"x1": [1.0]}, {"f": ["x1", "x2", "x3"]})
    yes = COMPLETE.with_columns((X > 3).cast(pl.Int8).alias(name) for name in ("x1", "x2", "x3"))
    with pytest.raises(ModelError, match="x1, x2: two items are answered as one"):
        cfa(yes, {"f": ["x1", "x2", "x3"]}, ordered=True)
    for items, message in ((["x1", "q"], "no column q"), (["x1", "t"], "t: the variable is not numeric")):
        with pytest.raises(ModelError, match=message):
            alpha(COMPLETE.with_columns(t=pl.lit("a")), items)
