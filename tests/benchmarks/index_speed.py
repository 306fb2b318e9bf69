"""An index with 500 replicates and 200 draws of methods, of 40,000 people in 20 areas, and of 300 areas in ten waves.

    uv run python tests/benchmarks/index_speed.py [--people 40000] [--areas 20] [--waves 1] [--replicates 500] …

Budgets: 60 s on two cores for the defaults; 2 GB for ``--people 30000 --areas 300 --waves 10``.
Blocks of replicates run on ``--workers`` (2) processes, as in a build; set OMP_NUM_THREADS=1. Prints seconds, those of
the processors of all processes, and the peak of memory.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import polars as pl

from pipeline.index import (
    Recipe,
    method_draws,
    pairwise,
    rank_intervals,
    rank_sets,
    removals,
    replicated_index,
    sensitivity,
)
from pipeline.parallel import runs_with

CHOICES = {
    "normalisation": ["own_range", "z_score"],
    "weights": ["equal", "pca", "random"],
    "across": ["arithmetic", "geometric"],
    "left_out": ["domain"],
    "perturbation": 0.25,
}
DOMAINS = {f"d{domain}": [f"d{domain}_{item}" for item in range(3)] for domain in range(6)}


def people(count: int, areas: int, waves: int, seed: int = 1) -> pl.DataFrame:
    """People with six domains of three indicators from 0 to 100, three in a hundred answers missing."""
    rng = np.random.default_rng(seed)
    area = rng.integers(0, areas, count)
    centre = rng.normal(50, 3, (areas, 6))
    parts = []
    for wave in range(waves):
        columns = {}
        for domain, members in enumerate(DOMAINS.values()):
            factor = centre[area, domain] + rng.normal(0, 12, count)
            for name in members:
                values = np.clip(np.round((factor + rng.normal(0, 15, count)) / 6.25) * 6.25, 0, 100)
                columns[name] = np.where(rng.random(count) < 0.03, np.nan, values)
        head = {"person_id": [f"p{at}" for at in range(count)], "wave": [f"w{wave + 1:02}"] * count}
        weight = rng.gamma(5, 0.2, count)
        parts.append(pl.DataFrame({**head, "area": [f"A{at:03}" for at in area], "weight": weight, **columns}))
    return pl.concat(parts)


class Pool:
    """Runs the pieces of a long step on other processes, as a build does."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self.pool = pool

    def __call__(
        self, function: Callable[..., Any], pieces: Sequence[tuple[Any, ...]], shared: tuple[Any, ...]
    ) -> list[Any]:
        return [one.result() for one in [self.pool.submit(function, *shared, *piece) for piece in pieces]]


def main() -> None:
    """Time each step, and say what memory it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in {
        "people": 40_000,
        "areas": 20,
        "waves": 1,
        "replicates": 500,
        "draws": 200,
        "workers": 2,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    chosen = parser.parse_args()
    frame = people(chosen.people, chosen.areas, chosen.waves)
    began = clock = time.perf_counter()

    def lap(what: str) -> None:
        nonlocal clock
        print(f"{what:<44}{time.perf_counter() - clock:8.1f} s", flush=True)
        clock = time.perf_counter()

    with ProcessPoolExecutor(chosen.workers) as pool, runs_with(Pool(pool) if chosen.workers > 1 else None):
        steps(frame, chosen, lap)
    print(f"{'all':<44}{time.perf_counter() - began:8.1f} s")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"{'of the processors':<44}{sum(one.ru_utime + one.ru_stime for one in used):8.1f} s")
    peaks = [resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"{'peak memory, and of a worker':<44}{peaks[0]:8.2f} GB, {peaks[1]:.2f} GB")


def steps(frame: pl.DataFrame, chosen: argparse.Namespace, lap: Callable[[str], None]) -> None:
    """Each step of the uncertainty of an index."""
    made = replicated_index(frame, Recipe(DOMAINS), replicates=chosen.replicates, seed=1)
    lap(f"{chosen.replicates} replicates of every measure")
    drawn = method_draws(made, CHOICES, draws=chosen.draws, seed=1)
    lap(f"{chosen.draws} draws of methods, in every replicate")
    rank_intervals(drawn)
    lap("ranks")
    pairwise(drawn)
    lap("pairs")
    rank_sets(made, seed=1)
    lap("simultaneous rank sets")
    removals(made)
    lap("removals")
    sensitivity(made, CHOICES, size=256, seed=1)
    lap("first and total order of every choice")


if __name__ == "__main__":
    main()
