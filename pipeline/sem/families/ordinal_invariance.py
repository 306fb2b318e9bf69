"""Measurement invariance of ordered items, over groups or waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.comparison import Comparison
from pipeline.sem.families.compare import compare
from pipeline.sem.families.decision import Criterion, Invariance
from pipeline.sem.families.invariance_report import ladder_row, ladder_table, mean_trend
from pipeline.sem.families.invariance_table import Scale
from pipeline.sem.families.ordinal_rows import ORDERED_LEVELS, scale_rows
from pipeline.sem.ordinal.fit import OrdinalData, fit_ordinal, ordinal_data
from pipeline.sem.ordinal.fitting import OrdinalFitting
from pipeline.sem.ordinal.result import OrdinalResult


def ordinal_invariance(
    frame: pl.DataFrame,
    factors: Mapping[str, Sequence[Any]],
    fitting: OrdinalFitting,
    criterion: Criterion,
    levels: Sequence[str] = ORDERED_LEVELS,
) -> Invariance:
    """Configural → thresholds → metric → scalar, each nested in the level before (Wu & Estabrook 2016).

    ``factors`` as in ``invariance``; over waves everybody counts who answered an item at one of them (or, listwise, all
    items at all). Three answers an item make the threshold level equivalent to the configural one; it then holds
    untested. Raises ModelError for items with two answers, whose thresholds, loadings and intercepts cannot be
    distinguished.
    """
    scale = Scale(factors, over_waves=fitting.group is None)
    alike = [list(held) for factor in factors for held in zip(*scale.places(factor), strict=True)]
    data = ordinal_data(frame, scale.items, fitting, alike if scale.over_waves else ())
    two = [item for item, count in zip(data.items, data.levels, strict=True) if count == 2]
    if two:
        raise ModelError(
            "an item with two answers allows no ladder of thresholds, loadings and intercepts", where=", ".join(two),
            todo='Compare cfa(ordered=True) with and without equal=("loadings", "thresholds").',
        )  # fmt: skip
    places = scale.waves if scale.over_waves else len(data.moments)
    if places < 2:
        raise ModelError("invariance needs two groups or waves", where=fitting.group or "", count=places)
    return _climb(scale, data, places, fitting, criterion, levels)


def _climb(
    scale: Scale,
    data: OrdinalData,
    places: int,
    fitting: OrdinalFitting,
    criterion: Criterion,
    levels: Sequence[str],
) -> Invariance:
    answers = dict(zip(data.items, data.levels, strict=True))
    models: dict[str, OrdinalResult] = {}
    rows: list[dict[str, Any]] = []
    reached = "none"
    for level in levels:
        try:
            models[level] = fit_ordinal(scale_rows(scale, level, places, answers), data, fitting)
        except ModelError as problem:
            if level == "configural":
                raise
            rows.append({"level": level, "decision": "withheld", "reason": str(problem)})
            break
        step = None if reached == "none" else _step(models[reached], models[level])
        reason = criterion.violated(step) if step else None
        if level == "configural":
            reason = criterion.unfit(models[level].fit)
        rows.append(ladder_row(level, models[level], step, "fails" if reason else "holds", reason))
        if reason:
            break
        reached = level
    trend = mean_trend(scale, places, data.labels, models.get("scalar"), None)
    return Invariance(ladder_table(rows), reached, models, trend=trend)


def _step(before: OrdinalResult, after: OrdinalResult) -> Comparison | None:
    """The difference test; None where the two levels are the same model."""
    return compare(before, after) if before.test.df != after.test.df else None
