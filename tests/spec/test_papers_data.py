"""The appendix on how the waves were read: rows, answers set aside, exceptions of waves, and decisions with reasons."""

from dataclasses import replace

import polars as pl
from test_papers_bindings import CONTEXT, results

from pipeline.papers.appendix.data import data
from pipeline.papers.content import Heading, Paragraph, TableBlock, plain
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.results import Results
from pipeline.papers.study_context import Exceptional

RECEIPT = {"study": "s", "arm": "sample", "loaded": 60, "quarantined": 0, "set_aside": 0, "apart": None, "rows": 60}
LEDGER = {"wave": "w02", "arm": "sample", "item": "likes", "reason": "set_aside", "count": 4}
FINDING = {
    "wave": "w02",
    "arm": "sample",
    "item": "likes",
    "what": "its label was “A” and is now “B”.",
    "decision": "accept: the new wording was tested",
}


def appendix(receipts=(), ledger=(), findings=(), exceptions=(), linked=()):
    context = replace(CONTEXT, exceptions=tuple(exceptions), items={"likes": "Liking", "trusts": "Trust"})
    named = {"receipts": receipts, "ledger": ledger, "findings": findings, "linked": linked}
    tables = {name: pl.DataFrame(list(rows)) for name, rows in named.items() if rows}
    return data(PaperContext(Results(results(), {}, {}), tables, context))


def table(blocks, anchor):
    (found,) = [block for block in blocks if isinstance(block, TableBlock) and block.anchor == anchor]
    return [tuple(plain(cell) for cell in row.cells) for row in found.rows]


def test_nothing_is_said_of_a_study_that_is_not_known():
    assert appendix() == []


def test_files_of_which_every_row_was_used_take_one_sentence():
    heading, told = appendix(receipts=[{**RECEIPT, "wave": "w01"}, {**RECEIPT, "wave": "w02"}])
    assert isinstance(heading, Heading)
    assert isinstance(told, Paragraph)
    assert plain(told.runs) == "All 120 rows of the 2 files delivered were used; none was set aside."


def test_rows_that_were_not_used_are_told_with_the_reason():
    spoilt = {"loaded": 30, "quarantined": 20, "set_aside": 10, "apart": "id shared with another row: 20; preview: 10"}
    rows = table(appendix(receipts=[{**RECEIPT, "wave": "w01"}, {**RECEIPT, "wave": "w02", **spoilt}]), "rows-table")
    assert rows[0][1:] == ("", "60", "60", "–", "–")
    assert rows[1][1:] == ("id shared with another row: 20; preview: 10", "60", "30", "20", "10")


def test_links_are_told_wave_by_wave_for_all_arms_together():
    counts = {"people": 500, "known": 400, "returned": 40, "doubtful": 10, "expected": 20, "new": 30}
    linked = {"wave": "w02", **counts, "compared": 400, "contradict": 20, "by_chance": 196.0}
    rows = table(appendix(linked=[linked, {**linked, "people": 1500}]), "links-table")
    assert [row[1:] for row in rows] == [("2,000", "800", "80", "100", "20", "800", "40", "392")]


def test_answers_set_aside_are_counted_by_wave_and_question():
    blocks = appendix(ledger=[LEDGER, {**LEDGER, "count": 30}, {**LEDGER, "reason": "refused"}])
    assert [row[1:] for row in table(blocks, "answers-set-aside-table")] == [("Liking", "34")]
    few = appendix(ledger=[LEDGER, {**LEDGER, "count": 3}])
    assert [row[1:] for row in table(few, "answers-set-aside-table")] == [("Liking", "[c]")]


def test_exceptions_of_one_reason_are_told_once():
    same = [Exceptional("w02", item, "near", "asked of half") for item in ("likes", "trusts")]
    rows = table(appendix(exceptions=same), "exceptions-table")
    assert [row[1:] for row in rows] == [("Liking and Trust", "near", "Asked of half.")]


def test_a_decision_is_printed_with_what_was_found_and_its_reason():
    by_rule = {**FINDING, "item": "weight", "what": "weights of nought.", "decision": "set_aside: the study sets aside"}
    open_one = {**FINDING, "item": "trusts", "decision": None}
    rows = table(appendix(findings=[FINDING, by_rule, open_one]), "decisions-table")
    assert [row[1:] for row in rows] == [
        ("Liking", "Its label was “A” and is now “B”.", "Accepted", "The new wording was tested."),
        ("Weight", "Weights of nought.", "Set aside", "The study sets aside."),
    ]
