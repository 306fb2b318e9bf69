"""The tables of weight sets: steps, margins and balance, in words a reader knows."""

from dataclasses import replace

import polars as pl
import pytest
from test_papers_bindings import mistakes, render
from test_papers_document import FULL, TABLES, cells

from pipeline.papers.content import TableBlock

LABELS = {"weights stayers": "People who stayed", "is_woman": "Woman", "is_woman=0": "Man", "is_woman=1": "Woman"}
LABELS |= {"age_group": "Age group", "age_group=1": "18 to 29"}
HEAD = {"weight_set": "stayers", "arm": "main"}
WEIGHTED = {
    "weights": pl.DataFrame(
        [
            {**HEAD, "step": step, "n": n, "sum": n * mean, "min": 0.5 * mean, "max": 3.0 * mean}
            | {"cv": 0.5, "design_effect": 1.25, "effective_n": n / 1.25}
            for step, n, mean in (("base, all asked", 2000, 1.0), ("response", 1000, 2.0))
        ]
    ),
    "margins": pl.DataFrame(
        [
            {**HEAD, "variable": variable, "category": category, "target": 0.5, "before": 0.4, "achieved": 0.5}
            | {"difference": 0.0, "persons": 40}
            for variable, category in (("is_woman", "0"), ("is_woman", "1"), ("age_group", "1"), ("age_group", "2"))
        ]
    ),
    "balance": pl.DataFrame(
        [{**HEAD, "variable": "is_woman", "category": "", "asked": 0.5, "responders": 0.55, "weighted": 0.501}]
    ).with_columns(difference_before=0.1, difference_after=pl.lit(None, pl.Float64)),
}


def table(kind: str) -> TableBlock:
    context = replace(FULL, labels={**FULL.labels, **LABELS})
    document = render(f":::table {kind}", context=context, tables=TABLES | WEIGHTED)
    return next(block for block in document.blocks if isinstance(block, TableBlock))


def test_steps_are_printed_without_the_smallest_and_the_largest_weight():
    assert cells(table("weights")) == [
        ["People who stayed"],
        ["Delivered weight, everyone asked", "2,000", "1.25", "1,600"],
        ["Adjusted for non-response", "1,000", "1.25", "800"],
    ]


def test_categories_have_their_answers_names():
    assert [row[0] for row in cells(table("margins"))] == [
        "People who stayed",
        "Man",
        "Woman",
        "Age group: 18 to 29",
        "Age group: 2",
    ]


def test_balance_before_and_after():
    assert cells(table("balance"))[1] == ["Woman", "0.50", "0.55", "0.50", "0.10", "–"]


@pytest.mark.parametrize("kind", ["weights", "margins", "balance"])
def test_a_set_that_no_model_uses_is_named(kind):
    said = mistakes(f":::table {kind} stayer", context=FULL, tables=TABLES | WEIGHTED)
    assert any("`stayer` is not a weight set of this paper’s models; the nearest is `stayers`" in line for line in said)
