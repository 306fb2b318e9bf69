"""The section on participation that writes itself: what it says, from which numbers, and what it leaves out."""

from dataclasses import replace

import polars as pl
import pytest
from test_papers_bindings import CONTEXT, mistakes, render
from test_papers_document import FULL, TABLES, cells

from pipeline import models
from pipeline.papers.content import Heading, Paragraph, TableBlock, plain
from pipeline.papers.facts import facts_of
from pipeline.participation import absences, participation, response_rates, transitions_by_arm, variation_by_arm

WAVES = ["w01", "w02"]
REPORT = pl.DataFrame(
    [(f"q{n}", "main", "w02", "dead" if n < 20 else "refused") for n in range(120)]
    + [(f"n{n}", "main", "w01", "no_contact") for n in range(80)]
    + [(f"n{n}", "main", "w02", "not_issued") for n in range(80)],
    schema=["person_id", "arm", "wave", "outcome"],
    orient="row",
)


def answered() -> pl.DataFrame:
    """One row per person and wave answered; those who trust more stay."""
    took_part = TABLES["participation"].filter("is_present")
    number = pl.col("person_id").str.slice(1).cast(pl.Int64)
    return took_part.select(
        "person_id", "arm", "wave", trust=(1 + number % 3 + pl.col("pattern").eq("11")).cast(pl.Float64)
    )


def paper(report: pl.DataFrame | None = None, body: str = ":::section participation", **more: pl.DataFrame):
    panel = answered()
    took_part = participation(panel, {"main": WAVES}, study="sample", outcomes=report)
    tables = TABLES | {
        "participation": took_part,
        "response_rates": response_rates(took_part),
        "absences": absences(took_part),
        "transitions": transitions_by_arm(panel, "trust", {"main": WAVES}),
        "variation": variation_by_arm(panel, ["trust"]),
        **more,
    }
    fitted = models.attrition(panel, {"w02": ["w02"]}, ["trust"], origin="w01", model="stayed")
    return render(body, context=FULL, tables=tables, results=fitted, facts=facts_of(took_part, CONTEXT))


def said(document) -> str:
    return " ".join(plain(block.runs) for block in document.blocks if isinstance(block, Paragraph))


def table(document, name: str) -> TableBlock:
    return next(block for block in document.blocks if isinstance(block, TableBlock) and name in block.caption)


def test_it_tells_who_stayed_with_the_denominator():
    text = said(paper())
    assert "450 people gave 750 interviews in two waves." in text
    assert "Of the 420 people who answered the first wave, 71.4% answered the last and 71.4% every one." in text
    assert "no missed" not in text
    assert "30 first answered after the first wave" in text


def test_every_number_it_says_can_be_traced():
    document = paper()
    traced = {record.printed: record.what for record in document.numbers}
    assert traced["420"] == "people who answered the first wave"
    assert traced["71.4%"].startswith("share of the people of the first wave who answered")


def test_without_outcomes_it_says_that_the_reasons_are_not_known():
    document = paper()
    assert "The deposit does not say why people did not answer." in said(document)
    with pytest.raises(StopIteration):
        table(document, "Why people did not answer")


def test_with_outcomes_the_dead_leave_the_denominator_and_those_never_reached_are_in_it():
    document = paper(REPORT)
    assert cells(table(document, "Who could have answered")) == [
        ["2016", "500", "500", "420", "0", "84.0%", "84.0%", "84.0%"],
        ["2018", "510", "430", "330", "0", "64.7%", "64.7%", "76.7%"],
    ]
    assert cells(table(document, "Why people did not answer")) == [
        ["2016", "80", "[c]", "[c]", "[c]", "[c]"],
        ["2018", "200", "100", "[c]", "80", "[c]"],
    ]


def test_returns_are_told_by_the_wave_missed_and_its_reason():
    document = paper(REPORT, ":::table returns")
    assert cells(table(document, "Who left, who came back")) == [
        ["2018", "Refused", "100", "[c]", "[c]"],
        ["2018", "Died", "20", "[c]", "[c]"],
    ]


def test_who_leaves_is_described_by_odds_area_and_r_indicator():
    document = paper()
    block = table(document, "Who answers again")
    assert [row[0] for row in cells(block)] == [
        "trust",
        "Area under the ROC curve",
        "R-indicator",
        "R-indicator, adjusted",
        "Answered",
    ]
    assert cells(block)[-1][1] == "71.4% of 420"
    assert "Higher odds of answering are associated with trust (odds ratio" in said(document)


def test_change_is_described_for_the_headline_measure():
    document = paper()
    assert cells(table(document, "from one wave to the next"))[0][0] == "1"
    assert [column.header for column in table(document, "from one wave to the next").columns][-1] == "Missing"
    assert cells(table(document, "How much people differ"))[0][0] == "trust"
    headings = [block.plain for block in document.blocks if isinstance(block, Heading)]
    assert headings[:4] == ["Who took part, and who left", "In which patterns", "Who left", "How much people change"]


def test_moves_are_headed_by_what_people_answered_where_that_has_labels():
    answers = {"trust=1": "hardly ever", "trust=2": "sometimes", "trust=3": "often", "trust=4": "always"}
    context = replace(FULL, labels={**FULL.labels, **answers})
    moved = transitions_by_arm(answered(), "trust", {"main": WAVES})
    document = render(":::table transitions", context=context, tables=TABLES | {"transitions": moved})
    block = table(document, "from one wave to the next")
    said_by = [answers[f"trust={value}"].capitalize() for value in moved["origin"].unique(maintain_order=True)]
    assert [row[0] for row in cells(block)] == said_by
    assert [column.header for column in block.columns] == ["From", "Answers", *said_by, "Missing"]


def test_weights_are_described_by_the_balance_they_achieve():
    rows = [
        ("stayers", "main", "trust", "", 2.0, 2.3, 2.01, 0.31, 0.01),
        ("stayers", "main", "age", "", 5, 4, 5, -0.4, 0.02),
    ]
    names = ["weight_set", "arm", "variable", "category", "asked", "responders", "weighted"]
    gaps = ["difference_before", "difference_after"]
    balance = pl.DataFrame(rows, schema=[*names, *gaps], orient="row")
    document = paper(balance=balance)
    assert "largest difference is 0.40 standard deviations before weighting, and 0.02 after it." in said(document)
    assert len(table(document, "Balance before and after").rows) == 3


def test_a_section_that_does_not_exist_is_refused_with_the_nearest_name():
    assert any("the nearest is `participation`" in problem for problem in mistakes(":::section particpation"))
