"""From the lags of a cross-lagged model to the arrows of a path figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import PaperError

NOW, NEXT = "now", "next"


def lag_paths(
    estimates: pl.DataFrame, constructs: Sequence[str], waves: Mapping[str, str]
) -> tuple[pl.DataFrame, dict[str, str]]:
    """One row per arrow, and the columns it is drawn between: wave → title, or "one wave" and "the next".

    ``estimates``: rows with component ``lag``, ``term`` at one wave on ``outcome`` at the next; no wave where lags are
    equal over time. ``waves``: every wave with its title, in order.

    Raises ``PaperError`` if the model has no lags, or they are withheld.
    """
    lags = estimates.filter(
        pl.col("component") == "lag", pl.col("outcome").is_in(list(constructs)), pl.col("term").is_in(list(constructs))
    )
    if lags.is_empty():
        raise PaperError("the model has no lags to draw", todo="Name a `riclpm` model and its constructs.")
    if lags["estimate"].null_count() == lags.height:
        raise PaperError(f"the lags are {lags['note'][0]}", todo="Mend the model, or leave its figure out.")
    if lags["group"].drop_nulls().n_unique() > 1:
        raise PaperError("the lags differ by group", todo="Draw a model of one group.")
    equal = lags["wave"].null_count() == lags.height
    shown = {NOW: "One wave", NEXT: "The next"} if equal else _drawn(lags, waves)
    before = {late: early for early, late in zip(list(shown), list(shown)[1:], strict=False)}
    ends = pl.col("wave").fill_null(NEXT) if equal else pl.col("wave")
    return lags.select(
        from_construct="term",
        from_wave=ends.replace_strict(before, return_dtype=pl.String),
        to_construct="outcome",
        to_wave=ends,
        estimate="estimate",
        conf_low="conf_low",
        conf_high="conf_high",
    ), shown


def _drawn(lags: pl.DataFrame, waves: Mapping[str, str]) -> dict[str, str]:
    """The waves that lags lead to, and the one before the first of them."""
    later = sorted(lags["wave"].unique())
    order = sorted(waves)
    first = order[max(order.index(later[0]) - 1, 0)]
    return {wave: waves[wave] for wave in (first, *later)}
