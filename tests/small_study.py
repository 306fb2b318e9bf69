"""A small study for tests: the template, copied, with a deposit of its own."""

import shutil
from pathlib import Path

import engine_runs
import polars as pl
import pyreadstat
from confirmed import confirm_all
from shared import ROOT

from assets.engine.report import Report

ROWS = 40


def rows() -> pl.DataFrame:
    """One row per person, every answer within the template's declarations."""
    return pl.DataFrame(
        {
            "id": [f"P{i:03}" for i in range(ROWS)],
            "weight": [1.0 + (i % 3) / 4 for i in range(ROWS)],
            "lifesat": [i % 11 for i in range(ROWS)],
            "belong1": [1 + i % 4 for i in range(ROWS)],
            "belong2": [-9 if i % 10 == 0 else 1 + i % 4 for i in range(ROWS)],
            "sex": [1 + i % 2 for i in range(ROWS)],
        }
    )


def make_root(root: Path, studies: tuple[str, ...] = ("first",)) -> Path:
    """A root with copies of the template study and a deposit for each; no models, figures or papers."""
    (root / "data" / "studies").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    shutil.copytree(ROOT / "reports" / "templates", root / "reports" / "templates")
    for study in studies:
        shutil.copytree(ROOT / "data" / "studies" / "_template", root / "data" / "studies" / study)
        deposit(root, study, rows())
    return root


def deposit(root: Path, study: str, frame: pl.DataFrame) -> Path:
    """Write the study's one file."""
    folder = root / "data" / "raw" / study
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "study_wave_1.csv"
    frame.write_csv(file)
    return file


def declare(root: Path, study: str, name: str, old: str, new: str) -> None:
    """Change one text in a declaration."""
    file = root / "data" / "studies" / study / name
    text = file.read_text()
    assert old in text, f"{name} does not hold {old!r}"
    file.write_text(text.replace(old, new))


def write_sav(file: Path, frame: pl.DataFrame) -> Path:
    pyreadstat.write_sav(frame, file)
    return file


def build(root: Path, force: bool = False) -> dict[str, Report]:
    """Confirm what was deposited and run what is due of a root in this process; the reports by node."""
    confirm_all(root)
    return engine_runs.build(root, force=force)
