"""Interventions against diff-diff, in one process: the ratio of times, ours over theirs (below one: faster).

    OPENBLAS_NUM_THREADS=1 POLARS_MAX_THREADS=1 uv run --with diff-diff python tests/benchmarks/interventions_speed.py

4,000 people in 10 waves, three starts, a covariate, errors clustered by person; processor time of the best of fifteen
runs each, without the import. The numbers are the same: the estimates are printed to compare. Ours include tests of
trends before with their power, and bounds; diff-diff's Sun & Abraham does not.
"""

from __future__ import annotations

import importlib
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from pipeline.models import event_study, group_time_effects, imputation_effects

PEOPLE, WAVES, RUNS = 4_000, 10, 15


def panel() -> pl.DataFrame:
    """One row per person and wave; a third is never treated."""
    draw = np.random.default_rng(8)
    person, wave = np.repeat(np.arange(PEOPLE), WAVES), np.tile(np.arange(1, WAVES + 1), PEOPLE)
    start = np.array([0, 4, 6, 8])[draw.integers(0, 4, PEOPLE)][person]
    x = draw.normal(size=len(wave))
    level = draw.normal(size=PEOPLE)[person] + 0.1 * wave + 0.2 * x
    y = level + np.where((start > 0) & (wave >= start), 0.4, 0.0) + draw.normal(size=len(wave))
    return pl.DataFrame({"person_id": person, "wave": wave, "start": start, "x": x, "y": y})


def best(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of processor time of the fastest run, and what it gave."""
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        made = call()
        times.append(time.process_time() - begin)
    return min(times), made


def main() -> None:
    warnings.simplefilter("ignore")
    peer: Any = importlib.import_module("diff_diff")
    ours, theirs = panel(), panel().to_pandas()
    columns = {"outcome": "y", "unit": "person_id", "time": "wave", "first_treat": "start"}
    pairs: dict[str, tuple[Callable[[], pl.DataFrame], Callable[[], Any]]] = {
        "group-time, doubly robust, 999 draws": (
            lambda: group_time_effects(ours, "y", ["x"], start="start", draws=999),
            lambda: peer.CallawaySantAnna(estimation_method="dr", base_period="varying", n_bootstrap=999).fit(
                theirs, **columns, covariates=["x"], aggregate="all"
            ),
        ),
        "Sun & Abraham": (
            lambda: event_study(ours, "y", start="start"),
            lambda: peer.SunAbraham().fit(theirs, **columns),
        ),
        "imputation": (
            lambda: imputation_effects(ours, "y", start="start"),
            lambda: peer.ImputationDiD().fit(theirs, **columns, aggregate="event_study"),
        ),
    }
    for name, (mine, other) in pairs.items():
        (own, table), (its, result) = best(mine), best(other)
        estimate = table.filter(component="effect")["estimate"][0]
        seconds = f"{own:.3f} s, diff-diff {its:.3f} s, ratio {own / its:.2f}"
        print(f"{name}: {seconds}; {estimate:.6f} {result.overall_att:.6f}")


if __name__ == "__main__":
    main()
