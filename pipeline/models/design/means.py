"""Design-based means and shares, by wave and any other grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.declared import ModelSpec, on_design
from pipeline.models.design.sample import DesignArguments, Part, Sample, design_table
from pipeline.models.design.survey_design import Subset
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True, on_disk="pipeline.models.on_disk.means:design_means")
def design_means(
    frame: pl.DataFrame,
    variables: Sequence[str],
    *,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    design_effects: bool = False,
    confidence: float = 0.95,
    model: str = "design_means",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per variable, wave and group: the weighted mean and its design-based standard error.

    ``by`` names the grouping columns; ``wave`` fills the column of that name, all others together ``group``. With
    ``subset`` "domain" the whole wave is the design and the cell a domain in it (R: ``svymean(subset(design, …))``),
    which counts sampling units without an answer; with "answered" the rows of the cell that answered are taken as the
    design (R: ``svydesign`` on them). ``**design``: ``weight``, ``strata``, ``psu``, ``fpc``, ``lonely_psu``,
    ``replicates``, ``person``, ``wave`` (see ``DesignArguments``; ``lonely_psu`` as R's ``survey.lonely.psu``). Rows
    without a weight, or with a weight of zero, are left out. Intervals are normal (R's ``confint``), ``df`` holds
    units less strata among those who answered (R: ``degf(subset(design, …))``).
    ``design_effects`` adds rows with the variance over that of a simple random sample with
    replacement (``deff = "replace"``).

    Raises ModelError for absent columns, values that are not numbers, or a lonely unit under "fail".

    >>> import polars as pl
    >>> from pipeline.models import design_means
    >>> panel = pl.DataFrame({
    ...     "person_id": list("abcdef"), "wave": ["w01"] * 6, "trust": [1.0, 2.0, 3.0, 4.0, None, 5.0],
    ...     "design_weight": [1.0, 1.0, 2.0, 1.0, 1.0, 1.0],
    ...     "stratum": list("nnnsss"), "psu": ["1", "2", "3", "1", "1", "2"],
    ... })
    >>> table = design_means(panel, ["trust"], weight="design_weight", strata="stratum", psu="psu")
    >>> table.select("wave", "estimate", "n_obs").rows()
    [('w01', 3.0, 5)]
    """
    sample = Sample.of(frame, **design)
    rows: list[dict[str, object] | None] = []
    cells = list(sample.cells(by))
    for variable in variables:
        values = sample.values(variable)
        for cell in cells:
            part = Part.mean(values, cell.rows & ~np.isnan(values))
            head = {"outcome": variable, "component": "mean", "term": variable}
            row = sample.row([part], cell, subset, confidence, head)
            rows.append(row)
            if design_effects and row is not None:
                rows.append(_design_effect(row, part, sample.weights))
    return design_table(rows, model, variables, "design_means", sample.unweighted_waves)


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return design_means(
        panel,
        spec.outcomes,
        by=("wave", spec.group) if spec.group else ("wave",),
        **on_design(spec, panel, study, rows),
        model=name,
    )


MOST = 11
"""Values of a measure of which shares are estimated: a score with more is not a list of answers."""


def fit_shares(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared shares: of every value that somebody gave, which is the ``term``.

    Raises ModelError for a measure of more than ``MOST`` values.
    """
    values = {outcome: panel[outcome].drop_nulls().unique().sort().to_list() for outcome in spec.outcomes}
    many = next((outcome for outcome, found in values.items() if len(found) > MOST), None)
    if many is not None:
        raise ModelError(
            f"`{many}` has too many values for shares of each",
            where=name,
            count=len(values[many]),
            todo="Name a single item with a few answers, or estimate its mean.",
        )
    return design_shares(
        panel,
        {outcome: {f"{value:g}": [value] for value in found} for outcome, found in values.items()},
        by=("wave", spec.group) if spec.group else ("wave",),
        **on_design(spec, panel, study, rows),
        model=name,
    ).with_columns(family=pl.lit("design_shares"))


@public(once=True, ordered=True, on_disk="pipeline.models.on_disk.means:design_shares")
def design_shares(
    frame: pl.DataFrame,
    shares: Mapping[str, Mapping[str, Sequence[object]]],
    *,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    confidence: float = 0.95,
    model: str = "design_shares",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per variable, category, wave and group: the weighted share of those who answered.

    ``shares`` maps variable → category name → the values that count as it; everything else is as in ``design_means``.

    >>> import polars as pl
    >>> from pipeline.models import design_shares
    >>> panel = pl.DataFrame({"person_id": list("abcde"), "wave": ["w01"] * 5, "trust": [1, 2, 4, 5, None]})
    >>> table = design_shares(panel, {"trust": {"trusting": [4, 5]}})
    >>> table.select("term", "estimate", "n_obs").rows()
    [('trusting', 0.5, 4)]
    """
    sample = Sample.of(frame, **design)
    require(sample.frame, shares)
    rows: list[dict[str, object] | None] = []
    cells = list(sample.cells(by))
    for variable, categories in shares.items():
        answered = sample.frame[variable].is_not_null().to_numpy()
        for category, members in categories.items():
            values = _among(sample.frame[variable], members)
            head = {"outcome": variable, "component": "share", "term": category}
            rows += [
                sample.row([Part.mean(values, cell.rows & answered)], cell, subset, confidence, head) for cell in cells
            ]
    return design_table(rows, model, list(shares), "design_means", sample.unweighted_waves)


def _design_effect(row: Mapping[str, object], part: Part, weights: np.ndarray) -> dict[str, object] | None:
    """The variance over that of a simple random sample of as many rows, drawn with replacement."""
    n_obs = len(part.places)
    if n_obs < 2 or row.get("std_error") is None:
        return None
    used, values = weights[part.places], part.numerator
    mean = used @ values / used.sum()
    simple = float(used @ (values - mean) ** 2 / used.sum()) / (n_obs - 1)
    kept = ("outcome", "term", "wave", "group", "note", "n_obs", "n_persons", "covariance")
    effect = float(row["std_error"]) ** 2 / simple if simple > 0 else None  # type: ignore[arg-type]
    return {**{name: row.get(name) for name in kept}, "component": "design_effect", "estimate": effect}


def _among(column: pl.Series, members: Sequence[object]) -> np.ndarray:
    """1.0 where the column holds one of the members, else 0.0."""
    try:
        wanted = pl.Series(list(members)).cast(column.dtype)
    except pl.exceptions.PolarsError as error:
        raise ModelError("a category's values are of another kind than the column's", where=column.name) from error
    return column.is_in(wanted.implode()).fill_null(False).to_numpy().astype(float)
