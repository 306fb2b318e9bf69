"""How well the items of a scale hang together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.specs.project import Study


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha over ``n_persons`` complete rows; ``alpha`` is None where it has no meaning, ``note`` why."""

    alpha: float | None
    n_items: int
    n_persons: int
    note: str | None = None


def cronbach_alpha(frame: pl.DataFrame, items: Sequence[str]) -> Alpha:
    """Cronbach's alpha of the complete rows: k/(k-1) (1 - Σ item variances / variance of the sum). Cronbach (1951).

    Equal to ``psych::alpha(...)$total$raw_alpha`` on complete cases. Constant items are left out with a note.

    >>> frame = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 3.0, 2.0, 4.0]})
    >>> round(cronbach_alpha(frame, ["a", "b"]).alpha, 4)
    0.8889
    """
    complete = frame.select(items).drop_nulls()
    if complete.height < 2:
        return Alpha(None, len(items), complete.height, "fewer than two complete rows")
    constant = [item for item in items if complete[item].n_unique() == 1]
    kept = [item for item in items if item not in constant]
    note = f"constant, left out: {', '.join(constant)}" if constant else None
    if len(kept) < 2:
        return Alpha(None, len(items), complete.height, note or "a single item has no alpha")
    covariance = np.cov(complete.select(kept).to_numpy(), rowvar=False)
    k = len(kept)
    alpha = k / (k - 1) * (1 - np.trace(covariance) / covariance.sum())
    return Alpha(float(alpha), len(items), complete.height, note)


def reliability(answers: pl.DataFrame, study: Study) -> pl.DataFrame:
    """One row per scale, wave and arm in which all of the scale's items were asked (contract ``Reliability``)."""
    rows = []
    scales = {key: scale for key, scale in study.scales.items() if len(scale.items) > 1}
    for (wave, arm), part in answers.group_by("wave", "arm", maintain_order=True):
        for key, scale in scales.items():
            if any(part[item].null_count() == part.height for item in scale.items):
                continue
            turned = part.with_columns(-pl.col(item) for item in scale.reverse)
            found = cronbach_alpha(turned, scale.items)
            rows.append((study.key, wave, arm, key, found.n_items, found.n_persons, found.alpha, found.note))
    schema = {
        "study": pl.String,
        "wave": pl.String,
        "arm": pl.String,
        "scale": pl.String,
        "n_items": pl.Int64,
        "n_persons": pl.Int64,
        "alpha": pl.Float64,
        "note": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
