"""A battery that a wave did not ask is one declaration and one finding; a list of unknown names is one message."""

from __future__ import annotations

from pathlib import Path

import pytest
from layout_study import declare_waves, harmonised, ingested, make_root, run, write

from pipeline.harmonise.drift import compare_all, counted, drift_html, open_blocks, undecided
from pipeline.paths import Paths
from pipeline.specs import load_project

ROWS = {"trust": ("The police", "The courts", "The press"), "often": ("The police", "Friends", "Family")}
BATTERIES = "".join(
    f"{key}:\n  stem: How much?\n  codes: {{1: a, 2: b, 3: c}}\n  rows:\n"
    + "".join(f"    {key}_{number}: {row}\n" for number, row in enumerate(rows, 1))
    for key, rows in ROWS.items()
)
COLUMNS = [f"{key}_{number}" for key in ROWS for number in (1, 2, 3)]


def study(tmp_path: Path, more: str = "", empty: bool = False) -> Path:
    """Two waves; the second lacks the battery `often`, or has it without an answer."""
    kept = COLUMNS if empty else COLUMNS[:3]
    first = [f"{person},{','.join(str(1 + (person + place) % 3) for place in range(6))}" for person in range(1, 41)]
    rows = [[str(1 + (person * 2 + place) % 3) for place in range(len(kept))] for person in range(1, 41)]
    second = [f"{person},{','.join(row[:3] + [''] * len(row[3:]))}" for person, row in enumerate(rows, 1)]
    files = {
        "a.csv": "\n".join([f"id,{','.join(COLUMNS)}", *first]),
        "b.csv": "\n".join([f"id,{','.join(kept)}", *second]),
    }
    root = make_root(tmp_path, files, waves=2)
    write(root, "items.yaml", BATTERIES)
    file = "files: [{{arm: main, file: {}.csv, format: csv}}]\n"
    declare_waves(root, {1: file.format("a"), 2: file.format("b") + more})
    return root


@pytest.mark.parametrize("said", ["often", "often_*", "often_1, often_2, often_3"])
def test_a_battery_or_a_pattern_is_what_was_not_asked(tmp_path, said):
    root = study(tmp_path, f"not_asked: [{said}]\n")
    run(root, "check")
    wave = load_project(Paths(root)).studies["lay"].waves["w02"]
    assert wave.not_asked == ("often_1", "often_2", "often_3")
    answers = harmonised(root).answers.filter(wave="w02")
    assert set(answers["often_2_reason"]) == {"not_asked"}
    assert answers["trust_2"].null_count() == 0


def test_a_part_may_say_a_battery_too(tmp_path):
    root = study(tmp_path)
    file = root / "data/studies/lay/waves/w02.yaml"
    file.write_text(file.read_text().replace("format: csv}", "format: csv, not_asked: [often]}"))
    assert load_project(Paths(root)).studies["lay"].waves["w02"].files[0].not_asked == ("often_1", "often_2", "often_3")


@pytest.mark.parametrize("said", ["ofen", "ofen_*"])
def test_what_stands_for_no_item_is_named(tmp_path, said):
    root = study(tmp_path, f"not_asked: [{said}]\n")
    assert f"`{said}` is not an item of this study" in run(root, "check", fails=True)


@pytest.mark.parametrize("empty", [False, True])
def test_a_battery_without_an_answer_is_one_finding(tmp_path, empty):
    root = study(tmp_path, empty=empty)
    declared = load_project(Paths(root)).studies["lay"]
    tables = ingested(root)
    found = compare_all(
        declared,
        {wave: made.frame for wave, made in tables.items()},
        {wave: made.labels for wave, made in tables.items()},
    )
    kind = "empty" if empty else "not_in_file"
    rows = found.filter(kind=kind)
    assert sorted(rows["item"]) == ["often_1", "often_2", "often_3"], "the table has one for each item"
    worst, lines = undecided(found, "w02")
    of_kind = [line for line in lines if "(often)" in line]
    assert len(of_kind) == 1
    assert "of all 3 items of the battery, such as `often_1`" in of_kind[0]
    if empty:
        assert worst == "warning"
    else:
        (block,) = open_blocks(found)
        assert "list `often` under `not_asked` of the wave" in block
        assert counted(found).startswith("1 to be decided")
    page = drift_html(declared, found, Path(__file__).parents[2] / "reports/templates/drift.html.j2")
    assert page.lower().count("of all 3 items of the battery") == 1


def test_some_items_of_a_battery_are_findings_of_their_own(tmp_path):
    root = study(tmp_path, "not_asked: [often]\n")
    file = root / "data/raw/lay/b.csv"
    lines = [line.rsplit(",", 1)[0] for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines))
    declared, tables = load_project(Paths(root)).studies["lay"], ingested(root)
    found = compare_all(
        declared,
        {wave: made.frame for wave, made in tables.items()},
        {wave: made.labels for wave, made in tables.items()},
    )
    assert [line for line in undecided(found, "w02")[1] if "(trust_3)" in line]


def test_rows_of_one_wording_in_two_batteries_have_labels_that_tell_them_apart(tmp_path):
    items = load_project(Paths(study(tmp_path, "not_asked: [often]\n"))).studies["lay"].items
    assert items["trust_1"].label == "How much? The police"
    assert items["often_1"].label == "How much? The police"
    assert items["trust_2"].label == "The courts"


def test_waves_without_a_file_are_one_message(tmp_path):
    root = study(tmp_path, "not_asked: [often]\n")
    about = root / "data/studies/lay/study.yaml"
    about.write_text(about.read_text().replace("waves: [w01, w02]", "waves: w01 to w15"))
    said = " ".join(run(root, "check", fails=True).split())
    assert said.count("a wave with a file in waves/") == 1
    assert "none of `w03`, `w04`" in said
    assert "`w14` and 1 more is a wave with a file in waves/" in said
    assert "did you mean" not in said


def test_a_decision_about_a_battery_is_one_about_each_item(tmp_path):
    decision = "decisions: [{item: often, finding: empty, decision: accept, reason: They did not ask it}]\n"
    root = study(tmp_path, decision, empty=True)
    run(root, "check")
    declared, tables = load_project(Paths(root)).studies["lay"], ingested(root)
    found = compare_all(
        declared,
        {wave: made.frame for wave, made in tables.items()},
        {wave: made.labels for wave, made in tables.items()},
    )
    assert set(found.filter(kind="empty")["decision"]) == {"accept: They did not ask it"}
    assert "decision_without_finding" not in set(found["kind"])
