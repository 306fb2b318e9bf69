"""A wide panel: who left is not present because one column is filled for all; each wave's change is told."""

import random
from pathlib import Path

import polars as pl
import pytest
from layout_study import (
    WAVE,
    as_the_template,
    declare_waves,
    harmonised,
    ingested,
    make_root,
    run,
    write,
)

from pipeline.harmonise.drift import compare_all
from pipeline.ingest.arrival.weights import look_like_weights
from pipeline.paths import Paths
from pipeline.specs import load_project

PEOPLE, WAVES, QUESTIONS = 80, (1, 2), 12
ITEM = "{name}: {{label: {name}, wording: {name}, codes: {{1: a, 2: b, 3: c, 4: d, 5: e}}}}\n"
AMOUNT = "{name}: {{label: {name}, wording: {name}, kind: number, range: [0, 9]}}\n"
ABOUT = 'sources: {panel: {file: wide.csv, format: csv}}\nnames: "{name}_w{number}"\nunprefixed: [id]\n'


def wide(gone: int, questions: int = QUESTIONS, **always: list[float]) -> pl.DataFrame:
    """Everybody answers in the first wave and all but the first ``gone`` in the second; ``always`` is filled anyway."""
    chance = random.Random(5)
    columns: dict[str, list[float | None]] = {"id": [1000.0 + k for k in range(PEOPLE)]}
    for wave in WAVES:
        for k in range(1, questions + 1):
            answers: list[float | None] = [chance.randint(1, 5) for _ in range(PEOPLE)]
            columns[f"q{k}_w{wave}"] = [None if wave == 2 and p < gone else answers[p] for p in range(PEOPLE)]
        for name, values in always.items():
            columns[f"{name}_w{wave}"] = list(values)
    return pl.DataFrame(columns, strict=False).with_columns(pl.col("id").cast(pl.Int64))


def weights(gone: int) -> list[float]:
    return [0.0 if p < gone else 0.5 + (p % 7) / 10 for p in range(PEOPLE)]


def jobs() -> list[float]:
    return [1.0 + p % 5 for p in range(PEOPLE)]


def declared(root: Path, frame: pl.DataFrame, any_of: str = "items", more: str = "") -> Path:
    make_root(root, {"wide.csv": frame.write_csv()}, waves=2)
    write(root, "study.yaml", ABOUT, add=True)
    names = list(dict.fromkeys(name.rsplit("_", 1)[0] for name in frame.columns if name != "id"))
    write(root, "items.yaml", "".join((AMOUNT if name == "wt" else ITEM).format(name=name) for name in names))
    part = f"files: [{{arm: main, file: panel, present: {{any_of: {any_of}}}}}]\n"
    declare_waves(root, dict.fromkeys(WAVES, part + more))
    return root


def found(root: Path) -> pl.DataFrame:
    made = ingested(root)
    study = load_project(Paths(root)).studies["lay"]
    tables, labels = ({wave: getattr(one, name) for wave, one in made.items()} for name in ("frame", "labels"))
    return compare_all(study, tables, labels).filter(kind="hardly_present")


@pytest.mark.parametrize(
    ("column", "values"), [("wt", weights(30)), ("job", jobs()), ("wt", [2.0] * PEOPLE)], ids=["zero", "job", "same"]
)
def test_people_whom_one_column_makes_present_stop_the_wave(tmp_path: Path, column: str, values: list[float]) -> None:
    (row,) = found(declared(tmp_path, wide(30, **{column: values}))).to_dicts()
    assert (row["wave"], row["severity"], row["count"]) == ("w02", "blocks", 30)
    assert "30 of 80 people count as present" in row["what"]
    assert f"`{column}` (30)" in row["what"]
    assert "present: {any_of: [q" in row["todo"]
    assert not any(str(1000 + p) in row["what"] + row["todo"] for p in range(PEOPLE))


def test_two_columns_at_once_are_found_among_many_items(tmp_path: Path) -> None:
    (row,) = found(declared(tmp_path, wide(30, 24, wt=weights(30), job=jobs()))).to_dicts()
    assert (row["severity"], row["count"]) == ("blocks", 30)
    assert "`wt` (30)" in row["what"]
    assert "`job` (30)" in row["what"]


@pytest.mark.parametrize(("gone", "severity"), [(6, ["warns"]), (8, ["blocks"]), (3, []), (0, [])])
def test_a_few_people_are_a_warning_and_very_few_are_none(tmp_path: Path, gone: int, severity: list[str]) -> None:
    assert found(declared(tmp_path, wide(gone, job=jobs())))["severity"].to_list() == severity


def test_interviews_that_broke_off_at_various_questions_stop_nothing(tmp_path: Path) -> None:
    frame = wide(0)
    kept = {k: [p for p in range(24) if p % 12 + 1 == k] for k in range(1, 13)}
    frame = frame.with_columns(
        pl.when((pl.int_range(pl.len()) >= 24) | pl.int_range(pl.len()).is_in(kept[k]))
        .then(f"q{k}_w2")
        .alias(f"q{k}_w2")
        for k in kept
    )
    (row,) = found(declared(tmp_path, frame)).to_dicts()
    assert (row["severity"], row["count"]) == ("warns", 24)


