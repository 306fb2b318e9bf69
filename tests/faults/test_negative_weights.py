"""Linear calibration may give weights below zero: they are counted where they arise, and no weight set has them."""

import numpy as np
import polars as pl
import pytest

from pipeline import weights
from pipeline.errors import CohesionError


def people(rows: int = 200, rare: int = 4) -> pl.DataFrame:
    """People of two groups and an age, of which the targets want far other shares than the sample has."""
    draw = np.random.default_rng(5)
    group = np.where(np.arange(rows) < rare, "a", "b")
    young = np.where(draw.random(rows) < np.where(group == "a", 0.9, 0.1), "young", "old")
    return pl.DataFrame(
        {
            "person_id": [f"p{k}" for k in range(rows)],
            "is_asked": True,
            "responded": True,
            "reason": "responded",
            "group": group,
            "age": young,
            "income": draw.lognormal(0, 1, rows),
        }
    )


def targets(young: float) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "variable": ["group", "group", "age", "age"],
            "category": ["a", "b", "young", "old"],
            "share": [0.6, 0.4, young, 1 - young],
        }
    )


@pytest.mark.parametrize("young", [0.1, 0.2])
def test_weights_below_zero_are_counted(young: float) -> None:
    found = weights.calibrate(people(), targets(young), method="linear")
    below = int((found.weights < 0).sum())
    assert below > 0
    assert len(found.notes) == 1
    assert f"{below:,} weights below zero (of 200)" in found.notes[0]
    assert "raking" in found.notes[0]


def test_totals_of_a_number_may_give_them_too() -> None:
    frame = people()
    total = 0.2 * float(frame["income"].sum())
    found = weights.calibrate(frame, None, totals={"income": total}, method="linear")
    assert f"{int((found.weights < 0).sum()):,} weights below zero" in found.notes[0]


def test_weights_of_zero_at_a_bound_are_counted() -> None:
    frame = people()
    total = 0.3 * float(frame["income"].sum())
    found = weights.calibrate(frame, None, totals={"income": total}, method="linear", bounds=(0, 5))
    assert f"{int((found.weights == 0).sum()):,} weights of zero" in found.notes[0]


@pytest.mark.parametrize("method", ["raking", "linear"])
def test_sound_weights_have_no_note(method: str) -> None:
    shares = pl.DataFrame({"variable": ["age"] * 2, "category": ["young", "old"], "share": [0.2, 0.8]})
    assert weights.calibrate(people(), shares, method=method).notes == ()


def test_a_weight_set_has_none_and_says_what_to_declare() -> None:
    recipe = weights.Recipe(response="none", targets=targets(0.1), method="linear")
    with pytest.raises(CohesionError, match=r"weights below zero.*margins: \{method: raking\}"):
        weights.weight_set(people(), recipe)
