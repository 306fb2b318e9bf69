"""Seeded studies for erasures: formats, kinds of ids, encodings, links and neighbours, and what is right afterwards."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import fastexcel
import polars as pl
import pyreadstat
import xlsxwriter
from shared import ROOT

STUDY = "erased"
FORMATS = ("csv", "sav", "dta", "xlsx", "parquet", "zsav")
ENCODINGS = ("utf-8", "utf-8-sig", "windows-1252", "mac_roman", "utf-16")
LINKS = ("none", "none", "file", "folder", "hard", "read_only")
ABOUT = """
title: People to erase
short_title: Erased
population: Nobody
citation: None
licence: None
synthetic: true
arms: {{main: {{title: Main, waves: [w01, w02]}}}}
columns: {{person_id: pid}}
{ids}
{issued}
"""
CODES = "{1: Low, 2: Rather low, 3: Middle, 4: Rather high, 5: High}"
ITEMS = "".join(f"{name}: {{label: {name}, wording: {name}, codes: {CODES}}}\n" for name in ("q1", "q2"))
WAVE = "title: Wave\nfieldwork: {{start: {year}-01-01, end: {year}-03-01}}\nfiles: [{{arm: main, {file}}}]\n"
KINDS: dict[str, Callable[[random.Random], list[str]]] = {
    "dense numbers": lambda chance: [str(k) for k in range(1, chance.choice([12, 60]))],
    "numbers": lambda chance: [str(k) for k in chance.sample(range(1000, 99999), 30)],
    "long numbers": lambda chance: [str(k) for k in chance.sample(range(10**8, 10**9), 30)],
    "texts": lambda chance: [f"P{k:04}" for k in chance.sample(range(10000), 30)],
    "parts of each other": lambda _: ["P1", "P10", "P101", "XP1", "P1x", "1P", *(f"P1{k}" for k in range(20, 40))],
    "parts between signs": lambda _: [f"{home}-{person}" for home in range(9, 15) for person in (1, 2, 11)] + ["12"],
    "zeros before": lambda _: [f"{k:03}" for k in range(1, 30)],
    "letters of any case": lambda chance: [f"ab{k}CD" for k in chance.sample(range(10, 99), 20)],
    "accents": lambda _: [f"Zoë{k}" for k in range(1, 20)],
}
RULED = {"letters of any case": "ids: {strip: true, case: upper}"}


@dataclass
class Deposited:
    """One file: its rows by id, how it is declared, and the bytes of each record if it is text."""

    path: Path
    frame: pl.DataFrame
    declared: str
    records: list[bytes] = field(default_factory=list)
    head: bytes = b""


@dataclass
class Study:
    """A made-up study, whom to erase, and every file that must stay as it is."""

    root: Path
    kind: str
    ids: list[str]
    person: str
    files: list[Deposited]
    beside: dict[Path, bytes]

    @property
    def raw(self) -> Path:
        return self.root / "data" / "raw" / STUDY

    def is_person(self, identity: object) -> bool:
        """Whether an id of the files is the person's, said independently of the code under test."""
        text = str(identity)
        if self.kind in RULED:
            return text.strip().upper() == self.person.strip().upper()
        return text.removesuffix(".0") == self.person


