"""``codes: from_labels``: accepting a wave freezes its codes and labels, and a delivery that differs is a finding."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from panel_study import AGREE, ITEMS, LABELS, SEX, STUDY, VALUE_LABELS, clean, make_panel, raw, rebuild, write_sav
from typer.testing import CliRunner

from assets.commands.main import app
from assets.engine import store
from pipeline.paths import Paths
from pipeline.specs import load_project

pytestmark = pytest.mark.thorough

BATTERY = """# What people think of where they live.
views:
  stem: "Do you agree?"
  codes: from_labels   # as the fieldwork agency labels them
  rows:
    trust1: People here can be trusted
    trust2: People here help each other
    belong1: {wording: I belong here}
"""
SINGLE = "belong2: {label: Stays, wording: I plan to stay, codes: from_labels}\n"
SPANISH = {1: "Nada", 2: "Poco", 3: "Mucho", 88: "No sabe", 99: "No responde", -1: "Filtro"}


def run(*arguments: str, fails: bool = False) -> str:
    found = CliRunner().invoke(app, list(arguments))
    assert found.exit_code == int(fails), found.output
    return found.output


def items(root: Path) -> Path:
    return root / "data" / "studies" / STUDY / "items.yaml"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_panel(tmp_path / "root")
    monkeypatch.setenv("COHESION_ROOT", str(root))
    items(root).write_text(BATTERY + SINGLE + SEX)
    return root


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A panel of three accepted waves."""
    root = make_panel(tmp_path_factory.mktemp("accepted") / "root")
    items(root).write_text(BATTERY + SINGLE + SEX)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COHESION_ROOT", str(root))
        for name in ("w01", "w02", "w03"):
            run("wave", "accept", STUDY, name)
    return root


@pytest.fixture
def ready(accepted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = Path(shutil.copytree(accepted, tmp_path / "ready"))
    monkeypatch.setenv("COHESION_ROOT", str(root))
    return root


def findings(root: Path, wave: str) -> set[tuple[str, str]]:
    table = store.load(Paths(root), ("findings", STUDY)).filter(pl.col("wave") == wave)
    return {(row["item"], row["kind"]) for row in table.iter_rows(named=True)}


def test_until_a_wave_is_accepted_a_build_says_what_to_do(root):
    assert "4 items take their codes from labels" in run("check")
    message = rebuild(root)["wave/panel/w01"].message
    assert "`trust1`, `trust2`, `belong1`, `belong2` take their codes from the labels" in message
    assert "cohesion wave accept panel w01" in message


def test_accepting_freezes_codes_and_keeps_every_other_byte(root):
    said = run("wave", "accept", STUDY, "w01")
    assert "the codes of 4 items are frozen as clean_w1.sav labels them" in said
    text = items(root).read_text()
    codes = '{1: "Strongly disagree", 2: "Disagree", 3: "Neither", 4: "Agree", 5: "Strongly agree"}'
    assert text == (
        BATTERY.replace(
            "from_labels   # as the fieldwork agency labels them\n",
            f"{codes}   # as the fieldwork agency labels them\n  from_labels: true  # frozen from clean_w1.sav\n",
        )
        + SINGLE.replace("codes: from_labels", f"from_labels: true, codes: {codes}")
        + SEX
    )
    declared = load_project(Paths(root)).studies[STUDY].items
    assert all(declared[item].codes == {str(code): label for code, label in AGREE.items()} for item in ITEMS)
    assert not [report.message for report in rebuild(root).values() if report.message]
    run("wave", "accept", STUDY, "w01")
    assert items(root).read_text() == text, "what is frozen stays"


def relabelled(root: Path, wave: int, labels: dict[float, str], answers: dict[float, float] | None = None) -> None:
    """A delivery in which belong2 has other labels, or other codes."""
    frame = clean(f"w0{wave}")
    if answers:
        frame = frame.with_columns(pl.col("belong2").replace(answers))
    write_sav(raw(root) / f"clean_w{wave}.sav", frame, LABELS, {**VALUE_LABELS, "belong2": labels})


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ({**AGREE, 2: "Rather the opposite"}, "code_labels"),
        ({1: "Nunca", 2: "Casi nunca", 3: "A veces", 4: "Casi siempre", 5: "Siempre"}, "code_labels"),
        ({**AGREE, 6: "It depends"}, "new_codes"),
        ({code: AGREE[6 - code] for code in AGREE}, "reversed_labels"),
        ({1: AGREE[1], 2: AGREE[2], 4: AGREE[4], 5: AGREE[5]}, "options_dropped"),
    ],
    ids=["one label", "another language", "a new code", "reversed", "a code that is gone"],
)
@pytest.mark.parametrize("wave", [1, 2], ids=["a corrected delivery", "a later wave"])
def test_other_labels_in_a_delivery_are_a_finding(ready, labels, kind, wave):
    root = ready
    relabelled(root, wave, {**labels, -99: "Refused", -88: "Don't know"})
    run("wave", "accept", STUDY, f"w0{wave}", "--yes")
    rebuild(root)
    assert ("belong2", kind) in findings(root, f"w0{wave}")
    assert not [found for found in findings(root, f"w0{wave}") if found[0] in ("trust1", "trust2", "belong1")]


