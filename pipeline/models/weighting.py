"""A panel with the weights of a declared set: the rows that have one, their replicates, and what was left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.design_sample import Replicated
from pipeline.models.inference import inference
from pipeline.models.regression_data import require

WEIGHT = "panel_weight"
REFITTED = ("coefficient", "wave", "intercept")
"""Components whose rows are estimated anew in each replicate."""


@dataclass(frozen=True)
class Weighting:
    """The weight set ``name`` for ``waves``: ``weights`` has a row per person, ``person_id`` and ``panel_weight``.

    ``panel_weight`` is null for those without one. ``replicates`` has the rows of those with a weight, in their order.
    """

    name: str
    waves: tuple[str, ...]
    weights: pl.DataFrame
    replicates: Replicated | None = None


@dataclass(frozen=True)
class Weighted:
    """The panel's rows with a weight, in the column ``panel_weight``; their replicates; how many rows have none."""

    frame: pl.DataFrame
    replicates: Replicated | None
    left_out: int

    def note(self, name: str) -> str | None:
        return f"{self.left_out:,} rows of people without the weight “{name}” left out" if self.left_out else None


def weighted(panel: pl.DataFrame, weighting: Weighting) -> Weighted:
    """The rows of the set's waves whose persons have a weight.

    Raises ModelError if nobody has.
    """
    require(panel, ["person_id", "wave"])
    panel = panel.filter(pl.col("wave").is_in(list(weighting.waves)))
    given = weighting.weights.select("person_id", WEIGHT).drop_nulls(WEIGHT).with_row_index("_place")
    frame = panel.drop(WEIGHT, strict=False).join(given, on="person_id", how="inner", maintain_order="left")
    if not frame.height:
        raise ModelError("nobody has the weight in these waves", where=f"weights {weighting.name}")
    replicates = None
    if weighting.replicates is not None:
        replicates = weighting.replicates.take(frame["_place"].cast(pl.Int64).to_numpy())
    return Weighted(frame.drop("_place"), replicates, panel.height - frame.height)


def replicated(fit: Callable[[pl.DataFrame], pl.DataFrame], rows: Weighted, confidence: float) -> pl.DataFrame:
    """The estimates of ``fit`` on the full weights, with standard errors from fitting it to every replicate.

    Rows of the components in ``REFITTED`` take them, with t intervals on the replicates' degrees of freedom; others
    stay. Raises ModelError if a term cannot be estimated in a replicate.
    """
    assert rows.replicates is not None
    replicates = rows.replicates
    table = fit(rows.frame)
    key = ["component", "term", "wave", "group"]
    wanted = table.filter(pl.col("component").is_in(REFITTED)).select(key)

    def estimates(weights: np.ndarray) -> np.ndarray:
        found = fit(rows.frame.with_columns(pl.Series(WEIGHT, weights)))
        same = wanted.join(found, on=key, how="left", nulls_equal=True, maintain_order="left")["estimate"]
        if same.null_count():
            raise ModelError("a term cannot be estimated in a replicate", where="standard_errors", count=1)
        return same.to_numpy()

    _, covariance = replicates.estimate(estimates)
    errors = np.sqrt(np.diag(covariance))
    words = f"replicate weights ({replicates.kind}), every step of weighting repeated; t intervals"
    return _with_errors(table, wanted, errors, replicates.degrees_of_freedom, words, confidence)


def _with_errors(
    table: pl.DataFrame, wanted: pl.DataFrame, errors: np.ndarray, df: int, words: str, confidence: float
) -> pl.DataFrame:
    place = {tuple(row): index for index, row in enumerate(wanted.iter_rows())}
    rows = []
    for row in table.to_dicts():
        index = place.get((row["component"], row["term"], row["wave"], row["group"]))
        if index is not None:
            row |= inference(row["estimate"], float(errors[index]), df, confidence) | {"covariance": words}
        rows.append(row)
    return pl.DataFrame(rows, schema=table.schema, orient="row")
