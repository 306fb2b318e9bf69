"""The tables of a paper as data: numbers as numbers, rounded as printed, and a symbol wherever there is none."""

from dataclasses import replace

import pytest
from test_papers_document import document

from pipeline.papers.content import Column, FigureBlock, FigureData, Row, TableBlock, words
from pipeline.papers.data_tables.columns import column_name, filled, unique
from pipeline.papers.data_tables.content import SHORTHAND, DataTable, Value
from pipeline.papers.data_tables.printed import printed
from pipeline.papers.data_tables.tables import data_tables
from pipeline.papers.extracts import with_extracts


def shown(table: DataTable) -> list[list[str]]:
    return [[cell if isinstance(cell, str) else cell.printed for cell in row] for row in table.rows]


def of(block: TableBlock) -> DataTable:
    (table,) = data_tables(replace(document(), blocks=(block,), annex=None))
    return table


def block(columns: list[Column], rows: list[list[str]]) -> TableBlock:
    return TableBlock(1, "table-1", "T", tuple(columns), tuple(Row(tuple(words(cell) for cell in row)) for row in rows))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0.50", {"value": "0.50"}),
        ("−0.05", {"value": "-0.05"}),
        ("12,911", {"value": "12911"}),
        ("61.8%", {"value": "61.8"}),
        ("0.50 (0.30 to 0.70)", {"value": "0.50", "low": "0.30", "high": "0.70"}),
        ("−0.026 (−0.055 to 0.002)†", {"value": "-0.026", "low": "-0.055", "high": "0.002"}),
        ("20% to 24%", {"low": "20", "high": "24"}),
        ("61.8% (2,020)", {"value": "61.8", "bracket": "2020"}),
        ("32.9% of 1,781", {"value": "32.9", "whole": "1781"}),
    ],
)
def test_a_printed_cell_is_taken_apart(text: str, parts: dict[str, str]) -> None:
    found = printed(text)
    assert found is not None
    assert {role: cell.printed for role, cell in found.parts.items() if isinstance(cell, Value)} == parts


@pytest.mark.parametrize(("text", "sign"), [("", "[z]"), ("–", "[x]"), ("withheld", "[x]"), ("< 0.001", "[low]")])
def test_a_cell_without_a_number_has_its_symbol(text: str, sign: str) -> None:
    found = printed(text)
    assert found is not None
    assert (found.missing, found.parts) == (sign, {})
    assert sign in SHORTHAND


@pytest.mark.parametrize("text", ["Wave 1", "3 of them", "1.2.3", "12,34", "=1+1", "1e5", "2020-05", "●●○", "0x1F"])
def test_words_and_dates_are_no_numbers(text: str) -> None:
    assert printed(text) is None


def test_a_column_of_estimates_becomes_three_of_one_quantity_each() -> None:
    table = of(block([Column("Of"), Column("Effect", "right")], [["a", "0.50 (0.30 to 0.70)"], ["b", "–"]]))
    assert [column.title for column in table.columns] == [
        "Of",
        "Effect",
        "Effect: lower end of the interval",
        "Effect: upper end of the interval",
    ]
    assert shown(table) == [["a", "0.50", "0.30", "0.70"], ["b", "[x]", "[x]", "[x]"]]
    assert [column.is_number for column in table.columns] == [False, True, True, True]


def test_headings_over_rows_become_a_column_and_no_row_is_empty() -> None:
    table = of(block([Column("Wave"), Column("People", "right")], [["North"], ["1", "20"], ["South"], ["1", "30"]]))
    assert table.columns[0].title == "Part of the table"
    assert shown(table) == [["North", "1", "20"], ["South", "1", "30"]]


def test_a_unit_stands_in_the_header_or_in_each_row() -> None:
    same = of(block([Column("A"), Column("Share")], [["x", "5%"], ["y", "7%"]]))
    assert [column.title for column in same.columns] == ["A", "Share (%)"]
    mixed = of(block([Column("A"), Column("Level")], [["x", "5%"], ["y", "2.1"]]))
    assert [column.title for column in mixed.columns] == ["A", "Level", "Level: unit"]
    assert shown(mixed) == [["x", "5", "per cent"], ["y", "2.1", "as in the row’s name"]]


def test_a_number_to_be_read_with_caution_says_so_in_words() -> None:
    table = of(block([Column("A"), Column("Mean")], [["x", "1.5†"], ["y", "1.7"]]))
    assert [column.title for column in table.columns] == ["A", "Mean", "Mean: read with caution"]
    assert shown(table) == [["x", "1.5", "yes †"], ["y", "1.7", "no"]]


def test_what_low_stands_for_is_a_note() -> None:
    table = of(block([Column("A"), Column("p")], [["x", "< 0.001"], ["y", "0.020"]]))
    assert table.notes == ("[low] stands for: < 0.001.",)


def test_one_cell_of_words_keeps_a_column_as_it_is() -> None:
    (column,) = filled(Column("A"), ["5", "about 6"])
    assert (column.column.is_number, column.cells) == (False, ("5", "about 6"))


def test_the_data_of_a_figure_are_a_table_and_what_is_suppressed_is_confidential() -> None:
    paper = document()
    data = FigureData(
        (Column("Group"), Column("Share (%)", "right"), Column("Note")),
        (("a", "51", ""), ("b", "", "suppressed: fewer than 10 people")),
    )
    figure = next(each for each in paper.blocks if isinstance(each, FigureBlock))
    changed = replace(figure, file=replace(figure.file, data=data))
    (table, *_) = data_tables(replace(paper, blocks=(changed,)))
    assert (table.key, table.label) == ("figure_1", "Figure 1")
    assert shown(table) == [["a", "51", "[z]"], ["b", "[c]", "suppressed: fewer than 10 people"]]


def test_every_table_of_paper_and_annex_is_there_with_a_key_of_its_own() -> None:
    paper = document()
    tables = data_tables(paper)
    printed_ones = [each for part in paper.documents for each in part.blocks if isinstance(each, TableBlock)]
    assert [table.title for table in tables] == [each.caption for each in printed_ones]
    assert len({table.key for table in tables}) == len(tables)
    for table in tables:
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert all(cell != "" for row in table.rows for cell in row)
        assert len({column.name for column in table.columns}) == len(table.columns)


def test_a_figure_that_summary_and_slides_repeat_is_one_table() -> None:
    data = FigureData((Column("Group"), Column("Share (%)", "right")), (("a", "51"),))
    figure = next(each for each in document().blocks if isinstance(each, FigureBlock))
    paper = with_extracts(replace(document(), blocks=(replace(figure, file=replace(figure.file, data=data)),)))
    assert [part.part for part in paper.extracts] == ["slides"]
    assert [table.key for table in data_tables(paper) if table.key.startswith("figure")] == ["figure_1"]


@pytest.mark.parametrize(
    ("title", "name"),
    [("Wave 1, 2011 to 2012", "wave_1_2011_to_2012"), ("ΔCFI", "change_in_cfi"), ("", "column"), ("שלום", "column")],
)
def test_a_title_becomes_a_name_for_programs(title: str, name: str) -> None:
    assert column_name(title) == name


def test_names_that_repeat_are_numbered() -> None:
    assert unique(["a", "A", "b", "a"]) == ["a", "A_2", "b", "a_3"]
