"""Items that run against their scale or battery, undeclared: found in each wave, with the `reverse` to declare."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import ROOT

from pipeline.harmonise.drift import compare_all
from pipeline.paths import Paths
from pipeline.specs import Study, load_project

ITEMS = ("a1", "a2", "a3", "a4", "a5")
CODES = {code: f"Answer {code}" for code in range(1, 6)}
ABOUT = """
title: A panel
short_title: Panel
population: Nobody
citation: None
licence: None
synthetic: true
arms: {main: {title: Main, waves: [w01, w02, w03]}}
columns: {person_id: id}
"""
WAVE = """
title: Wave {number}
fieldwork: {{start: 202{number}-01-01, end: 202{number}-03-01}}
files: [{{arm: main, file: w{number}.csv, format: csv}}]
"""
BATTERY = f"grid: {{stem: Say, codes: {CODES}, rows: {{{', '.join(f'{key}: Row {key}' for key in ITEMS)}}}}}\n"


def written(**more: str) -> str:
    """The items one by one; ``more`` adds to one of them."""
    return "".join(f"{key}: {{label: L, wording: W, codes: {CODES}{more.get(key, '')}}}\n" for key in ITEMS)


def declare(root: Path, items: str = "", scales: str = "{}\n", w02: str = "") -> Study:
    folder = root / "data" / "studies" / "panel"
    (folder / "waves").mkdir(parents=True, exist_ok=True)
    (root / "data" / "concepts.yaml").write_bytes((ROOT / "data" / "concepts.yaml").read_bytes())
    (folder / "study.yaml").write_text(ABOUT)
    (folder / "items.yaml").write_text(items or written())
    (folder / "scales.yaml").write_text(scales)
    for number in (1, 2, 3):
        (folder / "waves" / f"w0{number}.yaml").write_text(WAVE.format(number=number) + (w02 if number == 2 else ""))
    return load_project(Paths(root)).studies["panel"]


def waves(turned: dict[str, set[str]], people: int = 500, same: bool = True) -> dict[str, pl.DataFrame]:
    """Three waves of answers to one thing; ``turned``: wave → the items that are answered the other way round."""
    fixed = np.random.default_rng(1)
    made = {}
    trait = fixed.normal(size=people)
    for number in (1, 2, 3):
        wave, chance = f"w0{number}", np.random.default_rng(number)
        trait = trait if same else fixed.normal(size=people)
        columns = {}
        for item in ITEMS:
            codes = np.clip(np.round(3 + 0.9 * trait + 0.8 * chance.normal(size=people)), 1, 5).astype(int)
            columns[item] = [str(code) for code in (6 - codes if item in turned.get(wave, ()) else codes)]
        ids = [f"a{k + (0 if same else people * number):05d}" for k in range(people)]
        head = {"person_id": ids, "study": "panel", "arm": "main", "wave": wave, "row": range(1, people + 1)}
        made[wave] = pl.DataFrame({**head, **columns})
    return made


def findings(study: Study, made: dict[str, pl.DataFrame]) -> pl.DataFrame:
    names = ("study", "wave", "arm", "variable", "label", "code", "code_label", "missing", "is_in_file", "nearest")
    types = {name: pl.Boolean if name == "is_in_file" else pl.String for name in names}
    return compare_all(study, made, {wave: pl.DataFrame([], schema=types) for wave in made})


def found(study: Study, made: dict[str, pl.DataFrame]) -> dict[tuple[str, str], dict[str, str]]:
    """(Wave, item) → the finding that it runs against the rest."""
    rows = findings(study, made).filter(pl.col("kind") == "against_scale").iter_rows(named=True)
    return {(row["wave"], row["item"]): row for row in rows}


def always(*items: str) -> dict[str, set[str]]:
    return {f"w0{number}": set(items) for number in (1, 2, 3)}


ALWAYS = always("a2")
EVERY_WAVE = {(wave, "a2") for wave in ALWAYS}
SCALE = "trust: {label: T, items: [a1, a2, a3, a4, a5]}\n"
KEYED = {
    "a scale": ("", SCALE, "scales.yaml: `trust: {reverse: [a2]}`"),
    "a scale with another one reversed": (
        written(a4=", reverse: true"), SCALE.replace("5]}", "5], reverse: [a4]}"), "`trust: {reverse: [a4, a2]}`",
    ),
    "a battery": (BATTERY, "{}\n", "items.yaml: `a2: {reverse: true}`"),
    "a battery named item by item": (
        written(**dict.fromkeys(ITEMS, ", battery: grid")), "{}\n", "items.yaml: `a2: {reverse: true}`",
    ),
    "a battery of which some are a scale": (BATTERY, "trust: {label: T, items: [a3, a4]}\n", "`a2: {reverse: true}`"),
}  # fmt: skip


@pytest.mark.parametrize("case", KEYED)
def test_an_item_keyed_against_the_others_is_found_in_every_wave_with_its_reverse(case: str, tmp_path: Path) -> None:
    items, scales, reverse = KEYED[case]
    own = found(declare(tmp_path, items, scales), waves(ALWAYS))
    assert set(own) == EVERY_WAVE
    for row in own.values():
        assert row["severity"] == "warns"
        assert reverse in row["todo"]
        assert "item-rest correlation -0." in row["what"]


@pytest.mark.parametrize(("items", "scales"), [(BATTERY, "{}\n"), ("", SCALE)], ids=["battery", "scale"])
def test_what_is_declared_as_it_is_answered_is_no_finding(items: str, scales: str, tmp_path: Path) -> None:
    assert found(declare(tmp_path, items, scales), waves({})) == {}
    own = found(declare(tmp_path, items, scales), waves(ALWAYS))[("w01", "a2")]["todo"]
    pasted = re.search(r"`(\w+): \{reverse: (.*?)\}`", own)
    assert pasted
    keyed = BATTERY.replace("a2: Row a2", "a2: {wording: Row a2, reverse: true}") if items else ""
    listed = SCALE.replace("5]}", f"5], reverse: {pasted[2]}}}") if not items else scales
    assert found(declare(tmp_path, keyed, listed), waves(ALWAYS)) == {}


def test_a_declared_reverse_that_is_wrong_is_taken_back(tmp_path: Path) -> None:
    scales = SCALE.replace("5]}", "5], reverse: [a4, a5]}")
    own = found(declare(tmp_path, "", scales), waves(always("a4")))
    assert set(own) == {(wave, "a5") for wave in ALWAYS}
    assert "`trust: {reverse: [a4]}`" in own["w01", "a5"]["todo"]
    battery = BATTERY.replace("a3: Row a3", "a3: {wording: Row a3, reverse: true}")
    own = found(declare(tmp_path, battery), waves({}))
    assert set(own) == {(wave, "a3") for wave in ALWAYS}
    assert "take `reverse: true` from `a3`" in own["w01", "a3"]["todo"]


def test_two_of_five_turned_round_do_not_hide_each_other(tmp_path: Path) -> None:
    own = found(declare(tmp_path, BATTERY), waves(always("a2", "a5")))
    assert set(own) == {(wave, item) for wave in ALWAYS for item in ("a2", "a5")}


def test_of_two_items_that_run_against_each_other_one_is_named(tmp_path: Path) -> None:
    own = found(declare(tmp_path, "", "trust: {label: T, items: [a1, a2]}\n"), waves(ALWAYS))
    assert set(own) == EVERY_WAVE


def test_keyed_otherwise_in_one_wave_of_other_people_asks_for_an_exception(tmp_path: Path) -> None:
    own = found(declare(tmp_path, BATTERY), waves({"w02": {"a2"}}, same=False))
    assert set(own) <= {("w02", "a2")}
    rows = findings(declare(tmp_path, BATTERY), waves({"w02": {"a2"}}, same=False))
    own = rows.filter((pl.col("item") == "a2") & (pl.col("wave") == "w02") & (pl.col("severity") != "notes"))
    (row,) = own.to_dicts()
    assert "exceptions: {a2: {reason:" in row["todo"]
    assert "reverse: true" in row["todo"]


def test_items_about_several_things_are_no_finding_of_a_battery(tmp_path: Path) -> None:
    made = waves({})
    chance = np.random.default_rng(7)
    for wave, frame in made.items():
        other = 3 + 0.15 * (3 - frame["a1"].cast(pl.Int64).to_numpy()) + chance.normal(size=frame.height)
        made[wave] = frame.with_columns(a5=pl.Series(np.clip(np.round(other), 1, 5).astype(int).astype(str)))
    assert found(declare(tmp_path, BATTERY), made) == {}
