"""A planted interaction within persons comes back, with honest intervals, though people of high z have a steeper x."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline import models
from pipeline.specs.report import Model

DRAWS, PEOPLE, WAVES, TRUTH = 1000, 150, 5, 0.3


def drawn(random: np.random.Generator) -> pl.DataFrame:
    """y = u + (0.5 + 0.4 z̄) x + 0.2 z + 0.3 (x − x̄)(z − z̄) + e: the slope of x differs between people with z̄."""
    person = np.repeat(np.arange(PEOPLE), WAVES)
    own, other = random.normal(size=(2, PEOPLE))
    x, z = own[person] + random.normal(size=len(person)), other[person] + random.normal(size=len(person))
    count = np.full(PEOPLE, WAVES)
    deviation_x = x - (np.bincount(person, x) / count)[person]
    deviation_z = z - (np.bincount(person, z) / count)[person]
    y = own[person] + (0.5 + 0.4 * other[person]) * x + 0.2 * z + TRUTH * deviation_x * deviation_z
    return pl.DataFrame(
        {
            "person_id": person.astype(str),
            "wave": np.tile([f"w{wave:02}" for wave in range(1, WAVES + 1)], PEOPLE),
            "x": x,
            "z": z,
            "y": y + random.normal(size=len(person)),
        }
    )


@pytest.mark.slow
def test_the_double_demeaned_interaction_covers_the_truth() -> None:
    random = np.random.default_rng(20)
    declared = {"question": "?", "study": "s", "family": "fixed_effects", "outcome": "y", "exposures": ["x * z"]}
    own, raw = Model(**declared), Model(**declared, products="raw")
    covered, estimates, mixed = 0, [], []
    for draw in range(DRAWS):
        frame = drawn(random)
        row = models.fit("m", own, frame, repeated=True).filter(term="x:z").row(0, named=True)
        covered += row["conf_low"] <= TRUTH <= row["conf_high"]
        estimates.append(row["estimate"])
        if draw < 50:
            mixed.append(models.fit("m", raw, frame, repeated=True).filter(term="x:z")["estimate"][0])
    assert np.mean(estimates) == pytest.approx(TRUTH, abs=3 * np.std(estimates) / DRAWS**0.5)
    assert 0.93 <= covered / DRAWS <= 0.97
    assert abs(np.mean(mixed) - TRUTH) > 0.05  # the product as it is mixes it with differences between people
