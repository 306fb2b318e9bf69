"""Panels as they arrive: long, wide, an arm in a column, in two modes, joined. From the files to counts of people."""

from pathlib import Path

import polars as pl
import pytest
from layout_study import (
    accept_and_build,
    as_the_template,
    by_wave,
    declare_waves,
    make_root,
    patterns,
    reasons,
    receipts,
    run,
    table,
    write,
)
from shared import shared

SOURCE = "sources:\n  panel: {{file: {file}, format: csv{more}}}\n"
WIDE = {"011": 3, "101": 3, "110": 3, "111": 3}
"""Of the twelve people of wide.csv: in which waves they answered."""


@pytest.mark.thorough
def test_a_wide_file_has_the_patterns_of_its_empty_columns(tmp_path: Path) -> None:
    root = make_root(tmp_path, {"wide.csv": shared("faults", "layouts", "wide.csv")})
    write(
        root,
        "study.yaml",
        SOURCE.format(file="wide.csv", more="") + 'names: "{name}_w{number}"\nunprefixed: [id]\n',
        add=True,
    )
    declare_waves(root, dict.fromkeys((1, 2, 3), "files: [{arm: main, file: panel, present: {any_of: items}}]\n"))
    accept_and_build(root)
    assert by_wave(root) == {"w01": 9, "w02": 9, "w03": 9}
    assert patterns(root) == WIDE
    assert reasons(root) == {}
    counts = {"in_file": 12, "rows": 9, "elsewhere": 0, "left_out": 0, "not_present": 3, "loaded": 9}
    assert receipts(root, "w01") == [{"arm": "main", "file": "wide.csv", **counts}]


def test_a_long_file_gives_each_row_to_one_wave(tmp_path: Path) -> None:
    root = make_root(tmp_path, {"long.csv": shared("faults", "layouts", "long.csv")})
    write(root, "study.yaml", SOURCE.format(file="long.csv", more=""), add=True)
    declare_waves(root, {n: f"files: [{{arm: main, file: panel, rows: {{wave: {n}}}}}]\n" for n in (1, 2, 3)})
    accept_and_build(root)
    assert by_wave(root) == {"w01": 6, "w02": 7, "w03": 6}
    assert sum(row["rows"] for wave in ("w01", "w02", "w03") for row in receipts(root, wave)) == 19
    assert receipts(root, "w02")[0]["elsewhere"] == 12
    assert patterns(root)["111"] == 2


@pytest.mark.thorough
def test_rows_of_no_wave_are_named_by_their_value_and_counted(tmp_path: Path) -> None:
    text = shared("faults", "layouts", "long.csv").read_text() + "900001,7,3\n900002,,3\n"
    root = make_root(tmp_path, {"long.csv": text})
    write(root, "study.yaml", SOURCE.format(file="long.csv", more=""), add=True)
    declare_waves(root, {n: f"files: [{{arm: main, file: panel, rows: {{wave: {n}}}}}]\n" for n in (1, 2, 3)})
    said = run(root, "wave", "accept", "lay", "w01", fails=True)
    assert "rows that no wave and arm takes: `wave` is empty (1), `wave` is 7 (1)" in " ".join(said.split())
    assert "90000" not in said
    text = (root / "data/studies/lay/study.yaml").read_text()
    declared = text.replace("format: csv", "format: csv, left_out: [{wave: 7}]")
    (root / "data/studies/lay/study.yaml").write_text(declared)
    said = " ".join(run(root, "wave", "accept", "lay", "w01", fails=True).split())
    assert "`wave` is empty (1)" in said
    assert "`wave` is 7" not in said


@pytest.mark.thorough
def test_an_arm_may_be_in_a_column(tmp_path: Path) -> None:
    root = make_root(tmp_path, {"armcol.csv": shared("faults", "layouts", "armcol.csv")}, waves=1)
    about = (root / "data/studies/lay/study.yaml").read_text()
    write(root, "study.yaml", about.replace("arms:\n", "arms:\n  refresh: {title: Refreshment, waves: [w01]}\n"))
    files = "".join(
        f"  - {{arm: {arm}, file: armcol.csv, format: csv, rows: {{sample: {arm}}}}}\n" for arm in ("main", "refresh")
    )
    declare_waves(root, {1: f"files:\n{files}"})
    accept_and_build(root, waves=1)
    assert dict(table(root, "answers").group_by("arm").len().sort("arm").iter_rows()) == {"main": 8, "refresh": 4}
    assert [row["elsewhere"] for row in receipts(root, "w01")] == [4, 8]


