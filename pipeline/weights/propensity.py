"""Response weights: the base weight divided by the probability of response, by model, by class or by wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError, ModelError
from pipeline.weights.encoding import Missing
from pipeline.weights.raking import base_weights
from pipeline.weights.responded import refuse_silent, response_of
from pipeline.weights.response import ResponseModel, response_model


@public(once=True, people=True)
def propensity_weights(
    frame: pl.DataFrame,
    responded: str,
    predictors: Sequence[str],
    *,
    base_weight: str | None = None,
    weighted_model: bool = False,
    stabilised: bool = False,
    reference: Mapping[str, str] | None = None,
    missing: Missing = "indicator",
) -> tuple[pl.DataFrame, ResponseModel]:
    """One row per person asked, in the frame's order: ``probability`` and ``response_weight``; and the model.

    The weight is base / P(respond), times the response rate if ``stabilised``; null, never zero, for those who did not
    respond.
    ``missing="complete"`` gives persons with an unanswered predictor no weight either: the default keeps them.
    """
    base = base_weights(frame, base_weight)
    answered = response_of(frame, responded)
    refuse_silent(frame, answered, predictors)
    model = response_model(
        frame,
        responded,
        predictors,
        base_weight=base_weight if weighted_model else None,
        reference=reference,
        missing=missing,
    )
    weight = base / model.probability * (float(answered.mean()) if stabilised else 1.0)
    return _table(model.probability, weight, answered), model


@public(once=True, people=True)
def class_weights(
    frame: pl.DataFrame,
    responded: str,
    *,
    by: Sequence[str] = (),
    probability: pl.Series | np.ndarray | None = None,
    classes: int = 5,
    base_weight: str | None = None,
    smallest: int = 20,
) -> pl.DataFrame:
    """One row per person asked: ``response_class``, ``probability`` (the class's rate), ``response_weight``.

    Weighting classes: the crossing of ``by``, or quantile classes of a modelled ``probability``; within a class the
    responders carry the base weight of all. Little (1986). A class with fewer than ``smallest`` responders is merged
    with its neighbour if classes are quantiles, and an error that names it if they are crossed categories.
    """
    base = base_weights(frame, base_weight)
    answered = response_of(frame, responded)
    if probability is not None:
        labels = quantile_classes(_shares(probability, frame.height, by), answered, classes, smallest)
    else:
        labels = _crossed_classes(frame, by, answered, smallest)
    names, code = np.unique(labels, return_inverse=True)
    mass, kept = (np.bincount(code, part, minlength=len(names)) for part in (base, base * answered))
    if not kept.all():
        raise CohesionError(
            f"no responder has a base weight above zero in {'; '.join(str(name) for name in names[kept == 0])}",
            where="weighting classes",
            count=int((kept == 0).sum()),
            todo="Merge the class with a neighbour.",
        )
    rate = kept / mass
    table = _table(rate[code], base / rate[code], answered)
    return table.insert_column(0, pl.Series("response_class", labels.astype(str)))


@public(once=True, people=True)
def sequential_weights(
    frame: pl.DataFrame,
    responded: Sequence[str],
    predictors: Sequence[Sequence[str]],
    *,
    base_weight: str | None = None,
    reference: Mapping[str, str] | None = None,
    missing: Missing = "indicator",
) -> tuple[pl.DataFrame, list[ResponseModel]]:
    """One row per person asked: ``probability`` of answering every wave so far and ``response_weight``; the models.

    One model per wave, among those who answered all waves before it, on that wave's list of ``predictors``
    (earlier answers): the weight is base / the product of the probabilities. For monotone sets of waves.
    """
    base = base_weights(frame, base_weight)
    if len(responded) != len(predictors):
        raise ModelError(f"{len(responded)} waves and {len(predictors)} lists of predictors", where="predictors")
    still = np.ones(frame.height, dtype=bool)
    product = np.ones(frame.height)
    models = []
    for name, on in zip(responded, predictors, strict=True):
        left = frame.filter(pl.Series(still))
        refuse_silent(left, response_of(left, name), on)
        model = response_model(left, name, on, reference=reference, missing=missing)
        product[still] *= model.probability
        still[still] = response_of(left, name)
        models.append(model)
    return _table(product, base / product, still), models


def _shares(probability: pl.Series | np.ndarray, rows: int, by: Sequence[str]) -> np.ndarray:
    """The modelled probabilities. Raises ModelError for too few or many, what is no share, and ``by`` as well."""
    if by:
        raise ModelError("classes are of `by` or of `probability`, not of both", where="by", todo="Leave one out.")
    shares = pl.Series("probability", probability).cast(pl.Float64).fill_null(np.nan).to_numpy()
    if len(shares) != rows:
        raise ModelError(f"{len(shares):,} probabilities for {rows:,} persons", where="probability")
    outside = int(((shares < 0) | (shares > 1)).sum())
    if outside:
        raise ModelError("probabilities outside 0 to 1", where="probability", count=outside)
    return shares


def _table(probability: np.ndarray, weight: np.ndarray, answered: np.ndarray) -> pl.DataFrame:
    table = pl.DataFrame({"probability": probability, "response_weight": np.where(answered, weight, np.nan)})
    return table.with_columns(pl.all().fill_nan(None))


def quantile_classes(probability: np.ndarray, answered: np.ndarray, classes: int, smallest: int) -> np.ndarray:
    """Classes of equal size by probability, each widened upwards until it holds enough responders."""
    if classes < 1:
        raise ModelError(f"`classes={classes}` are none", where="classes", todo="Give a whole number from 1 on.")
    if np.isnan(probability).any():
        raise ModelError("persons have no modelled probability", count=int(np.isnan(probability).sum()))
    if int(answered.sum()) < smallest:
        raise ModelError("too few responders for even one class", count=int(answered.sum()))
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, classes + 1)[1:-1]))
    code = np.searchsorted(edges, probability, side="left")
    while True:
        responders = np.bincount(code, answered, minlength=code.max() + 1)
        short = np.flatnonzero(responders < smallest)
        if not short.size:
            return code + 1
        first = int(short[0])
        code = code - (code > first) if first < code.max() else np.minimum(code, first - 1)


def _crossed_classes(frame: pl.DataFrame, by: Sequence[str], answered: np.ndarray, smallest: int) -> np.ndarray:
    if not by:
        raise ModelError("weighting classes need columns to cross, or a modelled probability")
    labels = frame.select(
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("unknown") for name in by], separator=", ")
    ).to_series()
    responders = pl.DataFrame({"label": labels, "answered": answered}).group_by("label").agg(pl.col("answered").sum())
    thin = responders.filter(pl.col("answered") < smallest).sort("label")
    if thin.height:
        raise CohesionError(
            f"fewer than {smallest} responders are in {'; '.join(thin['label'])}",
            where=f"weighting classes by {', '.join(by)}",
            count=thin.height,
            todo="Merge categories, or use fewer columns.",
        )
    return labels.to_numpy()
