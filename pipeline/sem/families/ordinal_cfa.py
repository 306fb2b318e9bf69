"""Factor analysis of ordered items, over groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.sem.families.ordinal_rows import group_rows
from pipeline.sem.ordinal.fit import fit_ordinal, ordinal_data
from pipeline.sem.ordinal.result import OrdinalResult


def ordinal_cfa(
    frame: pl.DataFrame,
    factors: Mapping[str, Sequence[str]],
    group: str | None = None,
    equal: Sequence[str] = (),
    *,
    free: Sequence[tuple[str, str, str]] = (),
    residual_covariances: Sequence[tuple[str, str]] = (),
    gate: bool = True,
) -> OrdinalResult:
    """Factor analysis of ordered items, over persons who answered all of them; the others are counted as dropped.

    ``equal`` over groups: loadings, thresholds, means, latent_variances, latent_covariances. With equal thresholds the
    factor means and the items' scales (``~*~``) of all groups but the first are free, as in lavaan.

    Raises ModelError where an item has one answer only, the search does not converge, or the result is improper.
    """
    items = list(dict.fromkeys(item for held in factors.values() for item in held))
    data = ordinal_data(frame, items, group)
    rows = group_rows(factors, items, data.levels, len(data.moments), equal, free, residual_covariances)
    return fit_ordinal(rows, data, gate)
