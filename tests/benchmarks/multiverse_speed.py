"""Seconds of a multiverse of 200 cells on ELSOC, and of the same cells fitted one by one with linearmodels.

Reads the panel of a root in which ELSOC is built (`--root`, or COHESION_ROOT). Compares every estimate and standard
error, and prints the largest relative difference and the ratio of the times. Asserts nothing.

uv run python tests/benchmarks/multiverse_speed.py --root ../my_project
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from linearmodels.panel import FirstDifferenceOLS, PanelOLS, PooledOLS

from pipeline.models import multiverse
from pipeline.models.multiverses.rows import sample, without_outliers
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.multiverse_cells import Setting, settings
from pipeline.specs.report import Model

OUTCOME, EXPOSURE = "outgroup_liking", "contact_quantity"
COVARIATES = ("life_satisfaction", "depressive_symptoms", "generalised_trust", "political_trust", "age")
CHOICES = {
    "waves": {"all": ["w01", "w02", "w03", "w04"], "before": ["w01", "w02", "w03"]},
    "subsets": list(COVARIATES),
    "family": ["pooled", "fixed_effects", "two_way", "first_difference"],
}
"""2 × 32 × 4 = 256 cells, of which 200 are taken: without those of two of the covariates' subsets in half of them."""
WITHOUT = [{"waves": "before", "subsets": [" + ".join(COVARIATES[:n]) for n in (3, 4, 5)]},
           {"waves": "before", "subsets": [" + ".join(pair) for pair in (COVARIATES[1:3], COVARIATES[2:4],
            COVARIATES[3:5], COVARIATES[1:4], COVARIATES[2:5], COVARIATES[1:5])]},
           {"waves": "all", "subsets": [" + ".join(pair) for pair in (COVARIATES[1:3], COVARIATES[2:4],
            COVARIATES[3:5], COVARIATES[1:4], COVARIATES[2:5])]}]  # fmt: skip


def one_by_one(panel: pl.DataFrame, cells: tuple[Setting, ...]) -> list[tuple[float, float]]:
    """Estimate and standard error of each cell by linearmodels, from the panel to the number."""
    found = []
    for cell in cells:
        frame = without_outliers(sample(panel, cell, ()), cell)
        names = (*cell.model.exposures, *cell.model.covariates)
        used = frame.select("person_id", "wave", OUTCOME, *names).drop_nulls().to_pandas()
        used["wave"] = used["wave"].str[1:].astype(int)
        used = used.set_index(["person_id", "wave"])
        outcome, matrix = used[[OUTCOME]], used[list(names)]
        waves = pd.get_dummies(used.index.get_level_values(1), prefix="w", drop_first=True, dtype=float)
        waves.index = used.index
        options = {"cov_type": "clustered", "cluster_entity": True, "debiased": True, "group_debias": False}
        if cell.model.family == "pooled":
            fit = PooledOLS(outcome, pd.concat([matrix, waves], axis=1).assign(one=1.0)).fit(**options)
        elif cell.model.family == "first_difference":
            place = used.groupby(level=0, sort=False).cumcount()
            index = pd.MultiIndex.from_arrays([used.index.get_level_values(0), place])
            joined = pd.concat([matrix, waves], axis=1).set_axis(index)
            fit = FirstDifferenceOLS(outcome.set_axis(index), joined).fit(clusters=None, **options)
        else:
            two = cell.model.effects == "person_and_wave"
            joined = matrix if two else pd.concat([matrix, waves], axis=1)
            model = PanelOLS(outcome, joined, entity_effects=True, time_effects=two)
            fit = model.fit(auto_df=False, count_effects=False, **options)
        found.append((float(fit.params[EXPOSURE]), float(fit.std_errors[EXPOSURE])))
    return found


def main(root: Path) -> None:
    """Both ways, the second of two runs of ours."""
    panel = pl.read_parquet(root / "data" / "warehouse" / "panel" / "elsoc.parquet")
    asked = Model(question="", study="elsoc", family="fixed_effects", outcome=OUTCOME, exposures=(EXPOSURE,))
    grid = {"question": "", "study": "elsoc", "family": "multiverse", "of": "asked", "draws": 0}
    declared = Multiverse.model_validate(grid | {"result": {"term": EXPOSURE}, "choices": CHOICES, "without": WITHOUT})
    for _ in range(2):
        began = time.perf_counter()
        made = multiverse(panel, OUTCOME, [EXPOSURE], choices=CHOICES, without=WITHOUT)
        ours = time.perf_counter() - began
    began = time.perf_counter()
    found = np.array(one_by_one(panel, settings(declared, asked)))
    theirs = time.perf_counter() - began
    cells = made.filter(component="cell").select("estimate", "std_error").to_numpy()
    apart = np.abs(cells / found - 1).max()
    print(f"{len(cells)} cells: {ours:.2f} s, one by one {theirs:.2f} s: {theirs / ours:.0f} times as fast; ", end="")
    print(f"largest relative difference {apart:.1e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, default=Path(os.environ.get("COHESION_ROOT", ".")))
    main(parser.parse_args().root)
