"""Answers in columns that nothing is read from stop the wave: to what is declared as not asked, or was read before."""

from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from confirmed import confirm_all
from engine_runs import build, is_early
from shared import shared
from small_study import make_root

from assets.engine import store
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.left_out import left_out

ABOUT = """
title: A study for tests
short_title: Tests
population: People who do not exist
citation: None
licence: None
arms: {main: {title: Main, waves: [w01, w02]}}
columns: {person_id: pid}
missing: {-9: no_answer, -1: routed_out}
"""
ITEM = "{key}: {{label: '{key}', wording: '{key}', codes: {{1: A, 2: B, 3: C}}{more}}}\n"
PEOPLE = [f"P{number}" for number in range(40)]
ANSWERS = [1 + number % 3 for number in range(40)]


class Panel:
    def __init__(self, root: Path, first: pl.DataFrame, second: pl.DataFrame, **declared: str) -> None:
        self.root = make_root(root, ())
        self.folder = root / "data" / "studies" / "odd"
        (self.folder / "waves").mkdir(parents=True)
        deposits = root / "data" / "raw" / "odd"
        deposits.mkdir(parents=True)
        self.first, self.second = declared.pop("files", ("w1.csv", "w2.csv"))
        first.write_csv(deposits / self.first)
        second.write_csv(deposits / self.second)
        self.declare(**declared)

    def declare(self, w01: str = "", w02: str = "", about: str = "", q: str = "", items: str = "") -> None:
        (self.folder / "study.yaml").write_text(ABOUT + about)
        (self.folder / "items.yaml").write_text(
            items or ITEM.format(key="q", more=q) + ITEM.format(key="other", more="")
        )
        present = ", present: row" if self.first == self.second else ""
        for number, wave in enumerate((w01, w02), start=1):
            (self.folder / "waves" / f"w0{number}.yaml").write_text(
                f"title: Wave {number}\nfieldwork: {{start: 202{number}-01-01, end: 202{number}-02-28}}\n"
                f"files: [{{arm: main, file: {(self.first, self.second)[number - 1]}, format: csv{present}}}]\n{wave}"
            )

    def message(self) -> str:
        confirm_all(self.root)
        reports = build(self.root, is_early)
        return "\n".join(report.message for name, report in reports.items() if report.message and "odd" in name)


def wave(**columns: list[int | None]) -> pl.DataFrame:
    return pl.DataFrame({"pid": PEOPLE, **columns})


NOT_ASKED = {
    "of the wave": ({"w02": "not_asked: [q]\n"}, "q"),
    "of the item": ({"q": ", waves: [w01]"}, "q"),
    "under its name before": ({"w01": "variables: {q: q5}\n", "w02": "not_asked: [q]\n"}, "q5"),
    "under a prefix": ({"w02": "not_asked: [q]\nprefix: b_\nvariables: {other: other}\n"}, "b_q"),
    "with the number of the wave": ({"w01": "variables: {q: q_w1}\n", "w02": "not_asked: [q]\n"}, "q_w2"),
    "as a variable of the wave": ({"w02": "not_asked: [q]\nvariables: {q: q77}\n"}, "q77"),
}


def first_of(declared: dict[str, str]) -> pl.DataFrame:
    name = "q5" if "q5" in declared.get("w01", "") else "q_w1" if "q_w1" in declared.get("w01", "") else "q"
    return wave(**{name: ANSWERS, "other": ANSWERS})


@pytest.mark.parametrize("case", NOT_ASKED)
def test_answers_to_what_is_declared_as_not_asked_stop_the_wave(tmp_path, case):
    declared, name = NOT_ASKED[case]
    about = "unprefixed: [pid]\n" if "prefix" in declared.get("w02", "") else ""
    panel = Panel(
        tmp_path / "root", first_of(declared), wave(**{name: ANSWERS, "other": ANSWERS}), about=about, **declared
    )
    message = panel.message()
    assert (
        f"w2.csv, `{name}`: the item is declared as not asked here, but the file holds answers to it. 40 rows."
        in message
    )
    accept = "decisions: [{finding: not_asked_but_answered, item: q, decision: accept, reason: a pilot}]\n"
    panel.declare(about=about, **{**declared, "w02": declared.get("w02", "") + accept})
    assert not panel.message()
    answers = store.load(Paths(panel.root), ("answers", "odd")).filter(pl.col("wave") == "w02")
    assert answers["q"].null_count() == 40
    assert answers["q_reason"].unique().to_list() == ["not_asked"]