@pytest.mark.parametrize("change", ["any_of", "decision", "few items"])
def test_what_it_says_to_do_settles_it(tmp_path: Path, change: str) -> None:
    if change == "few items":
        assert not found(declared(tmp_path, wide(30, 5, job=jobs()))).height
        return
    if change == "any_of":
        root = declared(tmp_path, wide(30, job=jobs()), "[q1, q2]")
        assert not found(root).height
        assert harmonised(root).answers.group_by("wave").len().sort("wave").rows() == [("w01", 80), ("w02", 50)]
        return
    decision = "decisions: [{item: present, finding: hardly_present, decision: accept, reason: They broke off.}]\n"
    root = declared(tmp_path, wide(30, job=jobs()), more=decision)
    assert "accept: They broke off." in found(root).filter(wave="w02")["decision"].to_list()


@pytest.mark.thorough
def test_the_build_stops_at_it(tmp_path: Path) -> None:
    root = declared(tmp_path, wide(30, job=jobs()))
    accept(root)
    said = " ".join(run(root, "build", "--study", "lay", fails=True).split())
    assert "30 of 80 people count as present" in said
    assert "`job` (30)" in said


@pytest.mark.parametrize("name", ["wt", "gew", "weight_final"])
def test_a_wide_draft_proposes_weights_and_makes_no_items_of_them(tmp_path: Path, name: str) -> None:
    root = make_root(tmp_path, {"wide.csv": wide(30, **{name: weights(30)}).write_csv()}, waves=2)
    as_the_template(root)
    run(root, "wave", "draft", "lay", str(root / "data/raw/lay/wide.csv"))
    folder = root / "data/studies/lay"
    assert f"\n{name}:" not in (folder / "items.yaml").read_text()
    for wave in ("w01", "w02"):
        assert f'weight: "{name}"' in (folder / "waves" / f"{wave}.yaml").read_text()


def test_a_wide_draft_names_several_weights_in_a_remark(tmp_path: Path) -> None:
    frame = wide(30, wt_long=weights(30), wt_cross=weights(20))
    root = make_root(tmp_path, {"wide.csv": frame.write_csv()}, waves=2)
    as_the_template(root)
    run(root, "wave", "draft", "lay", str(root / "data/raw/lay/wide.csv"))
    text = (root / "data/studies/lay/waves/w02.yaml").read_text()
    assert "# Columns that look like weights" in text
    assert "wt_long, wt_cross" in text
    assert "wt_long" not in (root / "data/studies/lay/items.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "values", "is_one"),
    [
        ("wt", [0.0, 0.7, 1.3], True),
        ("indinus_lw", [0.7, 1.3], True),
        ("Gewichtung", [0.9, 1.4], True),
        ("weight_kg", [71.5, 80.5], False),
        ("wt", [1.0, 2.0, 3.0], False),
        ("income", [0.7, 1.3], False),
    ],
)
def test_weights_have_the_name_and_fractions(name: str, values: list[float], is_one: bool) -> None:
    assert look_like_weights(name, pl.Series(name, values)) == is_one


def accept(root: Path) -> None:
    for wave in ("w01", "w02"):
        run(root, "wave", "accept", "lay", wave)


@pytest.mark.parametrize("command", ["accept", "compare"])
def test_a_new_delivery_of_a_shared_file_is_told_wave_by_wave(tmp_path: Path, command: str) -> None:
    frame = wide(0)
    root = declared(tmp_path, frame)
    accept(root)
    corrected = frame.with_columns(q3_w2=6 - pl.col("q3_w2"))
    differ = int((corrected["q3_w2"] != frame["q3_w2"]).sum())
    (root / "data/raw/lay/wide.csv").write_text(corrected.write_csv())
    said = run(root, "wave", command, "lay", "w01", *(["--yes"] if command == "accept" else []))
    told = {
        wave: [line for line in said.splitlines() if line.strip().startswith(f"{wave}: ")] for wave in ("w01", "w02")
    }
    assert any("0 differ" in line for line in told["w01"])
    assert any(f"{differ} differ" in line for line in told["w02"])
    assert any("q3" in line for line in told["w02"])
    assert ("confirmed for all of them: w01, w02" in said) == (command == "accept")


def test_a_wave_of_a_file_of_its_own_is_told_alone(tmp_path: Path) -> None:
    frame = wide(0)
    root = declared(tmp_path, frame)
    own = WAVE.format(number=1) + "files: [{arm: main, file: one.csv, format: csv}]\n"
    first = frame.select("id", pl.col(r"^q\d+_w1$"))
    (root / "data/raw/lay/one.csv").write_text(first.write_csv())
    write(root, "waves/w01.yaml", own)
    accept(root)
    (root / "data/raw/lay/one.csv").write_text(first.with_columns(q3_w1=6 - pl.col("q3_w1")).write_csv())
    said = run(root, "wave", "accept", "lay", "w01", "--yes")
    assert "serves" not in said
    assert "w02" not in said
