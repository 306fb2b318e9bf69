"""Rules of parts as small tables: presence, keys, ballots, carried facts, ids that restart."""

from pathlib import Path

import pytest
from layout_study import STUDY, declare_waves, harmonised, ingested, make_root, write

from pipeline.errors import DeclarationErrors, DepositError
from pipeline.harmonise.drift.joined import join_findings
from pipeline.paths import Paths
from pipeline.specs import load_project

WIDE = "id,sex,trust_w1,trust_w2,in1,in2\n1,1,3,,1,0\n2,2,4,5,1,1\n3,1,-9,2,1,1\n4,2,,,0,0\n"
SOURCE = "names: '{name}_w{number}'\nunprefixed: [id, sex, ballot]\nsources: {panel: {file: panel.csv, format: csv}}\n"
SEX = "sex: {label: Sex, wording: Sex, kind: nominal, codes: {1: M, 2: F}, time_constant: true}\n"
CARRIED = SEX.replace("time_constant: true", "time_constant: true, carry: true, waves: [w01]")
BOTH = (1, 2)


def wide(root: Path, present: str, text: str = WIDE) -> Path:
    make_root(root, {"panel.csv": text}, waves=2)
    write(root, "study.yaml", SOURCE, add=True)
    write(root, "items.yaml", SEX, add=True)
    declare_waves(root, dict.fromkeys(BOTH, f"files: [{{arm: main, file: panel, present: {present}}}]\n"))
    return root


@pytest.mark.parametrize(
    ("present", "counts"),
    [("{any_of: items}", (2, 2)), ("{any_of: [trust]}", (2, 2)), ("row", (4, 4))],
    ids=["what is read for both waves says nothing", "named items", "every row, as declared"],
)
def test_who_was_there(tmp_path: Path, present: str, counts: tuple[int, int]) -> None:
    found = ingested(wide(tmp_path, present))
    assert tuple(found[wave].frame.height for wave in ("w01", "w02")) == counts
    assert [found["w01"].receipts[name][0] for name in ("in_file", "not_present")] == [4, 4 - counts[0]]


def test_rows_of_missing_codes_alone_are_counted_and_said(tmp_path: Path) -> None:
    found = ingested(wide(tmp_path, "{any_of: items}"))
    assert any("1 rows hold missing codes alone in the items of w01" in notice for notice in found["w01"].notices)


def test_codes_of_a_column_say_who_was_there(tmp_path: Path) -> None:
    text = WIDE.replace("in1,in2", "in_w1,in_w2")
    found = ingested(wide(tmp_path, "{column: in, codes: [1]}", text))
    assert [found[wave].frame.height for wave in ("w01", "w02")] == [3, 2]


def test_a_rule_by_which_nobody_was_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DepositError, match="nobody is present in w01"):
        ingested(wide(tmp_path, "{column: in, codes: [7]}", WIDE.replace("in1,in2", "in_w1,in_w2")))


def test_a_pattern_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DepositError, match="holds no column that is read for w01 alone"):
        ingested(wide(tmp_path, "{any_of: items}", WIDE.replace("_w1", "_t1")))


PERSONS = "id,hh,trust\n1,10,3\n2,10,4\n3,11,5\n4,-9,1\n"


def joined(root: Path, households: str, relation: str = "many_to_one", more: str = "") -> Path:
    make_root(root, {"w1.csv": PERSONS, "hh.csv": households}, waves=1)
    write(root, "items.yaml", "size: {label: Size, wording: Size, kind: number, range: [1, 9]}\n", add=True)
    join = f"join: [{{file: hh.csv, format: csv, on: hh, relation: {relation}{more}}}]"
    declare_waves(root, {1: f"files: [{{arm: main, file: w1.csv, format: csv, {join}}}]\n"})
    return root


