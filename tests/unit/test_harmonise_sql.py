"""The SQL: readable, one expression a column, and safe whatever a source file calls its variables and codes."""

import re

import duckdb
import polars as pl
import pytest

from pipeline.errors import DepositError
from pipeline.harmonise import harmonise_frame
from pipeline.harmonise.projection import literal, quoted, sql_names

AGREE = {1: "Agree", 2: "Disagree"}


@pytest.mark.parametrize("name", ['q"1', 'x"; DROP TABLE wave; --', "select", "ümläut", "a b", "{q}", "q'1"])
def test_any_variable_name_is_only_a_name(name):
    frame = pl.DataFrame({"person_id": ["a", "b"], name: [1, 2]})
    made = harmonise_frame(frame, {"q": {"variable": name, "codes": AGREE}})
    assert made.answers["q"].to_list() == [1.0, 2.0]


@pytest.mark.parametrize("text", ["it's", "''", "\\", '"', "%", ""])
def test_literals_come_back_as_they_were(text):
    assert duckdb.sql(f"SELECT {literal(text)} AS {quoted('x' + text)}").fetchall() == [(text,)]


def test_names_that_differ_in_case_only_stay_apart():
    assert sql_names(["q1", "Q1", "q1 (2)", "Q1 (2)"]) == {
        "q1": "q1",
        "Q1": "Q1 (2)",
        "q1 (2)": "q1 (2) (2)",
        "Q1 (2)": "Q1 (2) (3)",
    }
    frame = pl.DataFrame({"person_id": ["a"], "q1": [1], "Q1": [2], "WAVE": [1]})
    items = {
        "low": {"variable": "q1", "codes": AGREE},
        "high": {"variable": "Q1", "codes": AGREE},
        "w": {"variable": "WAVE", "codes": AGREE},
    }
    assert harmonise_frame(frame, items).answers.select("wave", "low", "high", "w").row(0) == ("w01", 1.0, 2.0, 1.0)


def test_the_sql_reads_as_what_it_does():
    frame = pl.DataFrame({"person_id": ["a"], "q1": [1], "age": [40]})
    items = {"trust": {"variable": "q1", "codes": AGREE, "reverse": True}, "age": {"range": (18, 110)}}
    sql = harmonise_frame(frame, items, missing={-9: "refused", 99: "dont_know"}).sql["w01"]
    assert sql.splitlines() == [
        "SELECT",
        '    "person_id" AS "person_id",',
        '    "wave" AS "wave",',
        """    (CASE "q1" WHEN '1' THEN 2.0 WHEN '2' THEN 1.0 END)::DOUBLE AS "trust",""",
        """    CASE WHEN "q1" IS NULL THEN 'blank' ELSE """
        """CASE "q1" WHEN '-9' THEN 'refused' WHEN '99' THEN 'dont_know' END END AS "trust_reason",""",
        """    CASE "age" WHEN '99' THEN NULL ELSE """
        """CASE WHEN TRY_CAST("age" AS DOUBLE) BETWEEN 18.0 AND 110.0 """
        """THEN TRY_CAST("age" AS DOUBLE) END END AS "age",""",
        """    CASE WHEN "age" IS NULL THEN 'blank' ELSE """
        """CASE "age" WHEN '-9' THEN 'refused' WHEN '99' THEN 'dont_know' END END AS "age_reason\"""",
        "FROM wave",
    ]


@pytest.mark.parametrize("amount", ["1_000", "0x10", "٣", "1e", "--1", "$5"])
def test_what_is_no_number_is_refused_and_not_told(amount):
    frame = pl.DataFrame({"person_id": ["a"], "n": [amount]})
    with pytest.raises(DepositError, match=r"has text that is no number \(1\)") as error:
        harmonise_frame(frame, {"n": {"range": (-10_000, 10_000)}})
    assert amount not in str(error.value).replace("-10000", "")


@pytest.mark.parametrize(
    ("amount", "shown"), [("nan", "nan"), ("inf", "inf"), ("1,5", "1,5"), ("8,352", "1,234"), ("12.03.80", "12.34.56")]
)
def test_marks_and_separators_are_no_numbers_either_and_are_told(amount, shown):
    frame = pl.DataFrame({"person_id": ["a"], "n": [amount]})
    with pytest.raises(DepositError, match=rf"has text that is no number: “{re.escape(shown)}” \(1\)"):
        harmonise_frame(frame, {"n": {"range": (-10_000, 10_000)}})


@pytest.mark.parametrize("amount", ["5", "-5", "5.", ".5", "5e2", "1E-3", "0005", "1e400"])
def test_what_the_ledger_takes_for_a_number_is_one_in_the_answers(amount):
    """Both are asked separately: the ledger by a pattern, the answers by DuckDB's cast."""
    frame = pl.DataFrame({"person_id": ["a"], "n": [amount]})
    if float(amount) > 1e6:
        with pytest.raises(DepositError, match="1 value outside the declared range"):
            harmonise_frame(frame, {"n": {"range": (-10_000, 10_000)}})
        return
    made = harmonise_frame(frame, {"n": {"range": (-10_000, 10_000)}})
    assert made.answers.row(0)[2:] == (float(amount), None)


@pytest.mark.parametrize(
    ("frame", "items", "expected"),
    [
        ({"person_id": ["a"], "q_1": [1]}, {"q": {"variable": "q1", "codes": AGREE}}, "did you mean `q_1`"),
        ({"id": ["a"], "q": [1]}, {"q": {"codes": AGREE}}, "has no column `person_id`"),
        ({"person_id": ["a"], "wave": [1]}, {"q": {"variable": "wave", "codes": AGREE}}, "a column called wave"),
        ({"person_id": ["a", "a"], "q": [1, 1]}, {"q": {"codes": AGREE}}, "ids that come more than once"),
    ],
    ids=["absent", "no-person", "taken", "twice"],
)
def test_a_frame_that_does_not_fit_is_refused(frame, items, expected):
    with pytest.raises(DepositError, match=expected):
        harmonise_frame(pl.DataFrame(frame), items)


def test_rows_keep_their_order_beyond_one_batch():
    """DuckDB works in batches of 2,048 rows and row groups of 122,880."""
    count = 130_000
    frame = pl.DataFrame({"person_id": pl.int_range(count, eager=True).cast(pl.String).reverse()})
    frame = frame.with_columns(q=pl.int_range(count, eager=True) % 2 + 1)
    made = harmonise_frame(frame, {"q": {"codes": AGREE}}).answers
    assert made["person_id"].equals(frame["person_id"])
    assert made["q"].equals(frame["q"].cast(pl.Float64))
