"""Who is who from wave to wave: each person is of one kind, and nothing is linked but by the declared rule."""

import polars as pl
import pytest

from pipeline import ingest

FACTS = ["sex", "birth_year"]


def wave(*people: tuple[str | None, int | None, int | None]) -> pl.DataFrame:
    return pl.DataFrame(people, schema={"pid": pl.String, "sex": pl.Int64, "birth_year": pl.Int64}, orient="row")


FIRST = wave(("AB1001", 1, 1950), ("AB2345", 2, 1960), ("AB3333", 1, None))


def kinds(later: pl.DataFrame, first: pl.DataFrame = FIRST, **how: object) -> dict[str, int]:
    counts = ingest.link_waves({"w01": first, "w02": later}, "pid", facts=FACTS, **how).counts  # type: ignore[arg-type]
    counts = counts.filter(pl.col("kind") != "facts_contradict", pl.col("count") > 0)
    assert counts["count"].sum() == later.height
    return dict(counts.select("kind", "count").iter_rows())


@pytest.mark.parametrize(
    ("person", "how", "kind"),
    [
        (("AB1001", 1, 1950), {}, "exact"),
        (("AB1001", 2, 1990), {}, "exact"),  # told as a contradiction, not unlinked in silence
        ((" AB1001 ", 1, 1950), {"strip": True}, "normalised"),
        (("ab1001", 1, 1950), {"case": "upper"}, "normalised"),
        (("ab1001", 1, 1950), {}, "written_otherwise"),
        ((" AB1001", 1, 1950), {}, "written_otherwise"),
        (("AB-1001", 1, 1950), {}, "written_otherwise"),
        (("１００１", 1, 1950), {}, "written_otherwise"),
        (("1001", 1, 1950), {}, "written_otherwise"),  # the prefix is lost
        (("AB01001", 1, 1950), {}, "written_otherwise"),
        (("1001", 2, 1950), {}, "contradicted"),
        (("AB2354", 2, 1960), {}, "likely"),
        (("AB235", 2, None), {}, "likely"),
        (("AB2354", None, None), {}, "unproven"),
        (("AB2354", 1, 1960), {}, "contradicted"),
        (("ZZ9999", 1, 1950), {}, "new"),
        (("ZZ9999", 1, 1950), {"refreshment": {"w02": ["ZZ9999"]}}, "refreshment"),
        (("ZZ9999", 1, 1950), {"issued": ["ZZ9999"]}, "issued"),
        (("AB2354", 2, 1960), {"refreshment": {"w02": ["AB2354"]}}, "refreshment"),
    ],
)
def test_a_person_is(person: tuple[str, int, int], how: dict[str, object], kind: str) -> None:
    assert kinds(wave(person), **how) == {kind: 1}


def test_an_id_near_to_several_is_ambiguous_until_facts_single_one_out() -> None:
    first = wave(("AB1001", 1, 1950), ("AB1002", 2, 1960))
    assert kinds(wave(("AB1003", None, None)), first) == {"ambiguous": 1}
    assert kinds(wave(("AB1003", 2, 1960)), first) == {"likely": 1}
    assert kinds(wave(("AB1003", 2, 1950)), first) == {"contradicted": 1}


def test_two_people_cannot_both_be_one() -> None:
    assert kinds(wave(("AB2354", 2, 1960), ("AB2344", 2, 1960))) == {"ambiguous": 2}


def test_an_id_near_to_somebody_who_is_there_is_somebody_else() -> None:
    assert kinds(wave(("AB2345", 2, 1960), ("AB2354", 2, 1960))) == {"exact": 1, "new": 1}


def test_who_comes_back_after_a_gap() -> None:
    waves = {"w01": FIRST, "w02": FIRST[:1], "w03": FIRST[:2]}
    counts = ingest.link_waves(waves, "pid").counts.select("earlier", "later", "kind", "count", "of")
    assert set(counts.iter_rows()) == {
        ("w01", "w02", "exact", 1, 1),
        ("w02", "w03", "exact", 1, 2),
        ("w01", "w03", "returned", 1, 2),
    }


def test_that_nobody_is_known_is_told() -> None:
    counts = ingest.link_waves({"w01": FIRST, "w02": wave(("9", 1, 1950))}, "pid").counts
    assert ("exact", 0) in counts.select("kind", "count").iter_rows()


def test_quarantined_rows_are_counted_but_nobody_is_linked_with_them() -> None:
    apart = wave(("AB2354", 2, 1960)).with_columns(set_apart=pl.lit(True))
    (row,) = (
        ingest.link_waves({"w01": FIRST, "w02": apart}, "pid", facts=FACTS)
        .counts.filter(pl.col("kind") == "likely")
        .iter_rows(named=True)
    )
    assert (row["count"], row["quarantined"]) == (1, 1)
    assert kinds(wave(("AB2354", 2, 1960)), pl.concat([FIRST[:1].with_columns(set_apart=False), apart])) == {"new": 1}


def test_contradictions_beside_what_chance_would_give() -> None:
    """Half men, half women: of people linked at random, half would change sex; here two of eight do."""
    first = pl.DataFrame({"pid": [f"AB{k}" for k in range(8)], "sex": [1, 2] * 4})
    later = first.with_columns(sex=pl.Series([2, 1] + [1, 2] * 3))
    (row,) = (
        ingest.link_waves({"w01": first, "w02": later}, "pid", facts=["sex"])
        .counts.filter(pl.col("kind") == "facts_contradict")
        .iter_rows(named=True)
    )
    assert (row["count"], row["of"], row["by_chance"]) == (2, 8, 4.0)


def test_chance_of_a_likely_id_is_told_with_it() -> None:
    """One near id; one in three strangers would have the same sex."""
    first = wave(*((f"{k}{k}{k}{k}{k}{k}", sex, None) for k, sex in enumerate([1, 2, 2])))
    counts = ingest.link_waves({"w01": first, "w02": wave(("000001", 1, None))}, "pid", facts=["sex"]).counts
    (row,) = counts.filter(pl.col("kind") == "likely").iter_rows(named=True)
    assert row["by_chance"] == pytest.approx(1 / 3)


def test_proposals_name_rows_and_nobody() -> None:
    made = ingest.link_waves({"w01": FIRST, "w02": wave(("ZZ9999", 1, 1950), ("AB2354", 2, 1960))}, "pid", facts=FACTS)
    (proposal,) = made.proposals.iter_rows(named=True)
    assert proposal == {
        "later": "w02",
        "row": 2,
        "earlier": "w01",
        "earlier_row": 2,
        "kind": "likely",
        "distance": 1,
        "facts_agree": 2,
        "facts_contradict": 0,
    }
    assert not any("AB" in str(cell) for frame in (made.counts, made.proposals) for row in frame.rows() for cell in row)


def test_ids_from_every_format_are_the_same() -> None:
    numbers = pl.DataFrame({"pid": [1234.0, 5678.0]})
    texts = pl.DataFrame({"pid": ["1234", "5678.0"]})
    counts = ingest.link_waves({"w01": numbers, "w02": texts}, "pid").counts
    assert counts.select("kind", "count").rows() == [("exact", 2)]
