"""Everything that is asked of an index before its areas are ranked, as one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.door import public
from pipeline.index.coherence.area_reliability import area_reliability
from pipeline.index.coherence.comparability import area_comparability
from pipeline.index.coherence.correlations import domain_correlations
from pipeline.index.coherence.rows import SCHEMA
from pipeline.index.coherence.scale_reliability import scale_reliability


@public(once=True, ordered=True)
def coherence(
    indicators: pl.DataFrame,
    domains: Mapping[str, Sequence[str]],
    scores: pl.DataFrame | None = None,
    *,
    measures: Sequence[str] = (),
    weight: str | None = "weight",
    area: str = "area",
    wave: str = "wave",
    coverage: float = 0.5,
    smallest: int = 100,
    confidence: float = 0.95,
    seed: int = 1,
) -> pl.DataFrame:
    """One row per check and what it is of (table ``coherence`` without the study).

    ``alpha`` and ``omega`` of each domain over its indicators, ``within_domain`` and ``between_domains``
    correlations, ``icc2`` of each area (``measures`` of ``scores``, one row per person and wave; all indicators
    without it), and ``invariance``: alignment of each domain with three indicators or more over areas of
    ``smallest`` people. ``indicators`` has a row per person and wave, oriented alike.
    """
    names = [name for members in domains.values() for name in members]
    parts = [
        scale_reliability(indicators, domains, confidence=confidence, weight=weight, wave=wave),
        domain_correlations(indicators, domains, coverage=coverage, confidence=confidence, weight=weight, wave=wave),
        icc_rows(
            area_reliability(
                indicators if scores is None else scores,
                list(measures) if scores is not None and measures else names,
                area=area,
                confidence=confidence,
                weight=weight,
                wave=wave,
            )
        ),
        area_comparability(indicators, domains, area=area, smallest=smallest, seed=seed, weight=weight, wave=wave),
    ]
    return pl.concat(parts)


def icc_rows(made: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``coherence`` from ``area_reliability``: ICC(2) of each area, and ICC(1) without one."""
    areas = pl.len().over("wave", "measure").cast(pl.Int64)
    each = made.with_columns(
        check=pl.lit("icc2"), other=pl.lit(None, pl.String), value="reliability", n_areas=areas, note="reason"
    ).select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    whole = made.group_by("wave", "measure", maintain_order=True).agg(
        value=pl.col("icc1").first(), conf_low=pl.col("icc1_low").first(), conf_high=pl.col("icc1_high").first(),
        n_persons=pl.col("n_persons").sum(), n_areas=pl.len().cast(pl.Int64),
    )  # fmt: skip
    one = whole.with_columns(
        check=pl.lit("icc1"), other=pl.lit(None, pl.String), area=pl.lit(None, pl.String), note=pl.lit(None, pl.String)
    ).select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    return pl.concat([one, each])