def test_a_join_neither_multiplies_nor_loses_anybody(tmp_path: Path) -> None:
    root = joined(tmp_path, "hh,size\n11,1\n10,2\n12,5\n")
    made = harmonised(root)
    assert made.answers["size"].to_list() == [2, 2, 1, None]
    assert made.answers["size_reason"].to_list() == [None, None, None, "blank"]
    assert ingested(root)["w01"].joined.select("without", "unused").rows() == [(1, 1)]


@pytest.mark.parametrize(
    ("households", "relation", "said"),
    [
        ("hh,size\n10,2\n10,3\n11,1\n", "many_to_one", "the key `hh` is there twice or more, in 2 rows"),
        ("hh,size\n10,2\n11,1\n", "one_to_one", "which this key is not"),
        ("hid,size\n10,2\n", "many_to_one", "has no column `hh`, by which hh.csv is joined"),
        ("hh,size,trust\n10,2,1\n", "many_to_one", "has the column `trust`, and so has w1.csv"),
    ],
    ids=["twice on the one side", "not one to one", "no key", "a column of both"],
)
def test_a_join_that_would_guess_is_refused(tmp_path: Path, households: str, relation: str, said: str) -> None:
    with pytest.raises(DepositError) as found:
        ingested(joined(tmp_path, households, relation))
    assert said in str(found.value)


def test_take_says_what_a_file_adds(tmp_path: Path) -> None:
    root = joined(tmp_path, "hh,size,trust\n10,2,1\n11,1,1\n", more=", take: [size]")
    assert harmonised(root).answers["trust"].to_list() == [3, 4, 5, 1]


def test_who_was_not_asked_is_routed_out_and_not_blank(tmp_path: Path) -> None:
    make_root(tmp_path, {"w1.csv": "id,ballot,trust\n1,1,\n2,2,4\n3,3,\n"}, waves=1)
    items = (tmp_path / "data/studies/lay/items.yaml").read_text()
    write(tmp_path, "items.yaml", items.replace("concept", "asked_when: {ballot: [2, 3]}, concept"))
    declare_waves(tmp_path, {1: "files: [{arm: main, file: w1.csv, format: csv}]\n"})
    assert harmonised(tmp_path).answers["trust_reason"].to_list() == ["routed_out", None, "blank"]
    (tmp_path / "data/raw/lay/w1.csv").write_text("id,ballot,trust\n1,1,5\n2,2,4\n")
    with pytest.raises(DepositError, match="answers to `trust` of people who were not asked"):
        ingested(tmp_path)


def test_whom_a_question_was_put_to_is_not_read_off_a_column_that_is_absent(tmp_path: Path) -> None:
    """Everybody would count as asked, and those who were not as leaving it blank."""
    make_root(tmp_path, {"w1.csv": "id,ballot,trust\n1,1,\n2,2,4\n3,3,\n"}, waves=1)
    items = (tmp_path / "data/studies/lay/items.yaml").read_text()
    write(tmp_path, "items.yaml", items.replace("concept", "asked_when: {balot: [2, 3]}, concept"))
    declare_waves(tmp_path, {1: "files: [{arm: main, file: w1.csv, format: csv}]\n"})
    with pytest.raises(
        DepositError, match=r"no column `balot`, .* whom `trust` was asked; the nearest name is `ballot`"
    ):
        ingested(tmp_path)


def test_rows_may_be_chosen_by_a_date(tmp_path: Path) -> None:
    text = "id,month,trust\n" + "".join(f"{person},200{wave}-01-01,3\n" for wave in (1, 2) for person in (1, 2, 3))
    make_root(tmp_path, {"long.csv": text}, waves=2)
    write(tmp_path, "study.yaml", "sources: {panel: {file: long.csv, format: csv}}\n", add=True)
    declare_waves(tmp_path, {n: f"files: [{{arm: main, file: panel, rows: {{month: 200{n}-01-01}}}}]\n" for n in BOTH})
    assert [table.frame.height for table in ingested(tmp_path).values()] == [3, 3]


