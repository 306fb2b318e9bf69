"""The door of figures of estimates: one figure however estimates are held, and one message for what is no input."""

import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline import figures, models
from pipeline.errors import CohesionError

NAMES = ["w1", "w2", "w3", "w9", "w10"]
DATES = {name: dt.date(2020, 1 + place, 1) for place, name in enumerate(NAMES)}
LABELS = {"x": "X", "z": "Z"}


def panel() -> pl.DataFrame:
    draw = np.random.default_rng(2)
    rows = 150 * len(NAMES)
    x = draw.normal(size=rows)
    return pl.DataFrame(
        {
            "person_id": np.repeat(np.arange(150), len(NAMES)),
            "wave": NAMES * 150,
            "x": x,
            "z": draw.normal(size=rows),
            "y": 0.3 * x + draw.normal(size=rows),
            "b": (draw.random(rows) < 0.5).astype(int),
            "w": 1.0,
        }
    )


def means(frame: pl.DataFrame) -> pl.DataFrame:
    return models.design_means(frame, ["y"], by=("wave",), weight="w", psu="person_id")


Alt = Callable[..., str]
ALT: dict[str, tuple[Callable[[], pl.DataFrame], Alt]] = {
    "trend": (lambda: means(panel()), lambda table, **more: figures.alt_trend(table, **{"dates": DATES, **more})),
    "coefficients": (
        lambda: models.within_between(panel(), "y", ["x", "z"]),
        lambda table, **more: figures.alt_coefficients(table, labels=LABELS, **more),
    ),
    "odds_ratios": (
        lambda: models.logit(panel(), "b", ["x", "z"]),
        lambda table, **more: figures.alt_odds_ratios(table, labels=LABELS, **more),
    ),
    "versions": (
        lambda: models.pooled(panel(), "y", ["x", "z"]).with_columns(component=pl.lit("version"), group="term"),
        lambda table, **more: figures.alt_versions(table, **more),
    ),
}


@cache
def case(name: str) -> tuple[pl.DataFrame, Alt]:
    """A table of estimates, made once it is needed, and what says it in words."""
    table, alt = ALT[name]
    return table(), alt


HELD: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "NaN": lambda table: table.with_columns(pl.selectors.float().fill_null(float("nan"))),
    "Categorical": lambda table: table.with_columns(pl.col("term", "component").cast(pl.Categorical)),
    "Enum": lambda table: table.with_columns(pl.col("term").cast(pl.Enum(table["term"].unique().to_list()))),
    "rows reversed": lambda table: table.reverse(),
    "rows shuffled": lambda table: table.sample(fraction=1.0, shuffle=True, seed=1),
}


@pytest.mark.parametrize(
    ("name", "held"),
    [(name, held) for name in ALT for held in HELD if name != "versions" or not held.startswith("rows")],
)
def test_one_figure_however_estimates_are_held(name: str, held: str) -> None:
    table, alt = case(name)
    assert alt(HELD[held](table)) == alt(table)


@pytest.mark.parametrize("name", ["trend", "coefficients", "odds_ratios"])
@pytest.mark.parametrize("columns", [("estimate",), ("estimate", "conf_low", "conf_high")])
def test_an_estimate_that_is_nan_is_none(name: str, columns: tuple[str, ...]) -> None:
    """It was drawn as `nan (0.23 to 0.37)`."""
    table, alt = case(name)
    chosen = (pl.col("wave") == "w3") if name == "trend" else (pl.col("term") == "x")

    def without(value: float | None) -> str:
        return alt(
            table.with_columns(pl.when(chosen).then(value).otherwise(column).alias(column) for column in columns)
        )

    assert without(float("nan")) == without(None)
    assert "nan" not in without(float("nan"))


WAVES: dict[str, tuple[Callable[[pl.Expr], pl.Expr], Callable[[str], Any]]] = {
    "Enum": (lambda wave: wave.cast(pl.Enum(NAMES)), lambda name: name),
    "numbers": (lambda wave: wave.str.slice(1).cast(pl.Int64), lambda name: int(name[1:])),
    "dates": (lambda wave: wave.replace_strict(DATES, return_dtype=pl.Date), lambda name: DATES[name]),
}


@pytest.mark.parametrize("held", WAVES)
@pytest.mark.parametrize("arms", [False, True], ids=["one calendar", "by arm"])
def test_a_trend_finds_the_dates_of_waves_however_these_are_held(held: str, arms: bool) -> None:
    """Waves that are numbers had no date."""
    cast, key = WAVES[held]
    dates = {((None, key(name)) if arms else key(name)): day for name, day in DATES.items()}
    table, alt = case("trend")
    assert alt(means(panel().with_columns(cast(pl.col("wave")))), dates=dates) == alt(table)


@pytest.mark.parametrize("name", ALT)
def test_what_is_no_input_is_one_message(name: str) -> None:
    table, alt = case(name)
    drawn = {"trend": figures.trend, "coefficients": figures.coefficients, "odds_ratios": figures.odds_ratios,
             "versions": figures.versions}[name]  # fmt: skip
    with pytest.raises(CohesionError, match="`lables` is not an option here"):
        alt(table, lables=LABELS)
    with pytest.raises(CohesionError, match="`titel` is not an option here"):
        drawn(table, titel="A title")
    with pytest.raises(CohesionError, match="no share between 0 and 1"):
        alt(table, confidence=95)
    for other in (table.to_pandas(), table.lazy()):
        with pytest.raises(CohesionError, match="a polars DataFrame is taken"):
            alt(other)


@pytest.mark.parametrize("function", [figures.path_figure, figures.alt_path])
def test_paths_have_the_same_door(function: Callable[..., object]) -> None:
    with pytest.raises(CohesionError, match="`wieght` is not an option here"):
        function(case("coefficients")[0], wieght=1)
