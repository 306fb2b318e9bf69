"""Drafts of household panels, whatever their names look like, are accepted by the check and say what is so."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
import yaml
from layout_study import STUDY, run
from shared import ROOT

from pipeline.errors import DeclarationErrors
from pipeline.ingest.arrival.date_parts import date_parts
from pipeline.ingest.arrival.layout import Wide, layout_of
from pipeline.ingest.formats.deposit import Deposit
from pipeline.paths import Paths
from pipeline.specs import Study, load_project

PEOPLE = 60
AGREE = {-9: "missing", -2: "refusal", 1: "Agree", 2: "Neither", 3: "Disagree"}
HEAD = """title: A household panel
short_title: Panel
population: People who do not exist
citation: None
licence: None
synthetic: true
format: 3
arms: {main: {title: Main, waves: [w01]}}
missing: {-1: dont_know, -2: refused, -7: proxy, -8: routed_out, -9: no_answer}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data" / "raw" / STUDY).mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", tmp_path / "data")
    for template in ("_template", "_household_template"):
        shutil.copytree(ROOT / "data" / "studies" / template, tmp_path / "data" / "studies" / template)
    shutil.copytree(ROOT / "reports" / "templates", tmp_path / "reports" / "templates")
    return tmp_path


def begin(root: Path, about: str, template: str = "_household_template", *, keep_waves: bool = False) -> Path:
    """A study's folder as a new user has it: a copy of a template, and study.yaml as edited."""
    folder = root / "data" / "studies" / STUDY
    shutil.copytree(root / "data" / "studies" / template, folder)
    if not keep_waves:
        for file in (folder / "waves").iterdir():
            file.unlink()
    (folder / "study.yaml").write_text(HEAD + about)
    return folder


def deposit(root: Path, name: str, columns: dict[str, list[object]], labels: dict[str, str]) -> Path:
    path = root / "data" / "raw" / STUDY / name
    coded = {column: AGREE for column in columns if "scq" in column or "trust" in column}
    said = [labels.get(column, "") for column in columns]
    pyreadstat.write_dta(pl.DataFrame(columns), str(path), column_labels=said, variable_value_labels=coded)
    return path


def accepted(root: Path) -> Study:
    """The study, if the check finds no mistake in it."""
    return load_project(Paths(root)).studies[STUDY]


def draft(root: Path, path: Path) -> None:
    run(root, "wave", "draft", STUDY, str(path))


