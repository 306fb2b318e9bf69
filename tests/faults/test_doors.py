"""The door of public functions: one result however the same answers are held, and one message for what is no input."""

import inspect
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline import imputation, models, weights
from pipeline.errors import CohesionError
from pipeline.options import OptionError
from pipeline.specs.families import FAMILIES

DESIGN = ("design_ratios", "design_shares", "design_totals")
FITS = sorted(
    {name for name in FAMILIES if hasattr(models, name) and "tests" not in FAMILIES[name].needs} | set(DESIGN)
)
PERSONS, WAVES = 120, 12


def panel() -> pl.DataFrame:
    """A made-up panel: two numbers, a category, a yes-or-no, a weight."""
    draw = np.random.default_rng(6)
    person, wave = np.repeat(np.arange(PERSONS), WAVES), np.tile(np.arange(1, WAVES + 1), PERSONS)
    x, level = draw.normal(size=len(person)), draw.normal(size=PERSONS)[person]
    frame = pl.DataFrame(
        {
            "person_id": person,
            "arm": "a",
            "wave": wave,
            "x": x,
            "y": 0.5 * x + 0.2 * wave + level + draw.normal(size=len(person)),
            "b": (draw.random(len(person)) < 0.5).astype(int),
            "g": draw.choice(["f", "m"], PERSONS)[person],
            "o": np.clip(np.round(2.5 + 0.5 * x + level + draw.normal(size=len(person))), 1, 4),
            "n": draw.poisson(np.exp(0.4 * x + level)),
            "w": np.exp(draw.normal(0, 0.3, PERSONS))[person],
            "time": wave.astype(float),
            "area": person % 12,
            "t": ((person % 12 < 4) & (wave >= 7)).astype(int),
        }
    )
    gaps = pl.Series(draw.random(frame.height) < 0.1)
    kept = pl.Series(draw.random(frame.height) < 0.85)
    return frame.with_columns(x=pl.when(gaps).then(None).otherwise("x")).filter(kept)


def tenth(frame: object) -> object:
    """The tenth wave, however waves are held."""
    found = frame["wave"].unique().to_list() if isinstance(frame, pl.DataFrame) else []
    return next((wave for wave in found if wave in ("10", "w10", same_day(10))), 10)


