"""Parallel Lives: a made-up household panel of three waves, and cross-ethnic friendship with planted causes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.sample.answers import AnswerScale, bounded
from pipeline.sample.areas import PSUS, areas
from pipeline.sample.presence import take_part
from pipeline.sample.truth import PARALLEL_LIVES as TRUTH
from pipeline.sample.truth import Truth

Array = np.ndarray

STUDY = "parallel_lives"
ENTRANTS = (16_950, 1_150, 707)
PERSONS = sum(ENTRANTS)
STARTS = (dt.date(2011, 1, 8), dt.date(2014, 1, 8), dt.date(2017, 1, 8))
STAYING = 1.30
RETURNING = -2.0
BOOST = 1.4
"""How much more likely people of a minority were to be selected; the weights undo it."""

BELONGING = AnswerScale(1, 5, items=3, shared=0.40, own=0.60)
TRAIT = AnswerScale(1, 7, items=3, shared=0.0, own=0.95)
LEFT = AnswerScale(0, 10, shared=1.1, own=0.0)
FRIENDS = AnswerScale(1, 4, shared=0.60, own=0.0)

ITEMS = {
    "belonging": ("feels_belonging", "part_of_neighbourhood", "sorry_to_leave"),
    "openness": ("original", "values_art", "imaginative"),
    "agreeableness": ("not_rude", "forgiving", "kind"),
}
"""Score → its items, all turned so that a higher value means more."""


@dataclass(frozen=True)
class Panel:
    """Pool people × waves: ``items`` as valued, who answered, and what stays the same for a person."""

    area: Array
    psu: Array
    ethnic_minority: Array
    age: Array
    is_woman: Array
    items: dict[str, Array]
    scores: dict[str, Array]
    present: Array
    selection: Array


def panel(rng: np.random.Generator, *, share: float = 1.0, truth: Truth = TRUTH) -> Panel:
    """Everyone of the panel; ``share`` makes a smaller sample of the same shape."""
    entrants = [max(round(count * share), 1) for count in ENTRANTS]
    count = sum(entrants)
    waves, places = len(entrants), areas()
    minority, area, selection = _where(count, rng)
    age = np.floor(np.clip(49 + 18 * rng.standard_normal(count), 16, 98))
    items, scores = _steady(count, waves, rng)
    psu_effect = 0.18 * np.clip(rng.standard_normal((len(places.code), PSUS)), -2.5, 2.5)
    psu = rng.integers(PSUS, size=count)
    level = bounded(rng.standard_normal(count), 1.7, 4.7, middle=0.30, slope=0.75) + psu_effect[area, psu]
    belonging = BELONGING.draw(np.repeat(level[:, None], waves, axis=1), rng)
    items |= {item: belonging[..., number] for number, item in enumerate(ITEMS["belonging"])}
    scores["belonging"] = belonging.mean(axis=-1)
    willing = STAYING + truth["age"] * (age - 49) + truth["ethnic_minority"] * minority
    willing = willing[:, None] + truth["belonging"] * (scores["belonging"] - 3.5)
    present = take_part(willing, rng, entrants=entrants, returning=RETURNING)
    friends = _friends(scores, present, minority, area, truth, rng)
    items["friends_other_group"] = scores["outgroup_friends"] = friends
    woman = (rng.random(count) < 0.55).astype(float)
    return Panel(area, psu, minority, age, woman, items, scores, present, selection)


def _where(count: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Ethnic minority, area, and how likely each was selected: people of a minority live where more of it live."""
    places = areas()
    mass = np.stack([places.size * (1 - places.minority_share), BOOST * places.size * places.minority_share])
    cell = rng.choice(mass.size, size=count, p=(mass / mass.sum()).ravel())
    minority, area = np.divmod(cell, len(places.code))
    return minority.astype(float), area, np.where(minority == 1, BOOST, 1.0)


