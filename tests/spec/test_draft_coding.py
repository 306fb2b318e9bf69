"""What a column's answers look like to a draft: kind, codes, missing codes, bounds. Each rule as a small table."""

import polars as pl
import pytest

from pipeline.ingest.arrival.coding import coding
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.items.stems import stem_of


def of(answers: list[object], labels: dict[str, str] | None = None, **facts: object):
    column = pl.Series("q", answers, strict=False)
    column = column.cast(pl.Float64) if column.dtype.is_integer() else column
    return coding(Deposit(column.to_frame(), value_labels={"q": labels or {}}, **facts), "q", {"-9": "no_answer"})


@pytest.mark.parametrize(
    ("answers", "kind", "codes", "missing"),
    [
        ([1, 2, 3, 4, 5], "ordinal", "1 2 3 4 5", {}),
        ([1, 2, 3, 4, -9], "ordinal", "1 2 3 4", {}),  # declared by the study
        ([1, 2, 3, 4, -8], "ordinal", "1 2 3 4", {"-8": "no_answer"}),
        ([1, 2, 3, 4, 5, 99], "ordinal", "1 2 3 4 5", {"99": "no_answer"}),
        ([1, 2, 3, 4, 5, 8, 9], "ordinal", "1 2 3 4 5", {"8": "no_answer", "9": "no_answer"}),
        ([1, 2, 3, 4, 5, 6, 7], "ordinal", "1 2 3 4 5 6 7", {}),  # 6 and 7 follow
        ([-2, -1, 0, 1, 2], "ordinal", "-2 -1 0 1 2", {}),
        ([0, 1, -1, -7], "nominal", "0 1", {"-7": "no_answer", "-1": "no_answer"}),
        ([1, 2], "nominal", "1 2", {}),
        ([1, None], "nominal", "1", {}),  # a box that some have ticked
        (["1", "2", "NA", "3"], "ordinal", "1 2 3", {"NA": "blank"}),
        (["1", "2", "n/a", ".", "3"], "ordinal", "1 2 3", {"n/a": "blank", ".": "blank"}),
        (list(range(11)), "number", "", {}),
        ([18, 25, 33, 47, 62, 999], "number", "", {"999": "no_answer"}),
        ([1931, 1950, 1977, 2003, 9999], "number", "", {"9999": "no_answer"}),
        ([18, 25, 33, 47, 62, 97], "number", "", {}),  # somebody of 97
        ([0.5, 1.25, 3.0], "number", "", {}),
        ([12.0, -30.0, 400.0, -120.5], "number", "", {}),
    ],
)
def test_answers_become(answers, kind, codes, missing):
    found = of(answers)
    assert (found.kind, " ".join(found.codes), dict(found.missing)) == (kind, codes, missing)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (["yes", "no"], "text"),
        (["1", "2", "other: my son"], "text, some with numbers among it"),
        (["1,2", "3"], "text"),
        ([None, None], "no answer"),
        ([-9, -9], "no answer"),
        ([3, 3, 3], "the same in every row"),
        (list(range(1000, 1100)), "as ids do"),
    ],
)
def test_no_item_is_proposed_for(answers, why):
    found = of(answers)
    assert not found.kind
    assert why in found.why


def test_labels_name_answers_and_reasons():
    labels = {"1": "Agree", "2": "Neither", "3": "Disagree", "8": "Don't know", "97": "Prefer not to say"}
    found = of([1, 2, 8], labels)
    assert dict(found.codes) == {"1": "Agree", "2": "Neither", "3": "Disagree"}, "also those that nobody chose"
    assert dict(found.missing) == {"8": "dont_know", "97": "refused"}


def test_not_sure_amid_a_scale_is_an_answer():
    assert list(of([1, 2, 3], {"1": "No", "2": "Not sure", "3": "Yes"}).codes) == ["1", "2", "3"]


def test_ranges_that_the_file_declares_missing_are():
    found = of([1, 2, 3, 6, 7], missing_ranges={"q": [(6, 7)]})
    assert dict(found.missing) == {"6": "no_answer", "7": "no_answer"}


def test_the_bounds_of_an_amount_are_nobodys_own():
    low, high = of([1931, 1950, 1977, 2003]).bounds
    assert (low, high) == (1930, 2010)


def test_counts_are_of_rows():
    assert of([1, 2, 2, 3, None, 99]).counts == {"1": 1, "2": 2, "3": 1, "99": 1}


@pytest.mark.parametrize(
    ("name", "stem"),
    [("trust_1", "trust"), ("TRUST.2", "trust"), ("trust3", "trust"), ("E3_12", "e3"), ("q17b", "q17"), ("q17", None)],
)
def test_the_stem_of_a_battery(name, stem):
    assert stem_of(name) == stem
