"""Household panels from the template: from their files to counts by wave, by pattern, and by why people were absent."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from layout_study import STUDY, accept_and_build, as_the_template, by_wave, patterns, reasons, run, table
from shared import ROOT, shared

from assets.engine import store
from pipeline.paths import Paths

TEMPLATE = "_household_template"
OUTCOMES = """
outcomes:
  - file: xwave
    variable: ivfio
    codes: {1: complete, 2: proxy, 10: refused, 11: no_contact, 12: moved, 40: not_issued, 99: dead}
"""

Frames = Mapping[str, Mapping[str, list[float]]]
"""Name of a file → column → cells."""


def household_root(root: Path, files: Mapping[str, Path] | None = None, frames: Frames | None = None) -> Path:
    """A root with a copy of the template, its words filled in, and deposits as Stata files."""
    raw = root / "data" / "raw" / STUDY
    raw.mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    shutil.copytree(ROOT / "reports" / "templates", root / "reports" / "templates")
    for name in ("_template", TEMPLATE):
        shutil.copytree(ROOT / "data" / "studies" / name, root / "data" / "studies" / name)
    (root / "data" / "studies" / STUDY).mkdir()
    as_the_template(root, TEMPLATE)
    (root / "data" / "studies" / STUDY / "caveats.md").write_text("Everything is made up.\n")
    for name, path in (files or {}).items():
        shutil.copy(path, raw / name)
    for name, columns in (frames or {}).items():
        pyreadstat.write_dta(pl.DataFrame(columns, strict=False), str(raw / name))
    return root


def change(root: Path, name: str, *changes: tuple[str, str]) -> None:
    """Texts of a declaration in place of others; each has to be there."""
    path = root / "data" / "studies" / STUDY / name
    text = path.read_text()
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    path.write_text(text)


def add(root: Path, name: str, text: str) -> None:
    path = root / "data" / "studies" / STUDY / name
    path.write_text(path.read_text() + text)


def found(root: Path) -> dict[tuple[str, str], str]:
    """(Wave, kind) → what the drift report says of outcomes and joins."""
    rows = table(root, "findings").filter(pl.col("item").is_in(["outcomes", "join"]))
    return {(wave, kind): what for wave, kind, what in rows.select("wave", "kind", "what").iter_rows()}


def absent(root: Path) -> dict[tuple[str, str], tuple[int, int]]:
    """(Wave, reason) → people who had answered before, and how many of them came back."""
    rows = table(root, "absences").select("wave", "reason", "absent", "came_back").iter_rows()
    return {(wave, reason): (number, back) for wave, reason, number, back in rows}


def test_a_copy_says_what_is_still_the_templates(tmp_path: Path) -> None:
    root = household_root(tmp_path)
    shutil.rmtree(root / "data" / "studies" / STUDY)
    shutil.copytree(root / "data" / "studies" / TEMPLATE, root / "data" / "studies" / STUDY)
    said = run(root, "check", fails=True)
    for name in ("title", "short_title", "population", "citation", "licence"):
        assert f"`{name}` is still the template's" in said
    assert "caveats.md:5: is still the template's" in said
    assert "6 mistakes" in said


def test_the_files_of_understanding_society_build_from_the_template_as_it_is(tmp_path: Path) -> None:
    names = [f"{mark}_{name}.dta" for mark in "abc" for name in ("indresp", "hhresp", "lsoa")]
    root = household_root(tmp_path, {name: shared("faults", "layouts", name) for name in (*names, "xwavedat.dta")})
    said = accept_and_build(root)
    answers = table(root, "answers")
    assert by_wave(root) == {"w01": 10, "w02": 8, "w03": 8}
    assert patterns(root)["111"] == 7
    given = pl.concat(
        pl.Series(
            "code", pyreadstat.read_dta(str(shared("faults", "layouts", f"{mark}_indresp.dta")))[0][f"{mark}_scopngbha"]
        )
        for mark in "abc"
    )
    assert reasons(root) == {"proxy": int((given == -7).sum()), "no_answer": int((given == -9).sum())}
    for column in ("psu", "stratum", "area_code", "household_id"):
        assert answers[column].null_count() == 0, column
    assert answers.filter(wave="w01")["design_weight"].null_count() == 10
    assert answers.group_by("person_id").agg(pl.col("area_code").n_unique())["area_code"].max() > 1
    assert "68000" not in said


PEOPLE = list(range(1, 11))
XWAVE = {
    "xwaveid": PEOPLE,
    "sex": [1.0, 2.0] * 5,
    "xhhstrat": [1.0] * 5 + [2.0] * 5,
    "xhhraid": [1.0, 1, 2, 2, 3, 4, 4, 5, 5, 6],
    "aivfio": [1.0, 1, 1, 1, 1, 1, 1, 1, 10, -8],
    "bivfio": [1.0, 2, 10, 11, 99, 12, 1, 40, 1, -8],
    "civfio": [1.0, 1, 1, 11, 99, 12, 10, 1, 1, 1],
}
"""A made-up panel in HILDA's manner: ten people, their outcomes, one of them dead, one who moved abroad."""


