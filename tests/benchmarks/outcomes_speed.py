"""Models of answers and counts beside what is usual: seconds of processor time here, in R, and their ratio.

OPENBLAS_NUM_THREADS=1 uv run python tests/benchmarks/outcomes_speed.py [rows]; needs R with MASS, survival, nnet,
geepack, quantreg, sandwich and survey. Ours include marginal effects and tests that R's calls do not.

Both have their libraries loaded and have fitted once before, as in a session; seconds are the mean of ten fits.

A script that fits one model and ends pays for imports as well. Of 5,000 rows, processor seconds with all of them were
here 1.50 and in R 1.35 for quantile regression, 1.34 and 1.11 for conditional logit, 1.23 and 0.22 for Poisson, 1.32
and 0.66 for GEE: R is the faster there, as over nine tenths of ours are imports (polars, scipy, dataframely).
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

import numpy as np
import polars as pl

from pipeline import models

TERMS = ["x", "z", "age"]
RUNS = 10
CALLS = {
    "ordered_logit": ("answer", TERMS, {}),
    "multinomial_logit": ("vote", TERMS, {}),
    "conditional_logit": ("helped", ["x", "z"], {}),
    "poisson": ("times", TERMS, {}),
    "negative_binomial": ("times", TERMS, {}),
    "gee": ("helped", TERMS, {"distribution": "binomial", "correlation": "ar1"}),
    "quantile_regression": ("hours", TERMS, {}),
    "design_ordered": ("answer", TERMS, {"weight": "weight", "wave_effects": False}),
}


def panel(rows: int, waves: int = 5) -> pl.DataFrame:
    draw = np.random.default_rng(1)
    persons = rows // waves
    person = np.repeat(np.arange(persons), waves)
    n, level = len(person), draw.normal(size=persons)[person]
    x, z, age = draw.normal(size=n) + 0.5 * level, draw.normal(size=n), draw.integers(18, 80, persons)[person]
    place = 0.5 * x - 0.2 * z + 0.01 * age + level
    return pl.DataFrame({
        "person_id": person,
        "wave": np.tile(np.arange(1, waves + 1), persons),
        "x": x,
        "z": z,
        "age": age,
        "answer": np.searchsorted([-1.0, 0.2, 1.2, 2.5], place + draw.logistic(size=n)) + 1,
        "helped": (place + draw.logistic(size=n) > 0.5).astype(int),
        "vote": (np.column_stack([0 * x, 0.4 * x, 0.02 * age]) + draw.gumbel(size=(n, 3))).argmax(axis=1),
        "times": draw.poisson(np.exp(0.2 * place) * draw.gamma(2, 0.5, n)),
        "hours": 2 + place + draw.exponential(size=n),
        "weight": np.exp(draw.normal(0, 0.3, persons))[person],
    })  # fmt: skip


def main(rows: int) -> None:
    frame = panel(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.csv"
        frame.write_csv(path)
        peer = Path(__file__).with_name("outcomes_peer.R")
        told = subprocess.run(["Rscript", str(peer), str(path)], check=True, capture_output=True, text=True).stdout
    theirs = {name: float(seconds) for name, seconds in (line.split() for line in told.splitlines())}
    for name, (outcome, terms, options) in CALLS.items():  # imports
        getattr(models, name)(frame.head(500), outcome, terms, **options)
    print(f"{rows:,} rows{'':12}{'here':>8}{'R':>8}{'ratio':>8}")
    for name, (outcome, terms, options) in CALLS.items():
        getattr(models, name)(frame, outcome, terms, **options)
        start = process_time()
        for _ in range(RUNS):
            getattr(models, name)(frame, outcome, terms, **options)
        here = (process_time() - start) / RUNS
        print(f"{name:22}{here:8.3f}{theirs[name]:8.3f}{theirs[name] / here:8.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
