"""Parallel Lives: one file per wave in the layout of a household panel, and its weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.sample.areas import PSUS, areas
from pipeline.sample.deposit_files import write_file
from pipeline.sample.layout import lay_out
from pipeline.sample.nonresponse import leave_out
from pipeline.sample.pl_outcomes import write_report
from pipeline.sample.pl_simulate import Panel, generator, panel
from pipeline.specs import Study

Array = np.ndarray
PROXY, NO_FRIENDS = 0.05, 0.01
RECORDED = ("age_at_interview", "woman", "longitudinal_weight")
FED_FORWARD = ("original", "values_art", "imaginative", "not_rude", "forgiving", "kind", "ethnic_group")
"""Asked once; the depositor carries the answer into later files."""


def write_study(study: Study, folder: Path, seed: int) -> Iterator[Path]:
    """Every file of the study's deposit, as its declarations say."""
    made = panel(generator(seed))
    weights, longitudinal = delivered_weights(made, np.random.default_rng([seed, 5]))
    rng = np.random.default_rng([seed, 6])
    count = len(made.age)
    ids = (rng.choice(90_000_000, size=count, replace=False) + 10_000_000).astype(float)
    once = leave_out(FED_FORWARD, count, rng, reasons=("refused", "dont_know", "no_answer"))
    group = 1.0 + made.ethnic_minority * (1 + rng.choice(4, size=count, p=(0.52, 0.24, 0.15, 0.09)))
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
            "weight": weights[rows, index],
            "strata": areas().stratum[made.area[rows]] + 1.0,
            "psu": made.area[rows] * PSUS + made.psu[rows] + 1.0,
            "area": list(areas().code[made.area[rows]]),
        }
        layout = lay_out(study, wave, file, roles, values, reasons, {"ethnic_group": group[rows]})
        yield write_file(layout, folder / file.file, file)
    yield write_report(made.present, ids, folder, np.random.default_rng([seed, 7]))


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
