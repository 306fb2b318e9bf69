"""The same seed draws the same groups whatever the order of rows and the names of people: installations differ."""

import numpy as np
import polars as pl
import pytest

from pipeline import models
from pipeline.errors import ModelError
from pipeline.models.groups import order_of


def panel() -> pl.DataFrame:
    """Three hundred people in 24 areas, a third of which start in wave 3 and a third in wave 4."""
    rng = np.random.default_rng(1)
    people, waves, areas = 300, 5, 24
    person, wave = np.repeat(np.arange(people), waves), np.tile(np.arange(1, waves + 1), people)
    area = rng.integers(0, areas, people)[person]
    start = np.array([np.nan, 3, 4])[area % 3]
    treated = (wave >= start).astype(float)
    return pl.DataFrame({
        "person_id": [f"p{one}" for one in person], "wave": wave, "area_code": [f"a{one}" for one in area],
        "start": start, "treated": treated, "x": rng.normal(size=len(person)),
        "y": 0.3 * treated + rng.normal(size=len(person)) + 0.2 * area,
    }).with_columns(pl.col("start").fill_nan(None))  # fmt: skip


AREA = {"cluster": "area_code", "draws": 199}
DRAWN = {
    "group-time effects": lambda rows: models.group_time_effects(rows, "y", start="start", **AREA),
    "an event study": lambda rows: models.event_study(rows, "y", start="start", estimator="group_time", **AREA),
    "assignments": lambda rows: models.difference_in_differences(
        rows, "y", treated="treated", by="area_code", randomisation=True, **AREA
    ),
    "quantiles": lambda rows: models.quantile_regression(rows, "y", ["x"], errors="bootstrap", draws=50),
    "a multiverse": lambda rows: models.multiverse(
        rows, "y", ["x"], choices={"family": ["pooled", "fixed_effects"]}, draws=99
    ),
}
KEYS = ["component", "term", "wave", "group"]
VALUES = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]


@pytest.mark.parametrize("name", DRAWN)
def test_rows_and_names_of_people_change_no_draw(name: str) -> None:
    rows = panel()
    other = rows.with_columns("z" + pl.col("person_id").str.reverse()).sample(fraction=1, shuffle=True, seed=4)
    first, second = (DRAWN[name](one).sort(KEYS).select(VALUES) for one in (rows, other))
    assert second.null_count().equals(first.null_count())
    np.testing.assert_allclose(second.to_numpy(), first.to_numpy(), rtol=1e-8, atol=1e-10)


def test_choices_that_are_none_are_refused_in_one_sentence() -> None:
    with pytest.raises(ModelError, match=r"^`choices\.covariates`: input should be a valid dictionary\.$"):
        models.multiverse(panel(), "y", ["x"], choices={"covariates": [[]]})


@pytest.mark.parametrize("counted", [False, True], ids=["by-squares", "by-squares-and-rows"])
@pytest.mark.parametrize("levels", [1, 2, 3, 40])
def test_groups_stand_in_the_order_of_all_their_columns(levels, counted):
    draw = np.random.default_rng(levels)
    squares = draw.integers(0, levels, (200, 4)).astype(float)
    counts = draw.integers(1, 3, 200) if counted else None
    wanted = np.lexsort([*([] if counts is None else [counts]), *squares.T[::-1]])
    assert order_of(squares, counts).tolist() == wanted.tolist()
