"""Seconds of difference and system GMM, with all tests, beside plm's ``pgmm`` on the same panel in the same run.

Prints a table; asserts nothing. plm's time is the fit alone, without the tests.

uv run python tests/benchmarks/dynamic_speed.py [PERSONS] [WAVES]
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.models import difference_gmm, system_gmm


def panel(persons: int, waves: int) -> pl.DataFrame:
    """y_t = 0.4 y_t−1 + 0.3 x_t + level + e_t, where x answers to y of the wave before."""
    rng = np.random.default_rng(1)
    level, rows = rng.normal(size=persons), []
    y = level / 0.6 + rng.normal(size=persons)
    for wave in range(waves):
        x = 0.3 * level + 0.1 * y + rng.normal(size=persons)
        y = 0.4 * y + 0.3 * x + level + rng.normal(size=persons)
        rows.append(pl.DataFrame({"person_id": np.arange(persons), "wave": wave, "y": y, "x": x}))
    return pl.concat(rows).sort("person_id", "wave")


def main(persons: int, waves: int) -> None:
    frame = panel(persons, waves)
    for family in (difference_gmm, system_gmm):
        for _ in range(2):
            began = time.perf_counter()
            table = family(frame, "y", ["x"], endogenous=["x"])
            seconds = time.perf_counter() - began
        own = table.filter(component="persistence").row(0, named=True)
        print(f"{family.__name__}: {seconds:.2f} s {own['estimate']:.7f} {own['std_error']:.7f}")
    with tempfile.TemporaryDirectory() as folder:
        frame.write_csv(Path(folder) / "panel.csv")
        script = str(Path(__file__).parent / "dynamic_peer.R")
        done = subprocess.run(
            ["Rscript", script, str(Path(folder) / "panel.csv")], capture_output=True, text=True, check=False
        )
    print("pgmm:", done.stdout.strip() or done.stderr.strip(), sep="\n")


if __name__ == "__main__":
    main(*(int(given) for given in (sys.argv[1:] if len(sys.argv) > 2 else ("2000", "6"))))
