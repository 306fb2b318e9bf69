"""A build of a panel of many waves, from deposits to its paper: seconds against the target. Asserts nothing.

    uv run python tests/benchmarks/many_waves.py [PEOPLE] [WAVES] [SHARE] [SECONDS]

By default 552 people in 26 waves, each taking part in 77 per cent of them (11,000 rows, 30 items), to be built in 20
seconds on a quiet machine. Prints what each node took, and one line: measured against target.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from panel_data import STUDY, make_root

COHESION = str(Path(sys.executable).parent / "cohesion")


def run(root: Path, *arguments: str) -> tuple[float, float, str]:
    """Seconds by the clock and of the processor, and what was printed. Ends with the output of a command that fails."""
    before, began = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "COHESION_ROOT": str(root)}
    done = subprocess.run([COHESION, *arguments], env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"cohesion {' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def accept(root: Path, waves: int) -> None:
    """Confirm every wave, as the command does, in one process."""
    from pipeline.files import sha256_of
    from pipeline.ingest.arrival.confirm import confirm_places, places
    from pipeline.paths import Paths
    from pipeline.specs import load_project

    paths = Paths(root)
    study = load_project(paths).studies[STUDY]
    found = [place for wave in study.waves for place in places(paths.study(STUDY), study, wave)]
    assert len(study.waves) == waves
    confirm_places([(place, {"sha256": sha256_of(paths.raw(STUDY) / place.file.file)}) for place in found])


def main(people: int, waves: int, share: float, target: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rows = make_root(root, people, waves, share)
        accept(root, waves)
        wall, processor, said = run(root, "build")
        print(said)
        again, processor_again, _ = run(root, "build")
    print(f"nothing due: {again:.1f} s ({processor_again:.1f} s of processor time)")
    print(
        f"{waves} waves, {rows:,} rows, to the paper: {wall:.1f} s ({processor:.1f} s of processor time); "
        f"target: {target:g} s"
    )


if __name__ == "__main__":
    given = [*sys.argv[1:], *("552", "26", "0.77", "20")[len(sys.argv) - 1 :]]
    main(int(given[0]), int(given[1]), float(given[2]), float(given[3]))