@pytest.mark.parametrize("cells", [[None] * 40, [-9] * 40, [-1] * 39 + [None]], ids=["empty", "no-answer", "routed"])
def test_a_column_without_an_answer_is_no_finding(tmp_path, cells):
    panel = Panel(
        tmp_path / "root", wave(q=ANSWERS, other=ANSWERS), wave(q=cells, other=ANSWERS), w02="not_asked: [q]\n"
    )
    assert not panel.message()


def test_one_answer_is_enough_and_set_aside_by_rule_it_stays_out(tmp_path):
    cells = [None] * 39 + [2]
    panel = Panel(
        tmp_path / "root", wave(q=ANSWERS, other=ANSWERS), wave(q=cells, other=ANSWERS), w02="not_asked: [q]\n"
    )
    assert "but the file holds answers to it. 1 rows." in panel.message()
    panel.declare(w02="not_asked: [q]\n", about="doubtful: set_aside\n")
    assert not panel.message()


def test_a_column_that_was_read_before_and_is_read_no_more(tmp_path):
    second = wave(q5=ANSWERS, renewed=ANSWERS[::-1], other=ANSWERS)
    declared = {"w01": "variables: {q: q5}\n", "w02": "variables: {q: renewed}\n"}
    panel = Panel(tmp_path / "root", wave(q5=ANSWERS, other=ANSWERS), second, **declared)
    assert (
        "w2.csv, `q5`: the item was read from this column in an earlier wave; here it holds answers" in panel.message()
    )
    decision = "decisions: [{finding: no_longer_read, item: q, decision: accept, reason: asked anew}]\n"
    panel.declare(**{**declared, "w02": declared["w02"] + decision})
    assert "no_longer_read" not in panel.message()


def test_read_by_another_item_it_is_read(tmp_path):
    second = wave(q5=ANSWERS, other=ANSWERS)
    declared = {"w01": "variables: {q: q5}\n", "w02": "variables: {other: q5}\nnot_asked: [q]\n"}
    assert "q5`" not in Panel(tmp_path / "root", wave(q5=ANSWERS, other=ANSWERS), second, **declared).message()


def test_one_wide_file_of_all_waves_holds_the_columns_of_each(tmp_path):
    wide = wave(q_w1=ANSWERS, q_w2=ANSWERS, other=ANSWERS)
    declared = {"w01": "variables: {q: q_w1}\n", "w02": "variables: {q: q_w2}\n"}
    once = {**declared, "w02": "variables: {q: q_w2}\nnot_asked: [other]\n"}
    assert not Panel(tmp_path / "root", wide, wide, files=("wide.csv", "wide.csv"), **once).message()
    split = Panel(tmp_path / "split", wide, wide, **declared)
    assert not split.message(), "one question in two waves, by its number"


def test_of_several_arms_each_is_held_against_its_own(tmp_path):
    project = load_project(Paths(Path(__file__).resolve().parents[2]))
    for study in project.studies.values():
        for name in study.waves:
            for part, columns in left_out(study, name).items():
                declared = {file.part for file in study.waves[name].files}
                assert part in declared
                assert len({one.variable.lower() for one in columns}) == len(columns)


def test_04_not_asked_but_there(tmp_path):
    text = shared("faults", "drift", "04_not_asked_but_there.yaml").read_text()
    assert "not_asked: [q]" in text
    panel = Panel(
        tmp_path / "root", wave(q=ANSWERS, other=ANSWERS), wave(q=ANSWERS, other=ANSWERS), w02="not_asked: [q]\n"
    )
    assert "declared as not asked here, but the file holds answers to it" in panel.message()


def test_a_label_of_such_a_column_is_no_finding_about_another(tmp_path):
    file = tmp_path / "w2.sav"
    pyreadstat.write_sav(wave(q=ANSWERS, other=ANSWERS), file, column_labels={"q": "The question", "other": "Other"})
    panel = Panel(
        tmp_path / "root", wave(q=ANSWERS, other=ANSWERS), wave(q=ANSWERS, other=ANSWERS), w02="not_asked: [q]\n"
    )
    (panel.root / "data" / "raw" / "odd" / "w2.sav").write_bytes(file.read_bytes())
    declaration = panel.folder / "waves" / "w02.yaml"
    declaration.write_text(declaration.read_text().replace("w2.csv, format: csv", "w2.sav, format: sav"))
    assert panel.message().count("w2.sav") == 1
