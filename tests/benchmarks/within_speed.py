"""Seconds and memory of two-way fixed effects, errors clustered by person, from a polars frame: all checks included.

Runs each size in a process of its own, and pyfixest beside it where its script is found (in an environment of its own,
which `uv` makes). Prints a table; asserts nothing.

uv run python tests/benchmarks/within_speed.py [PERSONS] [WAVES]
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

PEER = Path(__file__).parents[2].parent / "shared" / "benchmarks" / "pyfixest_peer.py"


def measure(persons: int, waves: int) -> str:
    """The second of two fits of a panel of ``persons`` × ``waves`` rows with text ids, and the peak of memory."""
    import numpy as np
    import polars as pl

    from pipeline.models import fixed_effects

    rng = np.random.default_rng(1)
    person, wave = np.repeat(np.arange(persons), waves), np.tile(np.arange(waves), persons)
    usual = rng.normal(size=persons)[person]
    x = usual + rng.normal(size=persons * waves)
    y = 0.3 * x + usual + rng.normal(size=persons * waves)
    frame = pl.DataFrame({"person_id": person, "wave": wave, "x": x, "y": y})
    frame = frame.with_columns(pl.format("p{}", "person_id").alias("person_id"))
    del person, wave, usual, x, y
    for _ in range(2):
        began, cpu = time.perf_counter(), time.process_time()
        table = fixed_effects(frame, "y", ["x"], effects="person_and_wave")
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    row = table.row(0, named=True)
    return (
        f"{persons * waves} rows: {seconds:.2f} s ({cpu:.2f} s of processor time), {peak:.2f} GB, "
        f"{row['estimate']:.6f} ({row['std_error']:.6f})"
    )


def beside(persons: int, waves: int) -> str:
    """What pyfixest's script prints, or why it did not run."""
    if not PEER.exists():
        return "not found"
    command = ["uv", "run", "--no-project", "--with", "pyfixest", "python", str(PEER), str(persons), str(waves)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


if __name__ == "__main__":
    *mode, persons, waves = sys.argv[1:] if len(sys.argv) > 2 else ("100000", "10")
    if mode:
        print(measure(int(persons), int(waves)))
        sys.exit()
    ours = subprocess.run(
        [sys.executable, __file__, "--one", persons, waves], capture_output=True, text=True, check=True
    )
    print("cohesion:", ours.stdout.strip())
    print("pyfixest:", beside(int(persons), int(waves)))
