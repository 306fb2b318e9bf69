"""Who is who from wave to wave: the same ids, ids that only look the same, and facts that contradict a link."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.ingest.linking.agreement import (
    disagreement_by_chance,
    facts_of,
    with_numbered_facts,
)
from pipeline.ingest.linking.chance import by_chance, compared_sample, with_facts, without_chance
from pipeline.ingest.linking.contradictions import contradictions
from pipeline.ingest.linking.kinds import COUNTS, NEAREST, PROPOSALS, PROPOSED, UNDECLARED
from pipeline.ingest.linking.near import near_ids
from pipeline.ingest.people.id_forms import LETTERS_AND_ZEROS, plain_form
from pipeline.ingest.people.ids import Case, normalise_ids
from pipeline.options import known_options
from pipeline.tables import LINK_KINDS


@dataclass(frozen=True)
class Links:
    """``counts``: one row per pair of waves and kind (``LINK_KINDS``). ``proposals``: one row per id that is nearly
    another's, by row numbers alone; nothing is linked by them."""

    counts: pl.DataFrame
    proposals: pl.DataFrame


@known_options
def link_waves(
    waves: Mapping[str, pl.DataFrame],
    id_column: str,
    *,
    facts: Sequence[str] = (),
    strip: bool = False,
    case: Case = "as_is",
    refreshment: Mapping[str, Collection[str]] | None = None,
    issued: Collection[str] = (),
    evidence: Collection[str] | None = None,
) -> Links:
    """Compare the ids of each wave with those of the waves before it; ``waves`` are in their order in time.

    Each frame has one row per person: ``id_column`` as deposited, lasting ``facts`` (equal values agree, null is not
    compared), ``row`` (its number in the file; 1, 2, 3 … if absent) and ``set_apart`` (true for rows that are
    quarantined; if absent, none is). ``strip`` and ``case`` are the declared rule: only by it are ids the same.
    ``refreshment`` lists, by wave, ids that are new as planned; ``issued`` every id that was given out. ``evidence``:
    the facts that each wave tells anew, all if left out; only these can contradict the link of an id.

    In ``counts``, ``of`` is the number of people looked at, and ``by_chance`` how many of them chance alone would give:
    of near ids that belong to strangers, so many would agree in all facts; of people linked at random, so many would
    contradict. ``near`` counts new people whose ids come near to an absent person's no more often than chance gives;
    ``once`` those on no list whose id is in no other wave, earlier or later. No id is in the result.
    """
    people = {wave: _prepare(frame, id_column, strip, case) for wave, frame in waves.items()}
    told = [*facts] if evidence is None else [fact for fact in facts if fact in evidence]
    return _link(with_numbered_facts(people, facts), facts, refreshment or {}, issued, told)


def _link(
    prepared: Mapping[str, pl.DataFrame],
    facts: Sequence[str],
    refreshment: Mapping[str, Collection[str]],
    issued: Collection[str],
    evidence: Sequence[str],
) -> Links:
    """The same once ids are compared as declared and facts are numbers."""
    loaded = {wave: people.filter(~pl.col("set_apart")) for wave, people in prepared.items()}
    counts, proposals, seen = [pl.DataFrame(schema=COUNTS)], [pl.DataFrame(schema=PROPOSALS)], pl.DataFrame()
    previous, once = "", _ids_of_one_wave(prepared)
    for wave, people in prepared.items():
        if seen.height:
            lists = {"refreshment": [*refreshment.get(wave, ())], "issued": [*issued]}
            placed = _place(people, seen, previous, facts, lists)
            placed = placed.with_columns(is_once=pl.col("id").is_in(once.implode()) & pl.col("kind").is_in(UNDECLARED))
            counts.append(_counted(placed, wave, previous, _agree_by_chance(placed, people, seen, facts)))
            proposals.append(_proposed(placed, wave))
        own = loaded[wave].with_columns(wave=pl.lit(wave))
        seen = pl.concat([seen, own], how="diagonal").unique("id", keep="last", maintain_order=True)
        previous = wave
    if evidence:
        counts.append(contradictions(loaded, evidence))
    return Links(pl.concat(counts), pl.concat(proposals))


