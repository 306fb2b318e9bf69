"""Beyond Us and Them: made-up people, what they answer, and the table of it that models can read at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.sample import buat_answers as ask
from pipeline.sample import buat_design as design
from pipeline.sample.buat_dynamics import SCALES, SHORT, Moves, move
from pipeline.sample.buat_people import People, draw_people
from pipeline.sample.presence import take_part
from pipeline.sample.truth import BEYOND_US_AND_THEM as TRUTH
from pipeline.sample.truth import Truth

Array = np.ndarray
NOMINAL_PERSONS = 18_000

ITEMS = {
    "contact_quantity": ("contact_meets", "contact_talks", "contact_visits"),
    "trust_in_others": ("people_trusted",),
    "political_trust": ("politics_trusted",),
    "conspiracy_belief": ("secret_groups", "events_arranged", "officials_hide", "official_accounts_true"),
    "neighbourliness": ("neighbours_help", "neighbours_talk", "neighbours_look_out", "neighbours_get_along"),
}
"""Measure → its items, all turned so that a higher value means more of the measure."""


@dataclass(frozen=True)
class ArmAnswers:
    """Pool people × waves of one arm: every item's value, and who answered."""

    arm: str
    people: People
    moves: Moves
    present: Array
    items: dict[str, Array]


def answers_of(name: str, rng: np.random.Generator, *, share: float = 1.0, truth: Truth = TRUTH) -> ArmAnswers:
    """Everyone of one arm's pool; ``share`` makes a smaller sample of the same shape."""
    arm = design.ARMS[name]
    responses = [max(round(count * share), 1) for count in arm.responses]
    people = draw_people(name, arm, round(sum(responses) * 0.72) + 20, rng)
    rounds = np.array(arm.rounds)
    moves = move(people, len(rounds), truth, rng, invested=arm.invested)
    present = take_part(willingness(people, moves, arm.staying, truth), rng, responses=responses)
    trust = ask.outgroup_trust(moves, present, people, truth, rng)
    items = {
        **_scale_items(moves),
        "outgroup_trusted": trust,
        **ask.trust_in_governments(people, moves, rounds, arm.invested, truth, rng),
        **ask.unity(people, moves, rounds, rng),
        **ask.attitudes(people, moves, trust, rng),
        **ask.neighbourhood(people, moves, rng),
        **ask.activism(people, moves, rng),
        **ask.wellbeing(people, rounds, arm.invested, truth, rng),
        **ask.covid(people, moves, rounds, truth, rng),
    }
    return ArmAnswers(name, people, moves, present, items)


def willingness(people: People, moves: Moves, average: float, truth: Truth) -> Array:
    """Log odds of answering the next wave, by what is known at this one: the planted dropout rule."""
    person = average + truth["age"] * (people.age - 48) + truth["is_woman"] * (people.is_woman - 0.6)
    return person[:, None] + truth["conspiracy_belief"] * (moves.scores["conspiracy_belief"] - 2.5)


def _scale_items(moves: Moves) -> dict[str, Array]:
    return {
        item: moves.items[measure][:, :, index] for measure, items in ITEMS.items() for index, item in enumerate(items)
    }


def generators(seed: int) -> dict[str, np.random.Generator]:
    """One stream of random numbers for each arm, so that one arm's size does not change another's people."""
    streams = np.random.SeedSequence([seed, 1]).spawn(len(design.ARMS))
    return {arm: np.random.default_rng(stream) for arm, stream in zip(design.ARMS, streams, strict=True)}


def simulate(seed: int, *, n: int | None = None, complete: bool = False, truth: Truth = TRUTH) -> pl.DataFrame:
    """One row per person and answered wave (every wave if ``complete``): head, scores, and true deviations.

    About ``n`` people (as many as in the sample if left out). Scores carry the names of their concepts; ``*_within``
    is the true deviation from the person's lasting level, for the measures with planted cross-lags.
    """
    share = 1.0 if n is None else n / NOMINAL_PERSONS
    arms = [answers_of(arm, rng, share=share, truth=truth) for arm, rng in generators(seed).items()]
    return pl.concat([frame_of(arm, complete=complete) for arm in arms])


def frame_of(arm: ArmAnswers, *, complete: bool = False) -> pl.DataFrame:
    """One row per person and wave of one arm, wave by wave."""
    design_arm, people = design.ARMS[arm.arm], arm.people
    waves = len(design_arm.rounds)
    entered = np.asarray(arm.present.any(axis=1))
    kept = np.repeat(entered[:, None], waves, axis=1) if complete else arm.present
    wave, person = np.nonzero(kept.T)
    areas = np.array([code for code, _, _ in design_arm.places])
    columns: dict[str, object] = {
        "person_id": [f"{arm.arm}-{number}" for number in person],
        "arm": [arm.arm] * len(person),
        "wave": [f"w{number + 1:02d}" for number in wave],
        "fieldwork_start": [design.ROUNDS[design_arm.rounds[number]] for number in wave],
        "area_code": areas[people.place[person]],
        "is_present": arm.present[person, wave],
        "age": people.age[person],
        "is_woman": people.is_woman[person],
        "education": people.education[person],
        "ethnic_minority": people.ethnic_minority[person],
        "invested_area": np.full(len(person), float(design_arm.invested)),
        **{name: scores[person, wave] for name, scores in concepts(arm).items()},
        **{f"{name}_within": arm.moves.within[name][person, wave] for name in SHORT},
    }
    return pl.DataFrame(columns)


def concepts(arm: ArmAnswers) -> dict[str, Array]:
    """Every score under the name of its concept, as the declarations score it."""
    items, scores = arm.items, arm.moves.scores
    return {
        **{name: scores[name] for name in (*SCALES, "volunteered")},
        "outgroup_trust": items["outgroup_trusted"],
        "outgroup_warmth": items["warmth"],
        "intergroup_anxiety": (items["anxious_talking"] + items["anxious_alone"]) / 2,
        "trusts_national_government": (items["trusts_government"] >= 4).astype(float),
        "trusts_local_government": (items["trusts_council"] >= 4).astype(float),
        "sees_country_uniting": (items["country_united"] >= 4).astype(float),
        "sees_country_dividing": (items["country_united"] <= 2).astype(float),
        "sees_area_uniting": (items["area_united"] >= 4).astype(float),
        "sees_area_dividing": (items["area_united"] <= 2).astype(float),
        "is_optimistic": (items["feels_optimistic"] >= 4).astype(float),
        "life_satisfaction": items["satisfied_with_life"],
        "covid_concern": items["concerned_about_covid"],
        "vaccine_hesitancy": items["vaccine_unlikely"],
    }
