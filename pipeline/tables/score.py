"""What score makes: the panel, and how reliable its scales are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.tables.contracts import dy
from pipeline.tables.harmonise import FURTHER_HEAD, HEAD


def panel_schema(
    scores: Mapping[str, tuple[float | None, float | None]], further: Sequence[str] = ()
) -> type[dy.Schema]:
    """One row per person and wave: the head, whether the person answered, and one column per concept."""
    columns: dict[str, dy.Column] = {**HEAD, **{name: FURTHER_HEAD[name] for name in further}}
    columns |= {name: dy.Float64(nullable=True, min=low, max=high) for name, (low, high) in scores.items()}
    return type("Panel", (dy.Schema,), columns)


class Reliability(dy.Schema):
    """One row per scale, wave and arm: Cronbach's alpha with its ingredients."""

    study = dy.String()
    wave = dy.String(primary_key=True)
    arm = dy.String(primary_key=True)
    scale = dy.String(primary_key=True)
    n_items = dy.Int64(min=1)
    n_persons = dy.Int64(min=0)
    alpha = dy.Float64(nullable=True, max=1)
    note = dy.String(nullable=True)