def test_a_joined_file_whose_keys_nobody_has_stops_the_study(tmp_path: Path) -> None:
    """Leading zeros, or the households of another wave: all that is read from the file would be blank."""
    root = joined(tmp_path, "hh,size\n010,2\n011,1\n")
    (found,) = join_findings(ingested(root)["w01"].joined)
    assert (found.kind, found.severity, found.count) == ("unmatched_keys", "blocks", 4)
    assert found.what == "no key of hh.csv (2 rows) is in w1.csv (4 rows)."
    one = joined(tmp_path / "one", "hh,size\n10,2\n12,5\n")
    assert [finding.severity for finding in join_findings(ingested(one)["w01"].joined)] == ["warns"]


def test_a_lasting_fact_is_carried_and_the_ledger_says_so(tmp_path: Path) -> None:
    make_root(tmp_path, {"w1.csv": "id,trust,sex\n1,3,1\n2,4,2\n", "w2.csv": "id,trust\n1,3\n3,4\n"}, waves=2)
    write(tmp_path, "items.yaml", CARRIED, add=True)
    declare_waves(tmp_path, {n: f"files: [{{arm: main, file: w{n}.csv, format: csv}}]\n" for n in BOTH})
    made = harmonised(tmp_path)
    assert made.answers["sex"].to_list() == [1, 2, 1, None]
    assert made.answers["sex_reason"].to_list() == [None, None, None, "not_asked"]
    of_second = made.ledger.filter(wave="w02", item="sex")
    assert dict(of_second.select("code", "count").iter_rows()) == {"": 1, "carried 1": 1}


def test_ids_that_restart_in_each_arm_are_other_people(tmp_path: Path) -> None:
    make_root(tmp_path, {"a.csv": "id,trust\n1,3\n2,4\n", "b.csv": "id,trust\n1,5\n"}, waves=1)
    about = (tmp_path / "data/studies/lay/study.yaml").read_text()
    arms = "arms:\n  boost: {title: Boost, waves: [w01]}\n"
    write(tmp_path, "study.yaml", about.replace("arms:\n", arms) + "ids: {within: arm}\n")
    files = ", ".join(f"{{arm: {arm}, file: {name}.csv, format: csv}}" for arm, name in (("main", "a"), ("boost", "b")))
    declare_waves(tmp_path, {1: f"files: [{files}]\n"})
    assert ingested(tmp_path)["w01"].frame["person_id"].n_unique() == 3
    write(tmp_path, "study.yaml", about.replace("arms:\n", arms))
    with pytest.raises(DepositError, match=r"ids that are in a\.csv and in b\.csv"):
        ingested(tmp_path)


def test_an_item_that_one_mode_did_not_ask_is_not_asked_there(tmp_path: Path) -> None:
    make_root(tmp_path, {"a.csv": "id,q\n1,3\n", "b.csv": "nr,sex\n2,1\n"}, waves=1)
    write(tmp_path, "items.yaml", SEX, add=True)
    first = "{arm: main, file: a.csv, format: csv, mode: web, variables: {trust: q}, not_asked: [sex]}"
    second = "{arm: main, file: b.csv, format: csv, mode: phone, not_asked: [trust], columns: {person_id: nr}}"
    declare_waves(tmp_path, {1: f"files: [{first}, {second}]\n"})
    answers = harmonised(tmp_path).answers
    assert answers["mode"].to_list() == ["web", "phone"]
    assert answers["trust_reason"].to_list() == [None, "not_asked"]
    assert answers["sex_reason"].to_list() == ["not_asked", None]


def test_waves_of_one_study_have_names_of_one_width(tmp_path: Path) -> None:
    make_root(tmp_path, {}, waves=1)
    declare_waves(tmp_path, {1: "files: [{arm: main, file: a.csv, format: csv}]\n"})
    waves = tmp_path / "data" / "studies" / STUDY / "waves"
    (waves / "w100.yaml").write_text((waves / "w01.yaml").read_text())
    with pytest.raises(DeclarationErrors, match="call `w01` `w001`"):
        load_project(Paths(tmp_path))
