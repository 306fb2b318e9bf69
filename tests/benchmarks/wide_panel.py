"""A wide file of thousands of columns, to the panel table: seconds and memory against the target. Asserts nothing.

    uv run python tests/benchmarks/wide_panel.py [PEOPLE] [WAVES] [COLUMNS] [FOLDER] [--stages]

By default 120,000 people in five waves and 2,500 columns (300 MB), of which 60 items a wave are declared: 60 seconds
and 2 GB. Memory is the sum over all processes of the build, each shared page counted once (PSS; Linux alone). FOLDER
keeps the data for another run. Prints what each asset took, and one line: measured against target. With ``--stages``
each stage is a build of its own, so that its memory is seen; starting five times is then in the sum.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from wide_data import STUDY, make_root

COHESION = str(Path(sys.executable).parent / "cohesion")
SECONDS, GIGABYTES = 60, 2
STAGES = {"waves": "wave/*", "links": "links/*", "drift": "findings/*", "answers": "answers/*", "panel": "panel/*"}


def descendants(pid: int) -> list[int]:
    found, parents = [pid], {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            parents.setdefault(int(path.read_text().rsplit(")", 1)[1].split()[1]), []).append(int(path.parent.name))
    for one in found:
        found += parents.get(one, [])
    return found


def memory(pid: int) -> int:
    """Bytes that a process and all that it started hold."""
    total = 0
    for one in descendants(pid):
        with suppress(OSError):
            for line in (Path("/proc") / str(one) / "smaps_rollup").read_text().splitlines():
                total += int(line.split()[1]) * 1024 if line.startswith("Pss:") else 0
    return total


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float, float, float, str]:
    """Seconds by the clock and of the processor, peak of all processes and of the largest (GB), what was printed."""
    before, began, peak = getrusage(RUSAGE_CHILDREN), time.perf_counter(), [0]
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(command, env=environment, stdout=printed, stderr=subprocess.STDOUT)

        def watch() -> None:
            while process.poll() is None:
                peak[0] = max(peak[0], memory(process.pid))
                time.sleep(0.1)

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = process.wait()
        watcher.join()
        printed.seek(0)
        said = printed.read()
    wall, after = time.perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    if code:
        sys.exit(f"{' '.join(command)} failed:\n{said[-3000:]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, processor, peak[0] / 1e9, after.ru_maxrss / 1e6, said


def main(root: Path, people: int, waves: int, columns: int, stages: Mapping[str, str]) -> None:
    if not (root / "data").exists():
        make_root(root, people, waves, columns)
    file = root / "data" / "raw" / STUDY / "panel.dta"
    environment = {**os.environ, "COHESION_ROOT": str(root)}
    print(f"{'stage':10} {'seconds':>8} {'processor':>10} {'GB in all':>10} {'GB largest':>11}")
    walls, processors, peaks = [], [], []
    for stage, select in stages.items():
        wall, processor, peak, largest, said = measure([COHESION, "build", "--select", select], environment)
        print("".join(f"  {line}\n" for line in said.splitlines() if "✓" in line), end="")
        print(f"{stage:10} {wall:8.1f} {processor:10.1f} {peak:10.2f} {largest:11.2f}", flush=True)
        walls.append(wall)
        processors.append(processor)
        peaks.append(peak)
    print(
        f"wide panel of {people:,} people, {waves} waves, {columns:,} columns ({file.stat().st_size / 1e6:,.0f} MB): "
        f"{sum(walls):.1f} s ({sum(processors):.1f} s of processor time), {max(peaks):.2f} GB; "
        f"target: {SECONDS} s, {GIGABYTES} GB"
    )


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--stages"]
    people, waves, columns, *folder = [*arguments, *("120000", "5", "2500")[len(arguments) :]]
    chosen = STAGES if "--stages" in sys.argv else {"to panel": STAGES["panel"]}
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(folder[0] if folder else temporary), int(people), int(waves), int(columns), chosen)
