"""Rounds: the waves of arms with calendars of their own that are of one time, within which areas are compared.

Where areas are put side by side their rows enter with the round in place of the wave, and come back with their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.checks import require_columns, require_same_keys

Rounds = Mapping[str, Mapping[str, str]]
"""Arm → its wave → the round it belongs to; a wave that is not named has the round of its own name."""
KEYS = ("person_id", "wave")


def with_round(rows: pl.DataFrame, rounds: Rounds, *, wave: str = "wave", area: str = "area") -> pl.DataFrame:
    """The rows with ``round``, text, by their arm and wave.

    Raises CohesionError without a column ``arm`` where there are rounds, and for an area that lies in arms of different
    calendars: two of its waves in one round, or two rounds of one wave.
    """
    own = pl.col(wave).cast(pl.String)
    if not rounds:
        return rows.with_columns(round=own)
    require_columns(rows, ("arm", wave, area), "rounds are of arms, and the scores have")
    said = [(arm, name, to) for arm, waves in rounds.items() for name, to in waves.items()]
    schema = {"_arm": pl.String, "_wave": pl.String, "round": pl.String}
    keys = {"_arm": pl.col("arm").cast(pl.String), "_wave": own}
    found = (
        rows.with_columns(**keys)
        .join(pl.DataFrame(said, schema=schema, orient="row"), on=["_arm", "_wave"], how="left", maintain_order="left")
        .with_columns(round=pl.coalesce("round", "_wave"))
    )
    _refuse_two_calendars(found.select(area=pl.col(area).cast(pl.String), wave="_wave", round="round"))
    return found.drop("_arm", "_wave")


def _refuse_two_calendars(rows: pl.DataFrame) -> None:
    pairs = rows.drop_nulls().unique().sort("area", "round", "wave")
    for name in ("round", "wave"):
        twice = pairs.filter(pl.len().over("area", name) > 1)
        if twice.height:
            what = f"the area `{twice['area'][0]}` lies in arms of different calendars"
            first, second = (f"`{row['wave']}` (round `{row['round']}`)" for row in twice.head(2).iter_rows(named=True))
            raise CohesionError(
                f"{what}: {first} and {second} of it cannot both be its wave",
                where="rounds",
                count=twice["area"].n_unique(),
                todo="Leave one of the arms out, or give the areas of each arm names of their own.",
            )


@dataclass(frozen=True)
class Calendar:
    """Which wave of people and areas is of which round.

    ``people``: ``person_id, wave, round``; ``areas``: ``area, wave, round``, each once; ``None`` where every round is
    the wave of its name.
    """

    rounds: Rounds
    people: pl.DataFrame | None = None
    areas: pl.DataFrame | None = None

    def of_arms(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with ``arm, wave``, with the round in place of the wave."""
        if self.people is None or not {"arm", "wave", "area"} <= set(rows.columns):
            return rows
        return with_round(rows, self.rounds).with_columns(wave="round").drop("round")

    def of_people(self, rows: pl.DataFrame | None) -> pl.DataFrame | None:
        """Rows of ``person_id, wave``, with the round in place of the wave; of people in the scores alone."""
        return _replaced(rows, self.people, KEYS)

    def of_areas(self, rows: pl.DataFrame | None) -> pl.DataFrame | None:
        """Rows of ``area, wave``, with the round in place of the wave."""
        return _replaced(rows, self.areas, ("area", "wave"))

    def own(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of ``area, wave`` in which the wave is the round, with ``round`` and the area's own wave."""
        rows = rows.with_columns(round=pl.col("wave").cast(pl.String))
        if self.areas is None:
            return rows
        owned = self.areas.rename({"wave": "_own"})
        joined = rows.join(owned, on=["area", "round"], how="left", maintain_order="left")
        return joined.with_columns(wave="_own").drop("_own")


def _replaced(rows: pl.DataFrame | None, known: pl.DataFrame | None, keys: Sequence[str]) -> pl.DataFrame | None:
    if rows is None or known is None or not set(keys) <= set(rows.columns):
        return rows
    require_same_keys(known, rows, keys)
    joined = rows.join(known, on=list(keys), how="inner", maintain_order="left")
    return joined.with_columns(wave="round").drop("round")


def calendar_of(rounds: Rounds, scores: pl.DataFrame) -> Calendar:
    """The calendar of persons' scores (``person_id, arm, wave, area``).

    Raises CohesionError for an area in arms of different calendars, and for people interviewed twice in one round.
    """
    if not rounds or not {"person_id", "arm", "wave", "area"} <= set(scores.columns):
        return Calendar(rounds)
    found = with_round(scores, rounds)
    people = found.select(*KEYS, "round")
    twice = people.height - people.select("person_id", "round").unique().height
    if twice:
        what = "people were interviewed in two waves of one round, in arms of different calendars"
        raise CohesionError(what, where="rounds", count=twice, todo="Leave one of the arms out of the index.")
    areas = found.select(pl.col("area").cast(pl.String), pl.col("wave").cast(pl.String), "round").drop_nulls().unique()
    return Calendar(rounds, people, areas)