@pytest.mark.thorough
def test_two_modes_of_a_wave_are_two_files_of_one_arm(tmp_path: Path) -> None:
    names = ("web.csv", "phone.csv", "web2.csv", "phone2.csv")
    root = make_root(tmp_path, {name: shared("faults", "layouts", name) for name in names}, waves=2)
    web = "  - {{arm: main, file: web{n}.csv, format: csv, mode: web, variables: {{trust: q7}}}}\n"
    phone = (
        "  - {{arm: main, file: phone{n}.csv, format: csv, mode: phone, variables: {{trust: TRUST_T}}, "
        "columns: {{person_id: RespID}}}}\n"
    )
    declare_waves(root, {n: "files:\n" + (web + phone).format(n="" if n == 1 else n) for n in (1, 2)})
    accept_and_build(root, waves=2)
    answers = table(root, "answers")
    counted = dict(answers.group_by("wave", "mode").len().sort("wave", "mode").select("mode", "len").rows()[:2])
    assert counted == {"phone": 5, "web": 7}
    assert by_wave(root) == {"w01": 12, "w02": 12}
    assert answers["trust"].null_count() == 0
    assert patterns(root) == {"11": 12}
    assert [row["file"] for row in receipts(root, "w02")] == ["web2.csv", "phone2.csv"]


HOUSEHOLD = """
unprefixed: [pidp, sex_dv, psu, strata]
names: "{mark}_{name}"
sources:
  xwave: {file: xwavedat.dta, format: dta}
"""
JOINED = """mark: {mark}
files:
  - arm: main
    file: {mark}_indresp.dta
    format: dta
    join:
      - {{file: {mark}_hhresp.dta, format: dta, on: hidp, relation: many_to_one}}
      - {{file: {mark}_lsoa.dta, format: dta, on: hidp, relation: many_to_one}}
      - {{file: xwave, on: pidp, relation: one_to_one}}
"""
ITEMS = """trust: {label: Trust, wording: Trust, concept: generalised_trust, variable: scopngbha, codes: {1: a, 2: b, 3: c, 4: d, 5: e}}
size: {label: Size, wording: Size, variable: hhsize, kind: number, range: [1, 20]}
sex: {label: Sex, wording: Sex, variable: sex_dv, kind: nominal, codes: {1: Male, 2: Female}, time_constant: true}
"""  # noqa: E501


def household_panel(root: Path, change: str = "", by: str = "") -> Path:
    """The household panel, its declarations with a text of w02 in place of another."""
    files = [f"{mark}_{name}.dta" for mark in "abc" for name in ("indresp", "hhresp", "lsoa")]
    deposits = {name: shared("faults", "layouts", name) for name in (*files, "xwavedat.dta")}
    make_root(root, deposits, person_id="pidp, weight: indinus_lw, area: lsoa11, psu: psu, household: hidp")
    write(root, "study.yaml", HOUSEHOLD, add=True)
    write(root, "items.yaml", ITEMS)
    first = JOINED.format(mark="a") + "columns: {weight: none}\n"
    declare_waves(root, {1: first, 2: JOINED.format(mark="b").replace(change, by), 3: JOINED.format(mark="c")})
    return root


def test_a_household_panel_is_joined_as_declared(tmp_path: Path) -> None:
    root = household_panel(tmp_path)
    said = accept_and_build(root)
    assert by_wave(root) == {"w01": 10, "w02": 8, "w03": 8}
    answers = table(root, "answers")
    assert answers["area_code"].null_count() == answers["psu"].null_count() == answers["household_id"].null_count() == 0
    assert answers.filter(wave="w01")["design_weight"].null_count() == 10
    assert answers["size"].null_count() == 0
    assert answers.group_by("person_id").agg(pl.col("area_code").n_unique())["area_code"].max() > 1, "movers move"
    joins = table(root, "joins", "w02")
    assert joins.select("file", "without", "unused").rows() == [
        ("b_hhresp.dta", 0, 0),
        ("b_lsoa.dta", 0, 0),
        ("xwavedat.dta", 0, 2),
    ]
    assert "68000" not in said


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["wide.csv", "long.csv"])
def test_a_draft_of_one_file_declares_all_its_waves(tmp_path: Path, name: str) -> None:
    root = make_root(tmp_path, {name: shared("faults", "layouts", name)})
    as_the_template(root)
    said = run(root, "wave", "draft", "lay", str(root / "data/raw/lay" / name))
    assert f"{name} holds 3 waves" in said
    accept_and_build(root)
    counts = {"wide.csv": {"w01": 9, "w02": 9, "w03": 9}, "long.csv": {"w01": 6, "w02": 7, "w03": 6}}
    assert by_wave(root) == counts[name]
    assert patterns(root)["111"] == {"wide.csv": 3, "long.csv": 2}[name]


def test_a_draft_names_a_column_of_arms(tmp_path: Path) -> None:
    root = make_root(tmp_path, {"armcol.csv": shared("faults", "layouts", "armcol.csv")})
    as_the_template(root)
    run(root, "wave", "draft", "lay", str(root / "data/raw/lay/armcol.csv"))
    drafted = (root / "data/studies/lay/waves/w01.yaml").read_text()
    assert "# `sample` may say the arm of each row: main (8), refresh (4)." in drafted
