"""A second wave of which some rows or dates are doubtful: they are set aside with the reason, the rest loads."""

import datetime as dt
import shutil

import polars as pl
import pytest
from panel_study import ABOUT, COLUMNS, ISSUED, changed, clean, declare_study, declare_wave, raw, rebuild, write_sav
from test_waves_refused import csv, sav
from test_waves_refused import raw as bytes_of

from pipeline.ingest import traces
from pipeline.paths import Paths


def twice(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.head(1)])


def stranger() -> pl.DataFrame:
    return pl.concat([clean("w02"), clean("w02").head(1).with_columns(pid=pl.lit("P9999"))])


def mangled() -> bytes:
    return csv(changed(pid={0: "1E5", 1: "007"})).encode()


APART = {
    "06_dup_id.sav": (
        sav(changed(pid={59: "P1000"})),
        {"received": 60, "loaded": 58, "quarantined, id shared with another row": 2},
    ),
    "07_exact_dup_row.sav": (
        sav(twice(clean("w02"))),
        {"received": 61, "loaded": 60, "set aside, identical row": 1},
    ),
    "10_blank_id.sav": (sav(changed(pid={4: ""})), {"received": 60, "loaded": 59, "quarantined, no id": 1}),
    "37_id_excel_mangle.csv": (
        bytes_of(mangled()),
        {"received": 60, "loaded": 58, "quarantined, id not of the declared pattern": 2},
    ),
    "46_new_id.sav": (sav(stranger()), {"received": 61, "loaded": 60, "quarantined, id never issued": 1}),
}


@pytest.mark.parametrize("file", APART)
def test_rows_set_apart_and_accounted_for(file, wave_2):
    write, accounting = APART[file]
    for outcome in wave_2(file, write):
        assert outcome.accounting == accounting
        assert set(outcome.apart().columns) >= {"row", "reason", "person_id", "trust1"} or not outcome.apart().height


def test_10_the_row_without_an_id_is_named_by_its_number(wave_2):
    for outcome in wave_2("10_blank_id.sav", sav(changed(pid={4: ""}))):
        kept = outcome.apart()
        assert kept.height == 1
        assert kept["trust1"].null_count() == 0, "what the row holds is kept"
        if outcome.root.name == "made":
            assert kept["row"].to_list() == [5]


@pytest.mark.thorough
def test_46_a_person_listed_as_refreshment_is_loaded_and_leaves_the_quarantine(wave_2):
    for outcome in wave_2("46_new_id.sav", sav(stranger())):
        assert outcome.apart().height == 1
        path = outcome.root / "data/studies/panel/waves/w02.yaml"
        (raw(outcome.root) / "new.csv").write_text("pid\nP9999\nP2000\n")
        path.write_text(path.read_text().replace("format: sav", "format: sav, refreshment: new.csv"))
        reports = rebuild(outcome.root)
        assert "received: 61; loaded: 61" in reports["wave/panel/w02"].tables[0].metadata["accounting"]
        assert not Paths(outcome.root).quarantined("panel", "w02").exists()


def test_08_ids_in_other_case_and_with_spaces_are_the_same_by_the_declared_rule(wave_2):
    spoilt = changed(pid={k: f"p{1000 + k} " for k in range(20)})
    for outcome in wave_2("08_id_case_space.sav", sav(spoilt)):
        assert outcome.accounting == {"received": 60, "loaded": 60}
        links = outcome.reports["findings/panel"].tables[0].metadata["links"]
        assert links.startswith("w02: 60 known, 0 new, 0 of those before not there")
        assert not {kind for item, kind in outcome.findings() if item == "person_id"}
        written = 20 if outcome.root.name == "made" else 60
        assert f"{written} ids differ only in case or in spaces" in outcome.notices


def test_45_people_who_withdrew_leave_no_answer_behind(panel, wave_2):
    withdrawn = "pid,scope,date\nP1010,erase,2020-05-01\nP1011,future,2020-05-01\n"
    about = ABOUT + "withdrawals: withdrawals.csv\n"
    (raw(panel) / "withdrawals.csv").write_text(withdrawn)
    try:
        for outcome in wave_2("45_withdrawn_present.sav", sav(clean("w02")), about=about):
            assert outcome.accounting == {"received": 60, "loaded": 59, "quarantined, withdrawn": 1}
            assert outcome.apart().drop("study", "arm", "wave", "row", "reason").null_count().sum_horizontal()[0] == (
                outcome.apart().width - 5
            ), "of somebody who withdrew nothing is kept but that a row was theirs"
            people = {wave: outcome.table("answers", wave).height for wave in ("w01", "w02", "w03")}
            assert people == {"w01": 59, "w02": 59, "w03": 58}, "erase: no wave; future: earlier waves are kept"
            assert not traces(Paths(outcome.root).warehouse, ["P1010"]).found
    finally:
        (raw(panel) / "withdrawals.csv").unlink()


def two_formats() -> bytes:
    days = [f"{day:%d/%m/%Y}" if k % 2 else f"{day:%m/%d/%Y}" for k, day in enumerate(clean("w02")["intdate"])]
    return csv(clean("w02").with_columns(intdate=pl.Series(days))).encode()


