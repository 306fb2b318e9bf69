"""Damaged files: each is read or refused with one clear message. No crash, no hang, and its receipt tells."""

from __future__ import annotations

import random
import time
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
import xlsxwriter
from mutations import DAMAGES, mutate
from shared import SHARED

from pipeline.errors import DepositError
from pipeline.ingest import Deposit, Limits, Request, read_deposit, read_deposits
from pipeline.ingest.formats.receipts import check_receipt

SECONDS = 20.0
LIMITS = Limits(seconds=SECONDS, memory_bytes=1024**3)
BATCH = 50


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """A small survey in every format, and the odd files of readers' own test suites where they are at hand."""
    folder = tmp_path_factory.mktemp("originals")
    chance = random.Random(1)
    frame = pl.DataFrame(
        {
            "pid": [f"P{1000 + k}" for k in range(60)],
            "trust": [float(chance.choice([1, 2, 3, 4, 5, -99])) for _ in range(60)],
            "wt": [chance.lognormvariate(0, 0.3) for _ in range(60)],
            "open": [chance.choice(["", "plain", 'a "quoted", text', "Môn"]) for _ in range(60)],
        }
    )
    labels = {"trust": {1: "Disagree", 5: "Agree", -99: "Refused"}}
    pyreadstat.write_sav(frame, folder / "w.sav", variable_value_labels=labels)
    pyreadstat.write_sav(frame, folder / "w.zsav", variable_value_labels=labels, compress=True)
    pyreadstat.write_sav(frame, folder / "rows.sav", variable_value_labels=labels, row_compress=True)
    pyreadstat.write_dta(frame, folder / "w.dta", variable_value_labels=labels)
    pyreadstat.write_dta(frame, folder / "old.dta", variable_value_labels=labels, version=10)
    frame.write_csv(folder / "w.csv")
    frame.write_parquet(folder / "w.parquet")
    with xlsxwriter.Workbook(folder / "w.xlsx") as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([frame.columns, *frame.rows()]):
            sheet.write_row(number, 0, row)
    found = [*sorted(folder.iterdir()), *sorted(SHARED.glob("badfiles/*/*"))]
    formats = ("sav", "zsav", "dta", "csv", "xlsx", "parquet")
    return [(path, path.suffix[1:]) for path in found if path.suffix[1:] in formats and path.stat().st_size]


def _run(originals: list[tuple[Path, str]], folder: Path, seeds: range) -> dict[str, int]:
    """Read one damaged file per seed; how many were read and how many refused."""
    outcomes = {"read": 0, "refused": 0}
    for start in range(seeds.start, seeds.stop, BATCH):
        requests, receipts = [], []
        for seed in range(start, min(start + BATCH, seeds.stop)):
            path, format = originals[seed // len(DAMAGES) % len(originals)]
            damaged = folder / f"m{seed}.{format}"
            damaged.write_bytes(mutate(path.read_bytes(), seed))
            requests.append(Request(str(damaged), format, limits=LIMITS))
            receipts.append(path)
        for request, original, answer in zip(requests, receipts, read_deposits(requests), strict=True):
            outcomes["read" if isinstance(answer, Deposit) else "refused"] += 1
            _judge(answer, original, request)
            Path(request.path).unlink()
    return outcomes


def _judge(answer: Deposit | DepositError, original: Path, request: Request) -> None:
    if isinstance(answer, DepositError):
        assert answer.where == Path(request.path).name
        assert answer.todo
        assert "Traceback" not in str(answer)
        assert f"{SECONDS:g} seconds" not in answer.what, f"{request.path} hung"
        return
    import hashlib

    confirmed = hashlib.sha256(original.read_bytes()).hexdigest()
    with pytest.raises(DepositError, match="is not the file that was confirmed"):
        check_receipt(answer.receipt, sha256=confirmed)


@pytest.mark.thorough
def test_a_few_hundred_damaged_files(originals: list[tuple[Path, str]], tmp_path: Path) -> None:
    outcomes = _run(originals, tmp_path, range(300))
    assert sum(outcomes.values()) == 300
    assert outcomes["refused"] > 100


@pytest.mark.slow
def test_ten_thousand_damaged_files(originals: list[tuple[Path, str]], tmp_path: Path) -> None:
    assert sum(_run(originals, tmp_path, range(1000, 11_000)).values()) == 10_000


def test_a_file_is_read_as_usual_after_all_that(originals: list[tuple[Path, str]]) -> None:
    start = time.monotonic()
    whole = next(found for found in originals if found[0].name == "w.sav")
    assert read_deposit(*whole, limits=LIMITS).frame.height
    assert time.monotonic() - start < SECONDS
