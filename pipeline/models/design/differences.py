"""Design-based differences between groups, with the covariance of the two sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import level_name, require
from pipeline.models.declared import ModelSpec, between_groups, on_design
from pipeline.models.design.groups import levels_of, rows_of
from pipeline.models.design.sample import DesignArguments, Part, Sample, design_table
from pipeline.models.design.survey_design import Subset
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def design_differences(
    frame: pl.DataFrame,
    variables: Sequence[str],
    group: str,
    *,
    reference: object = None,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    confidence: float = 0.95,
    model: str = "design_differences",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per variable, cell of ``by`` and group: the weighted mean of the group minus that of ``reference``.

    Both groups lie in the same sampling units, whose covariance is part of the standard error (R: ``svycontrast`` on
    ``svyby(…, covmat = TRUE)`` within each wave). ``reference`` is by default the first group in sort order; ``term``
    names what is subtracted from what. Everything else is as in ``design_means``.

    >>> import polars as pl
    >>> from pipeline.models import design_differences
    >>> people = pl.DataFrame({"is_woman": [0, 0, 1, 1], "trust": [1.0, 2.0, 3.0, 5.0]})
    >>> design_differences(people, ["trust"], "is_woman", by=()).select("term", "estimate").rows()
    [('1_minus_0', 2.5)]
    """
    sample = Sample.of(frame, **design)
    require(frame, [group])
    first, *others = levels_of(frame, group, reference)
    if not others:
        raise ModelError("one group, so that there is no difference", where=group)
    rows: list[dict[str, object] | None] = []
    for variable in variables:
        values = sample.values(variable)
        for cell in sample.cells(by):
            answered = cell.rows & ~np.isnan(values)
            base = Part.mean(values, answered & rows_of(sample.frame, group, first), -1.0)
            for level in others:
                part = Part.mean(values, answered & rows_of(sample.frame, group, level))
                term = f"{level_name(level)}_minus_{level_name(first)}"
                head = {"outcome": variable, "component": "difference", "term": term}
                rows.append(sample.row([part, base], cell, subset, confidence, head, tested=True))
    return design_table(rows, model, variables, "design_differences", sample.unweighted_waves)


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return design_differences(
        panel, spec.outcomes, between_groups(spec), **on_design(spec, panel, study, rows), model=name
    )
