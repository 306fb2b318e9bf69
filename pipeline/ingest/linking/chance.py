"""Near-matching ids beyond chance: where ids are numbered densely, every new id is nearly somebody's.

Whoever is linked by the same id is surely not somebody else. How often the ids of linked people come near an absent
person's, with no fact against it, is therefore what chance gives; new people's ids say something only if they do so
more often.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.ingest.linking.agreement import compare_facts, facts_of

MOST_COMPARED = 2_000
"""So many linked people, evenly spread, are enough to know how often ids come near by chance."""
ALPHA = 0.05
"""Near-matching ids are counted if as many would come by chance less often than this."""
MOST_OF_THEM = 2
"""… and if they are at least so many times as many as chance gives: most of them are then more than chance."""

_CLOSE = ("core", "1", "2")
"""How close two ids are: alike but for letters and zeros at the front, or one or two slips of a key apart."""
_SHAPE = pl.col("form").str.replace_all(r"\p{N}", "9").str.replace_all(r"\p{L}", "a")


def compared_sample(linked: pl.DataFrame) -> pl.DataFrame:
    """Linked people, evenly spread over the file, and at most ``MOST_COMPARED`` of them."""
    return linked.gather_every(max(1, -(-linked.height // MOST_COMPARED))) if linked.height else linked


def with_facts(pairs: pl.DataFrame, people: pl.DataFrame, absent: pl.DataFrame, facts: Sequence[str]) -> pl.DataFrame:
    """The pairs (``left`` in ``people``, ``right`` in ``absent``) with how many facts agree and contradict."""
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    agree, contradict = compare_facts(facts_of(people, facts)[left], facts_of(absent, facts)[right])
    return pairs.with_columns(facts_agree=agree, facts_contradict=contradict, refuted=contradict > 0)


def by_chance(
    pairs: pl.DataFrame, strangers: pl.DataFrame, reference: pl.DataFrame, linked: pl.DataFrame
) -> pl.DataFrame:
    """One row per shape of an id and closeness at which strangers come near no more often than by chance.

    ``pairs`` are of ``strangers``, ``reference`` those of ``linked`` people with the same absent people. Columns:
    ``shape`` (letters and digits in the same places), ``close``. Where no linked person has an id of the shape, nothing
    is known of chance; ids that differ only in how they are written (``close`` = form) are never chance.
    """
    ours, theirs = _closest(pairs, strangers), _closest(reference, linked)
    sizes = {shape: part for (shape,), part in theirs.group_by("shape", maintain_order=True)}
    rows = []
    for (shape,), own in ours.group_by("shape", maintain_order=True):
        other = sizes.get(shape)
        for rank, close in enumerate(_CLOSE) if other is not None else ():
            if _is_chance(own["rank"], other["rank"], rank):  # type: ignore[index]
                rows.append((shape, close))
    return pl.DataFrame(rows, schema={"shape": pl.String, "close": pl.String}, orient="row")


def _closest(pairs: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """One row per person: the shape of the id, and the rank of the closest pair without a fact against it, if any."""
    ranks = pl.col("close").replace_strict(["form", *_CLOSE], [-1, *range(len(_CLOSE))], return_dtype=pl.Int64)
    near = pairs.filter(~pl.col("refuted")).group_by("left").agg(rank=ranks.min())
    shapes = people.select(shape=_SHAPE).with_row_index("left")
    return shapes.join(near, on="left", how="left", maintain_order="left")


def _is_chance(ours: pl.Series, theirs: pl.Series, rank: int) -> bool:
    """Whether no more strangers than linked people come as close as this: at all, or of those who come no closer."""
    for apart in (None, rank):
        own, other = ((one if apart is None else one.filter((one >= apart).fill_null(True))) for one in (ours, theirs))
        count, share = int((own <= rank).sum()), float((other <= rank).sum()) / max(len(other), 1)
        if _tail(count, len(own), share) > ALPHA or count < MOST_OF_THEM * len(own) * share:
            return True
    return False


def without_chance(pairs: pl.DataFrame, strangers: pl.DataFrame, chance: pl.DataFrame) -> pl.DataFrame:
    """The pairs that are more than chance gives."""
    shapes = strangers.select(shape=_SHAPE).with_row_index("left")
    marked = pairs.join(shapes, on="left", how="left", maintain_order="left")
    return marked.join(chance, on=["shape", "close"], how="anti", maintain_order="left").drop("shape")


def _tail(count: int, of: int, share: float) -> float:
    """The chance that ``count`` or more of ``of`` come near, where each does with the chance ``share``."""
    from scipy.special import bdtrc

    return 1.0 if count <= 0 else float(bdtrc(count - 1, of, share))