def test_a_missing_code_that_means_something_else_is_a_finding(ready):
    root = ready
    relabelled(root, 2, {**AGREE, -99: "Strongly agree, and how", -88: "Don't know"})
    run("wave", "accept", STUDY, "w02", "--yes")
    rebuild(root)
    assert ("belong2", "code_labels") in findings(root, "w02")


def test_missing_codes_are_proposed_with_their_reason(root):
    frame = clean("w01").with_columns(belong2=pl.Series([1.0, 2.0, 3.0, 88.0, 99.0, -1.0] * 10))
    coded = {**VALUE_LABELS, "belong2": SPANISH}
    write_sav(raw(root) / "clean_w1.sav", frame, LABELS, coded)
    block = "belong2:\n  label: Stays\n  wording: I plan to stay\n  codes: from_labels\n"
    items(root).write_text(BATTERY + block + SEX)
    said = run("wave", "accept", STUDY, "w01")
    assert "PROPOSED as missing" in said
    for told in ("88 “No sabe” → dont_know (1)", "99 “No responde” → no_answer (1)", "-1 “Filtro” → no_answer (1)"):
        assert told in said
    assert 'missing: {-1: "no_answer", 88: "dont_know", 99: "no_answer"}  # PROPOSED from the labels' in (
        items(root).read_text().replace('{88: "dont_know", 99: "no_answer", -1: "no_answer"}',
                                        '{-1: "no_answer", 88: "dont_know", 99: "no_answer"}')
    )  # fmt: skip
    item = load_project(Paths(root)).studies[STUDY].items["belong2"]
    assert item.codes == {"1": "Nada", "2": "Poco", "3": "Mucho"}


def test_missing_codes_that_a_person_declared_stay(root):
    frame = clean("w01").with_columns(belong2=pl.Series([1.0, 2.0, 3.0, 88.0, 99.0, -1.0] * 10))
    write_sav(raw(root) / "clean_w1.sav", frame, LABELS, {**VALUE_LABELS, "belong2": SPANISH})
    block = "belong2:\n  label: S\n  wording: I\n  codes: from_labels\n  missing:\n    99: refused  # by phone\n"
    items(root).write_text(BATTERY + block + SEX)
    run("wave", "accept", STUDY, "w01")
    assert "    99: refused  # by phone\n" in items(root).read_text()
    item = load_project(Paths(root)).studies[STUDY].items["belong2"]
    assert item.missing == {"99": "refused", "88": "dont_know", "-1": "no_answer"}


@pytest.mark.parametrize(
    ("labels", "answers", "problem"),
    [
        ({}, [1.0, 2.0] * 30, "`belong2` (item `belong2`) has no labels in clean_w1.sav"),
        ({-9: "Refused"}, [1.0, 2.0] * 30, "`belong2` has labels of missing codes alone (-9)"),
        ({0: "None", 100: "All"}, [float(k) for k in range(60)], "59 answers without a label and 2 with one"),
    ],
    ids=["no labels", "missing codes alone", "a thermometer"],
)  # fmt: skip
def test_labels_that_do_not_say_what_answers_may_be_stop_the_acceptance(root, labels, answers, problem):
    coded = {name: codes for name, codes in {**VALUE_LABELS, "belong2": labels}.items() if codes}
    frame = clean("w01").with_columns(belong2=pl.Series(answers))
    write_sav(raw(root) / "clean_w1.sav", frame, LABELS, coded)
    before = items(root).read_text()
    said = run("wave", "accept", STUDY, "w01", fails=True)
    assert problem in said
    assert "Nothing was changed" in said
    assert items(root).read_text() == before
    assert load_project(Paths(root)).studies[STUDY].waves["w01"].files[0].sha256 is None


def test_items_of_a_battery_that_are_labelled_otherwise_stop_the_acceptance(root):
    write_sav(raw(root) / "clean_w1.sav", clean("w01"), LABELS, {**VALUE_LABELS, "trust2": {**AGREE, 1: "Yes"}})
    said = run("wave", "accept", STUDY, "w01", fails=True)
    assert "`trust2` (item `trust2`) of clean_w1.sav labels code 1 “Yes”, but `trust1` “Strongly disagree”" in said


def test_the_ends_of_a_scale_stand_for_all_of_it(root):
    frame = clean("w01").with_columns(belong2=pl.Series([float(k % 11) for k in range(60)]))
    write_sav(raw(root) / "clean_w1.sav", frame, LABELS, {**VALUE_LABELS, "belong2": {0: "Bad", 10: "Good"}})
    run("wave", "accept", STUDY, "w01")
    codes = load_project(Paths(root)).studies[STUDY].items["belong2"].codes
    assert list(codes) == [str(code) for code in range(11)]
    assert (codes["0"], codes["5"], codes["10"]) == ("Bad", "5", "Good")


def test_hostile_labels_come_out_inert(root):
    hostile = {1: 'x"}\n  missing: {1: refused}\n#', 2: "*a: &b [", 3: "{{ evil }}", 4: "Agree", 5: "Strongly agree"}
    write_sav(raw(root) / "clean_w1.sav", clean("w01"), LABELS, {**VALUE_LABELS, "belong2": hostile})
    run("wave", "accept", STUDY, "w01")
    item = load_project(Paths(root)).studies[STUDY].items["belong2"]
    assert (item.codes["2"], item.codes["3"], item.missing) == ("*a: &b [", "{{ evil }}", {})
