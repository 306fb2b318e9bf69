"""The summary again without each effect in turn: whether one place makes it."""

from __future__ import annotations

from typing import TypedDict, Unpack

import polars as pl

from pipeline.door import public
from pipeline.index.programmes.errors import refused
from pipeline.index.programmes.meta_analysis import Method, Prediction, Test, meta_analysis


class Summarised(TypedDict, total=False):
    """The options of ``meta_analysis`` that a summary without moderators takes."""

    std_error: str | None
    variance: str | None
    method: Method
    test: Test
    prediction: Prediction
    shared: float
    confidence: float


@public(infinite=True)
def leave_one_out(
    frame: pl.DataFrame, label: str, estimate: str = "estimate", **options: Unpack[Summarised]
) -> pl.DataFrame:
    """One row per effect: the summary of the others, with its interval, tau squared, I² and Q.

    ``label`` names the column that says which effect is left out; ``options`` are those of ``meta_analysis`` but for
    moderators. R: ``metafor::leave1out``. Raises CohesionError with fewer than three effects.
    """
    if label not in frame.columns:
        raise refused(f"the frame has no column `{label}`", todo=f"It has {', '.join(frame.columns)}.")
    error = options.get("std_error") or options.get("variance")
    used = frame.drop_nulls([name for name in (estimate, error) if name in frame.columns])
    if used.height < 3:
        raise refused("leaving one out needs three effects or more", where=estimate, count=used.height)
    rows = []
    for place in range(used.height):
        found = meta_analysis(used.filter(pl.int_range(pl.len()) != place), estimate, **options)
        first = found.coefficients.row(0, named=True)
        rows.append(
            {
                "left_out": str(used[label][place]),
                **{name: first[name] for name in ("estimate", "std_error", "p_value", "conf_low", "conf_high")},
                "tau2": found.tau2,
                "i2": found.i2,
                "h2": found.h2,
                "q": found.q,
                "q_p_value": found.q_p_value,
            }
        )
    return pl.DataFrame(rows)
