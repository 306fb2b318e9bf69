"""A study for tests of layouts: its declarations as texts, its deposits wherever they are copied from."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from shared import ROOT
from typer.testing import CliRunner

from assets.commands.main import app
from assets.engine import store
from pipeline.files import sha256_of
from pipeline.harmonise import Harmonised, account, harmonise
from pipeline.ingest.wave import wave_tables
from pipeline.ingest.wave_table import WaveTable
from pipeline.paths import Paths
from pipeline.specs import load_project

STUDY = "lay"
ABOUT = """
title: A study of layouts
short_title: Layouts
population: People who do not exist
citation: None
licence: None
synthetic: true
deposits: data/raw/lay
columns: {{person_id: {person_id}}}
arms:
  main: {{title: Main, waves: [{waves}]}}
missing: {{-9: no_answer, -7: proxy}}
"""
TRUST = "trust: {label: Trust, wording: Trust, concept: generalised_trust, codes: {1: a, 2: b, 3: c, 4: d, 5: e}}\n"
WAVE = "title: Wave {number}\nfieldwork: {{start: 20{number:02}-01-01, end: 20{number:02}-02-28}}\n"


def make_root(root: Path, files: Mapping[str, str | bytes | Path], person_id: str = "id", waves: int = 3) -> Path:
    """A root with the study's folder and these deposits; ``declare`` writes its waves."""
    raw = root / "data" / "raw" / STUDY
    raw.mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    shutil.copytree(ROOT / "reports" / "templates", root / "reports" / "templates")
    shutil.copytree(ROOT / "data" / "studies" / "_template", root / "data" / "studies" / "_template")
    for name, content in files.items():
        data = content.read_bytes() if isinstance(content, Path) else content
        (raw / name).write_bytes(data.encode() if isinstance(data, str) else data)
    names = ", ".join(f"w{number:02}" for number in range(1, waves + 1))
    write(root, "study.yaml", ABOUT.format(person_id=person_id, waves=names))
    write(root, "items.yaml", TRUST)
    return root


def write(root: Path, name: str, text: str, *, add: bool = False) -> None:
    path = root / "data" / "studies" / STUDY / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if add else "") + text)


def declare_waves(root: Path, files: Mapping[int, str]) -> None:
    """A declaration for each wave by its number: the text of its ``files``, and whatever more."""
    for number, text in files.items():
        write(root, f"waves/w{number:02}.yaml", WAVE.format(number=number) + text)


def run(root: Path, *arguments: str, fails: bool = False) -> str:
    found = CliRunner().invoke(app, list(arguments), env={"COHESION_ROOT": str(root)})
    assert bool(found.exit_code) == fails, found.output
    return found.output


def accept_and_build(root: Path, waves: int = 3) -> str:
    run(root, "check")
    for number in range(1, waves + 1):
        run(root, "wave", "accept", STUDY, f"w{number:02}", "--yes")
    return run(root, "build", "--study", STUDY)


def table(root: Path, *key: str) -> pl.DataFrame:
    return store.load(Paths(root), (key[0], STUDY, *key[1:]))


def patterns(root: Path) -> dict[str, int]:
    """Pattern of participation → people."""
    found = table(root, "patterns")
    found = found.with_columns(pl.col("pattern").str.replace_all(".", "0", literal=True))  # as Stata prints absence
    return dict(found.group_by("pattern").agg(pl.col("count").sum()).sort("pattern").iter_rows())


def by_wave(root: Path) -> dict[str, int]:
    """Wave → people in it."""
    return dict(table(root, "answers").group_by("wave").len().sort("wave").iter_rows())


def reasons(root: Path) -> dict[str, int]:
    """Why items have no value → answers."""
    counted = table(root, "ledger").filter(pl.col("count") > 0).group_by("reason").agg(pl.col("count").sum())
    return {reason: count for reason, count in counted.iter_rows() if reason is not None}


def receipts(root: Path, wave: str) -> list[dict[str, object]]:
    """One row per part of a wave: where the rows of its file are."""
    places = ("arm", "file", "in_file", "rows", "elsewhere", "left_out", "not_present", "loaded")
    return table(root, "receipt", wave).select(places).to_dicts()


def ingested(root: Path) -> dict[str, WaveTable]:
    """Wave → its table, of files that are taken as they lie there; no engine and no command line."""
    study, folder = load_project(Paths(root)).studies[STUDY], root / "data" / "raw" / STUDY
    hashes = {path.name: sha256_of(path) for path in folder.iterdir()}
    found: dict[str, WaveTable] = {}
    for waves in study.deliveries():
        found |= wave_tables(study, waves, folder, b"k" * 32, confirmed=hashes)
    return found


def harmonised(root: Path) -> Harmonised:
    """All waves on the items' scales; the ledger adds up."""
    tables = {wave: made.frame for wave, made in ingested(root).items()}
    made = harmonise(load_project(Paths(root)).studies[STUDY], tables)
    assert account(made.ledger, tables, made.answers) == []
    return made


def as_the_template(root: Path, template: str = "_template") -> None:
    """The study's folder as a new user begins: a template, with the words of study.yaml filled in."""
    folder = root / "data" / "studies" / STUDY
    shutil.rmtree(folder)
    shutil.copytree(root / "data" / "studies" / template, folder)
    about = (folder / "study.yaml").read_text()
    for key in ("title", "short_title", "population", "citation", "licence"):
        about = re.sub(rf"^{key}: .*$", f"{key}: My study", about, count=1, flags=re.MULTILINE)
    (folder / "study.yaml").write_text(about)
