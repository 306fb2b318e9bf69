"""The files of an export with which numbers are computed again: scripts, what they are to find, replicate weights."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.exports.dataset import DataSet, data_set
from pipeline.exports.formats import dta
from pipeline.exports.scripts import r_script as r
from pipeline.exports.scripts import stata_script as stata
from pipeline.exports.scripts.call import Call
from pipeline.exports.scripts.stata import REPLICATE
from pipeline.exports.variable import Variable

CSV, DTA = "csv", "dta"


def script_files(data: DataSet, calls: Sequence[Call], formats: Sequence[str]) -> dict[str, bytes]:
    """Name → content: the R script where the data are written as CSV, the do-file where they are written for Stata."""
    made: dict[str, bytes] = {}
    used = {call.replicates: call.replicated[call.replicates] for call in calls if call.replicates and not call.why_not}
    if CSV in formats:
        made[r.SCRIPT] = r.r_script(calls, data.title, data.frame.columns)
        made[r.FUNCTIONS] = r.functions()
        made[r.EXPECTED] = r.expected(calls)
        made |= {f"replicates_{name}.csv": one.weights.write_csv().encode() for name, one in used.items()}
    if DTA in formats:
        made[stata.SCRIPT] = stata.stata_script(calls, data.title)
        made |= {f"replicates_{name}.dta": _for_stata(one.weights, name) for name, one in used.items()}
    return made


def _for_stata(weights: pl.DataFrame, name: str) -> bytes:
    """Replicate weights as a Stata file, under names that no other variable has."""
    columns = [column for column in weights.columns if column not in ("person_id", "panel_weight")]
    renamed = {column: f"{REPLICATE}{place:04}" for place, column in enumerate(columns, 1)}
    weights, title = weights.drop("panel_weight").rename(renamed), f"Replicate weights of the set {name}"
    about = {"person_id": Variable("Pseudonym of the person", role="id")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.dta"
        path.touch(0o600)
        dta.write(data_set(weights, about, title), path)
        return path.read_bytes()


def count(calls: Sequence[Call]) -> int:
    """How many estimates the scripts compare."""
    return sum(call.estimates.height for call in calls if not call.why_not)
