"""Beyond Us and Them: the deposit of each arm and wave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.sample import buat_design as design
from pipeline.sample.buat_simulate import ArmAnswers, answers_of, generators
from pipeline.sample.deposit_files import write_file
from pipeline.sample.layout import lay_out
from pipeline.sample.nonresponse import leave_out
from pipeline.specs import Study
from pipeline.specs.deposits import WaveFile

Array = np.ndarray
PREFIX = {"regions": "RG", "invested": "IN", "activists": "AC", "metropolitan": "ME"}
RECORDED = ("age_at_entry", "age_band", "recruited_by", "place")
"""What the survey knows of everyone; everything else can be left out."""


def write_study(study: Study, folder: Path, seed: int) -> Iterator[Path]:
    """Every file of the study's deposit, as its declarations say."""
    arms = {name: answers_of(name, rng) for name, rng in generators(seed).items()}
    streams = iter(np.random.SeedSequence([seed, 2]).spawn(sum(len(wave.files) for wave in study.waves.values())))
    numbers = {name: _numbers(arm, seed) for name, arm in arms.items()}
    for wave, _, file in study.files():
        rng = np.random.default_rng(next(streams))
        yield write_arm_wave(study, wave, file, arms[file.arm], numbers[file.arm], folder, rng)


def _numbers(arm: ArmAnswers, seed: int) -> Array:
    """Ids of the pool: two letters and six digits, in no order."""
    rng = np.random.default_rng([seed, 3, len(arm.arm)])
    drawn = rng.choice(900_000, size=arm.people.count, replace=False) + 100_000
    return np.array([f"{PREFIX[arm.arm]}{number}" for number in drawn])


def write_arm_wave(
    study: Study, wave: str, file: WaveFile, arm: ArmAnswers, ids: Array, folder: Path, rng: np.random.Generator
) -> Path:
    """One file: the people of one arm who answered one wave, in the order in which they did."""
    index = study.calendar[file.arm].index(wave)
    rows = rng.permutation(np.nonzero(arm.present[:, index])[0])
    people, places = arm.people, design.ARMS[arm.arm].places
    values = {item: content[rows, index] for item, content in arm.items.items()} | {
        "age_at_entry": people.age[rows],
        "age_band": people.age_group[rows] + 1.0,
        "woman": people.is_woman[rows],
        "education_level": people.education[rows],
        "recruited_by": people.recruitment[rows],
        "place": np.array([place for _, place, _ in places], dtype=float)[people.place[rows]],
    }
    roles: dict[str, list[str] | Array] = {
        "person_id": list(ids[rows]),
        "weight": weights(people.age_group[rows], people.is_woman[rows], rng),
        "area": [places[place][0] for place in people.place[rows]],
    }
    given = {"minority": people.ethnic_group[rows]}
    left_out = leave_out([item for item in (*values, *given) if item not in RECORDED], len(rows), rng)
    layout = lay_out(study, wave, file, roles, values, left_out, given)
    return write_file(layout, folder / file.file, file)


def weights(age_group: Array, is_woman: Array, rng: np.random.Generator) -> Array:
    """Weights to the population's age and sex, with some noise, trimmed to 0.25–4, mean one."""
    women = np.where(is_woman == 1, design.POPULATION_WOMEN, 1 - design.POPULATION_WOMEN)
    asked = design.POPULATION_AGE[age_group] * women
    cells = age_group * 2 + is_woman.astype(int)
    share = np.bincount(cells, minlength=10)[cells] / len(cells)
    raw = asked / share * np.exp(0.15 * rng.standard_normal(len(cells)))
    trimmed = np.clip(raw / raw.mean(), 0.25, 4.0)
    made: Array = np.round(trimmed / trimmed.mean(), 4)
    return made
