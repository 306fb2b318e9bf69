"""The index of moderated mediation: the indirect effect of a product, in mediation whose first path is moderated."""

import numpy as np
import polars as pl
import pytest

from pipeline import models
from pipeline.specs.models import declare


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=500), rng.normal(size=500) + 2
    m = 0.4 * x + 0.2 * w + 0.3 * x * w + rng.normal(size=500)
    y = 0.5 * m + 0.1 * x + rng.normal(size=500)
    return pl.DataFrame({"person_id": range(500), "wave": "w01", "x": x, "w": w, "m": m, "y": y})


def fitted(people: pl.DataFrame) -> pl.DataFrame:
    asked = {"exposures": ["x * w"], "mediators": ["m"], "wave_effects": False, "draws": 2000}
    return models.fit("m", declare(family="mediation", outcome="y", **asked), people)


def test_the_index_is_the_product_of_both_paths(people):
    """a₃b of two least squares; its error by the delta method, to 5 % (HC1 takes the place of the classical one)."""
    x, w, m, y = (people[name].to_numpy() for name in ("x", "w", "m", "y"))
    first = np.column_stack([np.ones(500), x, w, x * w])
    second = np.column_stack([first, m])
    a, b = (np.linalg.lstsq(matrix, to, rcond=None)[0] for matrix, to in ((first, m), (second, y)))
    row = fitted(people).filter(component="indirect_effect", term="x:w").row(0, named=True)
    assert row["estimate"] == pytest.approx(a[3] * b[4], rel=1e-9)
    va, vb = (
        np.linalg.inv(matrix.T @ matrix)[k, k] * ((to - matrix @ found) ** 2).sum() / (500 - matrix.shape[1])
        for matrix, to, found, k in ((first, m, a, 3), (second, y, b, 4))
    )
    assert row["std_error"] == pytest.approx(np.sqrt(b[4] ** 2 * va + a[3] ** 2 * vb), rel=0.1)
    assert row["conf_low"] < 0.15 < row["conf_high"]
    assert "index of moderated mediation" in row["note"]


def test_it_is_the_change_of_the_indirect_effect_from_one_value_to_the_next(people):
    here = fitted(people).filter(component="indirect_effect")
    moved = fitted(people.with_columns(pl.col("w") - 1)).filter(component="indirect_effect")
    of = {row["term"]: row for row in here.to_dicts()}
    change = moved.filter(term="x")["estimate"][0] - of["x"]["estimate"]
    assert change == pytest.approx(of["x:w"]["estimate"], rel=1e-9)
    assert "index" not in of["x"]["note"]


def test_a_difference_of_effects_has_no_e_value(people):
    assert set(fitted(people).filter(component="e_value")["term"]) == {"x", "w"}