def _steady(count: int, waves: int, rng: np.random.Generator) -> tuple[dict[str, Array], dict[str, Array]]:
    """Openness and agreeableness, asked once and fed forward; left-leaning, which moves a little."""
    items: dict[str, Array] = {}
    scores: dict[str, Array] = {}
    for trait, low, high, middle in (("openness", 1.6, 6.8, 0.2), ("agreeableness", 2.6, 6.9, 0.6)):
        expected = bounded(rng.standard_normal(count), low, high, middle=middle, slope=0.8)
        answers = TRAIT.draw(expected, rng)
        for number, item in enumerate(ITEMS[trait]):
            items[item] = np.repeat(answers[:, None, number], waves, axis=1)
        scores[trait] = np.repeat(answers.mean(axis=-1)[:, None], waves, axis=1)
    left = bounded(rng.standard_normal(count), 0.8, 9.2, middle=0.0, slope=0.75)
    items["places_self_left"] = scores["left_leaning"] = LEFT.draw(np.repeat(left[:, None], waves, axis=1), rng)[..., 0]
    return items, scores


def _friends(
    scores: dict[str, Array], present: Array, minority: Array, area: Array, truth: Truth, rng: np.random.Generator
) -> Array:
    """Share of friends of another group, in four answers, by person, area and both."""
    places = areas()
    own = np.where(minority == 1, places.own_group_share[1][area], places.own_group_share[0][area]) - OWN_CENTRE
    hate = places.hate_crime_rate[area] - HATE_CENTRE
    belonging, left = (_split(scores[name], present) for name in ("belonging", "left_leaning"))
    person = (
        truth["openness"] * (scores["openness"][:, 0] - 4.5)
        + truth["agreeableness"] * (scores["agreeableness"][:, 0] - 5.4)
        + truth["belonging_between"] * (belonging[0] - BELONGING_CENTRE)
        + truth["left_leaning_between"] * (left[0] - 5.0)
        + 0.45 * np.clip(rng.standard_normal(len(minority)), -2.0, 2.0)
    )
    around = (
        truth["own_group_share"] * own
        + truth["leave_share"] * (places.leave_share[area] - 0.54)
        + truth["own_group_share_by_belonging"] * own * (belonging[0] - BELONGING_CENTRE)
        + np.where(minority == 1, truth["hate_crime_rate_minority"], truth["hate_crime_rate_majority"]) * hate
    )
    within = truth["belonging_within"] * belonging[1] + truth["left_leaning_within"] * left[1]
    return FRIENDS.draw((2.35 + person + around)[:, None] + within, rng)[..., 0]


OWN_CENTRE, HATE_CENTRE, BELONGING_CENTRE = 0.7, 1.4, 3.6
"""Where own-group share, hate-crime rate and mean belonging are centred in the planted interaction."""


def _split(values: Array, present: Array) -> tuple[Array, Array]:
    """A person's mean over the waves they answered, and the deviations from it."""
    mean = (values * present).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    return mean, values - mean[:, None]


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, 4]))


def simulate(seed: int, *, n: int | None = None, complete: bool = False, truth: Truth = TRUTH) -> pl.DataFrame:
    """One row per person and answered wave (every wave if ``complete``): head, scores and area measures."""
    made = panel(generator(seed), share=1.0 if n is None else n / PERSONS, truth=truth)
    places = areas()
    entered = np.asarray(made.present.any(axis=1))
    kept = np.repeat(entered[:, None], made.present.shape[1], axis=1) if complete else made.present
    wave, person = np.nonzero(kept.T)
    area, minority = made.area[person], made.ethnic_minority[person]
    return pl.DataFrame(
        {
            "person_id": [str(number) for number in person],
            "arm": ["main"] * len(person),
            "wave": [f"w{number + 1:02d}" for number in wave],
            "fieldwork_start": [STARTS[number] for number in wave],
            "design_weight": 1 / made.selection[person],
            "stratum": places.stratum[area].astype(str),
            "psu": [f"{place}-{number}" for place, number in zip(area, made.psu[person], strict=True)],
            "area_code": places.code[area],
            "is_present": made.present[person, wave],
            "ethnic_minority": minority,
            "age": made.age[person],
            "is_woman": made.is_woman[person],
            **{name: score[person, wave] for name, score in made.scores.items()},
            "own_group_share": np.where(minority == 1, *(places.own_group_share[group][area] for group in (1, 0))),
            "leave_share": places.leave_share[area],
            "deprivation": places.deprivation[area],
            "hate_crime_rate": places.hate_crime_rate[area],
        }
    )
