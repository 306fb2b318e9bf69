"""What one column says for all waves is no evidence that people were linked rightly; what each wave asks anew is."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from layout_study import STUDY, TRUST, accept_and_build, declare_waves, make_root, table, write

SEX = "sex: {label: Sex, wording: Sex, kind: nominal, codes: {1: a, 2: b}, time_constant: true}\n"
PEOPLE = range(1, 61)


def csv(columns: str, rows: list[tuple[object, ...]]) -> str:
    return "\n".join([columns, *(",".join(map(str, row)) for row in rows)]) + "\n"


def compared(root: Path) -> dict[str, int]:
    return dict(table(root, "linked").select("wave", "compared").iter_rows())


def joined(tmp_path: Path, more: dict[int, str] | None = None) -> Path:
    """Two waves that join the sex of everybody from one file."""
    chance = random.Random(2)
    answers = {wave: [(person, chance.randint(1, 5), 1 + person % 2) for person in PEOPLE] for wave in (1, 2)}
    files = {f"w{wave}.csv": csv("id,trust,own", rows) for wave, rows in answers.items()}
    files["all.csv"] = csv("id,sex", [(person, 1 + person % 2) for person in PEOPLE])
    root = make_root(tmp_path, files, waves=2)
    write(root, "study.yaml", "sources: {xwave: {file: all.csv, format: csv}}\n", add=True)
    write(root, "items.yaml", TRUST + SEX)
    part = (
        "files:\n  - {{arm: main, file: w{0}.csv, format: csv, "
        "join: [{{file: xwave, on: id, relation: one_to_one}}]}}\n{1}"
    )
    declare_waves(root, {wave: part.format(wave, (more or {}).get(wave, "")) for wave in (1, 2)})
    return root


def wide(tmp_path: Path) -> Path:
    chance = random.Random(2)
    rows = [(person, 1 + person % 2, chance.randint(1, 5), chance.randint(1, 5)) for person in PEOPLE]
    root = make_root(tmp_path, {"wide.csv": csv("id,sex,trust_w1,trust_w2", rows)}, waves=2)
    names = 'sources: {panel: {file: wide.csv, format: csv}}\nnames: "{name}_w{number}"\nunprefixed: [id, sex]\n'
    write(root, "study.yaml", names, add=True)
    write(root, "items.yaml", TRUST + SEX)
    part = "files: [{arm: main, file: panel, present: {any_of: items}}]\n"
    declare_waves(root, {1: part, 2: part})
    return root


@pytest.mark.parametrize("layout", [joined, wide])
def test_one_column_for_all_waves_says_nothing_about_links(tmp_path, layout):
    root = layout(tmp_path)
    accept_and_build(root, waves=2)
    assert table(root, "linked")["known"].to_list() == [60], STUDY
    assert compared(root) == {"w02": 0}
    assert "contradicts" not in table(root, "links")["kind"].cast(pl.String).to_list()


def test_a_fact_that_a_wave_asks_anew_is_evidence(tmp_path):
    root = joined(tmp_path, {2: "variables: {sex: own}\n"})
    accept_and_build(root, waves=2)
    assert compared(root) == {"w02": 60}
    assert table(root, "linked")["contradict"].to_list() == [0]
