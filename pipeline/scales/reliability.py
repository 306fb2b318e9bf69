"""How consistently the items of a scale measure one thing: Cronbach's alpha."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.on_disk import OnDisk
from pipeline.scales.score import answers_as_numbers
from pipeline.specs.project import Study
from pipeline.specs.study import Scale

SMALLEST = 1e-12
"""A variance of the sum below this share of the items' own is rounding error, not variance."""


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of ``n_items`` over ``n_persons`` complete rows; None where it has no meaning, ``note`` why."""

    alpha: float | None
    n_items: int
    n_persons: int
    note: str | None = None


@public(once=True)
def cronbach_alpha(frame: pl.DataFrame, items: Sequence[str]) -> Alpha:
    """Cronbach's alpha of the complete rows: k/(k-1) (1 - Σ item variances / variance of the sum). Cronbach (1951).

    Equal to ``psych::alpha(...)$total$raw_alpha`` on complete cases. Constant items are left out with a note, as psych
    leaves them out; ``n_items`` is then how many entered.

    >>> frame = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 3.0, 2.0, 4.0]})
    >>> round(cronbach_alpha(frame, ["a", "b"]).alpha, 4)
    0.8889
    """
    return _alpha(frame, items)


def _alpha(frame: pl.DataFrame, items: Sequence[str]) -> Alpha:
    complete = frame.select(answers_as_numbers(frame, items)).drop_nulls().to_numpy()
    persons = len(complete)
    if persons < 2:
        return Alpha(None, len(items), persons, "fewer than two complete rows")
    varies = np.ptp(complete, axis=0) > 0
    constant = [item for item, is_kept in zip(items, varies, strict=True) if not is_kept]
    note = f"constant, left out: {', '.join(constant)}" if constant else None
    kept = int(varies.sum())
    if kept < 2:
        return Alpha(None, len(items), persons, note or "a single item has no alpha")
    covariance = np.cov(complete[:, varies], rowvar=False)
    items_alone, of_the_sum = float(np.trace(covariance)), float(covariance.sum())
    if of_the_sum <= SMALLEST * items_alone:
        return Alpha(None, len(items), persons, note or "the items cancel out: is one not reversed?")
    alpha = kept / (kept - 1) * (1 - items_alone / of_the_sum)
    return Alpha(min(alpha, 1.0), kept, persons, note)


@public(once=True, on_disk="pipeline.scales.on_disk:reliability")
def reliability(answers: pl.DataFrame, study: Study) -> pl.DataFrame:
    """One row per scale, wave and arm in which all of the scale's items were answered (contract ``Reliability``).

    Alpha is over the rows that answered every item. A scale of one item has none and no row.
    """
    return reliability_of(answers, study)


def reliability_of(answers: pl.DataFrame | OnDisk, study: Study) -> pl.DataFrame:
    """``reliability`` of a frame, or of a table on disk."""
    rows = []
    scales = {key: scale for key, scale in study.scales.items() if len(scale.items) > 1}
    for (wave, arm), part in _parts(answers, scales):
        for key, scale in scales.items():
            if any(part[item].null_count() == part.height for item in scale.items):
                continue
            reversed_ = part.with_columns(-pl.col(item).cast(pl.Float64) for item in scale.reverse)
            found = _alpha(reversed_, scale.items)
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


def _parts(
    answers: pl.DataFrame | OnDisk, scales: Mapping[str, Scale]
) -> Iterator[tuple[tuple[object, ...], pl.DataFrame]]:
    """The answers of each wave and arm; of a table on disk one after the other, with the columns that are read."""
    if isinstance(answers, pl.DataFrame):
        yield from answers.group_by("wave", "arm", maintain_order=True)
        return
    items = list(dict.fromkeys(item for scale in scales.values() for item in scale.items))
    found = answers.scan().select("wave", "arm").unique(maintain_order=True).collect(engine="streaming")
    for wave, arm in found.iter_rows() if items else ():
        yield (wave, arm), answers.filter((pl.col("wave") == wave) & (pl.col("arm") == arm)).select(*items)
