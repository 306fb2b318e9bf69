"""Damaged sample deposits: refused as waves are built, by their hash; and without it read or refused, never worse.

What a reader makes of a damaged file, were its hash not looked at, is told as one of a few outcomes, so that no table
is another for a reason that nobody can name.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from mutations import DAMAGES, mutate
from shared import ROOT
from test_ingest_mutations import LIMITS, SECONDS

from pipeline.errors import DepositError
from pipeline.ingest import Deposit, Request, read_deposit, read_deposits
from pipeline.ingest.arrival.find import find_file
from pipeline.ingest.arrival.hold import check_bytes
from pipeline.ingest.wave import wave_table
from pipeline.paths import Paths
from pipeline.sample import write_sample
from pipeline.specs import Study, load_project

BATCH = 40
REFUSED, THE_SAME, ROWS, COLUMNS, CELLS, ABOUT = (
    "refused", "the same table", "other rows", "other columns", "other cells", "other labels",
)  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Study → the folder of its generated deposits."""
    folder = tmp_path_factory.mktemp("sample")
    return {path.parent.name: path.parent for path in write_sample(folder)}


@cache
def studies() -> Mapping[str, Study]:
    return load_project(Paths(ROOT)).studies


def deposits(sample: Mapping[str, Path]) -> list[tuple[str, str, Path, str]]:
    """Every deposit: study, wave, file, format."""
    return [
        (key, wave, find_file(folder, file.file), file.format)
        for key, folder in sample.items()
        for wave, _, file in studies()[key].files()
    ]


@cache
def confirmed(folder: Path) -> dict[str, str]:
    """File name → SHA-256 of the deposits as they were made."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@cache
def original(path: Path, format: str) -> Deposit:
    return read_deposit(path, format)


def outcome(answer: Deposit | DepositError, path: Path, format: str, name: str) -> str:
    """What became of a damaged file that nobody protects; a failure where it is none of the known outcomes."""
    if isinstance(answer, DepositError):
        assert answer.where == name
        assert answer.todo
        assert "Traceback" not in str(answer)
        assert f"{SECONDS:g} seconds" not in answer.what
        return REFUSED
    before, now = original(path, format), answer
    assert now.receipt["sha256"] != before.receipt["sha256"]
    assert now.receipt["rows"] == now.frame.height + sum(now.set_aside.values())
    assert now.receipt["columns"] == now.frame.width
    if now.frame.columns != before.frame.columns:
        return COLUMNS
    if now.frame.height != before.frame.height:
        return ROWS
    if not now.frame.equals(before.frame):
        return CELLS
    parts = ("labels", "value_labels", "missing_ranges")
    return THE_SAME if all(getattr(now, part) == getattr(before, part) for part in parts) else ABOUT


def damaged(sample: Mapping[str, Path], folder: Path, seeds: range) -> Iterator[str]:
    """Damage a deposit per seed; the outcome of each, after its hash has refused it."""
    given = deposits(sample)
    for start in range(seeds.start, seeds.stop, BATCH):
        requests, origins = [], []
        for seed in range(start, min(start + BATCH, seeds.stop)):
            study, wave, path, format = given[seed // len(DAMAGES) % len(given)]
            copy = folder / str(seed) / path.name
            shutil.copytree(path.parent, copy.parent, copy_function=lambda one, other: Path(other).symlink_to(one))
            copy.unlink()
            copy.write_bytes(mutate(path.read_bytes(), seed))
            with pytest.raises(DepositError, match=path.name):
                check_bytes(studies()[study], [wave], copy.parent, confirmed(path.parent))
            requests.append(Request(str(copy), format, limits=LIMITS))
            origins.append((path, format))
        for request, origin, answer in zip(requests, origins, read_deposits(requests), strict=True):
            yield outcome(answer, *origin, Path(request.path).name)
            shutil.rmtree(Path(request.path).parent)


@pytest.mark.thorough
@pytest.mark.parametrize("count", [70, pytest.param(10_000, marks=pytest.mark.slow)])
def test_damaged_sample_deposits(count: int, sample: dict[str, Path], tmp_path: Path) -> None:
    outcomes = Counter(damaged(sample, tmp_path, range(count)))
    print(f"{count:,} damaged deposits, all refused by their hash; read all the same: {dict(outcomes)}")
    assert outcomes.total() == count
    assert outcomes[REFUSED] > count / 5


@pytest.mark.thorough
def test_a_damaged_deposit_is_no_wave(sample: dict[str, Path], tmp_path: Path) -> None:
    """The whole way: nothing of the wave is loaded, however little was damaged."""
    study = studies()["parallel_lives"]
    folder = tmp_path / study.key
    shutil.copytree(sample[study.key], folder)
    as_made = confirmed(sample[study.key])
    assert wave_table(study, "w01", folder, bytes(32), confirmed=as_made).frame.height
    path = find_file(folder, study.waves["w01"].files[0].file)
    whole = path.read_bytes()
    for seed in range(len(DAMAGES)):
        path.write_bytes(mutate(whole, seed))
        with pytest.raises(DepositError, match=path.name):
            wave_table(study, "w01", folder, bytes(32), confirmed=as_made)


def test_columns_that_changed_places_are_seen(sample: dict[str, Path], tmp_path: Path) -> None:
    """The damage does what it says: each of two columns stands over the answers of the other."""
    seed = DAMAGES.index(next(damage for damage in DAMAGES if damage.__name__ == "swap_columns"))
    (tmp_path / "w.csv").write_bytes(mutate(b"id,q1,q12,q34\n1,2,3,4\n", seed))
    frame = read_deposit(tmp_path / "w.csv", "csv").frame
    assert frame.equals(pl.DataFrame({"id": [1.0], "q1": [2.0], "q34": [3.0], "q12": [4.0]}))
