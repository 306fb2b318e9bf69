"""A figure that a further part of a paper prints again is one file of its data."""

from dataclasses import replace

from test_papers_document import document

from pipeline.papers.data_tables.tables import data_tables


def test_what_a_further_part_repeats_is_there_once() -> None:
    made = document()
    alone = replace(made, annex=None)
    once = [table.key for table in data_tables(alone)]
    assert once
    assert [table.key for table in data_tables(replace(alone, annex=alone))] == once
