"""The truth planted in the sample comes back: each effect lies in its interval at the rate at which it should."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from pipeline.models import logit, pooled, within_between
from pipeline.sample import simulate, truth
from pipeline.sample.pl_simulate import BELONGING_CENTRE, HATE_CENTRE, OWN_CENTRE

BUAT, PL = truth("beyond_us_and_them"), truth("parallel_lives")
SEEDS = {"quick": 16, "long": 300}
SURE = 1e-3
"""How seldom a sound generator and a sound model may fail a test by chance."""

LAGS = {
    "contact_to_trust": ("contact_quantity", "trust_in_others"),
    "trust_to_contact": ("trust_in_others", "contact_quantity"),
    "trust_to_conspiracy": ("political_trust", "conspiracy_belief"),
    "conspiracy_to_trust": ("conspiracy_belief", "political_trust"),
    "cohesion_to_volunteering": ("neighbourliness", "volunteered"),
    "volunteering_to_cohesion": ("volunteered", "neighbourliness"),
}

Found = tuple[str, float, float, float]
"""Effect, estimate, and its interval."""


def rows(table: pl.DataFrame, terms: dict[tuple[str, str], str]) -> Iterator[Found]:
    """The estimates of (component, term), under the name of the planted effect."""
    for component, term, *numbers in table.select("component", "term", "estimate", "conf_low", "conf_high").iter_rows():
        if (component, term) in terms:
            yield (terms[component, term], *numbers)


def contact_and_trust(frame: pl.DataFrame) -> Iterator[Found]:
    """Within and between effect of contact, in one model."""
    names = {(part, "contact_quantity"): f"contact_trust_{part}" for part in ("within", "between")}
    yield from rows(within_between(frame, "outgroup_trust", ["contact_quantity"]), names)


def cross_lags(frame: pl.DataFrame) -> Iterator[Found]:
    """Each measure's true deviation on its own and the other's at the wave before."""
    number = pl.col("wave").str.slice(1).cast(pl.Int64)
    regions = frame.filter(arm="regions").with_columns(number.alias("number"))
    before = regions.select(
        "person_id", pl.col("number") + 1, *(pl.col(f"{name}_within").name.suffix("_before") for name in LAGGED)
    )
    steps = regions.join(before, on=["person_id", "number"])
    for name, (cause, outcome) in LAGS.items():
        causes = [f"{cause}_within_before", f"{outcome}_within_before"]
        yield from rows(pooled(steps, f"{outcome}_within", causes), {("coefficient", causes[0]): name})


LAGGED = sorted({name for pair in LAGS.values() for name in pair})


def invested_areas(frame: pl.DataFrame) -> Iterator[Found]:
    """Differences in the first wave, when the regions and the six areas were in the field in the same weeks."""
    first = frame.filter(pl.col("arm").is_in(["regions", "invested"]), wave="w01")
    for name, effect in BUAT.invested.items():
        table = pooled(first, effect.outcome, ["invested_area"], wave_effects=False)
        yield from rows(table, {("coefficient", "invested_area"): name})


def dropout(frame: pl.DataFrame, arm: str, causes: list[str]) -> Iterator[Found]:
    """Log odds of answering the second wave, among those who answered the first."""
    people = frame.filter(arm=arm)
    stayed = people.filter(wave="w02").select("person_id", stayed=pl.lit(1.0))
    first = (
        people.filter(wave="w01").join(stayed, on="person_id", how="left").with_columns(pl.col("stayed").fill_null(0))
    )
    table = logit(first, "stayed", causes, person=None, wave=None)
    yield from rows(table, {("coefficient", cause): cause for cause in causes})


def buat(seed: int) -> Iterator[Found]:
    frame = simulate("beyond_us_and_them", seed, n=3000)
    yield from contact_and_trust(frame)
    yield from cross_lags(frame)
    yield from invested_areas(frame)
    yield from dropout(frame, "regions", list(BUAT.dropout))


def parallel_lives(seed: int) -> Iterator[Found]:
    frame = simulate("parallel_lives", seed, n=3000)
    hate = pl.col("hate_crime_rate") - HATE_CENTRE
    own = pl.col("own_group_share") - OWN_CENTRE
    mean = pl.col("belonging").mean().over("person_id") - BELONGING_CENTRE
    frame = frame.with_columns(
        own_group_share_by_belonging=own * mean,
        hate_crime_rate_majority=hate * (1 - pl.col("ethnic_minority")),
        hate_crime_rate_minority=hate * pl.col("ethnic_minority"),
    )
    covariates = [*PL.persons, *PL.areas]
    table = within_between(frame, "outgroup_friends", ["belonging", "left_leaning"], [*covariates, "ethnic_minority"])
    parts = {(part, name): f"{name}_{part}" for part in ("within", "between") for name in ("belonging", "left_leaning")}
    yield from rows(table, parts | {("coefficient", name): name for name in covariates})
    yield from dropout(frame, "main", list(PL.dropout))


@dataclass
class Record:
    """What was found of one effect over the seeds."""

    estimates: list[float] = field(default_factory=list)
    covered: int = 0


def repeat(study: Callable[[int], Iterator[Found]], planted: Callable[[str], float], seeds: int) -> dict[str, Record]:
    found: dict[str, Record] = defaultdict(Record)
    for seed in range(seeds):
        for name, estimate, low, high in study(seed):
            found[name].estimates.append(estimate)
            found[name].covered += low <= planted(name) <= high
    return found


@pytest.fixture(
    scope="module",
    params=[pytest.param("quick", marks=pytest.mark.thorough), pytest.param("long", marks=pytest.mark.slow)],
)
def runs(request) -> dict[str, dict[str, Record]]:
    seeds = SEEDS[request.param]
    return {
        "beyond_us_and_them": repeat(buat, BUAT.__getitem__, seeds),
        "parallel_lives": repeat(parallel_lives, PL.__getitem__, seeds),
    }


EFFECTS = [
    *(("beyond_us_and_them", name) for name in (*BUAT.within_between, *LAGS, *BUAT.invested, *BUAT.dropout)),
    *(("parallel_lives", name) for name in (*PL.within_between, *PL.persons, *PL.areas, *PL.dropout)),
]


@pytest.mark.parametrize(("study", "effect"), EFFECTS, ids=[f"{study}-{effect}" for study, effect in EFFECTS])
def test_the_interval_holds_the_planted_effect_as_often_as_it_says(runs, study, effect):
    record = runs[study][effect]
    repeated = len(record.estimates)
    low, high = binom.ppf(SURE / 2, repeated, 0.95), binom.ppf(1 - SURE / 2, repeated, 0.95)
    assert low <= record.covered <= high


@pytest.mark.parametrize(("study", "effect"), EFFECTS, ids=[f"{study}-{effect}" for study, effect in EFFECTS])
def test_estimates_scatter_around_the_planted_effect(runs, study, effect):
    estimates = np.array(runs[study][effect].estimates)
    off = estimates.mean() - truth(study)[effect]
    assert abs(off) <= 4 * estimates.std(ddof=1) / np.sqrt(len(estimates))


def test_within_differs_from_between():
    """What a pooled model would mix up."""
    assert BUAT["contact_trust_within"] < BUAT["contact_trust_between"]
    assert PL["belonging_within"] < PL["belonging_between"]
