"""Codes that stand for other answers than before: found, blocking where a scale uses the item, ended by a decision."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import ROOT, shared

from pipeline.harmonise.drift import compare_all, open_blocks
from pipeline.paths import Paths
from pipeline.specs import Study, load_project

ABOUT = """
title: A panel
short_title: Panel
population: Nobody
citation: None
licence: None
synthetic: true
arms: {main: {title: Main, waves: [w03, w04]}}
columns: {person_id: id}
"""
WAVE = """
title: Wave {number}
fieldwork: {{start: 202{number}-01-01, end: 202{number}-03-01}}
files: [{{arm: main, file: w{number}.csv, format: csv}}]
"""


def declare(root: Path, codes: list[int], kind: str = "ordinal", scale: bool = True, w04: str = "") -> Study:
    """One item `q` with these codes, in a scale or not; ``w04`` adds to the second wave's declaration."""
    folder = root / "data" / "studies" / "panel"
    (folder / "waves").mkdir(parents=True, exist_ok=True)
    (root / "data" / "concepts.yaml").write_bytes((ROOT / "data" / "concepts.yaml").read_bytes())
    (folder / "study.yaml").write_text(ABOUT)
    labels = {code: f"Answer {code}" for code in codes}
    items = [f"{key}: {{label: L, wording: W, kind: {kind}, codes: {labels}}}\n" for key in ("q", "r")]
    (folder / "items.yaml").write_text("".join(items))
    scales = "trust: {label: Trust, items: [q, r], minimum_answered: 1}\n" if scale else "{}\n"
    (folder / "scales.yaml").write_text(scales)
    for number in (3, 4):
        (folder / "waves" / f"w0{number}.yaml").write_text(WAVE.format(number=number) + (w04 if number == 4 else ""))
    return load_project(Paths(root)).studies["panel"]


def found(study: Study, before: list[int], now: list[int]) -> pl.DataFrame:
    """The findings about the second wave, `r` answered as `q` was before."""
    waves = {}
    for wave, codes in (("w03", before), ("w04", now)):
        people = [f"a{k:05d}" for k in range(len(codes))]
        head = {"person_id": people, "study": "panel", "arm": "main", "wave": wave, "row": range(1, len(codes) + 1)}
        answers = {"q": [str(code) for code in codes], "r": [str(code) for code in before]}
        waves[wave] = pl.DataFrame({**head, **answers})
    names = ("study", "wave", "arm", "variable", "label", "code", "code_label", "missing", "is_in_file", "nearest")
    types = {name: pl.Boolean if name == "is_in_file" else pl.String for name in names}
    none = {wave: pl.DataFrame([], schema=types) for wave in waves}
    return compare_all(study, waves, none).filter((pl.col("wave") == "w04") & (pl.col("item") == "q"))


def of_the_fault() -> tuple[list[int], list[int]]:
    """The rows of the fault, thirty times with new ids."""
    rows = [pl.read_csv(shared("faults", "drift", f"01_h7_w{number}.csv"))["q"].to_list() for number in (3, 4)]
    return rows[0] * 30, rows[1] * 30


def panel(codes: int = 5, people: int = 900, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    trait = chance.normal(size=people)
    both = [trait + 0.7 * chance.normal(size=people) for _ in range(2)]
    cuts = np.quantile(np.concatenate(both), np.cumsum([0.15, 0.2, 0.3, 0.2][: codes - 1]))
    return np.searchsorted(cuts, both[0]) + 1, np.searchsorted(cuts, both[1]) + 1


def test_a_code_that_went_and_one_that_came_are_a_recoding_though_the_new_one_is_declared(tmp_path: Path) -> None:
    before, now = of_the_fault()
    for codes in ([1, 2, 3, 4], [1, 2, 3, 4, 5]):  # as it was, and as somebody declares it to be rid of the finding
        own = found(declare(tmp_path, codes), before, now).filter(pl.col("kind") == "recoded")
        assert own["severity"].to_list() == ["blocks"]
        said, todo = own["what"][0], own["todo"][0]
        assert "code 2 (20%) has gone" in said
        assert "5 (" in said
        assert "2 → 3, 3 → 4, 4 → 5" in said
        assert "under the mapping" in said
        assert "recode: {1: 1, 3: 2, 4: 3, 5: 4}" in todo


def test_what_is_pasted_ends_the_finding_and_so_does_a_decision(tmp_path: Path) -> None:
    before, now = of_the_fault()
    todo = found(declare(tmp_path, [1, 2, 3, 4]), before, now).filter(pl.col("kind") == "recoded")["todo"][0]
    pasted = re.search(r"waves/w04.yaml: `(.*?)`;", todo)
    assert pasted
    assert found(declare(tmp_path, [1, 2, 3, 4], w04=pasted[1]), before, now).is_empty()
    decided = "decisions: [{item: q, finding: recoded, decision: accept, reason: it is so}]"
    own = found(declare(tmp_path, [1, 2, 3, 4, 5], w04=decided), before, now)
    assert own["kind"].to_list() == ["recoded"]
    assert open_blocks(own) == []


SISTERS = {
    "party codes moved": ("nominal", lambda now: now + 10, "all codes moved by +10"),
    "two parties exchanged": ("nominal", lambda now: np.choose(now, [0, 2, 1, 3, 4, 5]), "codes exchanged"),
    "a scale from nought": ("ordinal", lambda now: now - 1, "all codes moved by -1"),
    "reversed": ("ordinal", lambda now: 6 - now, "odes reversed"),
    "stretched to ten": ("ordinal", lambda now: (now - 1) * 2 + 2, "a rescaling"),
    "the upper two merged": ("ordinal", lambda now: np.minimum(now, 4), "codes merged"),
    "permuted": ("ordinal", lambda now: np.choose(now, [0, 3, 1, 5, 2, 4]), "codes exchanged"),
}


@pytest.mark.parametrize("sister", SISTERS)
def test_each_form_is_named_with_its_recode_and_blocks(sister: str, tmp_path: Path) -> None:
    kind, change, name = SISTERS[sister]
    before, now = panel()
    codes = sorted({*before.tolist(), *change(now).tolist()})
    own = found(declare(tmp_path, codes, kind, scale=kind == "ordinal"), before.tolist(), change(now).tolist())
    row = own.filter(pl.col("what").str.contains("fits the same people", literal=True)).row(0, named=True)
    assert name in row["what"]
    assert "recode: {" in row["todo"]
    assert row["severity"] == ("blocks" if kind == "ordinal" else "warns")


@pytest.mark.parametrize("kind", ["ordinal", "nominal"])
def test_people_who_change_are_no_recoding(kind: str, tmp_path: Path) -> None:
    before, now = panel()
    moved = np.minimum(now + (np.arange(len(now)) % 3 == 0), 5)  # a third one step up: 0.3 of a standard deviation
    own = found(declare(tmp_path, [1, 2, 3, 4, 5], kind, scale=False), before.tolist(), moved.tolist())
    assert not own["kind"].is_in(["recoded", "reversed", "swapped"]).any()
