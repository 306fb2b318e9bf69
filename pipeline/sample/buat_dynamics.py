"""Beyond Us and Them: six measures that move each other from wave to wave, on the scales people answer on.

Each is a random-intercept cross-lagged process: a person's lasting level, plus a deviation that carries over and
moves the other measures' deviations at the next wave. Deviations are those of the *answers*, so that the planted
cross-lags hold for the scores in the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pipeline.sample.answers import AnswerScale, normal_cdf
from pipeline.sample.buat_design import VOLUNTEERS
from pipeline.sample.buat_people import People, level
from pipeline.sample.truth import Truth

Array = np.ndarray

SCALES = {
    "contact_quantity": AnswerScale(1, 5, items=3, shared=0.72, own=0.45),
    "trust_in_others": AnswerScale(0, 10, shared=1.35, own=0.0),
    "political_trust": AnswerScale(0, 10, shared=1.4, own=0.0),
    "conspiracy_belief": AnswerScale(1, 5, items=4, shared=0.62, own=0.65),
    "neighbourliness": AnswerScale(1, 5, items=4, shared=0.50, own=0.65),
}
SHORT = {
    "contact_quantity": "contact",
    "trust_in_others": "trust",
    "political_trust": "political_trust",
    "conspiracy_belief": "conspiracy",
    "neighbourliness": "cohesion",
    "volunteered": "volunteering",
}
CROSS = (
    ("contact_to_trust", "contact_quantity", "trust_in_others"),
    ("trust_to_contact", "trust_in_others", "contact_quantity"),
    ("trust_to_conspiracy", "political_trust", "conspiracy_belief"),
    ("conspiracy_to_trust", "conspiracy_belief", "political_trust"),
    ("cohesion_to_volunteering", "neighbourliness", "volunteered"),
    ("volunteering_to_cohesion", "volunteered", "neighbourliness"),
)
SAME_WAVE = (
    ("contact_quantity", "trust_in_others", 0.30),
    ("political_trust", "conspiracy_belief", -0.10),
    ("neighbourliness", "volunteered", 0.02),
)
"""What surprises a person in one measure shows in another at once: the residual covariance of the panel model."""

SELDOM = 0.06


@dataclass
class Moves:
    """People × waves: ``scores`` as answered, ``within`` their deviations, ``items`` (× items) of the scales."""

    scores: dict[str, Array]
    within: dict[str, Array]
    items: dict[str, Array]
    levels: dict[str, Array] = field(default_factory=dict)


def levels(people: People, truth: Truth, *, invested: bool) -> dict[str, Array]:
    """Each person's lasting level of each measure; people of an invested area have the planted surplus."""
    activist = people.arm == "activists"
    surplus = truth["neighbourliness"] if invested else 0.0
    return {
        "contact_quantity": level(people, "contact", 1.1, 4.4, -0.55 + 0.2 * activist, 0.80),
        "trust_in_others": level(people, "trust", 1.0, 9.2, 0.12 + 0.2 * activist, 0.52),
        "political_trust": level(people, "political", 0.8, 9.0, -0.1, 0.55),
        "conspiracy_belief": level(people, "conspiracy", 1.25, 4.7, -0.45, 0.66),
        "neighbourliness": surplus + level(people, "cohesion", 1.5, 4.6, 0.23 + 0.15 * activist, 0.62),
        "volunteered": _chance_of_volunteering(people),
    }


def _chance_of_volunteering(people: People) -> Array:
    """Each person's lasting chance: at least ``SELDOM``, rising with the trait, with the arm's share as its mean."""
    power = 1 if people.arm == "activists" else 2
    rank = normal_cdf(people.traits["volunteering"])
    return SELDOM + (VOLUNTEERS[people.arm] - SELDOM) * (power + 1) * rank**power


def move(people: People, waves: int, truth: Truth, rng: np.random.Generator, *, invested: bool) -> Moves:
    """The six measures of everyone in the pool at every wave of the arm, whether they will answer it or not."""
    lasting = levels(people, truth, invested=invested)
    names = tuple(SHORT)
    made = Moves(
        scores={name: np.empty((people.count, waves)) for name in names},
        within={name: np.empty((people.count, waves)) for name in names},
        items={name: np.empty((people.count, waves, scale.items)) for name, scale in SCALES.items()},
        levels=lasting,
    )
    before = {name: np.zeros(people.count) for name in names}
    for wave in range(waves):
        surprise: dict[str, Array] = {}
        for name in names:
            carried = _carried(name, before, truth) + _at_once(name, surprise)
            expected = lasting[name] + carried
            score = _answer(name, expected, made, wave, rng)
            surprise[name] = score - expected
            made.scores[name][:, wave] = score
            made.within[name][:, wave] = score - lasting[name]
        before = {name: made.within[name][:, wave] for name in names}
    return made


def _carried(name: str, before: Mapping[str, Array], truth: Truth) -> Array:
    total = truth[f"{SHORT[name]}_autoregression"] * before[name]
    for lag, cause, outcome in CROSS:
        if outcome == name:
            total = total + truth[lag] * before[cause]
    return total


def _at_once(name: str, surprise: Mapping[str, Array]) -> Array | float:
    return sum((size * surprise[cause] for cause, outcome, size in SAME_WAVE if outcome == name), start=0.0)


def _answer(name: str, expected: Array, made: Moves, wave: int, rng: np.random.Generator) -> Array:
    if name == "volunteered":
        shown: Array = (rng.random(expected.shape) < np.clip(expected, 0.0, 1.0)).astype(float)
        return shown
    answers = SCALES[name].draw(expected, rng)
    made.items[name][:, wave] = answers
    mean: Array = answers.mean(axis=-1)
    return mean