def ukhls_wave(root: Path, mark: str, marked: list[str], unmarked: list[str]) -> Path:
    """People of one wave, with roles in the columns ``marked`` and, beside, in the cross-wave file ``unmarked``."""
    chance = random.Random(mark)
    ids: list[object] = [float(68_000_000 + 17 * person) for person in range(PEOPLE)]
    values: dict[str, list[object]] = {
        "psu": [float(2000 + person // 6) for person in range(PEOPLE)],
        "strata": [float(660 + person // 20) for person in range(PEOPLE)],
        "sex": [float(1 + person % 2) for person in range(PEOPLE)],
    }
    people: dict[str, list[object]] = {"pidp": ids}
    people |= {f"{mark}_scq{number}": [float(chance.choice([1, 2, 3, -9])) for _ in ids] for number in range(1, 6)}
    people |= {f"{mark}_{name}": values[name] for name in marked}
    people[f"{mark}_dvage"] = [float(17 + person % 45) for person in range(PEOPLE)]
    people[f"{mark}_istrtdaty"] = [2009.0 for _ in ids]
    people[f"{mark}_indinus_xw"] = [round(chance.uniform(0.5, 2), 3) for _ in ids]
    labels = {f"{mark}_istrtdaty": "interview start date, year"}
    deposit(root, "xwavedat.dta", {"pidp": ids} | {name: values[name] for name in unmarked}, {})
    return deposit(root, f"{mark}_indresp.dta", people, labels)


ROLES = ["psu", "strata", "sex"]
COLUMNS = "columns: {person_id: pidp, weight: indinus_lw, psu: psu, strata: strata}\n"
SOURCES = "sources: {xwave: {file: xwavedat.dta, format: dta}}\n"


@pytest.mark.parametrize("unprefixed", [["pidp", "psu", "strata", "sex"], ["pidp"]])
@pytest.mark.parametrize("marked", [ROLES, []], ids=["marked", "bare"])
@pytest.mark.parametrize("unmarked", [ROLES, []], ids=["in-xwave", "nowhere-else"])
def test_every_draft_of_a_panel_is_accepted(
    root: Path, unprefixed: list[str], marked: list[str], unmarked: list[str]
) -> None:
    """Roles with the wave's mark, without it, both or neither: whatever is proposed can be read."""
    names = f'names: "{{mark}}_{{name}}"\nunprefixed: [{", ".join(unprefixed)}]\n'
    folder = begin(root, names + COLUMNS + SOURCES)
    for mark in "ab":
        draft(root, ukhls_wave(root, mark, marked, unmarked))
        assert accepted(root)
    items = yaml.safe_load((folder / "items.yaml").read_text())
    assert not {"psu", "psu_2", "strata", "strata_2", "sex_2"} & set(items), "roles and doubles are no items"
    text = (folder / "waves" / "w02.yaml").read_text()
    for line in text.splitlines():
        bare = "it bears no mark" in line
        assert not (bare and '"b_' in line), line
        assert not (bare and any(f'"{name}"' in line for name in unprefixed)), line
    if marked and unmarked and "psu" in unprefixed:
        assert "b_psu" not in text.split("# Columns that no item")[0]


def test_the_draft_offers_a_weight_the_year_of_interviews_and_ages_that_rise(root: Path) -> None:
    folder = begin(root, 'names: "{mark}_{name}"\nunprefixed: [pidp, psu, strata, sex]\n' + COLUMNS + SOURCES)
    draft(root, ukhls_wave(root, "a", [], ROLES))
    text = (folder / "waves" / "w01.yaml").read_text()
    assert "weight: none  # there is no column `a_indinus_lw`" in text
    assert '# weight: "indinus_xw"  # it looks like a weight' in text
    assert "start: 2009-01-01  # the first and the last by `a_istrtdaty`" in text
    assert "end: 2009-12-31" in text
    assert yaml.safe_load((folder / "items.yaml").read_text())["dvage"]["range"] == [0, 120]


def hilda_file(root: Path, mark: str) -> Path:
    """A file of one wave whose mark is a letter without a sign behind it, with numbered questions."""
    chance = random.Random(5)
    names = [f"{mark}lntrust{number}" for number in range(1, 6)] + [f"{mark}losat{number}" for number in range(6, 21)]
    columns: dict[str, list[object]] = {"xwaveid": [f"{100_000 + 7 * person:07}" for person in range(PEOPLE)]}
    columns |= {name: [float(chance.choice([1, 2, 3])) for _ in range(PEOPLE)] for name in names}
    labels = {name: f"Satisfaction with aspect {place}" for place, name in enumerate(names, 1)}
    return deposit(root, f"Rperson_{mark}120c.dta", columns, labels)


@pytest.mark.parametrize("names", ['names: "{mark}{name}"\nunprefixed: [xwaveid]\n', ""], ids=["declared", "unknown"])
def test_numbered_questions_are_no_waves(root: Path, names: str) -> None:
    """``alntrust1`` to ``alntrust5`` and ``alosat6`` to ``alosat20``: twenty questions of one wave."""
    folder = begin(root, f"{names}columns: {{person_id: xwaveid}}\n")
    before = (folder / "study.yaml").read_text()
    draft(root, hilda_file(root, "a"))
    assert [file.name for file in (folder / "waves").iterdir()] == ["w01.yaml"]
    assert (folder / "study.yaml").read_text() == before
    assert list(accepted(root).waves) == ["w01"]


@pytest.mark.parametrize(
    ("labels", "is_wide"),
    [
        (["Trust, wave {}", "Worry, wave {}", "Hope (W{})"], True),
        (["Trust in 200{}", "Worry in 200{}", "Hope in 200{}"], True),
        (["", "", ""], True),
        (["Trust", "Worry", "Hope"], True),
        (["Trust in office {}", "Worry about thing {}", "Hope number {}"], False),
    ],
)
def test_columns_of_one_name_are_waves_if_they_bear_one_label(labels: list[str], is_wide: bool) -> None:
    names = ["trust", "worry", "hope"]
    said = {f"{name}_w{wave}": text.format(wave) for name, text in zip(names, labels, strict=True) for wave in (1, 2)}
    frame = pl.DataFrame({"id": [1, 2, 3]} | {column: [1, 2, 3] for column in said})
    found = layout_of(Deposit(frame, labels={key: text for key, text in said.items() if text}), "id")
    assert isinstance(found, Wide) == is_wide


def test_a_source_of_its_own_is_added_to_those_that_are_declared(root: Path) -> None:
    """A long file where study.yaml has a source already: no key stands twice."""
    begin(root, "columns: {person_id: id}\nsources:\n  panel: {file: areas.dta, format: dta}\n", "_template")
    rows = [(float(person), float(wave)) for person in range(PEOPLE) for wave in (1, 2, 3)]
    columns: dict[str, list[object]] = {"id": [one for one, _ in rows], "wave": [wave for _, wave in rows]}
    columns["trust"] = [float(1 + (person + wave) % 3) for person, wave in rows]
    draft(root, deposit(root, "panel.dta", columns, {}))
    about = yaml.safe_load((root / "data" / "studies" / STUDY / "study.yaml").read_text())
    assert list(about["sources"]) == ["panel", "panel_2"]
    assert about["sources"]["panel_2"]["file"] == "panel.dta"
    with pytest.raises(DeclarationErrors) as caught:
        accepted(root)
    assert [problem.split(": ")[1][:40] for problem in caught.value.problems] == [
        "no wave takes anything of the source `pa"
    ]


def test_the_templates_waves_are_examples_whatever_study_yaml_says(root: Path) -> None:
    """Without `sources` the waves of the template name one that is not there: they are nobody's waves."""
    names = 'names: "{mark}_{name}"\nunprefixed: [pidp, psu, strata, sex]\n'
    folder = begin(root, names + COLUMNS, keep_waves=True)
    draft(root, ukhls_wave(root, "a", [], ROLES))
    assert "a_indresp.dta" in (folder / "waves" / "w01.yaml").read_text()
    assert "Drafted from" in (folder / "waves" / "w01.yaml").read_text()


@pytest.mark.parametrize(
    ("columns", "labels", "expected"),
    [
        ({"a_istrtdaty": [2009, 2010]}, {}, ("2009-01-01", "2010-12-31")),
        ({"a_istrtdaty": [2009, 2010], "a_istrtdatm": [11, 2]}, {}, ("2009-11-01", "2010-02-28")),
        (
            {"a_istrtdatd": [3, 9], "a_istrtdatm": [11, 2], "a_istrtdaty": [2009, 2010]},
            {},
            ("2009-11-03", "2010-02-09"),
        ),
        (
            {"a_intdatd": [9, 31, 3], "a_intdatm": [2, 2, 11], "a_intdaty": [2010, 2010, 2009]},
            {},
            ("2009-11-03", "2010-02-09"),
        ),
        ({"q7y": [2012, -9]}, {"q7y": "Date of interview: year"}, ("2012-01-01", "2012-12-31")),
        ({"a_doby": [1950, 1960]}, {"a_doby": "interview: date of birth, year"}, None),
        ({"a_istrtdatm": [1, 2]}, {}, None),
        ({"daily": [2009, 2010], "party": [1, 2]}, {}, None),
    ],
)
def test_dates_in_columns_of_their_own(columns: dict, labels: dict, expected: tuple[str, str] | None) -> None:
    found = date_parts(Deposit(pl.DataFrame(columns), labels=labels))
    assert (found and (str(found.first), str(found.last))) == expected
