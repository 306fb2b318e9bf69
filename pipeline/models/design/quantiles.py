"""Design-based quantiles with Woodruff's intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.declared import ModelSpec, on_design
from pipeline.models.design.sample import Cell, DesignArguments, Part, Sample, design_table
from pipeline.models.design.survey_design import Subset
from pipeline.models.inference import quantile
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def design_quantiles(
    frame: pl.DataFrame,
    variables: Sequence[str],
    probabilities: Sequence[float] = (0.25, 0.5, 0.75),
    *,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    confidence: float = 0.95,
    model: str = "design_quantiles",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per variable, probability, wave and group: the weighted quantile, term ``p50`` for the median.

    The smallest value whose cumulated weight reaches the probability (R: ``svyquantile(qrule = "math")``). Woodruff's
    interval (1952) takes the quantiles at the ends of the t interval of the share at or below it; the standard error is
    the interval's length over twice the t quantile. An end outside 0 to 1 leaves the interval open, with a note.
    Everything else is as in ``design_means``.

    >>> import polars as pl
    >>> from pipeline.models import design_quantiles
    >>> people = pl.DataFrame({"trust": [float(answer) for answer in range(1, 101)]})
    >>> table = design_quantiles(people, ["trust"], [0.5], by=())
    >>> table.select("term", "estimate", "conf_low", "conf_high").rows()
    [('p50', 50.0, 41.0, 60.0)]
    """
    sample = Sample.of(frame, **design)
    rows: list[dict[str, object] | None] = []
    cells = list(sample.cells(by))
    for variable in variables:
        values = sample.values(variable)
        for cell in cells:
            answered = cell.rows & ~np.isnan(values)
            for probability in probabilities:
                head = {"outcome": variable, "component": "quantile", "term": f"p{100 * probability:g}"}
                row = _quantile_row(sample, values, answered, cell, probability, subset, confidence)
                rows.append(None if row is None else {**row, **head})
    return design_table(rows, model, variables, "design_quantiles", sample.unweighted_waves)


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return design_quantiles(
        panel,
        spec.outcomes,
        by=("wave", spec.group) if spec.group else ("wave",),
        **on_design(spec, panel, study, rows),
        model=name,
    )


def weighted_quantile(values: np.ndarray, weights: np.ndarray, probability: float) -> float:
    """The smallest value at which the cumulated share of the weight reaches ``probability``; NaN outside 0 to 1.

    R's ``qrule = "math"`` compares cumulated weights with the probability of their sum; the slack is rounding.
    """
    if not 0 <= probability <= 1:
        return float("nan")
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    wanted = probability * cumulated[-1]
    place = int(np.searchsorted(cumulated, wanted * (1 - 1e-13)))
    return float(values[order][min(place, len(values) - 1)])


def _quantile_row(
    sample: Sample,
    values: np.ndarray,
    answered: np.ndarray,
    cell: Cell,
    probability: float,
    subset: Subset,
    confidence: float,
) -> dict[str, object] | None:
    """The quantile, from the row of the share at or below it."""
    if not answered.any():
        return None
    used, weights = values[answered], sample.weights[answered]
    estimate = weighted_quantile(used, weights, probability)
    below = Part.mean((values <= estimate).astype(float), answered)
    share = sample.row([below], cell, subset, confidence, {})
    if share is None or share.get("std_error") is None:
        return None if share is None else {**share, "estimate": estimate}
    reach = quantile(confidence, float(share["df"]))  # type: ignore[arg-type]
    half = reach * float(share["std_error"])  # type: ignore[arg-type]
    middle = float(share["estimate"])  # type: ignore[arg-type]
    low, high = (weighted_quantile(used, weights, end) for end in (middle - half, middle + half))
    closed = not (np.isnan(low) or np.isnan(high))
    words = str(share["covariance"]).removesuffix("normal intervals")
    return {
        **share,
        "estimate": estimate,
        "std_error": (high - low) / (2 * reach) if closed else None,
        "conf_low": low if closed else None,
        "conf_high": high if closed else None,
        "covariance": f"{words}Woodruff intervals",
        "note": share["note"] if closed else "too close to the end of the scale for an interval",
    }
