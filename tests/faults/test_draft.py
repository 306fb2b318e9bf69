"""Drafts propose and decide nothing: another name is a comment, a proposal stays as unsure as it first was."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from shared import ROOT, shared
from small_study import make_root
from test_values_names import HOSTILE
from typer.testing import CliRunner

from assets.commands.main import app
from pipeline.paths import Paths
from pipeline.specs import load_project

ABOUT = """
title: A panel for tests
short_title: Panel
population: Nobody
citation: None
licence: None
arms: {main: {title: Main, waves: [w01]}}
columns: {person_id: id}
missing: {-9: no_answer}
"""
ITEM = (
    "{key}: {{label: '{label}', wording: '{label}', variable: {variable}, codes: {{1: a, 2: b, 3: c, 4: d, 5: e}}}}\n"
)
WAVE = """
title: Wave {number}
fieldwork: {{start: 2020-0{number}-01, end: 2020-0{number}-20}}
files: [{{arm: main, file: w{number}.csv, format: csv}}]
variables:
{variables}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_root(tmp_path / "root", studies=())
    monkeypatch.setenv("COHESION_ROOT", str(root))
    return root


def study(root: Path, **items: str) -> Path:
    """A study with one wave, and items by key → variable."""
    folder = root / "data" / "studies" / "first"
    (folder / "waves").mkdir(parents=True)
    (root / "data" / "raw" / "first").mkdir(parents=True)
    (folder / "study.yaml").write_text(ABOUT)
    entries = [ITEM.format(key=key, label=f"Question {key}", variable=variable) for key, variable in items.items()]
    (folder / "items.yaml").write_text("".join(entries))
    declared = "".join(f'  {key}: "{variable}"  # 100%: same name\n' for key, variable in items.items())
    (folder / "waves" / "w01.yaml").write_text(WAVE.format(number=1, variables=declared))
    return folder


def drafted(root: Path, frame: pl.DataFrame | bytes, name: str = "new.csv", *more: str) -> str:
    """What the command says of a new file."""
    file = root / "data" / "raw" / "first" / name
    frame.write_csv(file) if isinstance(frame, pl.DataFrame) else file.write_bytes(frame)
    found = CliRunner().invoke(app, ["wave", "draft", "first", str(file), *more])
    assert found.exit_code == 0, found.output
    return found.output


def wave(root: Path, key: str = "w02"):
    return load_project(Paths(root)).studies["first"].waves[key]


def answers(*names: str, **more: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"id": range(60), **{name: [1 + k % 5 for k in range(60)] for name in names}, **more})


def test_02_draft_wrong_match(root):
    folder = study(root, e3_1="E3_1")
    drafted(root, shared("faults", "drift", "02_draft_wrong_match.csv").read_bytes())
    text = (folder / "waves" / "w02.yaml").read_text()
    assert "e3_1" not in wave(root).variables
    assert wave(root).not_asked == (), "unread columns have its codes: somebody decides"
    assert '# e3_1: "F1_1"  # no variable like `E3_1`' in text
    assert '# e3_1: "A3_1"' not in text, "A3_1 is of another battery than E3_1"
    for column in ("A3_1", "I2_1", "F1_1"):
        assert f'variable: "{column}"' in text, "an entry of items.yaml is proposed for each"


@pytest.mark.parametrize("name", ["trust_1_new", "trusting_1", "x_trust_1"])
def test_another_name_is_a_comment_and_waits_for_a_decision(root, name):
    folder = study(root, trust_1="trust_1", worry="worry")
    said = drafted(root, answers(name, "worry"))
    text = (folder / "waves" / "w02.yaml").read_text()
    assert dict(wave(root).variables) == {"worry": "worry"}
    if "decide" in said:
        assert f'  # trust_1: "{name}"  # ' in text
        assert "trust_1" not in wave(root).not_asked, "nothing is decided, so the build stops"
    else:
        assert f"  - trust_1  # perhaps {name} (" in text


def test_an_items_own_variable_comes_before_the_last_waves(root):
    folder = study(root, e3_1="E3_1")
    (folder / "waves" / "w01.yaml").write_text(WAVE.format(number=1, variables='  e3_1: "A3_1"  # 75%: name alike\n'))
    drafted(root, answers("A3_1", "E3_1"))
    assert dict(wave(root).variables) == {"e3_1": "E3_1"}


