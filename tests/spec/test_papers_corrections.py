"""The table of tests that are taken together prints each test with its p as it is and corrected."""

from __future__ import annotations

import pytest
from test_papers_bindings import CONTEXT, render

from pipeline.errors import CohesionError
from pipeline.models.multiverses.several_tests import corrections
from pipeline.papers.content import TableBlock, plain
from pipeline.tables import estimates

ROWS = [
    {"component": "coefficient", "term": f"m{place} contact within", "outcome": "trust", "estimate": 0.3, "df": 50.0,
     "std_error": 0.1, "p_value": p, "n_persons": 400, "n_obs": 800}
    for place, p in enumerate([0.0002, 0.03, 0.04])
]  # fmt: skip
MADE = corrections(estimates(ROWS, model="m", family="pooled"), methods=["holm", "benjamini_hochberg"], model="several")


def test_each_test_is_a_row_with_its_corrected_p() -> None:
    document = render(":::table corrections several\n", results=MADE, context=CONTEXT)
    (table,) = [block for block in document.blocks if isinstance(block, TableBlock)]
    heads = [column.header for column in table.columns]
    assert heads == ["Test", "Estimate", "p", "p (Holm)", "p (Benjamini–Hochberg)"]
    cells = [[plain(cell) for cell in row.cells] for row in table.rows]
    assert [row[2:] for row in cells] == [["< 0.001", "< 0.001", "< 0.001"], ["0.030", "0.060", "0.040"],
                                          ["0.040", "0.060", "0.040"]]  # fmt: skip
    assert "within a person" in cells[0][0]
    assert table.notes[0].startswith("3 tests are taken together.")


def test_another_model_is_refused() -> None:
    with pytest.raises(CohesionError, match="is not a model of corrections"):
        render(":::table corrections other\n", results=MADE, context=CONTEXT)
