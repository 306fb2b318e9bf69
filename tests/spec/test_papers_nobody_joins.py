"""Zeros by design are printed: a panel that nobody joins later; a few people who do join stay protected."""

import polars as pl
import pytest
from test_papers_document import cells
from test_papers_participation import paper, table

from pipeline.papers.disclosure import cleared, refusals
from pipeline.participation import absences, participation, response_rates

WAVES = ["w01", "w02", "w03"]


def panel(joining: int, *, leaving: bool = True):
    """400 people; 40 leave before each wave; ``joining`` people come in the third."""
    rows = [
        (f"q{n}", wave) for n in range(400) for place, wave in enumerate(WAVES) if not leaving or n >= 40 * place
    ] + [(f"n{n}", "w03") for n in range(joining)]
    people, waves = zip(*rows, strict=True)
    answered = pl.DataFrame({"person_id": people, "arm": "main", "wave": waves, "trust": 1.0})
    took_part = participation(answered, {"main": WAVES}, study="sample")
    tables = {
        "participation": took_part,
        "response_rates": response_rates(took_part),
        "absences": absences(took_part),
    }
    return paper(None, ":::table response_rates\n\n:::table retention", **tables)


def test_a_panel_that_nobody_joins_says_so_and_prints_the_rest():
    document = panel(0)
    assert [row[2:] for row in cells(table(document, "Who could have answered"))] == [
        ["–", "–", "–", "400", "400"],
        ["400", "360", "90.0%", "0", "360"],
        ["400", "320", "80.0%", "0", "320"],
    ]
    stayed = [row[1:4] for row in cells(table(document, "Who stayed"))]
    assert stayed == [["400", "–", "–"], ["0", "360", "–"], ["0", "320", "0"]]
    assert not refusals(cleared(document))


@pytest.mark.parametrize("joining", [1, 3, 9])
def test_a_few_who_join_stay_protected(joining):
    document = panel(joining)
    rows = cells(table(document, "Who could have answered"))
    assert [row[5] for row in rows] == ["400", "[c]", "[c]"]
    assert all(cell != "0" for row in rows for cell in row)
    assert not refusals(cleared(document))


def test_a_panel_that_nobody_leaves_prints_its_shares():
    document = panel(0, leaving=False)
    assert [row[2:] for row in cells(table(document, "Who could have answered"))][1:] == [
        ["400", "400", "100.0%", "0", "400"]
    ] * 2
    assert not refusals(cleared(document))
