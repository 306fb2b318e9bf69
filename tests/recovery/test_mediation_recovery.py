"""A planted indirect effect comes back within people and between them; its intervals hold it as often as they say."""

import numpy as np
import polars as pl
import pytest

from pipeline.models import mediation

DRAWS, PERSONS, WAVES = 1000, 250, 4
TRUE = {"within": 0.5 * 0.4, "between": 0.3 * 0.6}


def planted(rng: np.random.Generator) -> pl.DataFrame:
    """x → m → y: 0.5 · 0.4 in deviations from persons' means, 0.3 · 0.6 in the means; errors persist within persons."""
    size = PERSONS * WAVES

    def deviations() -> np.ndarray:
        raw = rng.normal(size=(PERSONS, WAVES))
        raw[:, 1:] += 0.4 * raw[:, :-1]
        return (raw - raw.mean(axis=1, keepdims=True)).ravel()

    def usual() -> np.ndarray:
        return np.repeat(rng.normal(size=PERSONS), WAVES)

    x_w, x_b = deviations(), usual()
    m_w, m_b = 0.5 * x_w + deviations(), 0.3 * x_b + usual()
    y_w, y_b = 0.1 * x_w + 0.4 * m_w + deviations(), 0.2 * x_b + 0.6 * m_b + usual()
    waves = [f"w{wave + 1:02}" for wave in range(WAVES)] * PERSONS
    person = np.repeat(np.arange(PERSONS), WAVES)
    assert len(person) == size
    return pl.DataFrame({"person_id": person, "wave": waves, "x": x_w + x_b, "m": m_w + m_b, "y": y_w + y_b})


@pytest.mark.slow
@pytest.mark.parametrize("interval", ["monte_carlo", "bootstrap_percentile"])
def test_intervals_hold_the_planted_indirect_effects(interval):
    rng = np.random.default_rng(9)
    held, found = dict.fromkeys(TRUE, 0), {level: [] for level in TRUE}
    for draw in range(DRAWS):
        table = mediation(
            planted(rng), "y", ["x"], ["m"], levels=["within", "between"], interval=interval, draws=1000,
            seed=draw, wave_effects=False,
        )  # fmt: skip
        for level, true in TRUE.items():
            row = table.row(by_predicate=pl.col("component") == f"total_indirect_effect_{level}", named=True)
            held[level] += row["conf_low"] <= true <= row["conf_high"]
            found[level].append(row["estimate"])
    for level, true in TRUE.items():
        assert np.mean(found[level]) == pytest.approx(true, abs=0.01)
        assert held[level] / DRAWS == pytest.approx(0.95, abs=0.02), level
