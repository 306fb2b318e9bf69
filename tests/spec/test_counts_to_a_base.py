"""A number of people that its base would round onto none is said to be fewer than the base; none stays none."""

from __future__ import annotations

import polars as pl
import pytest
from profile_frames import made_up

from pipeline.papers import results
from pipeline.papers.content import TableBlock, plain
from pipeline.papers.disclosure.frame import COLUMNS
from pipeline.papers.disclosure.rules import refused_cells
from pipeline.papers.profiles import About, national_picture, overview, profile, profile_cells, profile_numbers
from pipeline.papers.prose.quantity import count, in_words
from pipeline.papers.results import people_fact
from pipeline.papers.tables import cells
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.rounding import count_shown, count_text


@pytest.mark.parametrize(
    ("value", "base", "text", "middle"),
    [
        (4.2, 10, "fewer than 10", 5),
        (30, 100, "fewer than 100", 50),
        (5, 10, "10", 10),
        (1234, 10, "1,230", 1230),
        (0, 10, "0", 0),
        (0, 1, "0", 0),
        (0.3, 1, "fewer than 1", 0.5),
        (7, 1, "7", 7),
    ],
)
def test_a_count_is_printed_as_none_only_if_it_is(value, base, text, middle):
    assert count_text(value, base) == text
    assert count_shown(value, base) == middle


def test_a_profile_and_the_overview_say_fewer_than_the_base():
    frames = made_up(small=("Walsall",))
    few = frames["areas"].with_columns(n_effective=pl.when(area="5").then(4.4).otherwise("n_effective"))
    about = About(study="Made up")
    made = profile(few, frames["changes"], area="5", labels=frames["labels"], about=about)
    sure = next(plain(runs) for answer in made.answers if answer.key == "sure" for runs in answer.said)
    assert "they count as much as fewer than 10 chosen at random" in sure
    numbers = profile_numbers([made]).filter(pl.col("printed") == "fewer than 10")
    assert numbers["column"].to_list() == ["n_effective"]
    assert numbers["value"].to_list() == [None]
    assert not refused_cells(profile_cells([made]))
    document = overview(few, frames["changes"], labels=frames["labels"], about=about)
    tables = [block for block in (*document.blocks, *document.annex.blocks) if isinstance(block, TableBlock)]
    effective = [
        plain(row.cells[-1]) for table in tables if plain_header(table) == "Effective number" for row in table.rows
    ]
    assert "< 10" in effective
    assert "0" not in effective


def plain_header(table: TableBlock) -> str:
    return table.columns[-1].header


@pytest.mark.parametrize("base", [50, 100])
def test_what_a_wide_base_rounds_onto_none_may_be_published_and_is_a_bound(base):
    told = cells.count(20, {"wave": "w01"}, base=base)
    assert told == f"< {base}"
    fact = results.Results.fact(
        results.Results(pl.DataFrame(), facts={"late": people_fact(20, "late", {}, base)}), "late"
    )
    assert count(fact).text == in_words(fact).text == f"fewer than {base}"
    for cell in (*told.judged, fact.origin.judged):
        own = {name: getattr(cell, name) for name in COLUMNS if hasattr(cell, name)}
        assert not refused_cells(pl.DataFrame([own]))
        assert cell.value - base / 2 <= 20 <= cell.value + base / 2


@pytest.mark.parametrize("number", [0, 1, SMALLEST - 1])
def test_few_people_are_withheld_whatever_the_base(number):
    assert cells.count(number, base=50) == "[c]"
    fact = people_fact(number, "late", {}, 50)
    assert fact.judged is not None
    assert fact.judged.value is None


def test_the_national_picture_says_fewer_than_its_base():
    row = {"concept": "trust", "study": "a", "arm": "main", "wave": "w01", "estimate": 50.0, "conf_low": 40.0,
           "conf_high": 60.0, "n_persons": 30}  # fmt: skip
    levels = pl.DataFrame([row, row | {"study": "b", "n_persons": 400}])
    table = next(block for block in national_picture(levels, counts=100).blocks if isinstance(block, TableBlock))
    assert [plain(row.cells[-1]) for row in table.rows] == ["< 100", "400"]