@pytest.mark.thorough
def test_33_dates_are_read_by_the_declared_format_and_no_other(wave_2):
    for outcome in wave_2("33_two_date_formats.csv", bytes_of(two_formats()), more="date_format: '%d/%m/%Y'"):
        apart = outcome.apart("dates")
        assert outcome.accounting == {"received": 60, "loaded": 60}
        assert set(apart["reason"]) <= {"not a date in the declared format", "a date outside the fieldwork"}
        dates = outcome.table("answers")["interview_date"]
        assert dates.null_count() == apart.height > 0
        assert "dates would be different ones with day and month exchanged" in outcome.notices
        assert f"{apart['reason'].value_counts()['count'][0]} set aside" in outcome.notices


@pytest.mark.thorough
def test_34_day_numbers_of_a_spreadsheet_are_no_dates(wave_2):
    serials = [float((day - dt.date(1899, 12, 30)).days) for day in clean("w02")["intdate"]]
    frame = clean("w02").with_columns(intdate=pl.Series(serials))
    for outcome in wave_2("34_excel_serial_dates.csv", bytes_of(csv(frame).encode())):
        assert "day numbers of a spreadsheet (such as 43831)" in outcome.notices
        assert "1904" in outcome.notices
        assert outcome.apart("dates").height == 60
        assert outcome.table("answers")["interview_date"].null_count() == 60
        assert outcome.table("answers")["trust1_reason"].null_count() > 50, "other variables load"


@pytest.mark.thorough
def test_35_an_interview_outside_the_fieldwork(wave_2):
    for outcome in wave_2("35_future_date.sav", sav(changed(intdate={7: dt.date(2091, 1, 7)}))):
        assert outcome.apart("dates")["reason"].to_list() == ["a date outside the fieldwork"]
        assert outcome.table("answers")["interview_date"].null_count() == 1
        assert "1 set aside, a date outside the fieldwork" in outcome.notices
        assert "2091" not in outcome.told()


QUALTRICS = (
    '"Status","Finished","ExternalReference","RecipientEmail","RecordedDate","Duration","QID1","QID2"\n'
    '"Response Type","Finished","Reference","Email","Date","Seconds","People here can\nbe trusted","People here help"\n'
    '"{""ImportId"":""Status""}","{""ImportId"":""Finished""}","{""ImportId"":""ExternalReference""}",'
    '"{""ImportId"":""RecipientEmail""}","{""ImportId"":""RecordedDate""}","{""ImportId"":""Duration""}",'
    '"{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
)


def exported() -> bytes:
    rows = [
        f'"{status}","{finished}","{identity}","{identity}@example.org","2020-01-02","540","4","2"\n'
        for status, finished, identity in [
            ("Survey Preview", "True", "P1000"),
            ("IP Address", "False", "P1001"),
            *(("IP Address", "True", identity) for identity in ISSUED[2:20]),
        ]
    ]
    return (QUALTRICS + "".join(rows)).encode()


@pytest.mark.thorough
def test_31_a_qualtrics_export(wave_2):
    declared = {
        "more": "layout: qualtrics, variables: {trust1: QID1, trust2: QID2}, not_asked: [belong1, belong2, sex]",
        "columns": "{person_id: ExternalReference}",
    }
    for outcome in wave_2("31_qualtrics_3header.csv", bytes_of(exported()), **declared):
        assert outcome.accounting == {"received": 20, "loaded": 18, "set aside, preview": 1, "set aside, partial": 1}
        assert "RecipientEmail: 20 cells, e-mail address" in outcome.notices
        assert "@example.org" not in outcome.told()
        assert not traces(Paths(outcome.root).warehouse, ["example.org"]).found
        assert outcome.table("answers")["belong1_reason"].unique().to_list() == ["not_asked"]


@pytest.mark.thorough
def test_44_a_wave_that_arrives_before_an_earlier_one_gives_the_same_tables(panel, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(panel, root)
    late = raw(root) / "clean_w2.sav"
    held = late.read_bytes()
    shutil.rmtree(Paths(root).warehouse)
    late.unlink()
    waiting = rebuild(root)
    assert "fits" in waiting["wave/panel/w02"].message
    assert waiting["wave/panel/w03"].message == ""
    late.write_bytes(held)
    assert not [report.message for report in rebuild(root).values() if report.message]
    for name in ("answers", "findings", "ledger", "crosswalk"):
        tables = [pl.read_parquet(Paths(place).table(name, "panel")) for place in (panel, root)]
        assert tables[0].drop("person_id", strict=False).equals(tables[1].drop("person_id", strict=False)), name


@pytest.mark.thorough
def test_what_is_doubtful_stops_a_study_that_does_not_set_it_aside(panel_of, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(panel_of("made"), root)
    declare_study(root, ABOUT.replace("doubtful: set_aside\n", ""))
    for frame, says in (
        (changed(pid={59: "P1000"}), r"rows that share an id with another row in `pid` (2)"),
        (changed(pid={4: ""}), "rows without an id in `pid` (1)"),
        (stranger(), "ids in `pid` that were never issued (1)"),
    ):
        write_sav(raw(root) / "clean_w2.sav", frame)
        declare_wave(root, "w02", "clean_w2.sav", columns=COLUMNS)
        assert says in rebuild(root)["wave/panel/w02"].message
