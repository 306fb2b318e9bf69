"""The long frame in which whatever is published is judged: one row per printed cell, plotted point or number."""

from __future__ import annotations

import polars as pl

from pipeline.errors import PaperError

STATISTICS = {
    "count": "a number of people, or of what ``unit`` says",
    "share": "a proportion from 0 to 1 of ``n`` people; with ``category``, of those in that category",
    "mean": "a mean of ``n`` people",
    "total": "a sum of amounts of ``n`` people",
    "estimate": "what a model of ``n`` people estimates",
    "quantile": "a quantile of ``n`` people",
    "minimum": "the lowest value of anyone",
    "maximum": "the highest value of anyone",
    "individual": "a value of one person",
    "unknown": "a number of which nothing is known",
}
"""What a value may be. Those from ``minimum`` on are never published."""

COLUMNS: dict[str, tuple[pl.DataType, object]] = {
    "statistic": (pl.String(), None),
    "value": (pl.Float64(), None),
    "n": (pl.Float64(), None),
    "rounding": (pl.Float64(), None),
    "n_rounding": (pl.Float64(), 1.0),
    "df": (pl.Float64(), None),
    "outcome": (pl.String(), ""),
    "category": (pl.String(), None),
    "unit": (pl.String(), "people"),
    "sample": (pl.String(), ""),
    "weighted": (pl.Boolean(), False),
    "structural": (pl.Boolean(), False),
    "largest": (pl.Float64(), None),
    "two_largest": (pl.Float64(), None),
    "mark": (pl.String(), ""),
    "together": (pl.String(), None),
    "fixed": (pl.Boolean(), False),
    "table": (pl.String(), ""),
    "place": (pl.String(), ""),
    "release": (pl.String(), ""),
}
"""Column → its type, and what it is where it is left out. Every other column is a dimension.

``value``: as printed; null where it is suppressed. ``n``: the unweighted number of people that it is about (of a
count, itself). ``rounding``: what printed values are multiples of (1 for a count, 0.01 for a whole percentage);
``n_rounding``: the same of ``n``. ``df``: residual degrees of freedom. ``outcome``: what is measured. ``unit``: what is
counted. ``sample``: whose answers it rests on, where that is not everybody: numbers of people in two samples are not
subtracted. ``structural``: true by definition, such as nobody having answered before the first wave. ``largest``,
``two_largest``: the share of a total that the largest contributor, and the largest two, make up. ``mark``: why a cell
was suppressed, never published. ``together``: cells that are suppressed together; ``fixed``: cannot be. ``table``:
cells of one ``table`` that differ in one dimension add up to the cell without it. ``place``: where it stands, for
messages. ``release``: empty for what is to be published, else the release that published it.
"""


ALONE = "at "
"""Begins the ``sample`` of a number that is related to no other, nor to its like in another release."""


def cells(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per cell with every column of ``COLUMNS``; dimensions as text, null where a cell is of all.

    Raises ``PaperError`` for a statistic that is none of ``STATISTICS``, or a frame without values.
    """
    for needed in ("statistic", "value"):
        if needed not in frame.columns:
            raise PaperError(f"a frame of cells has a column `{needed}`", todo="See pipeline/papers/disclosure.")
    unknown = sorted(set(frame["statistic"].drop_nulls()) - set(STATISTICS))
    if unknown or frame["statistic"].null_count():
        named = f"`{unknown[0]}`" if unknown else "a missing one"
        raise PaperError(f"{named} is not a statistic; known: {', '.join(STATISTICS)}")
    found = frame.with_columns(
        (pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind)).alias(name)
        for name, (kind, _) in COLUMNS.items()
    ).with_columns(pl.col(name).fill_null(default) for name, (_, default) in COLUMNS.items() if default is not None)
    found = found.with_columns(pl.col(name).cast(pl.String) for name in dimensions(found))
    found = found.with_columns(pl.col("n").fill_nan(None))  # of nobody knows how many
    counted = pl.col("statistic") == "count"
    return found.with_columns(
        n=pl.when(counted & pl.col("n").is_null()).then(pl.col("value")).otherwise(pl.col("n")),
        rounding=pl.col("rounding").fill_null(pl.when(counted).then(1.0).otherwise(0.0)),
    ).with_columns(n_rounding=pl.when(counted).then(pl.col("rounding")).otherwise(pl.col("n_rounding")))


def dimensions(frame: pl.DataFrame) -> list[str]:
    """The columns by which populations are distinguished: all but those of ``COLUMNS``."""
    return [name for name in frame.columns if name not in COLUMNS]
