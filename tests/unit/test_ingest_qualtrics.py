"""Qualtrics exports: bound on ImportId, with the rows that are no answers set aside and counted."""

from pathlib import Path

import pytest

from pipeline.errors import DepositError
from pipeline.ingest import Deposit, read_deposit

HEADER = """"Status","Finished","RecipientEmail","Q1 renamed","QID2"
"Response Type","Finished","Recipient Email","People here can
be trusted","Anything ""else""?"
"{""ImportId"":""status""}","{""ImportId"":""finished""}","{""ImportId"":""recipientEmail""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2_TEXT""}"
"""
ROWS = """"IP Address","True","a@example.org","5","fine"
"Survey Preview","True","","1",""
"IP Address","False","b@example.org","2",""
"Spam","True","c@example.org","2",""
"IP Address","True","d@example.org","-99","<b>line
two</b>"
"""


@pytest.fixture
def export(tmp_path: Path):
    def _read(text: str, **declared) -> Deposit:
        path = tmp_path / "export.csv"
        path.write_text(text)
        return read_deposit(path, "csv", layout="qualtrics", **declared)

    return _read


def test_columns_are_named_by_import_id_and_labelled_by_question(export) -> None:
    deposit = export(HEADER + ROWS)
    assert deposit.frame.columns == ["status", "finished", "recipientEmail", "QID1", "QID2_TEXT"]
    assert deposit.labels["QID1"] == "People here can be trusted"
    assert deposit.frame["QID1"].to_list() == [5.0, -99.0]
    assert deposit.frame["QID2_TEXT"].to_list() == ["fine", "<b>line\ntwo</b>"]


def test_previews_partials_and_spam_are_set_aside_by_rule(export) -> None:
    deposit = export(HEADER + ROWS)
    assert deposit.set_aside == {"preview": 1, "spam": 1, "partial": 1}
    assert deposit.row_numbers == (1, 5)
    assert deposit.receipt["rows"] == 5 == deposit.frame.height + sum(deposit.set_aside.values())


def test_personal_columns_are_counted_in_all_rows_and_do_not_pass(export) -> None:
    deposit = export(HEADER + ROWS, columns=["QID1"])
    assert deposit.frame.columns == ["QID1"]
    assert {"column": "recipientEmail", "kind": "e-mail address", "count": 4} in deposit.findings
    assert {"column": "recipientEmail", "kind": "platform column", "count": 4} in deposit.findings
    assert not any("@" in str(part) for part in (deposit.findings, deposit.notices, deposit.receipt))


def test_a_damaged_header_is_not_read_as_an_answer(export) -> None:
    with pytest.raises(DepositError, match="here 4 of 5 columns have one"):
        export(HEADER.replace('"{""ImportId"":""QID1""}"', '"5"') + ROWS)
    with pytest.raises(DepositError, match="here 0 of 5 columns have one"):
        export(HEADER.splitlines()[0] + "\n" + ROWS)


def test_an_import_id_there_twice_is_refused(export) -> None:
    with pytest.raises(DepositError, match="duplicate column names: QID1"):
        export(HEADER.replace("QID2_TEXT", "QID1") + ROWS)