def make(root: Path, seed: int) -> Study:
    """The study of a seed: no two are alike in what matters to an erasure."""
    chance = random.Random(seed)
    kind = list(KINDS)[seed % len(KINDS)]
    ids = KINDS[kind](chance)
    person = "P1" if kind == "parts of each other" else "12" if kind == "parts between signs" else chance.choice(ids)
    study = Study(root, kind, ids, person, [], {})
    study.raw.mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    declared = root / "data" / "studies" / STUDY
    (declared / "waves").mkdir(parents=True)
    for number in (1, 2):
        form = FORMATS[(seed * 2 + number * (1 + seed // 6)) % len(FORMATS)]
        if kind == "accents" and form in ("sav", "zsav", "dta"):
            form = "csv"
        study.files.append(_deposit(study, f"wave{number}", form, chance))
        text = WAVE.format(year=2018 + number, file=study.files[-1].declared)
        (declared / "waves" / f"w0{number}.yaml").write_text(text)
    issued = _issued(study) if chance.random() < 0.5 and kind not in RULED else ""
    (declared / "study.yaml").write_text(ABOUT.format(ids=RULED.get(kind, ""), issued=issued))
    (declared / "items.yaml").write_text(ITEMS)
    _neighbours(study)
    _link(study, LINKS[chance.randrange(len(LINKS))], chance)
    return study


def _frame(study: Study, chance: random.Random) -> pl.DataFrame:
    ids = chance.sample(study.ids, len(study.ids))
    written = [chance.choice([f" {i} ", i.lower(), i]) if study.kind in RULED else i for i in ids]
    answers = {name: [chance.randint(1, 5) for _ in ids] for name in ("q1", "q2")}
    said = [chance.choice(["", "fine", "7 of 9", "two\nlines", 'said "no"', "Môn"]) for _ in ids]
    return pl.DataFrame({"pid": written, **answers, "said": said})


def _deposit(study: Study, stem: str, form: str, chance: random.Random) -> Deposited:
    frame, path = _frame(study, chance), study.raw / f"{stem}.{form}"
    declared = f"file: {path.name}, format: {form}"
    if form == "csv":
        return _csv(path, frame, declared, chance)
    if study.kind in ("dense numbers", "numbers", "long numbers") and chance.random() < 0.7:
        frame = frame.with_columns(pl.col("pid").cast(pl.Float64))
    answers = frame.with_columns(pl.col("q1", "q2").cast(pl.Float64))
    labels = {"q1": {1: "Low", 5: "High"}}
    if form in ("sav", "zsav"):
        pyreadstat.write_sav(answers, path, compress=form == "zsav", variable_value_labels=labels, file_label="A file")
    elif form == "dta":
        pyreadstat.write_dta(answers, path, variable_value_labels=labels, column_labels={"pid": "Whose"})
    elif form == "parquet":
        answers.write_parquet(path)
    else:
        declared += _xlsx(path, answers, chance)
    return Deposited(path, answers, declared)


def _csv(path: Path, frame: pl.DataFrame, declared: str, chance: random.Random) -> Deposited:
    encoding, end, mark = chance.choice(ENCODINGS), chance.choice(["\n", "\r\n"]), chance.choice([",", ";", "\t"])
    if chance.random() < 0.2:
        frame = frame.with_columns(said=pl.Series(["x" * 140_000, *frame["said"][1:]]))

    def cell(value: object) -> str:
        text = str(value)
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(sign in text for sign in f'"\n{mark}') else text

    def encoded(text: str) -> bytes:
        return text.encode({"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(encoding, encoding))

    head = {"utf-16": b"\xff\xfe", "utf-8-sig": b"\xef\xbb\xbf"}.get(encoding, b"") + encoded(
        mark.join(frame.columns) + end
    )
    records = [encoded(mark.join(map(cell, row)) + end) for row in frame.iter_rows()]
    path.write_bytes(head + b"".join(records))
    said = "utf-8" if encoding == "utf-8-sig" else encoding
    more = f', encoding: {said}, delimiter: "{mark}"'.replace("\t", "\\t")
    return Deposited(path, frame, declared + more, records, head)


def _xlsx(path: Path, frame: pl.DataFrame, chance: random.Random) -> str:
    several = chance.random() < 0.5
    with xlsxwriter.Workbook(path) as book:
        if several:
            book.add_worksheet("Codes").write_row(0, 0, ["code", 3, "label"])
        sheet = book.add_worksheet("Answers")
        sheet.write_row(0, 0, frame.columns)
        for number, row in enumerate(frame.iter_rows(), start=1):
            for place, value in enumerate(row):
                if value != "":
                    sheet.write(number, place, value)
    return ", sheet: Answers" if several else ""


def _issued(study: Study) -> str:
    records = [f"{identity}\n".encode() for identity in study.ids]
    path = study.raw / "issued.csv"
    path.write_bytes(b"pid\n" + b"".join(records))
    study.files.append(Deposited(path, pl.DataFrame({"pid": study.ids}), "", records, b"pid\n"))
    return "issued: issued.csv"


def _neighbours(study: Study) -> None:
    """What lies beside the deposits and names nobody: a codebook with the same numbers, a text in another encoding."""
    lines = "".join(f"{k},label {k}\n" for k in range(1, 6))
    study.beside[study.raw / "codebook.csv"] = f"code,label\n{lines}".encode()
    study.beside[study.raw / "notes.txt"] = "Señor Núñez a téléphoné\r\n".encode("mac_roman")
    study.beside[study.raw / "wide.csv"] = b"a,b\n" + b"x" * 140_000 + b",1\n"
    for path, content in study.beside.items():
        path.write_bytes(content)


def _link(study: Study, link: str, chance: random.Random) -> None:
    elsewhere = study.root / "elsewhere"
    elsewhere.mkdir()
    file = chance.choice(study.files)
    if link == "file":
        target = elsewhere / f"real_{file.path.name}"
        file.path.rename(target)
        file.path.symlink_to(target)
    elif link == "folder":
        study.raw.rename(elsewhere / "deposits")
        study.raw.symlink_to(elsewhere / "deposits", target_is_directory=True)
    elif link == "hard":
        os.link(file.path, study.raw / f"again_{file.path.name}")
    elif link == "read_only":
        file.path.chmod(0o440)


def bytes_below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its place there."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def check(study: Study) -> None:
    """Exactly the person is gone; every other record and every other file is as it was."""
    for file in study.files:
        stays = [not study.is_person(identity) for identity in file.frame["pid"]]
        assert sum(stays) == file.frame.height - 1
        places = [file.path, *file.path.parent.glob(f"again_{file.path.name}")]
        for path in places:
            _check_file(file, path, stays)
    for path, content in study.beside.items():
        assert path.read_bytes() == content, path.name


def _check_file(file: Deposited, path: Path, stays: list[bool]) -> None:
    expected = file.frame.filter(pl.Series(stays))
    if file.records:
        rest = file.head + b"".join(record for record, stay in zip(file.records, stays, strict=True) if stay)
        assert path.read_bytes() == rest, path.name
    elif path.suffix == ".parquet":
        assert pl.read_parquet(path).equals(expected)
    elif path.suffix == ".xlsx":
        _check_workbook(path, expected)
    else:
        read = pyreadstat.read_dta if path.suffix == ".dta" else pyreadstat.read_sav
        values, about = read(path, output_format="dict", user_missing=True)
        ends = pl.col(pl.String).str.strip_chars_end()  # such files fill texts up with spaces
        assert pl.DataFrame(values).with_columns(ends).equals(expected.with_columns(ends)), path.name
        assert about.variable_value_labels == {"q1": {1: "Low", 5: "High"}}
        assert about.column_names_to_labels["pid"] == ("Whose" if path.suffix == ".dta" else None)
        assert (about.file_label or "") == ("" if path.suffix == ".dta" else "A file")


def _check_workbook(path: Path, expected: pl.DataFrame) -> None:
    book = fastexcel.read_excel(path)
    found = book.load_sheet("Answers", schema_sample_rows=None).to_polars()
    assert found.height == expected.height
    for name in expected.columns:
        wanted = expected[name].cast(pl.String).replace("", None).str.replace(r"\.0$", "")
        assert found[name].cast(pl.String).str.replace(r"\.0$", "").to_list() == wanted.to_list(), name
    if "Codes" in book.sheet_names:
        assert book.load_sheet("Codes", header_row=None).to_polars().row(0) == ("code", 3.0, "label")
