"""What the toolkit tells a local project, against statsmodels: how many people, what they find, which scale."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower

from pipeline.errors import CohesionError
from pipeline.index import Measure, minimum_n, power_of, smallest_effect, toolkit
from pipeline.index.programmes.toolkit_pages import measures_of
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.tables import Reliability

EFFECTS = (0.1, 0.2, 0.35, 0.5, 0.8)


def people(effect: float, power: float = 0.8, alpha: float = 0.05) -> float:
    return float(TTestIndPower().solve_power(effect, power=power, alpha=alpha))


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize(("power", "alpha"), [(0.8, 0.05), (0.9, 0.05), (0.8, 0.01)])
def test_two_groups_need_as_many_as_statsmodels_says(effect, power, alpha):
    assert minimum_n(effect, power, alpha=alpha, whole=False) == pytest.approx(people(effect, power, alpha), rel=1e-5)
    assert minimum_n(effect, power, alpha=alpha) == math.ceil(people(effect, power, alpha))


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("correlation", [0.2, 0.5, 0.8])
def test_people_asked_twice_are_their_own_comparison(effect, correlation):
    """The change of one person spreads by √(2(1 − r)) standard deviations of the answers."""
    in_changes = effect / math.sqrt(2 * (1 - correlation))
    alone = TTestPower().solve_power(in_changes, power=0.8, alpha=0.05)
    found = minimum_n(effect, design="before_after", correlation=correlation, whole=False)
    assert found == pytest.approx(float(alone), rel=1e-5)
    beside = minimum_n(effect, design="with_comparison", correlation=correlation, whole=False)
    assert beside == pytest.approx(people(in_changes), rel=1e-5)


@pytest.mark.parametrize(("before", "after"), [(0.3, 0.4), (0.1, 0.2), (0.5, 0.62)])
def test_shares_are_planned_by_their_own_variances(before, after):
    """Fleiss: (z₁₋ₐ⸝₂ √(2p̄q̄) + z₁₋ᵦ √(p₁q₁ + p₂q₂))² ÷ (p₁ − p₂)²."""
    mean = (before + after) / 2
    high, low = stats.norm.ppf([0.975, 0.8])
    root = high * math.sqrt(2 * mean * (1 - mean))
    root += low * math.sqrt(before * (1 - before) + after * (1 - after))
    exact = (root / (after - before)) ** 2
    assert minimum_n(0, shares=(before, after), whole=False) == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize(("areas", "people_each", "icc"), [(6, 50, 0.02), (12, 30, 0.05), (20, 100, 0.1)])
@pytest.mark.parametrize("effect", [0.2, 0.4])
def test_areas_find_less_than_their_people_would_alone(areas, people_each, icc, effect):
    """The variance is that of people × (1 + (m − 1) ICC), and the degrees of freedom are those of areas."""
    inflated = 1 + (people_each - 1) * icc
    noncentral = effect / math.sqrt(2 * inflated / (areas * people_each))
    df = 2 * areas - 2
    exact = 1 - stats.nct.cdf(stats.t.ppf(0.975, df), df, noncentral)
    assert power_of(effect, people_each, areas=areas, icc=icc) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("n", [50, 394, 2000])
def test_the_smallest_effect_is_the_one_that_so_many_find(n):
    assert minimum_n(smallest_effect(n), whole=False) == pytest.approx(n, rel=1e-4)


def test_the_table_says_what_a_project_needs():
    """A row per measure: its questions, what an effect is on its scale, and people by statsmodels for its spread."""
    random = np.random.default_rng(3)
    first = random.normal(3, 0.8, 2000)
    second = 3 + 0.6 * (first - 3) + math.sqrt(1 - 0.36) * random.normal(0, 0.8, 2000)
    panel = pl.concat(
        pl.DataFrame({"person_id": [f"p{n}" for n in range(2000)], "arm": "main", "wave": wave, "trust": values})
        for wave, values in (("w01", first), ("w02", second))
    )
    measure = Measure("Trust", ("Can people be trusted?", "Are people fair?"), 1, 5, "higher means more", 0.78)
    (row,) = toolkit(panel, {"trust": measure}, effect=0.25).rows(named=True)
    assert (row["label"], row["n_items"], row["alpha"]) == ("Trust", 2, 0.78)
    assert row["wording"] == "Can people be trusted? | Are people fair?"
    assert row["raw_effect"] == pytest.approx(0.25 * row["sd"])
    assert row["n_two_groups"] == math.ceil(people(0.25))
    in_changes = 0.25 / math.sqrt(2 * (1 - row["correlation"]))
    assert row["n_with_comparison"] == math.ceil(people(in_changes))
    assert row["n_before_after"] == math.ceil(float(TTestPower().solve_power(in_changes, power=0.8, alpha=0.05)))
    assert row["n_in_areas"] is None  # without a column of areas nothing is said of them


def test_an_unknown_scale_is_refused_in_one_sentence_with_those_that_there_are():
    project = load_project(Paths(REPOSITORY))
    study = project.studies["parallel_lives"]
    with pytest.raises(CohesionError) as caught:
        measures_of(study, project.concepts, Reliability.create_empty(), ["belongings"])
    said = str(caught.value)
    assert "`belongings` is no score of `parallel_lives`" in said
    assert "belonging" in said.split("Scores:")[1]
    assert "\n" not in said