def test_a_proposal_keeps_its_first_confidence(root):
    folder = study(root, e3_1="E3_1")
    (folder / "waves" / "w01.yaml").write_text(WAVE.format(number=1, variables='  e3_1: "A3_1"  # 75%: name alike\n'))
    for key, name in (("w02", "second.csv"), ("w03", "third.csv")):
        drafted(root, answers("A3_1"), name)
        assert '  # e3_1: "A3_1"  # 75%: as proposed first in w01' in (folder / "waves" / f"{key}.yaml").read_text()
        assert not wave(root, key).variables


def test_a_proposal_without_its_comment_is_a_decision(root):
    folder = study(root, e3_1="E3_1")
    (folder / "waves" / "w01.yaml").write_text(WAVE.format(number=1, variables='  e3_1: "A3_1"\n'))
    drafted(root, answers("A3_1"))
    assert dict(wave(root).variables) == {"e3_1": "A3_1"}


def test_a_column_of_one_items_name_is_proposed_for_no_other(root):
    study(root, trust_1="trust_1", trust_new="trust_new")
    drafted(root, answers("trust_new"))
    assert dict(wave(root).variables) == {"trust_new": "trust_new"}


def test_entries_are_comments_unless_they_are_asked_for(root):
    folder = study(root, trust_1="trust_1")
    before = (folder / "items.yaml").read_text()
    said = drafted(root, answers("trust_1", "worry_1"))
    assert "1 column is read by no item" in said
    assert "draft again with --items" in said
    assert (folder / "items.yaml").read_text() == before
    line = next(line for line in (folder / "waves" / "w02.yaml").read_text().splitlines() if "worry_1" in line)
    assert line == (
        '#   worry_1: {label: "worry_1", wording: "", codes: {1: "1", 2: "2", 3: "3", 4: "4", 5: "5"}}'
        "  # 1: 12, 2: 12, 3: 12, 4: 12, 5: 12"
    )
    drafted(root, answers("trust_1", "worry_1"), "again.csv", "--items")
    declared = load_project(Paths(root)).studies["first"]
    assert declared.items["worry_1"].assumed
    assert dict(declared.waves["w03"].variables) == {"trust_1": "trust_1", "worry_1": "worry_1"}


# the first file of a new study ---------------------------------------------------------------------------


@pytest.fixture
def template(root) -> Path:
    """A copy of the template, as a new user makes it; only its own words about itself are said."""
    studies = root / "data" / "studies"
    shutil.copytree(ROOT / "data" / "studies" / "_template", studies / "_template")
    folder = shutil.copytree(studies / "_template", studies / "first")
    (root / "data" / "raw" / "first").mkdir(parents=True)
    text = (folder / "study.yaml").read_text()
    for key in ("title", "short_title", "population", "citation", "licence"):
        old = next(line for line in text.splitlines() if line.startswith(f"{key}:"))
        text = text.replace(old, f"{key}: Mine")
    (folder / "study.yaml").write_text(text)
    return folder


def test_the_templates_wave_and_items_are_no_ones(root, template):
    said = drafted(root, answers("trust_1", "trust_2", "trust_3", weight=[1.0 + k / 60 for k in range(60)]))
    assert "Drafted w01" in said
    declared = load_project(Paths(root)).studies["first"]
    assert list(declared.items) == ["trust_1", "trust_2", "trust_3"]
    assert [file.file for file in declared.waves["w01"].files] == ["new.csv"]
    assert not declared.weights
    assert not declared.caveats, "the template's caveats are nobody's"
    assert all(item.assumed for item in declared.items.values())


@pytest.mark.parametrize("name", ["study_wave_1.csv", "other.csv"])
def test_whatever_the_first_file_is_called(root, template, name):
    assert "Drafted w01" in drafted(root, answers("q1", weight=[1.5] * 60), name)
    assert "Drafted w02" in drafted(root, answers("q1", weight=[1.5] * 60), "second.csv")


