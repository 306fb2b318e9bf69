"""Difference GMM: an outcome that acts on itself, its changes instrumented by its earlier levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import polars as pl

from pipeline.door import public
from pipeline.models.declared import ModelSpec
from pipeline.models.dynamic.declared import dynamic_options
from pipeline.models.dynamic.estimate import dynamic_table
from pipeline.models.dynamic.settings import Dynamics, settings
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def difference_gmm(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str] = (),
    covariates: Sequence[str] = (),
    *,
    confidence: float = 0.95,
    model: str = "difference_gmm",
    **options: Unpack[Dynamics],
) -> pl.DataFrame:
    """One row per term, test and count: Δy_it = ρ Δy_i,t−1 + b Δx_it + Δw_t + Δe_it (Arellano & Bond 1991).

    Levels of two waves before and earlier instrument Δy_i,t−1, since a fixed-effects estimate of ρ is too low in short
    panels (Nickell 1981). Options: ``Dynamics``. plm's ``pgmm(…, transformation = "d")``, Stata's ``xtabond2 …,
    noleveleq``. Lags go by time: a wave that somebody missed is a hole. Components: ``persistence`` (ρ),
    ``coefficient``, ``lagged``, ``wave``, ``long_run`` (b / (1 − ρ)); ``test``: AR(1), AR(2) (Arellano and Bond's z),
    Sargan's, Hansen's and difference-in-Hansen tests; ``fit``: how many instruments there are, and persons.
    ``n_obs`` counts the equation's rows.

    Raises ModelError for fewer than three waves, nobody with enough consecutive ones, a term that never changes within
    a person, and fewer instruments than terms.

    >>> import numpy as np, polars as pl
    >>> from pipeline.models import difference_gmm
    >>> rng = np.random.default_rng(1)
    >>> usual, waves = rng.normal(size=(300, 1)), 5
    >>> trust = usual + rng.normal(size=(300, waves))
    >>> for wave in range(1, waves):
    ...     trust[:, wave] += 0.4 * trust[:, wave - 1]
    >>> panel = pl.DataFrame({
    ...     "person_id": np.repeat(np.arange(300), waves), "wave": list(range(waves)) * 300, "trust": trust.ravel()
    ... })
    >>> table = difference_gmm(panel, "trust")
    >>> table.filter(component="fit")["estimate"].to_list()
    [9.0, 300.0]
    """
    given = settings(options)
    return dynamic_table(
        frame, outcome, [*exposures, *covariates], given, confidence=confidence, model=model, family="difference_gmm"
    )


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, _rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return difference_gmm(panel, **dynamic_options(name, spec))
