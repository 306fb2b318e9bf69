"""System GMM: levels instrumented by earlier changes, together with changes instrumented by earlier levels."""

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
def system_gmm(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str] = (),
    covariates: Sequence[str] = (),
    *,
    level_instruments: bool = True,
    confidence: float = 0.95,
    model: str = "system_gmm",
    **options: Unpack[Dynamics],
) -> pl.DataFrame:
    """One row per term, test and count: y_it = a + ρ y_i,t−1 + b x_it + w_t + u_i + e_it with its first differences
    (Arellano & Bover 1995; Blundell & Bond 1998).

    Changes of the wave before instrument the levels, which presumes that they are unrelated to the person's lasting
    level u_i: that people did not join far from where they settle. It says more than ``difference_gmm`` where an
    outcome is persistent, and estimates terms that never change. Strictly exogenous terms are instruments of changes
    and of levels, unrelated to u_i; ``level_instruments=False`` makes them instruments of changes alone. Options:
    ``Dynamics``; components as in ``difference_gmm``, without Sargan's test, which the person's level in the errors of
    levels makes invalid. plm's ``pgmm(…, transformation = "ld")``, Stata's ``xtabond2``. ``n_obs`` counts levels.

    Raises ModelError as ``difference_gmm`` does, but for terms that never change.

    >>> import numpy as np, polars as pl
    >>> from pipeline.models import system_gmm
    >>> rng = np.random.default_rng(1)
    >>> usual, waves = rng.normal(size=(300, 1)), 5
    >>> trust = usual / 0.6 + rng.normal(size=(300, waves))
    >>> for wave in range(1, waves):
    ...     trust[:, wave] += 0.4 * (trust[:, wave - 1] - usual[:, 0] / 0.6)
    >>> panel = pl.DataFrame({
    ...     "person_id": np.repeat(np.arange(300), waves), "wave": list(range(waves)) * 300, "trust": trust.ravel()
    ... })
    >>> table = system_gmm(panel, "trust", collapse=True)
    >>> table.filter(component="fit")["estimate"].to_list()
    [8.0, 300.0]
    """
    given = settings(options, system=True, level_instruments=level_instruments)
    return dynamic_table(
        frame, outcome, [*exposures, *covariates], given, confidence=confidence, model=model, family="system_gmm"
    )


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, _rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return system_gmm(panel, **dynamic_options(name, spec))
