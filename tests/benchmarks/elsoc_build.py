"""The whole ELSOC build beside the same job scripted in R: whole processes, by turns, in one run.

    uv run python tests/benchmarks/elsoc_build.py WAVES PEER.R [--runs 5]

WAVES is the folder with the five deposited files, PEER.R a script that does the same reading, recoding, means,
models and plots. Ours is timed with Dagster, checks, drift report and paper, from an empty warehouse; then once more
with nothing changed. Prints seconds (minimum, median) and the ratio of the medians; asserts nothing.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def seconds(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - began


def fresh_root(folder: Path) -> Path:
    """The clone's declarations in a folder without warehouse, instance or output."""
    shutil.copytree(ROOT / "data" / "studies", folder / "data" / "studies")
    shutil.copytree(ROOT / "data" / "areas", folder / "data" / "areas")
    shutil.copy(ROOT / "data" / "concepts.yaml", folder / "data")
    shutil.copytree(ROOT / "reports", folder / "reports", ignore=shutil.ignore_patterns("build"))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("waves", type=Path)
    parser.add_argument("peer", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    ours: list[float] = []
    again: list[float] = []
    peer: list[float] = []
    cohesion = str(Path(sys.executable).parent / "cohesion")
    build = [cohesion, "build", "--study", "elsoc", "--deposits", str(options.waves.resolve())]
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            root = fresh_root(Path(folder) / "clone")
            environment = {**os.environ, "COHESION_ROOT": str(root)}
            ours.append(seconds(build, environment))
            again.append(seconds(build, environment))
            script = ["Rscript", str(options.peer), str(options.waves), str(Path(folder) / "peer"), "nosem"]
            peer.append(seconds(script, dict(os.environ)))
    for name, times in (("cohesion", ours), ("nothing changed", again), ("R", peer)):
        print(f"{name:<16} min {min(times):6.2f} s   median {statistics.median(times):6.2f} s")
    print(f"ratio of medians, cohesion to R: {statistics.median(ours) / statistics.median(peer):.2f}")
    print(f"largest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
