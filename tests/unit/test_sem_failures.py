"""Failure is honest: a message that names the parameter or variable, and no result."""

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.sem import Parameter, compare, riclpm, sem
from pipeline.sem.growth import growth
from pipeline.sem.invariance import invariance
from pipeline.sem.measurement import cfa
from pipeline.sem.polychoric import polychoric
from pipeline.sem.reliability import alpha, icc

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
    with pytest.raises(ModelError, match="not positive definite"):
        riclpm(twice, CONSTRUCTS, missing="listwise")


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
