"""Power and numbers of people are those of R's power.t.test and power.prop.test; in areas, those of their formulas."""

import json
import math

import numpy as np
import pytest
from scipy.stats import nct, t
from shared import SHIPPED

from pipeline.errors import CohesionError
from pipeline.index import minimum_n, power_of, smallest_effect

R = json.loads((SHIPPED / "programmes" / "reference.json").read_text())
SIDES = {"two.sided": 2, "one.sided": 1}


@pytest.mark.parametrize("strict", ["usual", "strict"])
@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize(
    ("kind", "design", "correlation"), [("two.sample", "two_groups", 0.5), ("paired", "before_after", 0.5)]
)
def test_means(kind, design, correlation, sides, strict):
    """A paired test whose change has a standard deviation of one is that of a correlation of a half."""
    grid, told = R["power_t"]["grid"], R["power_t"][kind][sides][strict]
    for n, delta, alpha, expected in zip(grid["n"], grid["delta"], grid["sig"], told, strict=True):
        found = power_of(
            delta, n, design=design, correlation=correlation, alpha=alpha, sides=SIDES[sides], strict=strict == "strict"
        )
        assert found == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("strict", ["usual", "strict"])
@pytest.mark.parametrize("sides", SIDES)
def test_shares(sides, strict):
    grid, told = R["power_prop"]["grid"], R["power_prop"][sides][strict]
    for n, p, q, expected in zip(grid["n"], grid["p1"], grid["p2"], told, strict=True):
        found = power_of(0, n, shares=(p, q), sides=SIDES[sides], strict=strict == "strict")
        assert found == pytest.approx(expected, abs=1e-10)


def test_fewest_people():
    effects = [0.1, 0.2, 0.5, 1]
    for effect, expected in zip(effects, R["n_t"], strict=True):
        assert minimum_n(effect, whole=False) == pytest.approx(expected, rel=1e-8)
        assert minimum_n(effect) == math.ceil(expected)
    for effect, expected in zip(effects, R["n_t_paired"], strict=True):
        found = minimum_n(effect, 0.9, design="before_after", correlation=0.6, whole=False)
        assert found == pytest.approx(expected, rel=1e-8)
    for shares, expected in zip([(0.1, 0.2), (0.4, 0.5), (0.5, 0.55)], R["n_prop"], strict=True):
        assert minimum_n(0, shares=shares, whole=False) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("variation", [0.0, 0.6])
def test_areas_have_their_degrees_of_freedom_and_design_effect(variation):
    areas, n, icc, effect = 6, 50, 0.04, 0.3
    widened = 1 + ((variation**2 + 1) * n - 1) * icc
    df, shift = 2 * (areas - 1), effect / math.sqrt(2 * widened / (areas * n))
    expected = nct.sf(t.isf(0.025, df), df, shift)
    found = power_of(effect, n, areas=areas, icc=icc, size_variation=variation)
    assert found == pytest.approx(expected, abs=1e-12)


def test_what_stays_over_time_cancels_in_changes():
    areas, n, icc, own, area, effect = 8, 30, 0.05, 0.6, 0.7, 0.25
    stays = (n * icc * area + (1 - icc) * own) / (1 + (n - 1) * icc)
    variance = 2 * (1 + (n - 1) * icc) * 2 * (1 - stays) / (areas * n)
    df = 2 * (areas - 1)
    expected = nct.sf(t.isf(0.025, df), df, effect / math.sqrt(variance))
    found = power_of(effect, n, design="with_comparison", areas=areas, icc=icc, correlation=own, area_correlation=area)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("design", ["two_groups", "before_after", "with_comparison"])
@pytest.mark.parametrize("areas", [None, 6])
def test_the_three_answers_agree(design, areas):
    n = minimum_n(0.4, 0.8, design=design, areas=areas, icc=0.01, whole=False)
    assert power_of(0.4, n, design=design, areas=areas, icc=0.01) == pytest.approx(0.8, abs=1e-10)
    assert smallest_effect(n, 0.8, design=design, areas=areas, icc=0.01) == pytest.approx(0.4, abs=1e-9)


def simulated(design: str, areas: int, n: int, effect: float, draws: int) -> float:
    """How often the difference of two groups of areas is found, with people and areas drawn anew each time."""
    random = np.random.default_rng(11)
    icc, own, area = 0.05, 0.5, 0.8
    shape = (draws, 2, areas)

    def twice(size: tuple[int, ...], variance: float, correlation: float) -> tuple[np.ndarray, np.ndarray]:
        first = random.normal(0, math.sqrt(variance), size)
        return first, correlation * first + random.normal(0, math.sqrt(variance * (1 - correlation**2)), size)

    before, after = twice(shape, icc, area)
    people = twice((*shape, n), 1 - icc, own)
    before, after = before + people[0].mean(-1), after + people[1].mean(-1)
    after[:, 0] += effect
    means = after if design == "two_groups" else after - before
    difference = means[:, 0].mean(-1) - means[:, 1].mean(-1)
    error = np.sqrt((means.var(-1, ddof=1).sum(-1)) / areas)
    return float((difference / error > t.isf(0.025, 2 * (areas - 1))).mean())


@pytest.mark.parametrize("design", ["two_groups", "with_comparison"])
def test_drawn_studies_find_it_as_often(design):
    found = simulated(design, 6, 30, 0.35, 4_000)
    told = power_of(0.35, 30, design=design, areas=6, icc=0.05, correlation=0.5, area_correlation=0.8)
    assert found == pytest.approx(told, abs=0.025)


REFUSALS = {
    "one person": (lambda: power_of(0.2, 1), "number of people"),
    "no areas": (lambda: power_of(0.2, 30, areas=1), "two areas or more"),
    "a correlation of one": (lambda: power_of(0.2, 30, correlation=1), "no correlation below one"),
    "an icc of one": (lambda: power_of(0.2, 30, icc=1), "no share below one"),
    "an alpha of two": (lambda: power_of(0.2, 30, alpha=2), "no error rate"),
    "no effect": (lambda: minimum_n(0), "effect of zero"),
    "shares that are the same": (lambda: minimum_n(0, shares=(0.5, 0.5)), "nothing to find"),
    "a share of two": (lambda: power_of(0, 30, shares=(0.5, 2)), "between 0 and 1"),
    "shares before and after": (lambda: power_of(0, 30, shares=(0.5, 0.6), design="before_after"), "two groups"),
    "a power of one": (lambda: minimum_n(0.2, 1.0), "is no power"),
    "a power below alpha": (lambda: minimum_n(0.2, 0.01), "is no power"),
    "three sides": (lambda: power_of(0.2, 30, sides=3), "not an option"),
    "areas that are too few": (lambda: minimum_n(0.1, areas=3, icc=0.2), "Add areas"),
    "an effect that is no number": (lambda: power_of(float("nan"), 30), "is no effect"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refuses(case):
    call, words = REFUSALS[case]
    with pytest.raises(CohesionError, match=words):
        call()
