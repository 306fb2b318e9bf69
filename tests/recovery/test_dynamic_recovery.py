"""Planted effects come back from dynamic panels, and intervals of 95 % hold them in 95 ± 2 % of 1,000 panels."""

import numpy as np
import polars as pl
import pytest

from pipeline.models import chamberlain, difference_gmm, fixed_effects, hausman_taylor, system_gmm

DRAWS = 1_000
RHO, BETA = 0.4, 0.3


def dynamic_panel(rng, persons=1_000, waves=6):
    """y_t = 0.4 y_t−1 + 0.3 x_t + level + e_t from its equilibrium; x answers to the y before. One in six absent."""
    level, rows = rng.normal(size=persons), []
    y = level / (1 - RHO) + rng.normal(size=persons)
    for wave in range(-12, waves):
        x = 0.3 * level + 0.2 * y + rng.normal(size=persons)
        y = RHO * y + BETA * x + level + rng.normal(size=persons) * (0.7 + 0.3 * np.abs(x))
        if wave >= 0:
            rows.append(pl.DataFrame({"person_id": np.arange(persons), "wave": wave, "y": y, "x": x}))
    return pl.concat(rows).filter(pl.Series(rng.random(persons * waves) > 1 / 6)).sort("person_id", "wave")


def lasting_panel(rng, persons=300, waves=4):
    """k relates to the level u; x does not, and predicts k. y = 0.3 x + 0.4 k + u + e."""
    level, mean = rng.normal(size=persons), rng.normal(size=persons)
    k = level + mean + rng.normal(size=persons)
    person = np.repeat(np.arange(persons), waves)
    x = mean[person] + rng.normal(size=persons * waves)
    y = 0.3 * x + 0.4 * k[person] + level[person] + rng.normal(size=persons * waves)
    return pl.DataFrame({"person_id": person, "wave": list(range(waves)) * persons, "x": x, "k": k[person], "y": y})


def covered(table, component, term, truth):
    row = table.filter(component=component, term=term).row(0, named=True)
    return row["conf_low"] <= truth <= row["conf_high"], row["estimate"]


CASES = {
    "difference": (
        dynamic_panel,
        lambda frame: difference_gmm(frame, "y", ["x"], predetermined=["x"], collapse=True),
        (("persistence", "y", RHO), ("coefficient", "x", BETA)),
    ),
    "deviations": (
        dynamic_panel,
        lambda frame: difference_gmm(
            frame, "y", ["x"], predetermined=["x"], collapse=True, transformation="deviations"
        ),
        (("persistence", "y", RHO), ("coefficient", "x", BETA)),
    ),
    "system": (  # two equations: the weights take more people to settle
        lambda rng: dynamic_panel(rng, persons=2_500),
        lambda frame: system_gmm(frame, "y", ["x"], predetermined=["x"], collapse=True),
        (("persistence", "y", RHO), ("coefficient", "x", BETA)),
    ),
    "hausman_taylor": (
        lasting_panel,
        lambda frame: hausman_taylor(frame, "y", ["x", "k"], endogenous=["k"]),
        (("coefficient", "x", 0.3), ("coefficient", "k", 0.4)),
    ),
    "chamberlain": (lasting_panel, lambda frame: chamberlain(frame, "y", ["x"]), (("within", "x", 0.3),)),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_intervals_hold_the_truth(case):
    draw, fit, truths = CASES[case]
    held, estimates = np.zeros((DRAWS, len(truths))), np.zeros((DRAWS, len(truths)))
    for seed in range(DRAWS):
        table = fit(draw(np.random.default_rng(seed)))
        for place, (component, term, truth) in enumerate(truths):
            held[seed, place], estimates[seed, place] = covered(table, component, term, truth)
    assert held.mean(axis=0) == pytest.approx(0.95, abs=0.02)
    assert estimates.mean(axis=0) == pytest.approx([truth for *_, truth in truths], abs=0.02)


def test_fixed_effects_are_biased_where_gmm_is_not():
    frame = dynamic_panel(np.random.default_rng(7), persons=3_000)
    before = frame.with_columns(
        before=pl.col("y").shift(1).over("person_id"), gap=pl.col("wave").diff().over("person_id")
    )
    fixed = fixed_effects(before.filter(pl.col("gap") == 1), "y", ["before", "x"])["estimate"][0]
    own = difference_gmm(frame, "y", ["x"], predetermined=["x"]).filter(component="persistence")
    assert fixed < RHO - 0.1
    assert own["estimate"][0] == pytest.approx(RHO, abs=0.06)
