"""Times panel models beside lavaan in one run: the same model, answers, estimator and fit measures.

    uv run python tests/benchmarks/sem_speed.py elsoc ELSOC_WIDE.csv   x1 … x5, y1 … y5, one row a person
    uv run python tests/benchmarks/sem_speed.py large [persons]        three constructs, eight waves, 40 % missing
    uv run python tests/benchmarks/sem_speed.py bootstrap ELSOC_WIDE.csv
    uv run python tests/benchmarks/sem_speed.py cfa            complete answers, 126 parameters, in processor seconds

lavaan needs R with its package; without Rscript only this side is timed. Set OMP_NUM_THREADS=1 for one core each.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from sem_data import complete_items, large_panel

from pipeline.sem import cfa, riclpm
from pipeline.sem.engine.bootstrap import bootstrap

HERE = Path(__file__).resolve().parent


def ours(frame, names, waves, lags, repeats):
    """Best and median seconds to estimates and to fit measures; log-likelihood and scaled chi-square."""
    constructs = {name: [f"{name}{wave}" for wave in range(1, waves + 1)] for name in names}
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = riclpm(frame, constructs, lags=lags, estimator="MLR")
        result.estimates  # noqa: B018
        middle = time.perf_counter() - start
        fit = result.fit
        times.append((middle, time.perf_counter() - start))
    times.sort(key=lambda pair: pair[1])
    return *times[len(times) // 2], fit["logl"], fit["chisq.scaled"]


def theirs(frame, names, waves, lags):
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answers.csv"
        frame.write_csv(file)
        command = ["Rscript", str(HERE / "sem_peer.R"), str(file), str(waves), names, lags]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(float(part) for part in done.stdout.split()[-4:])


def beside(title, frame, names, waves, lags, repeats):
    own = ours(frame, names, waves, lags, repeats)
    print(f"{title}: estimates {own[0]:.2f} s, with fit {own[1]:.2f} s; logl {own[2]:.4f}, scaled χ² {own[3]:.4f}")
    print(f"  most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    peer = theirs(frame, names, waves, lags)
    if peer:
        print(f"  lavaan: estimates {peer[0]:.2f} s, with fit {peer[1]:.2f} s", end="; ")
        print(f"logl {peer[2]:.4f}, scaled χ² {peer[3]:.4f}")
        print(f"  ratio: estimates {peer[0] / own[0]:.0f}×, with fit {peer[1] / own[1]:.0f}×")


def complete(repeats=5):
    """Median processor seconds of a factor analysis of complete answers with means, to estimates and to fit."""
    frame, factors = complete_items()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = cfa(frame, factors, missing="listwise")
        result.estimates  # noqa: B018
        middle = time.process_time() - start
        fit = result.fit
        times.append((middle, time.process_time() - start))
    own = sorted(times)[repeats // 2]
    print(f"CFA, {result.npar} parameters: estimates {own[0]:.3f} s, with fit {own[1]:.3f} s; logl {fit['logl']:.4f}")
    if shutil.which("Rscript") is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answers.csv"
        frame.write_csv(file)
        command = ["Rscript", str(HERE / "sem_cfa_peer.R"), str(file), str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    peer = [float(part) for part in done.stdout.split()[-3:]]
    print(f"  lavaan: estimates {peer[0]:.3f} s, with fit {peer[1]:.3f} s; logl {peer[2]:.4f}")
    print(f"  time as a share of lavaan's: estimates {own[0] / peer[0]:.2f}, with fit {own[1] / peer[1]:.2f}")


def main(what, *rest):
    if what == "elsoc":
        frame = pl.read_csv(rest[0])
        for lags in ("free", "equal"):
            beside(f"ELSOC, lags {lags}", frame, "xy", 5, lags, 7)
    elif what == "large":
        frame = large_panel(int(rest[0]) if rest else 40_000)
        print(f"missing {sum(frame.null_count().row(0)) / (frame.height * frame.width):.1%}")
        beside("large", frame, "xyz", 8, "free", 1)
    elif what == "cfa":
        complete()
    elif what == "bootstrap":
        frame = pl.read_csv(rest[0])
        constructs = {name: [f"{name}{wave}" for wave in range(1, 6)] for name in "xy"}
        result = riclpm(frame, constructs, lags="equal")
        start = time.perf_counter()
        made = bootstrap(result, draws=1000)
        print(f"1,000 bootstrap fits: {time.perf_counter() - start:.1f} s, {made.failed} failed")


if __name__ == "__main__":
    main(*sys.argv[1:])
