"""Attrition models: response at each wave, and for each declared set of waves, on what people answered before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.weights.encoding import Missing
from pipeline.weights.people import LATEST, people
from pipeline.weights.response import response_model


@dataclass(frozen=True)
class Attrition:
    """``odds_ratios``: one row per target and term, ready to draw; ``fits``: one row per target."""

    odds_ratios: pl.DataFrame
    fits: pl.DataFrame


def each_wave(participation: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Every wave but the first as a target of its own: the default sets for ``attrition``."""
    order = participation["wave"].unique(maintain_order=True).to_list()
    return {wave: (wave,) for wave in order[1:]}


def attrition(
    panel: pl.DataFrame,
    participation: pl.DataFrame,
    predictors: Sequence[str],
    *,
    targets: Mapping[str, Sequence[str]] | None = None,
    origin: str = LATEST,
    reference: Mapping[str, str] | None = None,
    missing: Missing = "complete",
    level: float = 0.95,
) -> Attrition:
    """The response logit of every target: who of those asked answered it, by their earlier answers.

    ``targets`` maps a name to a set of waves (default: each wave after the first); ``origin`` is the wave whose answers
    predict, or ``"latest"``: each person's last answers before the set. See ``people`` for who counts as asked.
    """
    odds, fits = [], []
    for name, waves in (targets or each_wave(participation)).items():
        frame = people(panel, participation, waves, origin=origin, columns=predictors).filter("is_asked")
        model = response_model(frame, "responded", predictors, reference=reference, missing=missing)
        label = pl.lit(name).alias("target")
        odds.append(model.odds_ratios(level=level).select(label, pl.all()))
        fits.append(model.summary().select(label, pl.lit(", ".join(waves)).alias("waves"), pl.all()))
    return Attrition(pl.concat(odds), pl.concat(fits))
