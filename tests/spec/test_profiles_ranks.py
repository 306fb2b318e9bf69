"""A rank is said with what the data leave open of it: of this area alone, and of all areas where all are compared."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from profile_frames import made_up

from pipeline.figures.overview import alt_area_ranking, area_ranking
from pipeline.papers.content import TableBlock, plain
from pipeline.papers.profiles import overview, profile, profile_numbers

FRAMES = made_up(small=(), waves=("w01", "w02"))


def ranked(**ends: float | None) -> pl.DataFrame:
    """Every area has a rank; area 5 has these ends."""
    areas = FRAMES["areas"].with_columns(is_ranked=pl.lit(True), rank_set_low=1.0, rank_set_high=9.0)
    rank = pl.col("estimate").rank("min", descending=True).over("wave", "measure").cast(pl.Float64)
    areas = areas.with_columns(rank=rank, rank_low=rank, rank_high=rank)
    own = (pl.col("area") == "5") & (pl.col("measure") == "index")
    return areas.with_columns(
        pl.when(own).then(pl.lit(value, pl.Float64)).otherwise(name).alias(name) for name, value in ends.items()
    )


def doing(areas: pl.DataFrame) -> str:
    made = profile(areas, FRAMES["changes"], area="5", labels=FRAMES["labels"])
    return next(plain(runs) for answer in made.answers if answer.key == "how" for runs in answer.said)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((4, 3, 6, 2, 8), "4th, most likely between 3rd and 6th place; with all of them compared at once, between 2nd "
                          "and 8th."),
        ((4, 3, 6, 3, 6), "4th, most likely between 3rd and 6th place."),
        ((1, 1, 1, 1, 2), "1st; with all of them compared at once, between 1st and 2nd."),
        ((1, 1, 1, 1, 1), "1st."),
        ((4, 3, 6, None, None), "4th, most likely between 3rd and 6th place."),
        ((4, None, None, None, None), "4th."),
        ((4, 2, 7, 3, 8), "4th, most likely between 2nd and 7th place; with all of them compared at once, between 2nd "
                          "and 8th."),
    ],
    ids=["both", "the-same", "sure-alone", "sure", "no-set", "no-ends", "method-moves-it-further"],
)  # fmt: skip
def test_a_profile_says_the_rank_alone_and_of_all_at_once(ends, said):
    names = ("rank", "rank_low", "rank_high", "rank_set_low", "rank_set_high")
    assert f"Of 9 areas with a rank it is {said}" in doing(ranked(**dict(zip(names, ends, strict=True))))


def test_ranks_are_bound_to_their_columns():
    areas = ranked(rank=4, rank_low=3, rank_high=6, rank_set_low=2, rank_set_high=8)
    made = profile(areas, FRAMES["changes"], area="5", labels=FRAMES["labels"])
    found = profile_numbers([made]).filter(pl.col("column").str.starts_with("rank"))
    assert dict(found.select("column", "value").iter_rows()) == {
        "rank": 4, "rank_low": 3, "rank_high": 6, "rank_set_low": 2, "rank_set_high": 8
    }  # fmt: skip


def column(table: TableBlock, header: str) -> list[str]:
    place = next(place for place, one in enumerate(table.columns) if one.header.startswith(header))
    return [plain(row.cells[place]) for row in table.rows]


def tables(areas: pl.DataFrame) -> tuple[TableBlock, TableBlock]:
    """The table of the index of all areas, and that of every wave in the annex."""
    document: Any = overview(areas, FRAMES["changes"], labels=FRAMES["labels"])
    return tuple(
        next(block for block in part.blocks if isinstance(block, TableBlock)) for part in (document, document.annex)
    )


def test_the_overview_compares_all_areas_at_once_and_its_workbook_has_both():
    first, every = tables(ranked(rank=4, rank_low=3, rank_high=6, rank_set_low=2, rank_set_high=8))
    assert "4 (2 to 8)" in column(first, "Rank")
    assert any("when all areas are compared at once" in note for note in first.notes)
    assert "4 (3 to 6)" in column(every, "Rank (from")
    assert "4 (2 to 8)" in column(every, "Rank, all areas at once")


def test_without_sets_the_overview_has_the_ranks_of_each_area_and_does_not_say_at_once():
    areas = ranked(rank=4, rank_low=3, rank_high=6).drop("rank_set_low", "rank_set_high")
    first, every = tables(areas)
    assert "4 (3 to 6)" in column(first, "Rank")
    assert not any("at once" in note for note in first.notes)
    assert not any("at once" in one.header for one in every.columns)


@pytest.mark.parametrize("has_sets", [True, False])
def test_the_figure_of_all_areas_has_the_ranks_of_all_at_once(has_sets):
    areas = ranked(rank=4, rank_low=3, rank_high=6, rank_set_low=2, rank_set_high=8)
    areas = areas if has_sets else areas.drop("rank_set_low", "rank_set_high")
    assert alt_area_ranking(areas)
    texts = [
        text.get_text() for text in area_ranking(areas, title="All areas").findobj(lambda one: hasattr(one, "get_text"))
    ]
    assert any(text.endswith("(2–8)" if has_sets else "(3–6)") for text in texts)
    assert has_sets == any("compared at once" in text.replace("\n", " ") for text in texts)