def in_four(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of the first four waves, however waves are held; what is no panel as it is."""
    if not isinstance(frame, pl.DataFrame) or "wave" not in frame.columns:
        return frame
    waves = [name for wave in range(1, 5) for name in (wave, str(wave), f"w{wave}", same_day(wave))]
    return frame.filter(pl.Series([wave in waves for wave in frame["wave"].to_list()], dtype=pl.Boolean))


OUTCOME = {
    **dict.fromkeys(("logit", "conditional_logit", "mixed_logit"), "b"),
    **dict.fromkeys(
        ("ordered_logit", "multinomial_logit", "fixed_effects_ordered_logit", "design_ordered", "mixed_ordinal"),
        "o",
    ),
    **dict.fromkeys(("poisson", "negative_binomial", "fixed_effects_poisson"), "n"),
}


Called = Callable[..., pl.DataFrame]
SPECIAL: dict[str, Callable[[Called, pl.DataFrame, dict[str, Any]], pl.DataFrame]] = {
    "attrition": lambda fit, frame, more: fit(frame, {"later": [tenth(frame)]}, ["x"], origin="latest", **more),
    "chamberlain": lambda fit, frame, more: fit(in_four(frame), "y", ["x"], **more),
    "design_association": lambda fit, frame, more: fit(frame, ["b"], "g", **more),
    "design_differences": lambda fit, frame, more: fit(frame, ["y"], "g", **more),
    "design_ratios": lambda fit, frame, more: fit(frame, {"ratio": ("y", "x")}, **more),
    "design_shares": lambda fit, frame, more: fit(frame, {"g": {"women": ["f"]}}, **more),
    "hausman_taylor": lambda fit, frame, more: fit(frame, "y", ["x", "n"], ["g"], **{"endogenous": ["n"], **more}),
    "interrupted_time_series": lambda fit, frame, more: fit(
        frame, "y", ["x"], **{"interruptions": {"event": tenth(frame)}, "unit": "person_id", **more}
    ),
    "mediation": lambda fit, frame, more: fit(frame, "y", ["x"], ["w"], **more),
    "multiverse": lambda fit, frame, more: fit(
        frame, "y", ["x"], **{"choices": {"family": ["pooled", "fixed_effects"]}, **more}
    ),
    "synthetic_control": lambda fit, frame, more: fit(frame, "y", **{"treated": "t", "by": "area", **more}),
    **dict.fromkeys(
        ("difference_in_differences", "event_study", "group_time_effects", "imputation_effects"),
        lambda fit, frame, more: fit(frame, "y", ["x"], **{"treated": "t", "by": "area", **more}),
    ),
}  # fmt: skip


def called(name: str, frame: pl.DataFrame, **options: object) -> pl.DataFrame:
    """Each public model on the panel, with what it needs."""
    function = getattr(models, name)
    if name in SPECIAL:
        return SPECIAL[name](function, frame, options)
    if "variables" in inspect.signature(function).parameters:
        return function(frame, ["y"], **options)
    return function(frame, OUTCOME.get(name, "y"), ["x"], **options)


NUMBERS = ("component", "term", "estimate", "std_error", "statistic", "p_value")
SAME = {"abs_tol": 1e-7, "rel_tol": 1e-6}


def numbers(table: pl.DataFrame) -> pl.DataFrame:
    """Estimates in the order of rows: names of waves differ with how waves are held, their order does not."""
    return table.select("component", pl.col(NUMBERS[2:]))


OF_THE_ORDER = ("breusch_godfrey_fixed", "breusch_godfrey_random")
"""Tests of ``panel_tests`` that plm defines over the order of persons in a table."""


@cache
def reference(name: str) -> pl.DataFrame:
    return called(name, panel())


def same_day(wave: int) -> date:
    return date(2000 + wave, 1, 31)


HELD: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "NaN": lambda frame: frame.with_columns(pl.col("x").fill_null(float("nan"))),
    "rows reversed": lambda frame: frame.reverse(),
    "rows shuffled": lambda frame: frame.sample(fraction=1.0, shuffle=True, seed=3),
    "waves as text": lambda frame: frame.with_columns(pl.col("wave").cast(pl.String)),
    "waves as names": lambda frame: frame.with_columns(pl.format("w{}", "wave").alias("wave")),
    "waves as floats": lambda frame: frame.with_columns(pl.col("wave").cast(pl.Float64)),
    "waves as Enum": lambda frame: frame.with_columns(
        pl.col("wave").cast(pl.String).cast(pl.Enum([str(wave) for wave in range(1, WAVES + 1)]))
    ),
    "waves as dates": lambda frame: frame.with_columns(pl.col("wave").map_elements(same_day, return_dtype=pl.Date)),
    "ids as text": lambda frame: frame.with_columns(pl.col("person_id").cast(pl.String)),
    "Categorical": lambda frame: frame.with_columns(pl.col("g").cast(pl.Categorical)),
    "Enum": lambda frame: frame.with_columns(pl.col("g").cast(pl.Enum(["f", "m"]))),
}


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("name", FITS)
def test_one_result_however_the_answers_are_held(name: str, held: str) -> None:
    order = ["component", "estimate"]
    table, wanted = (
        numbers(found.filter(~pl.col("term").is_in(OF_THE_ORDER))).sort(order)
        for found in (called(name, HELD[held](panel())), reference(name))
    )
    assert_frame_equal(table, wanted, **SAME)


@pytest.mark.parametrize("name", [name for name in FITS if name.startswith("design") and name != "design_totals"])
def test_weights_times_a_constant_change_nothing(name: str) -> None:
    once = called(name, panel(), weight="w")
    assert_frame_equal(numbers(called(name, panel().with_columns(pl.col("w") * 7), weight="w")), numbers(once), **SAME)


@pytest.mark.parametrize("name", FITS)
def test_an_option_that_is_misspelt_is_refused(name: str) -> None:
    for option in ({"confidnce": 0.9}, {"confidence": 95}, {"wieght": "w"}):
        if "confidence" in option and "confidence" not in inspect.signature(getattr(models, name)).parameters:
            continue
        with pytest.raises(OptionError):
            called(name, panel(), **option)


CHOICES = {"subset": "domains", "link": "logistic", "effects": "twoways", "degrees": "kenward", "gaps": "next",
           "correction": "HC1", "lonely_psu": "centre"}  # fmt: skip


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("option", CHOICES)
def test_a_choice_that_is_none_is_refused(name: str, option: str) -> None:
    with pytest.raises(OptionError, match=option):
        called(name, panel(), **{option: CHOICES[option]})


ON_DISK = ("design_means", "design_shares", "fixed_effects", "within_between")
"""They take a lazy query for a table that stays on disk."""


@pytest.mark.parametrize("name", FITS)
def test_what_is_no_panel_is_refused(name: str) -> None:
    infinite = panel().with_columns(pl.lit(float("inf")).alias("x"), pl.lit(float("inf")).alias("y"))
    used = infinite if name not in ("design_association", "design_shares", "logit") else panel().to_pandas()
    twice = pl.concat([panel(), panel().head(1)])
    lazy = [] if name in ON_DISK else [panel().lazy()]
    for frame in (used, *lazy, panel().to_pandas(), twice):
        with pytest.raises(CohesionError) as caught:
            called(name, frame)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", FITS)
def test_a_column_that_is_not_there_is_refused_in_one_sentence(name: str) -> None:
    absent = ("x",) if name == "attrition" else ("y", "b", "o", "n", "g")
    with pytest.raises(CohesionError) as caught:
        called(name, panel().drop(absent))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("room", ["weights", "participation", "scales", "imputation"])
def test_every_public_function_with_a_frame_has_the_door(room: str) -> None:
    package = import_module(f"pipeline.{room}")
    for name in package.__all__:
        function = getattr(package, name)
        if inspect.isfunction(function) and function.__module__.startswith(f"pipeline.{room}."):
            takes = any("DataFrame" in str(hint) for key, hint in function.__annotations__.items() if key != "return")
            assert not takes or hasattr(function, "__wrapped__"), name


@pytest.mark.parametrize("name", FITS)
def test_every_model_has_the_door(name: str) -> None:
    assert hasattr(getattr(models, name), "__wrapped__")


def responses() -> pl.DataFrame:
    draw = np.random.default_rng(5)
    return pl.DataFrame({"resp": (draw.random(400) < 0.5).astype(int), "sex": draw.choice(["f", "m"], 400)})


@pytest.mark.parametrize(
    "code",
    [
        2 - pl.col("resp"),
        pl.col("resp").cast(pl.String),
        pl.when(pl.col("resp") == 1).then(1.0).otherwise(float("nan")),
    ],
)
def test_response_coded_otherwise_is_refused(code: pl.Expr) -> None:
    frame = responses().with_columns(resp=code)
    for call in (
        lambda: weights.class_weights(frame, "resp", by=["sex"]),
        lambda: weights.propensity_weights(frame, "resp", ["sex"]),
        lambda: weights.sequential_weights(frame, ["resp"], [["sex"]]),
    ):
        with pytest.raises(CohesionError, match="respon"):
            call()


def test_a_group_that_never_responds_is_refused_by_name() -> None:
    frame = responses().with_columns(resp=pl.when(pl.col("sex") == "m").then(0).otherwise("resp"))
    with pytest.raises(CohesionError, match="sex: m"):
        weights.propensity_weights(frame, "resp", ["sex"])
    with pytest.raises(CohesionError, match="sex: m"):
        weights.sequential_weights(frame, ["resp"], [["sex"]])


def test_nan_is_imputed_as_null_is() -> None:
    frame = panel().select("x", "y", "w")
    held = frame.with_columns(pl.col("x").fill_null(float("nan")))
    done = [
        imputation.impute(each, imputation.default_plan(each), imputations=2, iterations=2, seed=1).complete(0)
        for each in (frame, held)
    ]
    assert_frame_equal(*done)
    assert not done[0]["x"].is_nan().any()
    assert not done[0]["x"].null_count()


def test_an_item_not_asked_in_one_wave_leaves_the_other_changes() -> None:
    frame = panel().filter(pl.col("wave") <= 4).with_columns(y=pl.when(pl.col("wave") != 2).then("y"))
    assert models.design_changes(frame, ["y"])["term"].to_list() == ["1_to_3", "3_to_4", "1_to_4"]


def test_no_person_variance_is_least_squares() -> None:
    draw = np.random.default_rng(2)
    y = draw.normal(size=(60, 4))
    y -= y.mean(axis=1, keepdims=True)
    frame = pl.DataFrame({"person_id": np.repeat(np.arange(60), 4), "wave": np.tile(np.arange(4), 60), "y": y.ravel()})
    table = models.within_between(frame, "y", [], wave_effects=False)
    assert table.filter(component="variance", term="person")["estimate"].to_list() == [0.0]
    assert table.filter(term="intercept")["std_error"][0] == pytest.approx(y.std(ddof=1) / np.sqrt(240), rel=1e-6)


def test_text_without_an_order_is_no_wave() -> None:
    frame = panel().filter(pl.col("wave") < 3)
    named = frame.with_columns(
        pl.when(pl.col("wave") == 1).then(pl.lit("spring")).otherwise(pl.lit("autumn")).alias("wave")
    )
    with pytest.raises(CohesionError, match="no order"):
        models.first_difference(named, "y", ["x"])
