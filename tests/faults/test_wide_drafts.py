"""Drafts of wide files: one item for each name, with the answers of all waves; missing codes by their labels."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
import yaml
from layout_study import STUDY, as_the_template, make_root, run

from pipeline.ingest.arrival.layout import Wide
from pipeline.ingest.arrival.stacked import stacked
from pipeline.ingest.formats.deposit import Deposit

PEOPLE = 60
OFFICES, PEOPLE_ASKED = ("Police", "Courts", "Parliament"), ("Neighbours", "Family", "Strangers")
ANSWERS = {1: "Not at all", 2: "Some", 3: "A lot", -9: "Refused", -8: "Don't know", -7: "Lost in transit"}


def wide_file(path: Path, form: str, marks: str = "123") -> None:
    """Three waves: two grids under one prefix of names, an income that only the first wave has high, a lasting fact."""
    columns: dict[str, list[float]] = {"id": [float(1_000 + person * 7) for person in range(PEOPLE)]}
    labels: dict[str, str] = {"sexx": "Sex of the person"}
    coded = {"sexx": {1: "Male", 2: "Female"}}
    columns["sexx"] = [float(1 + person % 2) for person in range(PEOPLE)]
    for place, mark in enumerate(marks):
        stems = {"offices": OFFICES, "people": PEOPLE_ASKED}
        asked = [f"How much do you trust these {group}? {row}" for group, rows in stems.items() for row in rows]
        for number, label in enumerate(asked, 1):
            name = form.format(name=f"trust_{number}", mark=mark)
            codes = [1, 2, 3, -9, -8, -7] if place == 0 else [1, 2]
            columns[name] = [float(codes[(person + number) % len(codes)]) for person in range(PEOPLE)]
            labels[name], coded[name] = label, ANSWERS
        income = form.format(name="income", mark=mark)
        columns[income] = [float((900 if place == 0 else 200) + person + 0.5) for person in range(PEOPLE)]
    pyreadstat.write_dta(
        pl.DataFrame(columns), str(path), column_labels=[labels.get(name, "") for name in columns],
        variable_value_labels=coded,
    )  # fmt: skip


def items_of(root: Path) -> dict[str, dict]:
    return yaml.load((root / "data/studies" / STUDY / "items.yaml").read_text(), yaml.BaseLoader)


def study(tmp_path: Path, form: str, marks: str = "123") -> tuple[Path, Path]:
    root = make_root(tmp_path, {})
    as_the_template(root)
    file = root / "data/raw" / STUDY / "panel.dta"
    wide_file(file, form, marks)
    return root, file


@pytest.mark.parametrize(
    ("form", "marks"), [("{name}_w{mark}", "123"), ("{mark}_{name}", "abc"), ("w{mark}_{name}", "468")]
)
@pytest.mark.parametrize("command", [("items",), ("wave",)])
def test_a_wide_file_gives_each_name_once_with_the_answers_of_all_waves(tmp_path, form, marks, command):
    root, file = study(tmp_path, form, marks)
    arguments = (
        ("items", "draft", str(file), "--study", STUDY)
        if command == ("items",)
        else ("wave", "draft", STUDY, str(file))
    )
    run(root, *arguments)
    items = items_of(root)
    rows = [list(entry["rows"]) for entry in items.values() if "rows" in entry]
    assert rows == [["trust_1", "trust_2", "trust_3"], ["trust_4", "trust_5", "trust_6"]]
    stems = [entry["stem"] for entry in items.values() if "rows" in entry]
    assert stems == ["How much do you trust these offices?", "How much do you trust these people?"]
    assert set(items) - {key for key, entry in items.items() if "rows" in entry} == {"sexx", "income"}
    assert items["income"]["range"] == ["200", "1000"]
    assert items["sexx"]["time_constant"] == "true"
    text = (root / "data/studies" / STUDY / "items.yaml").read_text()
    counts = dict(re.findall(r"(-?\d): (\d+)", re.search(r'trust_1: "Police"  # (.*)', text)[1]))
    assert counts == {"1": "70", "2": "70", "3": "10", "-9": "10", "-7": "10"}, "-8 is as study.yaml says"
    scales = (root / "data/studies" / STUDY / "scales.yaml").read_text()
    assert "#   items: [trust_1, trust_2, trust_3]" in scales
    assert '#   label: "How much do you trust these people?"' in scales


def test_items_are_not_drafted_again_under_the_names_of_the_waves(tmp_path):
    root, file = study(tmp_path, "{name}_w{mark}")
    run(root, "wave", "draft", STUDY, str(file))
    assert "holds no question that items.yaml lacks" in run(root, "items", "draft", str(file), "--study", STUDY)


def test_the_pattern_that_a_study_declares_is_used_where_names_do_not_show_it(tmp_path):
    root, file = study(tmp_path, "{name}{mark}", "xyz")
    about = root / "data/studies" / STUDY / "study.yaml"
    about.write_text(about.read_text().replace("waves: [w01]", "waves: [w01, w02, w03]") + '\nnames: "{name}{mark}"\n')
    for number, mark in enumerate("xyz", 1):
        (root / f"data/studies/{STUDY}/waves/w0{number}.yaml").write_text(
            f"title: Wave {number}\nmark: {mark}\nfieldwork: {{start: 2020-01-01, end: 2020-02-01}}\n"
            "files:\n  - {arm: main, file: panel.dta, format: dta, present: {any_of: items}}\n"
        )
    run(root, "items", "draft", str(file), "--study", STUDY)
    assert {row for entry in items_of(root).values() for row in entry.get("rows", ())} == {
        f"trust_{number}" for number in range(1, 7)
    }


def test_missing_codes_are_what_the_labels_say_and_what_they_do_not_say_is_marked(tmp_path):
    root, file = study(tmp_path, "{name}_w{mark}")
    said = run(root, "wave", "draft", STUDY, str(file))
    about = (root / "data/studies" / STUDY / "study.yaml").read_text()
    missing = yaml.load(about, yaml.BaseLoader)["missing"]
    assert missing == {"-9": "refused", "-8": "dont_know", "-1": "routed_out", "-7": "no_answer"}
    assert "-9 is refused, and no longer no_answer" in said
    assert "-7: no_answer  # PROPOSED, CHECK: for which reason “Lost in transit”?" in about
    assert "missing" not in {key for entry in items_of(root).values() for key in entry}


def test_labels_of_one_item_that_contradict_the_study_are_written_with_the_item(tmp_path):
    root, file = study(tmp_path, "{name}_w{mark}")
    run(root, "wave", "draft", STUDY, str(file))
    columns = {"id": [float(person) for person in range(PEOPLE)], "later": [1.0, 2.0, -9.0] * (PEOPLE // 3)}
    codes = {"later": {1: "Yes", 2: "No", -9: "Not applicable"}}
    pyreadstat.write_dta(pl.DataFrame(columns), str(file.with_name("more.dta")), variable_value_labels=codes)
    run(root, "items", "draft", str(file.with_name("more.dta")), "--study", STUDY)
    assert items_of(root)["later"]["missing"] == {"-9": "routed_out"}
    assert "-9: refused" in (root / "data/studies" / STUDY / "study.yaml").read_text()


def test_waves_that_label_a_code_differently_are_named():
    frame = pl.DataFrame({"q_w1": [1.0, 2.0], "q_w2": [2.0, 1.0], "sex": ["m", "f"]})
    layout = Wide("{name}_w{number}", {"1": {"q": "q_w1"}, "2": {"q": "q_w2"}}, ("sex",))
    labels = {"q_w1": {"1": "Often", "2": "Never"}, "q_w2": {"1": "Never ", "2": "Never"}}
    made = stacked(Deposit(frame, value_labels=labels), layout)
    assert made.otherwise == {"q": ("1",)}
    assert made.deposit.frame.rows() == [(1.0, "m"), (2.0, "f"), (2.0, None), (1.0, None)]


def test_waves_that_hold_a_question_as_text_and_as_numbers_are_stacked():
    frame = pl.DataFrame({"q_w1": [1.0, 2.0], "q_w2": ["2", ".a"]})
    made = stacked(Deposit(frame), Wide("{name}_w{number}", {"1": {"q": "q_w1"}, "2": {"q": "q_w2"}}, ()))
    assert made.deposit.frame["q"].to_list() == ["1", "2", "2", ".a"]


def test_a_wide_file_of_another_arm_is_no_wave(tmp_path):
    """It was drafted as a fourth wave, with the first wave's marks."""
    root, file = study(tmp_path, "{name}_w{mark}")
    run(root, "wave", "draft", STUDY, str(file))
    wide_file(file.with_name("boost.dta"), "{name}_w{mark}")
    said = " ".join(run(root, "wave", "draft", STUDY, str(file.with_name("boost.dta")), fails=True).split())
    assert said.startswith("boost.dta: holds the waves 1, 2, 3, in columns of the form `{name}_w{number}`, so that ")
    assert "`{arm: main, file: boost, present: {any_of: items}}`" in said
    assert not (root / "data/studies" / STUDY / "waves" / "w04.yaml").exists()
