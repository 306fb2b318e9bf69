"""Many readers at once lose no request, and a start page that was written once is the same for all of them."""

import asyncio
import sys

import pytest
from guarded_ui import guarded_ui
from running_ui import command
from shared import ROOT
from small_study import make_root

sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))


@pytest.mark.thorough
def test_fifty_readers_lose_nothing(tmp_path):
    from readers import measure, table

    root = make_root(tmp_path / "clone")
    command(root, "wave", "accept", "first", "w01", "--yes")
    built = command(root, "build")
    assert built.returncode == 0, built.stdout + built.stderr
    with guarded_ui(root) as port:
        told = asyncio.run(measure(f"http://127.0.0.1:{port}", readers=50, seconds=20))
    assert told.lost == [], table(told, 20)
    assert min(map(len, told.latencies.values())) >= 50, "each reader got to the end of a round"
    assert {"start page", "paper or report", "page of Dagster's", "script", "query: assets"} <= set(told.latencies)
