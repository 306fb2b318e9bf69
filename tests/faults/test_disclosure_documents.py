"""Leaks in a document: a sentence, a caption, a figure's data or a table that escapes the tables' own suppression."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.papers.content import (
    Block,
    Callout,
    Cell,
    Column,
    Document,
    FigureBlock,
    FigureData,
    FigureFile,
    Number,
    NumberRecord,
    Paragraph,
    Row,
    TableBlock,
    Text,
    plain,
)
from pipeline.papers.disclosure import cleared, refusals
from pipeline.papers.disclosure.protect import protected
from pipeline.papers.tables.cells import cell_row, count, share
from pipeline.specs.disclosure import MARK, Disclosure


def document(*blocks: Block, numbers: tuple[NumberRecord, ...] = ()) -> Document:
    return Document("A paper", "", "A study", (), "", "", False, blocks, numbers, key="a_paper")


def said(text: str) -> Block:
    return Paragraph((Text(text),))


def table(*rows: Row, headers: tuple[str, ...] = ("Area", "People")) -> TableBlock:
    columns = (Column(headers[0]), *(Column(header, "right") for header in headers[1:]))
    return TableBlock(1, "table-1", "By area", columns, rows)


def figure(
    *rows: tuple[str, ...], headers: tuple[str, ...] = ("Area", "Share (%)", "People"), **words: str
) -> FigureBlock:
    columns = tuple(Column(header, "right" if place else "left") for place, header in enumerate(headers))
    file = FigureFile(b"<svg/>", words.get("alt", "Dots."), "By area", "A study", data=FigureData(columns, rows))
    return FigureBlock(1, "areas", file)


PROSE = {
    "a number of people in figures": "In Burton 3 people volunteered.",
    "a number of people in words": "Only three Black respondents lived in Burton.",
    "one person": "One woman in Burton refused.",
    "n in brackets": "Trust was lower in Burton (n = 4).",
    "so many of so many": "In Burton 2 of 31 did so.",
    "none of a group": "None of the Black respondents in Burton volunteered.",
    "nobody of a place": "Nobody in Burton volunteered.",
    "a typed percentage": "Of them 7% volunteered.",
    "a bare small number": "The count for Burton is 4, the lowest of all.",
}


@pytest.mark.parametrize("name", PROSE)
def test_a_sentence_is_refused(name):
    found = refusals(cleared(document(said(PROSE[name]))))
    assert found, name


@pytest.mark.parametrize(
    "text",
    [
        "In 2020 trust fell; in 2021 it rose.",
        "Wave 3 asked it on a scale from 0 to 10.",
        "Fewer than ten people are never shown.",
        "The six areas and the three regions were asked in the same weeks.",
        "One person’s answers vary less than those of different people.",
    ],
)
def test_a_sentence_that_counts_nobody_passes(text):
    assert [str(one) for one in refusals(cleared(document(said(text))))] == []


def test_a_number_in_a_caption_a_note_a_box_or_an_alternative_text_is_read_too():
    row = cell_row("Burton", count(31))
    few = "4 people"
    for block in (
        replace(table(row), caption=f"By area, without {few}"),
        replace(table(row), notes=(f"Without {few}.",)),
        Callout("note", "A box", (Paragraph((Text(f"It leaves out {few}."),)),)),
        figure(("Burton", "12", "31"), alt=f"Dots. Burton: {few}."),
    ):
        assert refusals(cleared(document(block))), block.kind


def test_a_bound_number_is_judged_by_its_people():
    few = NumberRecord("number-1", "0.4", 0.4, "a mean", "model", judged=Cell("mean", 0.4, 7, outcome="trust"))
    for record in (few, replace(few, judged=None)):
        printed = Paragraph((Number("0.4", "number-1"),))
        assert refusals(cleared(document(printed, numbers=(record,))))
    many = replace(few, judged=Cell("mean", 0.4, 70, outcome="trust"))
    assert not refusals(cleared(document(Paragraph((Number("0.4", "number-1"),)), numbers=(many,))))


def test_a_number_of_a_table_of_which_nobody_knows_is_refused():
    assert refusals(cleared(document(table(cell_row("Burton", "0.41")))))
    assert refusals(cleared(document(table(cell_row("Burton", "9")))))


def test_a_plotted_point_of_few_people_is_refused_and_one_without_people_too():
    assert refusals(cleared(document(figure(("Burton", "12", "9")))))
    assert refusals(cleared(document(figure(("Burton", "12"), headers=("Area", "Share (%)")))))
    assert not refusals(cleared(document(figure(("Burton", "12", "90")))))


def test_tables_withhold_few_people_from_the_start():
    for text in (count(3), count(0), count(9), share(3, 40), share(38, 40)):
        assert text == MARK
        assert all(cell.value is None for cell in text.judged if cell.statistic == "count")
    assert (count(10), share(20, 40)) == ("10", "50.0%")
    assert (count(2_927, base=10), share(1_000, 2_927, base=10)) == ("2,930", "34%")
    assert count(0, structural=True) == "–"


def test_a_document_hides_what_would_give_a_withheld_number_away():
    of = [{"area": "burton", "group": group} for group in ("asian", "black", "white")]
    counts = (count(30, of[0]), count(5, of[1]), count(60, of[2]), count(95, {"area": "burton"}))
    made = document(table(cell_row("Burton", *counts), headers=("Area", "Asian", "Black", "White", "All")))
    assert refusals(cleared(made))
    safe = protected(made, Disclosure())
    assert refusals(cleared(safe)) == []
    block = safe.blocks[0]
    assert isinstance(block, TableBlock)
    texts = [plain(cell) for cell in block.rows[0].cells]
    assert texts == ["Burton", MARK, MARK, "60", "95"]
    assert "fewer than 10 people" in block.notes[-1]
    assert "30" not in str(block.rows)


def test_no_true_number_is_left_in_what_is_written():
    made = protected(document(table(cell_row("Burton", count(7)))), Disclosure())
    assert "7" not in str([row.cells for block in made.blocks if isinstance(block, TableBlock) for row in block.rows])


@pytest.mark.parametrize("key", ["smallest", "residual_df"])
def test_thresholds_are_raised_never_lowered(key):
    assert getattr(Disclosure.model_validate({key: 30}), key) == 30
    with pytest.raises(ValueError, match="greater than or equal to 10"):
        Disclosure.model_validate({key: 9})
    with pytest.raises(ValueError, match="multiple of at least 5"):
        Disclosure.model_validate({"counts": 3})