def test_an_edited_example_is_a_study_of_its_own(root, template):
    for old, new in (("file: study_wave_1.csv", "file: mine.csv"), ("title: 2024", "title: First")):
        path = template / "waves" / "w01.yaml"
        path.write_text(path.read_text().replace(old, new))
    assert "Drafted w02" in drafted(root, answers("lifesat"))


@pytest.mark.parametrize(
    ("first", "second"),
    [("{}_w01", "{}_w02"), ("a_{}", "b_{}"), ("w1_{}", "w2_{}"), ("{}w1", "{}w2"), ("{}_t1", "{}_t2")],
)
def test_names_that_hold_the_wave_lose_it_in_the_item(root, template, first, second):
    names = ["trust_1", "trust_2", "worry", "health", "income", "mood"]
    drafted(root, answers(*map(first.format, names)))
    declared = load_project(Paths(root)).studies["first"]
    assert list(declared.items) == names
    assert dict(declared.waves["w01"].variables) == {name: first.format(name) for name in names}
    drafted(root, answers(*map(second.format, names)), "second.csv")
    assert dict(wave(root).variables) == {name: second.format(name) for name in names}


def test_a_battery_has_the_same_codes_and_names_what_is_keyed_against_it(root, template):
    likes = [1 + k % 5 for k in range(60)]
    columns = {
        "trust_1": likes,
        "trust_2": [min(4, one) for one in likes],
        "trust_3": [6 - one for one in likes],
        "trust_4": [-9 if k == 3 else one for k, one in enumerate(likes)],
        "q1": likes,
        "q2": likes,
        "q3": likes,
    }
    drafted(root, answers(**columns, weight=[1.5] * 60))
    text = (template / "scales.yaml").read_text()
    assert "# trust:  # 4 items" in text
    assert "#   reverse: [trust_3]" in text
    assert "q:" not in text, "numbers of questions make no battery"
    items = load_project(Paths(root)).studies["first"].items
    assert [list(items[f"trust_{k}"].codes) for k in range(1, 5)] == [["1", "2", "3", "4", "5"]] * 4


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_becomes_an_item_and_nothing_else(root, template, name):
    drafted(root, answers(name, weight=[1.5] * 60))
    declared = load_project(Paths(root)).studies["first"]
    (item,) = declared.items.values()
    assert list(declared.waves["w01"].variables.values()) == [name]
    assert item.kind == "ordinal"


def test_roles_that_nobody_declared_are_proposed_and_no_items(root, template):
    more = {
        "startdate": [f"2021-01-{1 + k % 20:02}T10:00:00Z" for k in range(60)],
        "duration_min": [20.0 + k for k in range(60)],
        "progress": [100] * 60,
        "region": ["North", "South"] * 30,
        "mail": [f"{k}@example.org" for k in range(60)],
    }
    drafted(root, answers("q1", **more, weight=[1.5] * 60))
    text = (template / "waves" / "w01.yaml").read_text()
    assert '      interview_date: "startdate"  # the only column of dates' in text
    assert '      # duration: "duration_min"' in text
    assert '      # progress: "progress"' in text
    assert "start: 2021-01-01" in text
    assert list(load_project(Paths(root)).studies["first"].items) == ["q1"]
    assert "example.org" not in text + (template / "items.yaml").read_text()
    assert "North" not in text, "answers in words are not shown"


def test_a_question_that_is_called_like_a_role_is_still_an_item(root, template):
    drafted(root, answers("status", "test_anxiety", "minutes_of_tv", "weight_kg", "contest", weight=[1.5] * 60))
    found = list(load_project(Paths(root)).studies["first"].items)
    assert found == ["status", "test_anxiety", "minutes_of_tv", "weight_kg", "contest"]


def test_answers_that_are_not_declared_are_named_with_the_draft(root, template):
    usual = answers("trust_1", income=[*(str(1000 + 37 * k) for k in range(59)), "NA"], weight=[1.5] * 60)
    drafted(root, usual)
    more = usual.with_columns(income=pl.Series([*["90000"] * 3, *usual["income"][3:]]), trust_1=pl.lit(6))
    said = drafted(root, more, "second.csv")
    assert "Answers that are not declared, in trust_1, income" in said
    proposed = (template / "waves" / "w02.yaml").read_text()
    assert "3 answers are outside its range: `range: [0, 90000]` in items.yaml holds all" in proposed
