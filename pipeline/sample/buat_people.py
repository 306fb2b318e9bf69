"""Beyond Us and Them: the made-up people of one arm, with their traits and what they do not change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sample.answers import bounded
from pipeline.sample.buat_design import (
    AGE_GROUPS,
    SAMPLE_AGE,
    SAMPLE_WOMEN,
    SimulatedArm,
)

Array = np.ndarray

TRAITS = ("contact", "trust", "political", "conspiracy", "cohesion", "volunteering", "wellbeing", "anxiety")
_CORRELATION = np.array(
    [
        [1.00, 0.40, 0.10, -0.15, 0.20, 0.20, 0.05, -0.45],
        [0.40, 1.00, 0.40, -0.40, 0.40, 0.20, 0.35, -0.35],
        [0.10, 0.40, 1.00, -0.40, 0.25, 0.10, 0.25, -0.05],
        [-0.15, -0.40, -0.40, 1.00, -0.20, -0.05, -0.20, 0.25],
        [0.20, 0.40, 0.25, -0.20, 1.00, 0.30, 0.35, -0.15],
        [0.20, 0.20, 0.10, -0.05, 0.30, 1.00, 0.10, -0.05],
        [0.05, 0.35, 0.25, -0.20, 0.35, 0.10, 1.00, -0.20],
        [-0.45, -0.35, -0.05, 0.25, -0.15, -0.05, -0.20, 1.00],
    ]
)


@dataclass(frozen=True)
class People:
    """The pool of one arm: everything that stays the same over its waves."""

    arm: str
    traits: dict[str, Array]  # standard normal
    place: Array  # index into the arm's places
    age: Array
    age_group: Array
    is_woman: Array
    education: Array
    ethnic_minority: Array
    ethnic_group: Array
    recruitment: Array

    @property
    def count(self) -> int:
        return len(self.age)


def draw_people(name: str, arm: SimulatedArm, count: int, rng: np.random.Generator) -> People:
    """A pool of people. The young, and people of a minority, meet others of another background more often."""
    group = rng.choice(len(SAMPLE_AGE), size=count, p=SAMPLE_AGE)
    lows, highs = np.array(AGE_GROUPS[:-1])[group], np.array(AGE_GROUPS[1:])[group]
    age = np.floor(lows + (highs - lows) * rng.random(count))
    minority = (rng.random(count) < (0.28 if name in ("invested", "metropolitan") else 0.10)).astype(float)
    traits = dict(zip(TRAITS, rng.multivariate_normal(np.zeros(len(TRAITS)), _CORRELATION, count).T, strict=True))
    pull = -0.012 * (age - 47) + 0.35 * (minority - 0.15)
    traits["contact"] = (traits["contact"] + pull) / np.sqrt(1 + pull.var())
    sources = {"regions": (0.1, 0.3, 0.6), "metropolitan": (0.1, 0.4, 0.5), "activists": (0.8, 0.2, 0.0)}
    return People(
        arm=name,
        traits=traits,
        place=rng.choice(len(arm.places), size=count, p=_shares(arm)),
        age=age,
        age_group=group,
        is_woman=(rng.random(count) < SAMPLE_WOMEN).astype(float),
        education=1.0 + rng.choice(4, size=count, p=(0.16, 0.26, 0.24, 0.34)),
        ethnic_minority=minority,
        ethnic_group=1.0 + minority * (1 + rng.choice(4, size=count, p=(0.52, 0.24, 0.15, 0.09))),
        recruitment=1.0 + rng.choice(3, size=count, p=sources.get(name, (0.5, 0.4, 0.1))),
    )


def _shares(arm: SimulatedArm) -> Array:
    shares = np.array([share for _, _, share in arm.places])
    made: Array = shares / shares.sum()
    return made


def level(people: People, trait: str, low: float, high: float, middle: float, slope: float = 1.0) -> Array:
    """Each person's lasting level on an answer scale."""
    return bounded(people.traits[trait], low, high, middle=middle, slope=slope)
