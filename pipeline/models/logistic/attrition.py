"""Attrition: who of those asked answered a later wave, or every wave of a set, on what they had answered before.

A logit for each target, with what it says of the responders as a whole: the area under its ROC curve, and the
R-indicator, which is 1 when everybody is as likely to answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.declared import ModelSpec
from pipeline.models.logistic.logit import logit
from pipeline.models.weighting import Weighted
from pipeline.tables import estimates

LATEST = "latest"
"""Each person's last answers before the target's first wave."""


@public(once=True, ordered=True)
def attrition(
    panel: pl.DataFrame,
    targets: Mapping[str, Sequence[str]],
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    origin: str,
    categorical: Iterable[str] = (),
    confidence: float = 0.95,
    model: str = "attrition",
) -> pl.DataFrame:
    """One row per target and term (log odds, odds ratio, marginal effect), and the fit of each target's model.

    ``panel`` has one row per person and wave answered: ``person_id, arm, wave`` and the predictors. ``targets`` maps a
    name to the waves that count as staying if all are answered; ``origin`` is the wave whose answers predict, or
    ``"latest"``. ``outcome`` is ``answered_<name>``, and ``wave`` the target's wave where it is a single one of several
    targets. Rows of ``fit``: ``response_rate``, ``auc``, ``r_indicator``, ``r_indicator_adjusted`` (see
    ``response_rows``), ``cv_probability``. People whose arm has no such wave were not asked, and are left out.

    >>> import polars as pl
    >>> from pipeline.models import attrition
    >>> people = range(40)
    >>> panel = pl.DataFrame({
    ...     "person_id": [str(p) for p in people] + [str(p) for p in people if (p * 7) % 10 < 6],
    ...     "arm": "main", "wave": ["w01"] * 40 + ["w02"] * 24, "age": [20.0 + p for p in people] + [0.0] * 24,
    ... })
    >>> table = attrition(panel, {"w02": ["w02"]}, ["age"], origin="w01")
    >>> table.filter(component="fit", term="response_rate")["estimate"].to_list()
    [0.6]
    """
    require(panel, ["person_id", "arm", "wave"])
    several = len(targets) > 1
    parts = []
    for name, waves in targets.items():
        outcome = f"answered_{name}"
        asked = stayers(panel, origin, waves, outcome)
        fitted = logit(
            asked,
            outcome,
            exposures,
            covariates,
            categorical=categorical,
            confidence=confidence,
            model=model,
            family="attrition",
            response=True,
            checked=False,
        )
        label = str(waves[0]) if several and len(waves) == 1 else None
        parts.append(fitted.with_columns(wave=pl.lit(label, pl.String)))
    return estimates(pl.concat(parts))


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, __: Weighted | None) -> pl.DataFrame:
    """The declared model: who of those asked answered each declared wave, or set of waves."""
    return attrition(
        panel,
        _targets(spec, panel),
        spec.exposures,
        spec.covariates,
        origin=str(spec.from_wave),
        categorical=spec.categorical,
        confidence=spec.confidence,
        model=name,
    )


def _targets(spec: ModelSpec, panel: pl.DataFrame) -> dict[str, Sequence[str]]:
    """Each declared target by name: a wave, every later wave, or a set of waves."""
    require(panel, ["wave"])
    if spec.to_wave:
        return {spec.to_wave: [spec.to_wave]}
    waves = spec.to_waves
    if waves == "all":
        every = panel["wave"].unique().sort().to_list()
        first = every[0] if spec.from_wave == LATEST else str(spec.from_wave)
        waves = tuple(every[every.index(first) + 1 :])
    return {**{wave: [wave] for wave in waves}, **spec.sets}


def stayers(panel: pl.DataFrame, origin: str, waves: Sequence[str], outcome: str) -> pl.DataFrame:
    """One row per person asked, as answered at ``origin``, with 1 in ``outcome`` if they answered all ``waves``."""
    order = panel["wave"].unique().sort().to_list()
    held = panel["wave"].dtype
    empty = [str(wave) for wave, found in zip(waves, _as_held(waves, held), strict=True) if found not in order]
    if empty:
        raise ModelError(f"nobody answered in {', '.join(empty)}", where="to_wave")
    waves = _as_held(waves, held)
    earliest = min(order.index(wave) for wave in waves)
    before = panel.filter(pl.col("wave").is_in(order[:earliest]))
    start = _last_rows(before) if origin == LATEST else panel.filter(pl.col("wave").is_in(_as_held([origin], held)))
    for wave in waves:
        start = start.join(panel.filter(wave=wave).select("arm").unique(), on="arm", how="semi", maintain_order="left")
    if start.is_empty():
        raise ModelError("nobody answered the earlier wave in an arm that has the later one", where="from_wave")
    answered = panel.filter(pl.col("wave").is_in(list(waves))).group_by("person_id").agg(pl.col("wave").n_unique())
    stayed = answered.filter(pl.col("wave") == len(set(waves)))["person_id"]
    return start.with_columns(pl.col("person_id").is_in(stayed.implode()).cast(pl.Float64).alias(outcome))


def _as_held(waves: Sequence[object], held: pl.DataType) -> list[Any]:
    """Names of waves as the panel holds them, None for what it cannot hold."""
    return pl.Series(list(waves), strict=False).cast(held, strict=False).to_list()


def _last_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Each person's last row, in the order in which people first appear."""
    latest = pl.col("wave") == pl.col("wave").max().over("person_id")
    return rows.filter(latest)
