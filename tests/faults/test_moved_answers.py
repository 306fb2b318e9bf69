"""Among many items some are answered more like another than like themselves: that alone is no move."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from layout_study import declare_waves, ingested, make_root, write

from pipeline.harmonise.drift import compare_all
from pipeline.paths import Paths
from pipeline.specs import load_project

PEOPLE, ITEMS = 300, 112


def answers(seed: int) -> list[np.ndarray]:
    """Two waves of items on one lasting trait; some measure it well, some hardly, and only for the day."""
    random = np.random.default_rng(seed)
    trait = random.normal(size=PEOPLE)
    loadings = random.uniform(0.3, 0.95, ITEMS)
    return [
        np.digitize(
            trait[:, None] * loadings + random.normal(size=(PEOPLE, ITEMS)) * np.sqrt(1 - loadings**2), [-1, 0, 1]
        )
        + 1
        for _ in range(2)
    ]


def moved(tmp_path: Path, waves: list[np.ndarray]) -> set[str]:
    names = [f"q{number}" for number in range(ITEMS)]
    files = {
        f"w{wave}.csv": "\n".join(
            [",".join(["id", *names]), *(f"{1000 + row},{','.join(map(str, own))}" for row, own in enumerate(table))]
        )
        for wave, table in enumerate(waves, 1)
    }
    root = make_root(tmp_path, files, waves=2)
    rows = "".join(f"    {name}: Row {name}\n" for name in names)
    write(root, "items.yaml", f"many:\n  stem: How much?\n  codes: {{1: a, 2: b, 3: c, 4: d}}\n  rows:\n{rows}")
    declare_waves(root, {wave: f"files: [{{arm: main, file: w{wave}.csv, format: csv}}]\n" for wave in (1, 2)})
    declared, tables = load_project(Paths(root)).studies["lay"], ingested(root)
    frames = {wave: made.frame for wave, made in tables.items()}
    labels = {wave: made.labels for wave, made in tables.items()}
    return set(compare_all(declared, frames, labels).filter(kind="moved_answers")["item"])


@pytest.mark.parametrize("seed", range(4))
def test_items_that_measure_badly_have_not_moved(tmp_path, seed):
    assert moved(tmp_path, answers(seed)) == set()


@pytest.mark.parametrize("seed", range(2))
def test_items_that_changed_places_are_found_among_many(tmp_path, seed):
    """Two items that last and have little to do with each other, exchanged in the second wave."""
    random = np.random.default_rng(seed + 50)
    first, second = answers(seed)
    for place in (3, 40):
        own = random.normal(size=PEOPLE)
        for table in (first, second):
            table[:, place] = np.digitize(own + 0.4 * random.normal(size=PEOPLE), [-1, 0, 1]) + 1
    second[:, [3, 40]] = second[:, [40, 3]]
    assert moved(tmp_path, [first, second]) == {"q3", "q40"}