def _ids_of_one_wave(prepared: Mapping[str, pl.DataFrame]) -> pl.Series:
    """The ids that are in one wave alone."""
    return pl.concat([people["id"] for people in prepared.values()]).value_counts().filter(pl.col("count") == 1)["id"]


def _prepare(frame: pl.DataFrame, id_column: str, strip: bool, case: Case) -> pl.DataFrame:
    """With the id as text, by the declared rule, and in two wider forms that only proposals are made by."""
    raw = normalise_ids(frame[id_column])
    made = frame.drop(id_column).with_columns(raw.alias("raw"), normalise_ids(raw, strip=strip, case=case).alias("id"))
    if "row" not in made.columns:
        made = made.with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64))
    if "set_apart" not in made.columns:
        made = made.with_columns(set_apart=pl.lit(False))
    made = made.with_columns(form=plain_form(made["id"])).with_columns(
        core=pl.col("form").str.replace(LETTERS_AND_ZEROS, "")
    )
    return made.filter(pl.col("id").is_not_null()).unique("id", keep="first", maintain_order=True)


def _place(
    people: pl.DataFrame, seen: pl.DataFrame, previous: str, facts: Sequence[str], lists: Mapping[str, list[str]]
) -> pl.DataFrame:
    """One row per person of a wave: where their id was last seen, and of which kind the link is."""
    last = seen.select("id", earlier="wave", earlier_raw="raw", earlier_row="row")
    placed = people.select("row", "raw", "id", "set_apart").join(last, on="id", how="left", maintain_order="left")
    is_new = pl.col("earlier").is_null()
    kind = (
        pl.when(is_new & pl.col("id").is_in(lists["refreshment"]))
        .then(pl.lit("refreshment"))
        .when(is_new & pl.col("id").is_in(lists["issued"]))
        .then(pl.lit("issued"))
        .when(is_new)
        .then(pl.lit("new"))
        .when(pl.col("earlier") != previous)
        .then(pl.lit("returned"))
        .when(pl.col("earlier_raw") != pl.col("raw"))
        .then(pl.lit("normalised"))
        .otherwise(pl.lit("exact"))
    )
    placed = placed.with_columns(kind=kind)
    strangers = people.filter(placed["kind"] == "new")
    absent = seen.join(people.select("id"), on="id", how="anti", maintain_order="left")
    linked = people.filter(placed["earlier"].is_not_null())
    found, by_chance = _nearest(strangers, absent, linked, facts)
    placed = placed.join(found, on="row", how="left", suffix="_near", maintain_order="left")
    placed = placed.with_columns(is_near_by_chance=pl.col("row").is_in(by_chance.implode()))
    return placed.with_columns(
        kind=pl.coalesce("kind_near", "kind"),
        earlier=pl.coalesce("earlier", "earlier_near"),
        earlier_row=pl.coalesce("earlier_row", "earlier_row_near"),
    )


def _nearest(
    strangers: pl.DataFrame, absent: pl.DataFrame, linked: pl.DataFrame, facts: Sequence[str]
) -> tuple[pl.DataFrame, pl.Series]:
    """One row per stranger whose id is nearly that of somebody absent: who it may be, and what speaks for it.

    And the rows of those whose ids come near no more often than the ids of ``linked`` people do.
    """
    pairs = _candidates(strangers, absent)
    if not pairs.height:
        return pl.DataFrame(schema=NEAREST), pl.Series(dtype=pl.Int64)
    pairs = with_facts(pairs, strangers, absent, facts)
    compared = compared_sample(linked)
    reference = with_facts(_candidates(compared, absent), compared, absent, facts)
    close = pairs["left"].unique()
    pairs = without_chance(pairs, strangers, by_chance(pairs, strangers, reference, compared))
    dropped = strangers["row"].gather(close.filter(~close.is_in(pairs["left"].unique().implode())).sort())
    return _chosen(pairs, strangers, absent), dropped


