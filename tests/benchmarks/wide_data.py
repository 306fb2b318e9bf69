"""A made-up wide panel as a Stata file of a byte a cell, and its declarations: seeded, written where asked for."""

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from bare_root import bare_root

STUDY = "wide"
GRIDS, ROWS = 12, 5
CONCEPTS = (
    *("belonging", "political_trust", "contact_quantity", "threat", "outgroup_liking", "neighbourliness", "optimism"),
    *("intergroup_anxiety", "openness", "agreeableness", "social_activism", "happiness"),
)
MARK = -9
ABOUT = """title: A wide panel
short_title: Wide
population: People who do not exist
citation: None
licence: None
synthetic: true
deposits: data/raw/wide
sources: {{panel: {{file: panel.dta, format: dta, sha256: {sha256}}}}}
names: "{{name}}_w{{number}}"
unprefixed: [id]
arms: {{main: {{title: Main, waves: w01 to w{waves:02}}}}}
columns: {{person_id: id}}
missing: {{-9: no_answer}}
"""
GRID = """{grid}:
  stem: How much do you agree?
  codes: {{1: a, 2: b, 3: c, 4: d, 5: e}}
  rows: {{{rows}}}
"""


def items(grid: int) -> list[str]:
    return [f"g{grid:02}_{row}" for row in range(ROWS)]


def declared() -> list[str]:
    return [name for grid in range(GRIDS) for name in items(grid)]


def write_dta(path: Path, people: int, waves: int, columns: int, seed: int = 1) -> None:
    """One row a person: ``id``, and in each wave the declared items among others that nobody declared, int8 each."""
    chance = np.random.default_rng(seed)
    a_wave = (columns - 1) // waves
    bare = [*declared(), *(f"v{number:04}" for number in range(a_wave - GRIDS * ROWS))]
    names = ["id", *(f"{name}_w{wave}" for wave in range(1, waves + 1) for name in bare)]
    with path.open("wb") as file:
        _head(file, names, people)
        lasting = chance.normal(size=(people, GRIDS)).astype(np.float32)
        there = chance.random((people, waves)) < 0.8
        for start in range(0, people, 5_000):
            stop = min(people, start + 5_000)
            file.write(_rows(chance, start, lasting[start:stop], there[start:stop], a_wave).tobytes())
        file.write(b"</data><strls></strls><value_labels></value_labels></stata_dta>")


def _rows(chance: np.random.Generator, start: int, lasting: np.ndarray, there: np.ndarray, a_wave: int) -> np.ndarray:
    """The bytes of some rows; empty (101) in the waves in which somebody was not there."""
    people, waves = there.shape
    rows = np.empty((people, 4 + waves * a_wave), np.uint8)
    rows[:, :4] = np.arange(start + 1_000_000, start + people + 1_000_000, dtype="<i4").view(np.uint8).reshape(-1, 4)
    for wave in range(waves):
        level = lasting + chance.normal(size=lasting.shape).astype(np.float32) * 0.5
        own = np.repeat(level, ROWS, axis=1)
        answers = np.clip(np.round(own + chance.normal(size=own.shape) * 0.6 + 3), 1, 5).astype(np.int8)
        answers[chance.random(answers.shape) < 0.02] = MARK
        others = chance.integers(0, 100, (people, a_wave - own.shape[1]), dtype=np.int8)
        cells = np.concatenate([answers, others], axis=1)
        cells[~there[:, wave]] = 101
        rows[:, 4 + wave * a_wave : 4 + (wave + 1) * a_wave] = cells.view(np.uint8)
    return rows


def _head(file: BinaryIO, names: list[str], people: int) -> None:
    """Everything before the data, of Stata's format 118."""
    count = len(names)
    types = struct.pack("<H", 65528) + struct.pack("<H", 65530) * (count - 1)
    parts = {
        b"variable_types": types,
        b"varnames": b"".join(name.encode().ljust(129, b"\0") for name in names),
        b"sortlist": b"\0\0" * (count + 1),
        b"formats": b"".join(b"%12.0g".ljust(57, b"\0") for _ in names),
        b"value_label_names": b"\0" * 129 * count,
        b"variable_labels": b"\0" * 321 * count,
        b"characteristics": b"",
    }
    head = (
        b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder><K>"
        + struct.pack("<H", count)
        + b"</K><N>"
        + struct.pack("<Q", people)
        + b"</N><label>\0\0</label><timestamp>\0</timestamp></header>"
    )
    places, at = [0, len(head)], len(head) + len(b"<map></map>") + 14 * 8
    body = b""
    for name, content in parts.items():
        places.append(at + len(body))
        body += b"<%s>%s</%s>" % (name, content, name)
    data = at + len(body)
    row = 4 + count - 1
    strls = data + len(b"<data></data>") + row * people
    labels = strls + len(b"<strls></strls>")
    places += [data, strls, labels, labels + len(b"<value_labels></value_labels>")]
    places.append(places[-1] + len(b"</stata_dta>"))
    file.write(head + b"<map>" + struct.pack("<14Q", *places) + b"</map>" + body + b"<data>")


def make_root(root: Path, people: int, waves: int, columns: int) -> Path:
    """A root with the study and its file; the file."""
    from pipeline.files import sha256_of

    raw, study = bare_root(root, STUDY)
    write_dta(raw / "panel.dta", people, waves, columns)
    rows = [f"w{n:02},Wave {n},{1999 + n}-01-01,{1999 + n}-02-28" for n in range(1, waves + 1)]
    (study / "waves.csv").write_text("\n".join(["wave,title,start,end", *rows]) + "\n")
    (study / "waves" / "_each.yaml").write_text("files: [{arm: main, file: panel, present: {any_of: items}}]\n")
    (study / "study.yaml").write_text(ABOUT.format(waves=waves, sha256=sha256_of(raw / "panel.dta")))
    grids, scales = [], []
    for grid, concept in enumerate(CONCEPTS):
        rows = [f"{name}: Statement {name}" for name in items(grid)]
        grids.append(GRID.format(grid=f"g{grid:02}", rows=", ".join(rows)))
        scales.append(f"{concept}: {{label: {concept}, concept: {concept}, items: [{', '.join(items(grid))}]}}\n")
    (study / "items.yaml").write_text("".join(grids))
    (study / "scales.yaml").write_text("".join(scales))
    return raw / "panel.dta"
