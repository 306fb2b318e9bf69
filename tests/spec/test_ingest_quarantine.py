"""Which rows and values are set apart, and why; nothing is lost on the way."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import DepositError
from pipeline.ingest.people.withdrawals import read_withdrawals, scope_of
from pipeline.ingest.quarantine.answer_labels import codes_of
from pipeline.ingest.quarantine.declared_dates import read_dates
from pipeline.ingest.quarantine.rows import Sorted, outside, set_values_apart, sort_rows


def deposit(ids: list[str | None], answers: list[float] | None = None) -> tuple[pl.DataFrame, pl.Series]:
    frame = pl.DataFrame({"pid": pl.Series(ids, dtype=pl.String), "trust": answers or list(range(len(ids)))})
    return frame, frame["pid"]


@pytest.mark.parametrize(
    ("ids", "answers", "rule", "loaded", "quarantined", "set_aside"),
    [
        (["a", "b"], None, {}, [1, 2], {}, {}),
        (["a", None, " "], None, {}, [1], {"no id": 2}, {}),
        (["a", "b", "a"], None, {}, [2], {"id shared with another row": 2}, {}),
        (["a", "b", "a"], [1, 2, 1], {}, [1, 2], {}, {"identical row": 1}),
        (["a", "a", "a"], [1, 1, 2], {}, [], {"id shared with another row": 2}, {"identical row": 1}),
        (["P1", "1E5", "007"], None, {"pattern": r"P\d"}, [1], {"id not of the declared pattern": 2}, {}),
        (["a", "z"], None, {"known": ["a", "b"]}, [1], {"id never issued": 1}, {}),
        ([None, None], [1, 1], {}, [], {"no id": 2}, {}),
    ],
    ids=[
        "sound",
        "blank",
        "twice-with-other-answers",
        "twice-identical",
        "both",
        "pattern",
        "never-issued",
        "blank-is-nobody-twice",
    ],
)
def test_rows_go_where_they_belong(ids, answers, rule, loaded, quarantined, set_aside) -> None:
    made = sort_rows(*deposit(ids, answers), **rule)
    assert made.loaded["row"].to_list() == loaded
    assert made.counts() == quarantined
    assert made.set_aside == set_aside
    assert made.loaded.height + made.quarantined.height + sum(set_aside.values()) == made.received == len(ids)


def test_quarantined_rows_keep_what_they_hold_but_for_people_who_withdrew() -> None:
    frame, ids = deposit(["a", "b", None], [1, 2, 3])
    made = sort_rows(frame, ids, withdrawn=pl.Series([False, True, None]))
    assert made.loaded["pid"].to_list() == ["a"]
    assert made.quarantined.rows() == [(2, "withdrawn", None, None), (3, "no id", None, 3)]


def test_rows_left_out_by_the_reader_are_part_of_the_account() -> None:
    made = sort_rows(*deposit(["a", None]), set_aside={"preview": 3})
    assert (made.received, made.loaded.height, made.quarantined.height) == (5, 1, 1)


def test_an_account_that_does_not_add_up_is_an_error() -> None:
    frame = pl.DataFrame({"row": [1], "reason": ["no id"]})
    with pytest.raises(DepositError, match="3 rows were received, but 2 are accounted for"):
        Sorted(loaded=frame, quarantined=frame, received=3).check()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (3.0, None),
        (-99.0, None),
        (None, None),
        (99.0, "outside the range"),
        (2.5, "a fraction where codes are whole"),
        (1e12, "outside the range"),
        (-50.0, "a code that is not declared"),
    ],
)
def test_a_number_that_is_no_answer(value: float | None, reason: str | None) -> None:
    column = pl.Series("trust", [value], dtype=pl.Float64)
    assert outside(column, [1, 2, 3, 4, 5, -99, -88]).to_list() == [reason]


def test_values_set_apart_leave_a_hole_and_are_kept_beside() -> None:
    frame = pl.DataFrame({"pid": ["a", "b"], "trust": [99.0, 3.0]})
    left, apart = set_values_apart(frame, "trust", outside(frame["trust"], range(1, 6)))
    assert left["trust"].to_list() == [None, 3.0]
    assert apart.rows() == [(1, "trust", "99.0", "outside the range")]


@pytest.mark.parametrize(
    ("text", "date", "reason"),
    [
        ("28/02/2020", dt.date(2020, 2, 28), None),
        ("02/28/2020", None, "not a date in the declared format"),
        ("2020-02-28", None, "not a date in the declared format"),
        ("30/02/2020", None, "not a date in the declared format"),
        ("01/02/2091", None, "a date outside the fieldwork"),
        (None, None, None),
    ],
)
def test_a_date_is_read_as_declared_or_not_at_all(text: str | None, date: dt.date | None, reason: str | None) -> None:
    column = pl.Series("intdate", [text], dtype=pl.String)
    made = read_dates(column, "%d/%m/%Y", fieldwork=(dt.date(2020, 1, 1), dt.date(2020, 12, 31)))
    assert (made.dates.to_list(), made.reasons.to_list()) == ([date], [reason])


def test_dates_that_could_be_others_are_counted() -> None:
    column = pl.Series("intdate", ["01/02/2020", "02/02/2020", "28/02/2020"])
    assert read_dates(column, "%d/%m/%Y").ambiguous == 1


@pytest.mark.parametrize("column", [pl.Series("d", ["43831", "43900"]), pl.Series("d", [43831.0, 43900.0])])
def test_day_numbers_of_a_spreadsheet_are_named(column: pl.Series) -> None:
    with pytest.raises(DepositError, match=r"column d: holds day numbers .* in 2020, or in 2024 if .* 1904 \(2\)"):
        read_dates(column, "%Y-%m-%d")


LABELS = {"1": "Anghytuno'n gryf", "5": "Strongly agree"}


@pytest.mark.parametrize(
    ("how", "text", "code", "reason"),
    [
        ("code_and_label", "5 - Strongly agree", "5", None),
        ("code_and_label", "5. strongly  agree ", "5", None),
        ("code_and_label", "5", "5", None),
        ("code_and_label", "-99.0", "-99", None),
        ("code_and_label", "1 - Strongly agree", None, "a code with the label of another"),
        ("code_and_label", "5 - Agree a bit", None, "a text that is no declared answer"),
        ("code_and_label", "whatever", None, "a text that is no declared answer"),
        ("labels", "Strongly agree", "5", None),
        ("labels", "Anghytuno’n gryf", "1", None),
        ("labels", "5", None, "a text that is no declared answer"),
        ("labels", None, None, None),
    ],
)
def test_an_answer_in_words_becomes_its_code(how, text: str | None, code: str | None, reason: str | None) -> None:
    codes, reasons = codes_of(pl.Series("trust", [text], dtype=pl.String), LABELS, how)
    assert (codes.to_list(), reasons.to_list()) == ([code], [reason])


@pytest.fixture
def withdrawals(tmp_path: Path) -> pl.DataFrame:
    path = tmp_path / "withdrawals.csv"
    path.write_text(
        "pid,scope,date\nP1,erase,2020-05-01\np2 ,future,2020-05-01\nP3,future,2020-06-01\nP3,erase,2020-07-01\n"
    )
    return read_withdrawals(path, "pid", strip=True, case="upper")


def test_who_is_listed_twice_has_the_wider_scope_from_the_earlier_date(withdrawals: pl.DataFrame) -> None:
    assert set(withdrawals.rows()) == {
        ("P1", "erase", dt.date(2020, 5, 1)),
        ("P2", "future", dt.date(2020, 5, 1)),
        ("P3", "erase", dt.date(2020, 6, 1)),
    }


@pytest.mark.parametrize(
    ("fieldwork", "scopes"),
    [
        ((dt.date(2020, 1, 1), dt.date(2020, 2, 1)), ["erase", None, "erase", None]),
        ((dt.date(2020, 6, 1), dt.date(2020, 7, 1)), ["erase", "future", "erase", None]),
    ],
    ids=["earlier-wave", "later-wave"],
)
def test_erase_holds_for_every_wave_and_future_for_later_ones(withdrawals, fieldwork, scopes) -> None:
    ids = pl.Series(["P1", "P2", "P3", "P4"])
    assert scope_of(ids, withdrawals, fieldwork=fieldwork).to_list() == scopes


def test_within_a_fieldwork_the_interview_date_decides(withdrawals: pl.DataFrame) -> None:
    scopes = scope_of(
        pl.Series(["P2", "P2", "P2"]),
        withdrawals,
        fieldwork=(dt.date(2020, 4, 1), dt.date(2020, 6, 1)),
        interviewed=pl.Series([dt.date(2020, 4, 30), dt.date(2020, 5, 1), None]),
    )
    assert scopes.to_list() == [None, "future", "future"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("P1,gone,2020-05-01\n", "scopes other than future and erase, in line 2"),
        ("P1,erase,2020-05-01\nP2,erase,01/05/2020\n", "dates that are not like 2020-05-01, in line 3"),
        (",erase,2020-05-01\n", "rows without an id, in line 2"),
    ],
)
def test_a_list_of_withdrawals_is_read_strictly(tmp_path: Path, rows: str, says: str) -> None:
    path = tmp_path / "withdrawals.csv"
    path.write_text("pid,scope,date\n" + rows)
    with pytest.raises(DepositError, match=says) as raised:
        read_withdrawals(path, "pid")
    assert "P1" not in str(raised.value)
