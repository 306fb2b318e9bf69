"""Parallel Lives: the files of a household panel (people, households, areas, and what lasts), and its weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.sample.areas import PSUS, areas
from pipeline.sample.deposit_files import write_file
from pipeline.sample.layout import lay_out
from pipeline.sample.nonresponse import leave_out
from pipeline.sample.pl_households import household_ids, households
from pipeline.sample.pl_outcomes import ids_of_others, outcome_codes, outcomes_of_strangers
from pipeline.sample.pl_simulate import Panel, generator, panel
from pipeline.specs import Study
from pipeline.specs.deposits import WaveFile

Array = np.ndarray
PROXY, NO_FRIENDS = 0.05, 0.01
RECORDED = ("age_at_interview", "woman", "longitudinal_weight")
LASTING = ("woman", "ethnic_group")
"""What the cross-wave file holds, once for all waves."""
OUTCOME = "ivfio"
FED_FORWARD = ("original", "values_art", "imaginative", "not_rude", "forgiving", "kind", "ethnic_group")
"""Asked once; the depositor carries the answer into later files."""


def write_study(study: Study, folder: Path, seed: int) -> Iterator[Path]:
    """Every file of the study's deposit, as its declarations say: people, households, areas, and what lasts."""
    made = panel(generator(seed))
    weights, longitudinal = delivered_weights(made, np.random.default_rng([seed, 5]))
    rng = np.random.default_rng([seed, 6])
    count = len(made.age)
    ids = (rng.choice(90_000_000, size=count, replace=False) + 10_000_000).astype(float)
    once = leave_out(FED_FORWARD, count, rng, reasons=("refused", "dont_know", "no_answer"))
    group = 1.0 + made.ethnic_minority * (1 + rng.choice(4, size=count, p=(0.52, 0.24, 0.15, 0.09)))
    homes = np.random.default_rng([seed, 8])
    hidp = household_ids(households(made.area * PSUS + made.psu, made.present.shape[1], homes), homes)
    for index, (wave, _, file) in enumerate(study.files()):
        rows = np.nonzero(made.present[:, index])[0]
        values = {item: content[rows, index] for item, content in made.items.items()} | {
            "age_at_interview": made.age[rows],
            "woman": made.is_woman[rows],
            "longitudinal_weight": longitudinal[rows, index],
        }
        reasons = _reasons(values, len(rows), rng) | {item: reason[rows] for item, reason in once.items()}
        roles: dict[str, list[str] | Array] = {
            "person_id": ids[rows],
            "household": hidp[rows, index],
            "weight": weights[rows, index],
        }
        asked = {item: content for item, content in values.items() if item not in LASTING}
        yield write_file(lay_out(study, wave, file, roles, asked, reasons, {}), folder / file.file, file)
        entered = made.present[:, : index + 1].any(axis=1)
        yield from _of_households(study, wave, file, folder, hidp[entered, index], made.area[entered])
    yield _what_lasts(study, folder, made, ids, {"ethnic_group": (group, once["ethnic_group"])}, seed)


def _of_households(study: Study, wave: str, file: WaveFile, folder: Path, hidp: Array, area: Array) -> Iterator[Path]:
    """The files of households and of areas, one row per household of everybody enumerated so far."""
    found, first, size = np.unique(hidp, return_index=True, return_counts=True)
    there: dict[str, list[str] | Array] = {"household": found, "area": list(areas().code[area[first]])}
    for joined, roles, values in (
        (file.join[0], {"household": there["household"]}, {"household_size": size.astype(float)}),
        (file.join[1], there, {}),
    ):
        yield write_file(lay_out(study, wave, file, roles, values, {}, {}), folder / joined.file, joined)


def _what_lasts(
    study: Study, folder: Path, made: Panel, ids: Array, given: Mapping[str, tuple[Array, Array]], seed: int
) -> Path:
    """The cross-wave file: everybody ever enumerated, what does not change, and the outcome of each wave."""
    rng = np.random.default_rng([seed, 7])
    wave, _, file = next(study.files())
    codes, strangers = outcome_codes(made.present, rng), outcomes_of_strangers(made.present, rng)
    places = areas()
    extra = rng.integers(len(made.area), size=len(strangers))  # whose place and sex those who never answered have
    everyone = np.concatenate([np.arange(len(made.area)), extra])
    who = np.concatenate([ids, ids_of_others(ids, len(strangers), rng)])
    order = rng.permutation(len(everyone))
    rows = everyone[order]
    roles: dict[str, list[str] | Array] = {
        "person_id": who[order],
        "strata": places.stratum[made.area[rows]] + 1.0,
        "psu": made.area[rows] * PSUS + made.psu[rows] + 1.0,
    }
    reasons = {item: reason[rows] for item, (_, reason) in given.items()}
    lasting = {item: content[rows] for item, (content, _) in given.items()}
    layout = lay_out(study, wave, file, roles, {"woman": made.is_woman[rows]}, reasons, lasting)
    outcomes = np.concatenate([codes, strangers])[order].astype(float)
    marks = [str(declared.mark) for declared in study.waves.values()]
    columns = [pl.Series(f"{mark}_{OUTCOME}", outcomes[:, place]) for place, mark in enumerate(marks)]
    joined = file.join[2]
    return write_file(replace(layout, frame=layout.frame.with_columns(columns)), folder / joined.file, joined)


def _reasons(values: dict[str, Array], count: int, rng: np.random.Generator) -> dict[str, Array]:
    """Refusals and the like; proxies answer no question of opinion; some have no friends to speak of."""
    asked = [item for item in values if item not in (*RECORDED, *FED_FORWARD)]
    reasons = leave_out(asked, count, rng, share=0.03, reasons=("refused", "dont_know", "no_answer"))
    reasons["friends_other_group"] = np.where(
        rng.random(count) < NO_FRIENDS, "routed_out", reasons["friends_other_group"]
    )
    is_proxy = rng.random(count) < PROXY
    return {item: np.where(is_proxy, "proxy", reason) for item, reason in reasons.items()}


def delivered_weights(made: Panel, rng: np.random.Generator) -> tuple[Array, Array]:
    """People × waves: the weight of the wave, and that of people who answered every wave up to it (zero for others).

    The wave's weight undoes the selection; the longitudinal one also divides by the share still answering of the
    person's age and ethnic group. Neither knows of belonging, on which leaving depends too.
    """
    noise = np.exp(0.2 * rng.standard_normal(len(made.age)))
    base = noise / made.selection
    weights = np.repeat(base[:, None], made.present.shape[1], axis=1)
    group = (made.age // 20).astype(int) * 2 + made.ethnic_minority.astype(int)
    began = made.present[:, 0]
    longitudinal = np.zeros(made.present.shape)
    for wave in range(made.present.shape[1]):
        still = made.present[:, : wave + 1].all(axis=1)
        started = np.bincount(group[began], minlength=group.max() + 1)
        stayed = np.bincount(group[still], minlength=group.max() + 1)
        rate = stayed / np.maximum(started, 1)
        longer = base[still] / rate[group[still]]
        longitudinal[still, wave] = longer / longer.mean()
    return np.round(weights / weights.mean(axis=0), 4), np.round(longitudinal, 4)
