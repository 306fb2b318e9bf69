"""Killed at any moment, a write leaves the table as it was before or as it is after."""

import subprocess
import sys
from pathlib import Path

import polars as pl

from pipeline.files import write_whole

KILLS = 60

KILLER = """
import os, random, signal, sys, time
from pathlib import Path
import polars as pl
from pipeline.files import write_whole

target, one, other, kills = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
whole = {one.read_bytes(): "one", other.read_bytes(): "other"}
frames = [pl.DataFrame({"x": [float(k) for k in range(n)]}) for n in (20_000, 30_000)]
chance, seen = random.Random(1), []
for number in range(kills):
    child = os.fork()
    if child == 0:
        while True:
            for frame in frames:
                write_whole(target, frame.write_parquet)
    time.sleep(chance.uniform(0.005, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    seen.append(whole.get(target.read_bytes(), "BROKEN") if target.exists() else "before")
print(" ".join(seen))
"""


def test_sixty_kills(tmp_path: Path) -> None:
    for name, rows in (("one", 20_000), ("other", 30_000)):
        frame = pl.DataFrame({"x": [float(k) for k in range(rows)]})
        write_whole(tmp_path / f"{name}.parquet", frame.write_parquet)
    target = tmp_path / "warehouse" / "t.parquet"
    done = subprocess.run(
        [sys.executable, "-c", KILLER, target, tmp_path / "one.parquet", tmp_path / "other.parquet", str(KILLS)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={"PATH": "", "POLARS_MAX_THREADS": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    seen = done.stdout.split()
    assert len(seen) == KILLS
    assert set(seen) <= {"before", "one", "other"}
    assert {"one", "other"} <= set(seen)
