"""Design-based ratios and totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.design.sample import DesignArguments, Part, Sample, Total, design_table
from pipeline.models.design.survey_design import Subset


@public(once=True, ordered=True)
def design_ratios(
    frame: pl.DataFrame,
    ratios: Mapping[str, tuple[str, str]],
    *,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    confidence: float = 0.95,
    model: str = "design_ratios",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per ratio, wave and group: Σ w numerator / Σ w denominator, over rows that have both (R: ``svyratio``).

    ``ratios`` maps a name → (numerator, denominator). Everything else is as in ``design_means``.

    >>> import polars as pl
    >>> from pipeline.models import design_ratios
    >>> people = pl.DataFrame({"friends": [1.0, 2.0, 3.0], "neighbours": [4.0, 4.0, 4.0]})
    >>> design_ratios(people, {"share_of_friends": ("friends", "neighbours")}, by=())["estimate"].to_list()
    [0.5]
    """
    sample = Sample.of(frame, **design)
    rows: list[dict[str, object] | None] = []
    cells = list(sample.cells(by))
    for name, (above, below) in ratios.items():
        numerator, denominator = sample.values(above), sample.values(below)
        answered = ~(np.isnan(numerator) | np.isnan(denominator))
        for cell in cells:
            used = cell.rows & answered
            part = Part.ratio(numerator, denominator, used)
            head = {"outcome": above, "component": "ratio", "term": name}
            rows.append(sample.row([part], cell, subset, confidence, head))
    return design_table(rows, model, list(ratios), "design_ratios")


@public(once=True, ordered=True)
def design_totals(
    frame: pl.DataFrame,
    variables: Sequence[str],
    *,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    confidence: float = 0.95,
    model: str = "design_totals",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per variable, wave and group: Σ w y over the rows that answered (R: ``svytotal``).

    A total needs weights that add up to the population. Everything else is as in ``design_means``.

    >>> import polars as pl
    >>> from pipeline.models import design_totals
    >>> people = pl.DataFrame({"helped": [1.0, 0.0, 1.0], "weight": [10.0, 20.0, 30.0]})
    >>> design_totals(people, ["helped"], by=(), weight="weight")["estimate"].to_list()
    [40.0]
    """
    sample = Sample.of(frame, **design)
    rows: list[dict[str, object] | None] = []
    cells = list(sample.cells(by))
    for variable in variables:
        values = sample.values(variable)
        for cell in cells:
            part = Total.of(values, cell.rows & ~np.isnan(values))
            head = {"outcome": variable, "component": "total", "term": variable}
            rows.append(sample.row([part], cell, subset, confidence, head))
    return design_table(rows, model, variables, "design_totals")