def _chosen(pairs: pl.DataFrame, strangers: pl.DataFrame, absent: pl.DataFrame) -> pl.DataFrame:
    """The best pair of each stranger, and of which kind it is."""
    pairs = pairs.filter((pl.col("refuted") == pl.col("refuted").min()).over("left"))
    pairs = pairs.filter((pl.col("distance") == pl.col("distance").min()).over("left"))
    several = (pl.len().over("left") > 1) | (pl.len().over("right") > 1)
    kind = (
        pl.when(pl.col("refuted"))
        .then(pl.lit("contradicted"))
        .when(several)
        .then(pl.lit("ambiguous"))
        .when(pl.col("distance") == 0)
        .then(pl.lit("written_otherwise"))
        .when(pl.col("facts_agree") > 0)
        .then(pl.lit("likely"))
        .otherwise(pl.lit("unproven"))
    )
    chosen = pairs.with_columns(kind=kind).unique("left", keep="first", maintain_order=True)
    return chosen.select(
        strangers["row"].gather(chosen["left"]),
        absent["wave"].gather(chosen["right"]).alias("earlier"),
        absent["row"].gather(chosen["right"]).alias("earlier_row"),
        "kind",
        "distance",
        "facts_agree",
        "facts_contradict",
    )


def _candidates(strangers: pl.DataFrame, absent: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a stranger and an absent person whose ids are alike: the widest form first, then slips of a key."""
    left = strangers.select("form", "core").with_row_index("left")
    right = absent.select("form", "core").with_row_index("right")
    found = []
    for form in ("form", "core"):
        alike = left.filter(pl.col(form) != "").join(right, on=form, maintain_order="left")
        found.append(alike.select("left", "right", distance=pl.lit(0, dtype=pl.Int8), close=pl.lit(form)))
        left = left.join(found[-1], on="left", how="anti", maintain_order="left")
    near = near_ids(left["form"], right["form"])
    found.append(near.with_columns(left=left["left"].gather(near["left"]), close=pl.col("distance").cast(pl.String)))
    return pl.concat(found)


def _agree_by_chance(
    placed: pl.DataFrame, people: pl.DataFrame, seen: pl.DataFrame, facts: Sequence[str]
) -> float | None:
    """How many of the near ids with facts to compare would agree in all of them if they belonged to strangers."""
    near = placed.filter(pl.col("distance") > 0, (pl.col("facts_agree") + pl.col("facts_contradict")) > 0)
    if not near.height:
        return None
    strangers = people.filter(placed["earlier"].is_null() | placed["distance"].is_not_null())
    chance = disagreement_by_chance(facts_of(strangers, facts), facts_of(seen, facts))
    return None if chance is None else near.height * (1 - chance)


def _counted(placed: pl.DataFrame, wave: str, previous: str, by_chance: float | None) -> pl.DataFrame:
    """One row per earlier wave and kind; what is in no earlier wave is reported with the wave before."""
    counted = (
        placed.with_columns(pl.col("earlier").fill_null(previous))
        .group_by("earlier", "kind", maintain_order=True)
        .agg(
            count=pl.len().cast(pl.Int64),
            quarantined=pl.col("set_apart").sum().cast(pl.Int64),
            near=pl.col("is_near_by_chance").sum().cast(pl.Int64),
            once=pl.col("is_once").sum().cast(pl.Int64),
        )
    )
    if not counted.filter(pl.col("kind") == "exact").height:  # that nobody is linked must be reported, too
        none = pl.DataFrame({"earlier": [previous], "kind": ["exact"], "count": [0], "quarantined": [0]})
        none = none.with_columns(near=pl.lit(0, dtype=pl.Int64), once=pl.lit(0, dtype=pl.Int64))
        counted = pl.concat([none, counted])
    order = pl.col("kind").replace_strict(list(LINK_KINDS), range(len(LINK_KINDS)))
    is_likely = pl.col("kind") == "likely"
    return (
        counted.sort("earlier", order)
        .with_columns(
            later=pl.lit(wave),
            of=pl.lit(placed.height, dtype=pl.Int64),
            by_chance=pl.when(is_likely).then(pl.lit(by_chance, dtype=pl.Float64)),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in COUNTS.items())
    )


def _proposed(placed: pl.DataFrame, wave: str) -> pl.DataFrame:
    """One row per proposal, by row numbers."""
    chosen = placed.filter(pl.col("kind").is_in(PROPOSED)).with_columns(later=pl.lit(wave))
    return chosen.select(pl.col(name).cast(dtype) for name, dtype in PROPOSALS.items())
