"""Writing an export: a folder for its owner alone, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.exports.dataset import DataSet, data_set
from pipeline.exports.lists import as_csv, label_rows, variable_rows
from pipeline.exports.variable import Variable
from pipeline.files import SUMS, sha256_of, write_bytes, write_whole
from pipeline.specs.exports import EXPORT_FORMATS
from pipeline.specs.family import load

FOLDER, FILE = 0o700, 0o600
NAME = "panel"


@public(infinite=False)
def export(
    frame: pl.DataFrame,
    folder: Path,
    variables: Mapping[str, Variable] | None = None,
    *,
    formats: Sequence[str] = ("parquet", "duckdb", "sav", "dta", "csv"),
    title: str = "",
    notes: Sequence[str] = (),
) -> list[Path]:
    """Write a frame as ``panel.<format>`` into a folder, with lists of its variables and labels; returns the files.

    ``variables``: column → ``Variable`` (label, names of values, the column of reasons). The folder is made, or what an
    earlier export wrote into it is replaced; files are for their owner alone. Raises ``CohesionError`` for a format
    that there is not, a column that a program cannot hold, and a folder that holds anything else.
    """
    return write_export(data_set(frame, variables or {}, title, notes), folder, formats, {})


def write_export(data: DataSet, folder: Path, formats: Sequence[str], beside: Mapping[str, bytes]) -> list[Path]:
    """The same for a data set that is ready; ``beside``: name → content of further files."""
    _refuse_unknown(formats)
    _refuse_others(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}.draft")
    draft.mkdir(mode=FOLDER)
    try:
        for key in dict.fromkeys(formats):
            _write(data, draft / f"{NAME}.{key}", key)
        lists = {"variables.csv": as_csv(variable_rows(data)), "labels.csv": as_csv(label_rows(data))}
        for name, content in {**lists, **beside}.items():
            write_bytes(draft / name, content, FILE)
        names = sorted(path.name for path in draft.iterdir())
        sums = "".join(f"{sha256_of(draft / name)}  {name}\n" for name in names)
        write_bytes(draft / SUMS, sums.encode(), FILE)
        if folder.exists():
            shutil.rmtree(folder)
        draft.replace(folder)
    except OSError as error:
        raise CohesionError(f"cannot be written ({error.strerror})", where=str(folder)) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return sorted(folder.iterdir())


def _write(data: DataSet, path: Path, key: str) -> None:
    write = load(EXPORT_FORMATS[key].function)
    write_whole(path, lambda draft: write(data, draft), FILE)


def _refuse_unknown(formats: Sequence[str]) -> None:
    unknown = [key for key in formats if key not in EXPORT_FORMATS]
    if unknown or not formats:
        first = f"there is no format `{unknown[0]}`" if unknown else "no format was named"
        raise CohesionError(first, todo=f"There are: {', '.join(EXPORT_FORMATS)}.")


def _refuse_others(folder: Path) -> None:
    """A folder is replaced if an export made it, and is left alone if it holds anything else."""
    if not folder.exists():
        return
    held = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else [folder.name]
    made = _names_in_sums(folder) if folder.is_dir() else set()
    others = [name for name in held if name not in made]
    if others:
        raise CohesionError(
            f"holds `{others[0]}`, which no export wrote", where=str(folder), count=len(others),
            todo="Name an empty folder, or one of an earlier export.",
        )  # fmt: skip


def _names_in_sums(folder: Path) -> set[str]:
    file = folder / SUMS
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {SUMS, *(line.partition("  ")[2] for line in lines)}
