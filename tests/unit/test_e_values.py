"""E-values against the examples of VanderWeele & Ding (2017) and by hand."""

import math

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import mediation
from pipeline.models.effects.e_values import e_value, e_value_of_limit, ratio_of_difference


@pytest.mark.parametrize(("ratio", "low", "high", "value", "limit"), [
    (3.9, 1.8, 8.7, 7.26, 3.00),  # infants who were not breastfed (Victora et al. 1987): the article's first example
    (1 / 3.9, 1 / 8.7, 1 / 1.8, 7.26, 3.00),
    (0.80, 0.71, 0.91, 1.81, 1.43),
    (1.06, 0.93, 1.22, 1.31, 1.00),
    (1.0, 0.9, 1.1, 1.00, 1.00),
])  # fmt: skip
def test_ratios(ratio, low, high, value, limit):
    assert e_value(ratio) == pytest.approx(value, abs=0.005)
    assert e_value_of_limit(low, high) == pytest.approx(limit, abs=0.006)


def test_a_confounder_of_that_strength_leaves_nothing():
    """The bias factor of two ratios E is E²/(2E − 1) (Ding & VanderWeele 2016), which is the ratio."""
    for ratio in (1.01, 1.5, 4.0, 50.0):
        strength = e_value(ratio)
        assert strength**2 / (2 * strength - 1) == pytest.approx(ratio, rel=1e-12)


@pytest.mark.parametrize("ratio", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_ratio_is_refused(ratio):
    with pytest.raises(ModelError, match="above zero"):
        e_value(ratio)


@pytest.mark.parametrize("scale", [1.0, 1e6])
@pytest.mark.parametrize("levels", [("pooled",), ("within", "between")])
def test_indirect_effects_have_e_values_on_the_standardised_scale(levels, scale):
    rng = np.random.default_rng(4)
    person, x = np.repeat(np.arange(150), 3), rng.normal(size=450) + np.repeat(rng.normal(size=150), 3)
    m = 0.6 * x + rng.normal(size=450)
    frame = pl.DataFrame({
        "person_id": person, "wave": np.tile([1, 2, 3], 150), "x": x * scale, "m": m,
        "y": 0.5 * m + rng.normal(size=450),
    })  # fmt: skip
    table = mediation(frame, "y", ["x"], ["m"], levels=levels, wave_effects=False, draws=1000)
    for level in levels:
        suffix = "" if level == "pooled" else f"_{level}"
        means = frame.with_columns(pl.col("x", "y").mean().over("person_id").name.suffix("_mean"))
        shown = {"pooled": (frame["x"], frame["y"]), "between": (means["x_mean"], means["y_mean"])}.get(
            level, (means["x"] - means["x_mean"], means["y"] - means["y_mean"])
        )
        times = shown[0].std(ddof=0) / shown[1].std(ddof=0)
        row = table.filter(component=f"total_indirect_effect{suffix}").row(0, named=True)
        ends = [ratio_of_difference(row[name] * times) for name in ("estimate", "conf_low", "conf_high")]
        found = table.filter(component=f"e_value{suffix}")["estimate"].to_list()
        assert found == pytest.approx([e_value(ends[0]), e_value_of_limit(*ends[1:])], rel=1e-9)
        assert found[0] > found[1] >= 1
