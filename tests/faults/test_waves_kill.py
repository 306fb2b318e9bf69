"""Killed at any moment, the build of a new wave leaves every table as it was before or as it is after."""

import io
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from confirmed import confirm_all
from panel_study import STUDY, changed, make_panel, raw, rebuild, write_sav

from pipeline.paths import Paths

TABLES = [(kind, STUDY, "w02") for kind in ("wave", "receipt", "labels")]
TABLES += [(kind, STUDY) for kind in ("findings", "answers", "ledger", "crosswalk")]
INGEST = "import sys; from pathlib import Path; from panel_study import rebuild; print('ready', flush=True); {}"
INGEST = INGEST.format("sys.stdin.readline(); rebuild(Path(sys.argv[1]))")


def tables(root: Path) -> dict[tuple[str, ...], bytes]:
    """The bytes of each table; of a receipt without the moment when the file came, which copies of a root differ in."""
    found = {key: Paths(root).table(*key).read_bytes() for key in TABLES}
    receipt = io.BytesIO()
    pl.read_parquet(found["receipt", STUDY, "w02"]).drop("received_at").write_ipc(receipt)
    return found | {("receipt", STUDY, "w02"): receipt.getvalue()}


def go(root: Path) -> subprocess.Popen[str]:
    """A process that has started to build."""
    here = Path(__file__).resolve().parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", INGEST, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    process.stdin.write("go\n")
    process.stdin.flush()
    return process


def kill_often(root: Path, kills: int) -> dict[str, int]:
    """Kill the build of a corrected second wave ``kills`` times; how many tables were found as before and as after."""
    before = tables(root)
    clean = raw(root) / "clean_w2.sav"
    finished = root.with_name("finished")
    shutil.copytree(root, finished)
    write_sav(clean, changed(trust2={0: 3.0, 1: 2.0, 2: 1.0}))
    confirm_all(root)
    shutil.copy(clean, raw(finished) / clean.name)
    process = go(finished)
    began = time.monotonic()
    assert process.wait() == 0
    seconds = time.monotonic() - began
    after, untouched = tables(finished), root.with_name("untouched")
    shutil.copytree(root, untouched)
    chance, seen = random.Random(3), {"before": 0, "after": 0}
    for _ in range(kills):
        shutil.rmtree(root)
        shutil.copytree(untouched, root)
        process = go(root)
        time.sleep(chance.uniform(0.0, 1.2 * seconds))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for key, found in tables(root).items():
            assert found in (before[key], after[key]), f"{'/'.join(key)} is half written"
            seen["before" if found == before[key] else "after"] += 1
    rebuild(root)
    assert tables(root) == after, "the next build completes what was killed"
    return seen


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_panel(tmp_path / "root")
    assert not [report.message for report in rebuild(root).values() if report.message]
    return root


@pytest.mark.thorough
def test_five_kills(root):
    assert sum(kill_often(root, 5).values()) == 5 * len(TABLES)


@pytest.mark.slow
def test_forty_kills(root):
    seen = kill_often(root, 40)
    assert sum(seen.values()) == 40 * len(TABLES)
    assert seen["before"]
    assert seen["after"]
