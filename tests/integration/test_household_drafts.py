"""Drafts on the files of a household panel: which files a wave joins and why, and files that are no wave."""

import random
import re
import shutil
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from layout_study import STUDY, as_the_template, run, table
from shared import ROOT

from assets.engine import store
from pipeline.paths import Paths

pytestmark = pytest.mark.thorough

PEOPLE = 80
AGREE = {-9: "missing", -2: "refusal", 1: "Agree", 2: "Neither", 3: "Disagree"}
ITEMS = [f"scq{number}" for number in range(1, 7)]


def panel_files(raw: Path) -> None:
    """Two waves: people, households, areas, and the cross-wave file; a fifth of the people moves in between."""
    chance = random.Random(3)
    ids = chance.sample(range(68_000_000, 69_000_000), PEOPLE)
    home = {person: person // 2 for person in range(PEOPLE)}
    for wave, mark in enumerate("ab"):
        rows = [person for person in range(PEOPLE) if chance.random() < 0.8]
        home |= {person: 100 + person for person in rows if wave and chance.random() < 0.2}
        houses = sorted({*home.values()})
        people: dict[str, list[float]] = {
            "pidp": [float(ids[person]) for person in rows],
            f"{mark}_hidp": [float(7_000 + 1_000 * wave + home[person]) for person in rows],
        }
        people |= {f"{mark}_{item}": [float(chance.choice([1, 2, 3, 3, -9, -2])) for _ in rows] for item in ITEMS}
        if wave:
            people[f"{mark}_indinus_lw"] = [round(chance.uniform(0.5, 2), 3) for _ in rows]
        write(raw / f"{mark}_indresp.dta", people, {f"{mark}_{item}": AGREE for item in ITEMS})
        hidp = [float(7_000 + 1_000 * wave + house) for house in houses]
        size = [float(1 + house % 4) for house in houses]
        write(raw / f"{mark}_hhresp.dta", {f"{mark}_hidp": hidp, f"{mark}_hhsize": size})
        area = [float(20 + house % 9) for house in houses]
        write(raw / f"{mark}_lsoa.dta", {f"{mark}_hidp": hidp, f"{mark}_lsoa11": area})
    lasting: dict[str, list[float]] = {
        "pidp": [float(one) for one in ids],
        "sex_dv": [float(1 + person % 2) for person in range(PEOPLE)],
        "birthy": [float(chance.randint(1940, 2000)) for _ in range(PEOPLE)],
        "psu": [float(person // 8) for person in range(PEOPLE)],
        "strata": [float(person // 40) for person in range(PEOPLE)],
        "a_ivfio": [1.0] * PEOPLE,
        "b_ivfio": [float(chance.choice([1, 1, 10])) for _ in range(PEOPLE)],
    }
    write(raw / "xwavedat.dta", lasting, {"sex_dv": {1: "male", 2: "female"}})


def write(path: Path, columns: dict[str, list[float]], labels: dict[str, dict[int, str]] | None = None) -> None:
    pyreadstat.write_dta(pl.DataFrame(columns), str(path), variable_value_labels=labels)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A study's folder, and the files where they are read from."""
    raw = tmp_path / "data" / "raw" / STUDY
    raw.mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", tmp_path / "data")
    shutil.copytree(ROOT / "reports" / "templates", tmp_path / "reports" / "templates")
    shutil.copytree(ROOT / "data" / "studies" / "_template", tmp_path / "data" / "studies" / "_template")
    (tmp_path / "data" / "studies" / STUDY).mkdir()
    panel_files(raw)
    return tmp_path


def draft(root: Path, name: str, fails: bool = False) -> str:
    return " ".join(run(root, "wave", "draft", STUDY, str(root / "data" / "raw" / STUDY / name), fails=fails).split())


def wave(root: Path, name: str) -> str:
    return (root / "data" / "studies" / STUDY / "waves" / f"{name}.yaml").read_text()


ABOUT = """
title: A household panel
short_title: Panel
population: People who do not exist
citation: None
licence: None
synthetic: true
names: "{mark}_{name}"
unprefixed: [pidp, sex_dv, psu, strata]
columns: {person_id: pidp, household: hidp, weight: indinus_lw, psu: psu, strata: strata, area: lsoa11}
sources:
  xwave: {file: xwavedat.dta, format: dta}
missing: {-1: dont_know, -2: refused, -7: proxy, -8: routed_out, -9: no_answer}
arms:
  main:
    title: Main
    waves: [w01]
"""


MODEL = """
question: Are people in large households older?
study: lay
family: pooled
outcome: age
exposures: [happiness]
wave_effects: false
cluster: household_id
"""


def household_panel(root: Path) -> None:
    """What a new user says before the first draft: a copy of the template, and who is who in the files."""
    as_the_template(root)
    (root / "data" / "studies" / STUDY / "study.yaml").write_text(ABOUT.lstrip())


def test_drafts_join_what_lies_beside_and_the_panel_builds(root: Path) -> None:
    household_panel(root)
    said = draft(root, "a_indresp.dta")
    assert "Drafted w01" in said
    assert "Proposed to join a_hhresp.dta, a_lsoa.dta, xwavedat.dta" in said
    text = wave(root, "w01")
    assert "mark: a\n" in text
    joined = '- {file: "a_hhresp.dta", format: "dta", on: "hidp", relation: many_to_one}'
    assert joined in text
    assert '- {file: "xwave", on: "pidp", relation: one_to_one}' in text
    assert re.search(r"# a_hhresp\.dta: `a_hidp` is there once in each of its 40 rows; (\d+) of \1 rows here", text)
    assert "a column for each wave of ivfio" in text
    assert "weight: none  # there is no column `a_indinus_lw`" in text
    declared = root / "data" / "studies" / STUDY / "items.yaml"
    items = declared.read_text()
    for key, concept in (("hhsize", "happiness"), ("birthy", "age")):  # stand-ins: the vocabulary has no other amounts
        items = re.sub(rf"^({key}:\n)", rf"\1  concept: {concept}\n", items, flags=re.MULTILINE)
    declared.write_text(items)
    assert "ivfio" not in items
    assert "drafted from xwavedat.dta" in items
    assert "-9" not in items, "missing codes of study.yaml are no answers"
    assert re.search(r"^sex_dv:\n  time_constant: true", items, re.MULTILINE)
    draft(root, "b_indresp.dta")
    second = wave(root, "w02")
    assert 'on: "hidp", relation: many_to_one' in second
    assert 'birthy: "birthy"' in second, "named in full, as in the wave before: it bears no mark"
    assert "scq1" not in second, "as study.yaml says"
    assert "weight: none" not in second
    models = root / "reports" / "models"
    models.mkdir()
    (models / "lay_size.yaml").write_text(MODEL.lstrip())
    run(root, "check")
    for name in ("w01", "w02"):
        assert "replaces" not in run(root, "wave", "accept", STUDY, name, "--yes")
    run(root, "build", "--study", STUDY, "--workers", "0")
    estimates = store.load(Paths(root), ("estimates", "lay_size"))
    assert estimates["covariance"][0].startswith("clustered by person and household_id (")
    answers = table(root, "answers")
    for column in ("household_id", "psu", "stratum", "area_code", "hhsize", "sex_dv", "birthy"):
        assert answers[column].null_count() == 0, column
    assert answers.group_by("person_id").agg(pl.col("area_code").n_unique())["area_code"].max() == 2
    assert table(root, "joins", "w02").select("without").to_series().to_list() == [0, 0, 0]


def test_files_of_households_areas_and_all_waves_are_no_wave(root: Path) -> None:
    household_panel(root)
    draft(root, "a_indresp.dta")
    assert "is joined to a_indresp.dta in w01, by `hidp`" in draft(root, "a_hhresp.dta", fails=True)
    shutil.rmtree(root / "data" / "studies" / STUDY / "waves")
    as_the_template(root)
    about = root / "data" / "studies" / STUDY / "study.yaml"
    about.write_text(re.sub(r"person_id: \w+", "person_id: pidp", about.read_text()))
    said = draft(root, "a_hhresp.dta", fails=True)
    assert "has no people (`pidp`): it has one row for each `a_hidp`" in said
    assert "Draft the wave from a_indresp.dta" in said
    assert "one row for each `a_hidp`" in draft(root, "a_lsoa.dta", fails=True)
    said = draft(root, "xwavedat.dta", fails=True)
    assert "a column for each of several waves, whose people are in a_indresp.dta, b_indresp.dta" in said
    assert "68" not in re.sub(r"\S+\.dta", "", said)


def test_without_a_pattern_of_names_keys_are_in_full_and_other_people_are_not_joined(root: Path) -> None:
    """The first wave of other panels: a later wave has the same ids once each, and is not joined to it."""
    raw = root / "data" / "raw" / STUDY
    shutil.copy(raw / "a_indresp.dta", raw / "first.dta")
    shutil.copy(raw / "b_indresp.dta", raw / "followup.dta")
    for name in ("a_indresp.dta", "b_indresp.dta"):
        (raw / name).unlink()
    as_the_template(root)
    about = root / "data" / "studies" / STUDY / "study.yaml"
    about.write_text(re.sub(r"person_id: \w+", "person_id: pidp", about.read_text()))
    draft(root, "first.dta")
    text = wave(root, "w01")
    assert '- {file: "a_hhresp.dta", format: "dta", on: "a_hidp", relation: many_to_one}' in text
    assert not re.search(r"^ *- \{file: \"followup", text, re.MULTILINE)


def test_clusters_of_households_need_a_column_of_households(root: Path) -> None:
    household_panel(root)
    about = root / "data" / "studies" / STUDY / "study.yaml"
    about.write_text(about.read_text().replace("household: hidp, ", ""))
    draft(root, "a_indresp.dta")
    models = root / "reports" / "models"
    models.mkdir()
    (models / "lay_size.yaml").write_text(MODEL.lstrip())
    assert "lay_size.yaml:7: `lay` has no households: name their column" in run(root, "check", fails=True)


def test_a_column_for_each_wave_that_people_have_as_well_is_taken_from_one_file(root: Path) -> None:
    raw = root / "data" / "raw" / STUDY
    household_panel(root)
    for mark in "ab":
        frame, _ = pyreadstat.read_dta(raw / f"{mark}_indresp.dta", output_format="polars")
        labels = {f"{mark}_{item}": AGREE for item in ITEMS}
        columns = {name: frame[name].to_list() for name in frame.columns}
        write(raw / f"{mark}_indresp.dta", columns | {f"{mark}_ivfio": [1.0, 2.0] + [1.0] * (frame.height - 2)}, labels)
    assert "Proposed to join" in draft(root, "a_indresp.dta")
    text = wave(root, "w01")
    assert "Both files have a_ivfio: read from this one" in text
    (take,) = re.findall(r'"xwave", on: "pidp", relation: one_to_one, take: \[(.*)\]', text)
    assert {"sex_dv", "birthy", "psu", "strata"} <= {name.strip('" ') for name in take.split(",")}
    run(root, "wave", "accept", STUDY, "w01", "--yes")
    about = root / "data" / "studies" / STUDY / "study.yaml"
    about.write_text(re.sub(r"waves: \[w01, w02, w03\]", "waves: [w01]", about.read_text()))
    for name in ("w02", "w03"):
        (root / "data" / "studies" / STUDY / "waves" / f"{name}.yaml").unlink(missing_ok=True)
    assert "wave/" in run(root, "build", "--study", STUDY)


def test_a_wave_of_a_table_is_drafted_as_a_row_where_all_waves_join_the_same_files(root: Path) -> None:
    household_panel(root)
    folder = root / "data" / "studies" / STUDY
    draft(root, "a_indresp.dta")
    joins = "".join(
        f"      - {{file: {file}, format: dta, on: hidp, relation: many_to_one}}\n"
        for file in ('"{mark}_hhresp.dta"', '"{mark}_lsoa.dta"')
    )
    (folder / "waves/_each.yaml").write_text(
        'files:\n  - arm: main\n    file: "{mark}_indresp.dta"\n    format: dta\n    join:\n'
        f"{joins}      - {{file: xwave, on: pidp, relation: one_to_one}}\n"
    )
    (folder / "waves.csv").write_text("wave,title,start,end,mark\nw01,Wave 1,2009-01-01,2010-12-31,a\n")
    for name in ("w01", "w02", "w03"):
        (folder / "waves" / f"{name}.yaml").unlink(missing_ok=True)
    about = folder / "study.yaml"
    about.write_text(re.sub(r"waves: \[.*\]", "waves: [w01]", about.read_text()))
    said = draft(root, "b_indresp.dta")
    assert "Added a row for w02" in said
    assert (folder / "waves.csv").read_text().splitlines()[-1].startswith("w02,Wave 2,")
    assert (folder / "waves.csv").read_text().splitlines()[-1].split(",")[4] == "b"
    own = folder / "waves/w02.yaml"
    assert "join" not in (own.read_text() if own.is_file() else "")
    assert "mark:" not in (own.read_text() if own.is_file() else "")
    (folder / "waves/_each.yaml").write_text('files:\n  - arm: main\n    file: "{mark}_indresp.dta"\n    format: dta\n')
    (folder / "waves.csv").write_text("wave,title,start,end,mark\nw01,Wave 1,2009-01-01,2010-12-31,a\n")
    about.write_text(re.sub(r"waves: \[.*\]", "waves: [w01]", about.read_text()))
    own.unlink(missing_ok=True)
    draft(root, "b_indresp.dta")
    assert '"b_hhresp.dta", format: "dta", on: "hidp"' in own.read_text(), (
        "what _each.yaml does not join, the wave does"
    )
