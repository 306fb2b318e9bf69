"""Writing the sample deposits, and the same people as a table for models."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import polars as pl

from pipeline.errors import CohesionError
from pipeline.files import SUMS, read_sums, sha256_of
from pipeline.paths import Paths
from pipeline.sample import buat_files, buat_simulate, pl_files, pl_simulate
from pipeline.sample.truth import TRUTHS, Truth
from pipeline.specs import Study

SEED = 20260101
Entry = TypeVar("Entry")
STAMP = "MADE_UP.txt"
"""Lies beside the files: says that they are made up, and from what."""

_WRITERS: dict[str, Callable[[Study, Path, int], Iterator[Path]]] = {
    "beyond_us_and_them": buat_files.write_study,
    "parallel_lives": pl_files.write_study,
}
_SIMULATORS: dict[str, Callable[..., pl.DataFrame]] = {
    "beyond_us_and_them": buat_simulate.simulate,
    "parallel_lives": pl_simulate.simulate,
}
STUDIES = tuple(_WRITERS)


def truth(study: str) -> Truth:
    """What is planted in a study's sample. Raises ``CohesionError`` for a study that has none."""
    return _of(TRUTHS, study)


def simulate(study: str, seed: int = SEED, *, n: int | None = None, complete: bool = False) -> pl.DataFrame:
    """One row per person and answered wave: who, where, when, and the score of each concept.

    About ``n`` people, or as many as in the sample; ``complete`` adds the waves they did not answer. Measures with
    planted cross-lags have a column ``*_within``, the true deviation from the person's lasting level.
    """
    return _of(_SIMULATORS, study)(seed, n=n, complete=complete)


def write_sample(directory: Path, *, seed: int = SEED, studies: Sequence[str] = STUDIES) -> list[Path]:
    """Write the deposits of each study into ``directory/<study>``: the same seed gives the same files.

    A study's folder is written aside and swapped in whole. Raises ``CohesionError`` for a study without a sample.
    """
    return [path for name in studies for path in _write(_of(_declared(), name), directory, seed)]


def ensure_sample(
    directory: Path,
    declared: Mapping[str, Study] | None = None,
    *,
    seed: int = SEED,
    studies: Sequence[str] = STUDIES,
) -> None:
    """Write those deposits that are not there, or that were made by another generator or for other declarations.

    ``declared``: the studies by key, by default those of this project. A study that is not declared is passed over.
    """
    known = _declared() if declared is None else declared
    for name in studies:
        if name in known and not _is_current(directory / name, known[name], seed):
            _write(known[name], directory, seed)


@lru_cache
def _declared() -> Mapping[str, Study]:
    """The studies that are declared, read once a process."""
    from pipeline.specs import load_project

    return load_project(Paths.from_environment()).studies


def _write(study: Study, directory: Path, seed: int) -> list[Path]:
    writer = _of(_WRITERS, study.key)
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / study.key
    with tempfile.TemporaryDirectory(dir=directory, prefix=f".{study.key}-") as aside:
        made = Path(aside) / study.key
        names = [path.name for path in writer(study, made, seed)]
        note_receipts(made)
        (made / STAMP).write_text(_stamp(study, seed), encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        made.replace(target)
    return [target / name for name in names]


def note_receipts(folder: Path) -> None:
    """Write down the SHA-256 of every deposit in a study's folder, as ``sha256sum`` does."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name not in (STAMP, SUMS))
    (folder / SUMS).write_text("".join(f"{sha256_of(folder / name)}  {name}\n" for name in names), encoding="utf-8")


def _is_current(folder: Path, study: Study, seed: int) -> bool:
    stamp, made = folder / STAMP, read_sums(folder)
    is_whole = stamp.is_file() and bool(made) and all((folder / name).is_file() for name in made)
    return is_whole and stamp.read_text(encoding="utf-8") == _stamp(study, seed)


def _stamp(study: Study, seed: int) -> str:
    made_by = f"seed {seed}, generator {_generator()}, declarations {study.digest}"
    return f"Synthetic data: nobody gave these answers.\n{made_by}\n"


@lru_cache
def _generator() -> str:
    """A hash of the generator's own source."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def _of(table: Mapping[str, Entry], study: str) -> Entry:
    if study not in table:
        raise CohesionError(f"there is no sample of the study `{study}`", todo=f"There are: {', '.join(table)}.")
    return table[study]