def hilda(rows: Mapping[str, list[int]]) -> dict[str, dict[str, list[float]]]:
    """The files of waves by their letter: person, household and area. Person 3 moves house, person 7 splits off."""
    files: dict[str, dict[str, list[float]]] = {"master.dta": XWAVE}
    for place, (mark, people) in enumerate(rows.items()):
        homes = [100 * (place + 1) + (50 if person == 7 and place else (person + 1) // 2) for person in people]
        houses = sorted({*homes, 100 * (place + 1) + 99})
        files[f"rperson_{mark}.dta"] = {
            "xwaveid": [float(person) for person in people],
            f"{mark}hhrhid": [float(home) for home in homes],
            f"{mark}lntrust": [
                float(1 + (person + place) % 5) if person != 2 or place != 1 else -7 for person in people
            ],
            f"{mark}lnwte": [1.5 if place else 0.0 for _ in people],
        }
        files[f"household_{mark}.dta"] = {
            f"{mark}hhrhid": [float(house) for house in houses],
            f"{mark}hhsize": [float(max(homes.count(house), 1)) for house in houses],
        }
        files[f"area_{mark}.dta"] = {
            f"{mark}hhrhid": [float(house) for house in houses],
            f"{mark}hhsa2": [float(10 + house % 7) for house in houses],
        }
    return files


ANSWERED = {"a": [1, 2, 3, 4, 5, 6, 7, 8], "b": [1, 2, 7, 9], "c": [1, 2, 3, 8, 9, 10]}


def hilda_root(root: Path, rows: Mapping[str, list[int]] = ANSWERED) -> Path:
    """The same template, with the names and files of HILDA's manner, and its outcomes."""
    household_root(root, frames=hilda(rows))
    change(
        root,
        "study.yaml",
        ('names: "{mark}_{name}"', 'names: "{mark}{name}"'),
        ("[pidp, sex_dv, psu, strata]", "[xwaveid, sex, xhhraid, xhhstrat]"),
        ("person_id: pidp", "person_id: xwaveid"),
        ("household: hidp", "household: hhrhid"),
        ("weight: indinus_lw", "weight: lnwte"),
        ("  psu: psu\n", "  psu: xhhraid\n"),
        ("  strata: strata\n", "  strata: xhhstrat\n"),
        ("area: lsoa11", "area: hhsa2"),
        ("xwavedat.dta", "master.dta"),
    )
    add(root, "study.yaml", OUTCOMES)
    change(root, "items.yaml", ("scopngbha", "lntrust"), ("sex_dv", "sex"))
    for number, mark in enumerate("abc", 1):
        change(
            root,
            f"waves/w{number:02}.yaml",
            (f"{mark}_indresp.dta", f"rperson_{mark}.dta"),
            (f"{mark}_hhresp.dta", f"household_{mark}.dta"),
            (f"{mark}_lsoa.dta", f"area_{mark}.dta"),
            ("on: hidp", "on: hhrhid"),
            ("on: pidp", "on: xwaveid"),
        )
    return root


@pytest.mark.thorough
def test_hilda_fits_the_same_keys_and_who_left_and_came_back_is_told_with_the_reason(tmp_path: Path) -> None:
    root = hilda_root(tmp_path)
    said = accept_and_build(root)
    assert by_wave(root) == {"w01": 8, "w02": 4, "w03": 6}
    assert patterns(root) == {"001": 1, "011": 1, "100": 3, "101": 2, "110": 1, "111": 2}
    assert absent(root) == {
        ("w02", "dead"): (1, 0),
        ("w02", "moved"): (1, 0),
        ("w02", "no_contact"): (1, 0),
        ("w02", "not_issued"): (1, 1),
        ("w02", "refused"): (1, 1),
        ("w03", "dead"): (1, 0),
        ("w03", "moved"): (1, 0),
        ("w03", "no_contact"): (1, 0),
        ("w03", "refused"): (1, 0),
    }
    rates = table(root, "response_rates").filter(cohort="all")
    assert rates["by_proxy"].to_list() == [0, 1, 0]
    assert rates["complete"].to_list() == [8, 3, 6]
    assert rates["eligible"].to_list() == [9, 7, 8]
    assert rates["not_yet"].to_list() == [1, 1, 0]
    assert "outcomes" not in table(root, "findings")["item"].to_list()
    assert reasons(root) == {"proxy": 1}
    answers = table(root, "answers")
    assert answers["household_id"].null_count() == answers["area_code"].null_count() == 0
    assert "xwaveid" not in answers.columns
    assert said


@pytest.mark.thorough
def test_rows_and_outcomes_that_contradict_each_other_are_findings(tmp_path: Path) -> None:
    root = hilda_root(tmp_path, {"a": [1, 2, 3, 4, 5, 6, 7, 8, 10], "b": [1, 2, 3, 5, 9], "c": [1, 2, 3, 8, 9, 10]})
    accept_and_build(root)
    told = {key: what for key, what in found(root).items() if key[1] != "unmatched_keys"}
    assert set(told) == {("w01", "row_without_outcome"), ("w02", "row_against_outcome"), ("w02", "outcome_without_row")}
    assert "2 people have a row" in told["w02", "row_against_outcome"]
    assert "dead (1), refused (1)" in told["w02", "row_against_outcome"]
    assert "1 people were interviewed" in told["w02", "outcome_without_row"]
    assert by_wave(root)["w02"] == 5, "rows stand"
    assert absent(root)["w02", "lost"] == (1, 0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([("\n    variable: ivfio", "\n    variable: ivfio\n    waves: {w01: aivfio}")], "say the column of each wave"),
        ([("\n    variable: ivfio", '\n    variable: ivfio\n    names: "{name}"')], "one column `ivfio` for 3 waves"),
        ([("\n    variable: ivfio", "\n    variable: ivfio\n    format: dta")], "`format` is said of the source"),
        ([("\n    variable: ivfio", "\n    waves: {w07: aivfio}")], "`w07` is not a wave of the arm `main`"),
    ],
    ids=["both-ways", "no-mark", "a-key-of-the-source", "no-such-wave"],
)
def test_a_declaration_of_outcomes_that_cannot_be_is_found_by_check(tmp_path: Path, changes, says: str) -> None:
    root = household_root(tmp_path)
    add(root, "study.yaml", OUTCOMES)
    change(root, "study.yaml", *changes)
    said = " ".join(run(root, "check", fails=True).split())
    assert says in said


@pytest.mark.thorough
def test_a_code_of_an_outcome_that_nobody_declared_stops_with_its_count(tmp_path: Path) -> None:
    root = hilda_root(tmp_path)
    change(root, "study.yaml", ("40: not_issued, ", ""))
    for wave in ("w01", "w02", "w03"):
        run(root, "wave", "accept", STUDY, wave, "--yes")
    said = " ".join(run(root, "build", "--study", STUDY, fails=True).split())
    assert "master.dta, column bivfio: outcome codes that are not declared: `40` (1)" in said


@pytest.mark.thorough
def test_who_is_erased_is_in_no_file_of_the_panel_any_more(tmp_path: Path) -> None:
    root = hilda_root(tmp_path)
    accept_and_build(root)
    run(root, "withdraw", STUDY, "3", "--scope", "erase")
    raw = root / "data" / "raw" / STUDY
    for path in raw.glob("*.dta"):
        frame = pyreadstat.read_dta(str(path))[0]
        if "xwaveid" in frame:
            assert 3.0 not in frame["xwaveid"].tolist(), path.name
    assert len(pyreadstat.read_dta(str(raw / "master.dta"))[0]) == 9
    assert by_wave(root) == {"w01": 7, "w02": 4, "w03": 5}
    assert ("w02", "refused") not in absent(root)


AREAS = """
areas:
  deprivation:
    table: made_up.csv
    column: score
    vintage: "2011"
    date: 2011-01-01
    source: made up
    range: [0, 100]
"""
BY_HOUSEHOLD = """
question: Do people trust more in deprived areas?
study: lay
family: pooled
outcome: generalised_trust
exposures: [deprivation]
wave_effects: false
cluster: household_id
"""


@pytest.mark.thorough
def test_who_moves_has_the_area_of_the_wave_and_errors_may_be_clustered_by_household(tmp_path: Path) -> None:
    root = hilda_root(tmp_path)
    (root / "data" / "areas").mkdir()
    scores = {str(10 + place): 11.0 * place for place in range(7)}
    lines = "".join(f"{code},{score}\n" for code, score in scores.items())
    (root / "data" / "areas" / "made_up.csv").write_text(f"area_code,score\n{lines}")
    add(root, "study.yaml", AREAS)
    (root / "reports" / "models").mkdir()
    (root / "reports" / "models" / "lay_areas.yaml").write_text(BY_HOUSEHOLD.lstrip())
    accept_and_build(root)
    panel = table(root, "panel")
    assert panel["deprivation"].to_list() == [scores[code] for code in panel["area_code"]]
    assert set(panel.group_by("wave").agg(pl.col("household_id").n_unique().ge(2))["household_id"]) == {True}
    moved = panel.group_by("person_id").agg(pl.col("area_code").n_unique(), pl.col("deprivation").n_unique())
    assert moved["area_code"].to_list() == moved["deprivation"].to_list()
    assert moved["deprivation"].max() > 1, "people move, and their areas with them"
    estimates = store.load(Paths(root), ("estimates", "lay_areas"))
    assert estimates["covariance"][0].startswith("clustered by person and household_id (")


def test_clusters_of_households_need_a_column_of_households(tmp_path: Path) -> None:
    root = household_root(tmp_path)
    change(root, "study.yaml", ("  household: hidp", "  # household: hidp"))
    (root / "reports" / "models").mkdir()
    (root / "reports" / "models" / "lay_areas.yaml").write_text(
        BY_HOUSEHOLD.lstrip().replace("[deprivation]", "[is_woman]")
    )
    assert "lay_areas.yaml:7: `lay` has no households: name their column" in run(root, "check", fails=True)
