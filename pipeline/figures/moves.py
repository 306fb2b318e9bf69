"""From people's answers to how they moved between answers from wave to wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.data import FEWEST, cleared, printed

ABSENT = "Did not answer"
WEIGHT = "design_weight"


@dataclass(frozen=True)
class Move:
    """Those who gave one answer at a wave and another at the next: how many, and what share of everybody."""

    origin: str
    destination: str
    people: int
    share: float


@dataclass(frozen=True)
class Moves:
    """Waves with their labels, answers from the lowest up, shares of each at each wave, and moves between waves."""

    waves: tuple[str, ...]
    answers: tuple[str, ...]
    shares: tuple[Mapping[str, float], ...]
    counts: tuple[Mapping[str, int], ...]
    moves: tuple[tuple[Move, ...], ...]
    people: int
    weighted: bool

    @property
    def shown(self) -> tuple[tuple[Move, ...], ...]:
        """The moves of ten or more people: the others are not drawn."""
        return tuple(tuple(move for move in some if move.people >= FEWEST) for some in self.moves)

    @property
    def same(self) -> tuple[float, ...]:
        """The share of people with the same answer at each pair of waves."""
        return tuple(sum(m.share for m in some if m.origin == m.destination) for some in self.moves)


def moves_of(
    panel: pl.DataFrame,
    measure: str,
    waves: Mapping[str, str],
    answers: Mapping[float, str],
    *,
    weighted: bool = True,
    absent: bool = False,
) -> Moves:
    """How the people who answered all waves moved between answers; with ``absent`` those who answered the first.

    ``panel``: one row per person and wave, with ``measure``. ``waves``: wave → label, in order. ``answers``: value →
    label, from the lowest up. With ``weighted`` the design weight of the first wave counts.

    Raises ``PaperError`` if there are fewer than two waves, or fewer than ten people.
    """
    if len(waves) < 2:
        raise PaperError("moves between answers need two waves or more", count=len(waves), todo="Name them as `waves`.")
    wide = _wide(panel, measure, list(waves), answers, weighted)
    ends = pl.col(list(waves))
    wide = wide.filter(pl.col(next(iter(waves))).is_not_null() if absent else pl.all_horizontal(ends.is_not_null()))
    wide = wide.with_columns(ends.fill_null(ABSENT))
    if wide.height < FEWEST:
        raise PaperError(
            "fewer than ten people answered these waves", count=wide.height, todo="Name other waves or another measure."
        )
    labels = tuple(answers.values()) + ((ABSENT,) if absent else ())
    total = float(wide["weight"].sum())
    shares, counts = [], []
    for wave in waves:
        found = wide.group_by(wave, maintain_order=True).agg(pl.len(), pl.col("weight").sum() / total)
        shares.append({row[0]: row[2] for row in found.iter_rows()})
        counts.append({row[0]: row[1] for row in found.iter_rows()})
    pairs = [_pair(wide, one, other, labels, total) for one, other in zip(list(waves), list(waves)[1:], strict=False)]
    is_weighted = weighted and wide["weight"].n_unique() > 1
    return Moves(tuple(waves.values()), labels, tuple(shares), tuple(counts), tuple(pairs), wide.height, is_weighted)


def _wide(
    panel: pl.DataFrame, measure: str, waves: Sequence[str], answers: Mapping[float, str], weighted: bool
) -> pl.DataFrame:
    """One row per person with the answer at each wave, and the weight of the first."""
    use = weighted and WEIGHT in panel.columns
    weight = pl.col(WEIGHT) if use else pl.lit(1.0)
    long = panel.select("person_id", pl.col("wave").cast(pl.String), pl.col(measure).cast(pl.Float64), weight=weight)
    long = long.filter(pl.col("wave").is_in(list(waves)), pl.col(measure).is_not_null())
    strange = sorted(set(long[measure].unique().to_list()) - set(answers))
    if strange:
        raise PaperError(f"the answer {strange[0]:g} has no label", todo="Name it under `labels`.")
    long = long.with_columns(answer=pl.col(measure).replace_strict(dict(answers), return_dtype=pl.String))
    wide = long.pivot(on="wave", index="person_id", values="answer", on_columns=list(waves))
    first = long.filter(pl.col("wave") == waves[0]).select("person_id", "weight")
    taken = wide.join(first, on="person_id", how="inner").filter(pl.col("weight") > 0)
    return taken.sort(*waves, "weight")  # not by person: pseudonyms differ between installations


def _pair(wide: pl.DataFrame, one: str, other: str, labels: Sequence[str], total: float) -> tuple[Move, ...]:
    order = {label: place for place, label in enumerate(labels)}
    found = wide.group_by(pl.col(one).alias("a"), pl.col(other).alias("b"), maintain_order=True).agg(
        pl.len(), pl.col("weight").sum() / total
    )
    rows = sorted(found.iter_rows(), key=lambda row: (order[row[0]], order[row[1]]))
    return tuple(Move(*row) for row in rows)


def data_of(moves: Moves) -> pl.DataFrame:
    """One row per pair of waves and answers: how many people, and their share of all."""
    pairs = zip(moves.waves, moves.waves[1:], moves.moves, strict=False)
    unit = "Share of all (%, weighted)" if moves.weighted else "Share of all (%)"
    rows = [
        {"From wave": one, "Answer": move.origin, "To wave": other, "Later answer": move.destination}
        | {"People": move.people, unit: printed(100 * move.share, 1)}
        for one, other, some in pairs
        for move in some
    ]
    return cleared(rows, ("From wave", "Answer", "To wave", "Later answer"))
