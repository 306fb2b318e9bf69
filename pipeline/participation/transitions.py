"""Movement between categories from one wave to the next, "missing" being one of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError

MISSING = "missing"
FEW = 7
"""A measure with more values than this is grouped into thirds: a table of every value would show noise."""
THIRDS = ("lowest third", "middle third", "highest third")
NEAR_A_THIRD = 0.03
"""A group of the first wave whose share is further than this from a third is called by its share."""


@public(once=True)
def transitions(
    panel: pl.DataFrame,
    column: str,
    waves: Sequence[str],
    *,
    weight: str | None = None,
    cluster: str = "person_id",
    missing: bool = True,
    level: float = 0.95,
) -> pl.DataFrame:
    """One row per pair of categories: of those in ``origin`` at a wave, the share in ``destination`` at the next.

    ``panel`` has one row per person and wave answered (``person_id, wave``); ``waves`` gives the order, and all
    neighbouring pairs are pooled: pass two waves for one step. With ``missing`` an absent person or an unanswered
    item is the destination ``"missing"``; without, only pairs with both answers count. ``weight`` is taken at the
    wave of origin. The share is a ratio estimate; its standard error is Taylor-linearised over ``cluster`` (with
    the G / (G - 1) of one stratum; R: ``svydesign(ids = ~cluster)``, ``svyciprop(method = "logit")``), and the
    interval is symmetric on the logit scale with G - 1 degrees of freedom.
    At a share of 0 or 1 the interval is Clopper and Pearson's on the number of clusters.
    """
    panel, waves = panel.with_columns(pl.col("wave").cast(pl.String)), [str(wave) for wave in waves]
    pairs = _pairs(panel, column, waves, weight, cluster, missing)
    if not pairs.height:
        raise CohesionError("no person has this measure at a wave that has a next one", where=column)
    places = _categories(panel, column)
    destinations = [*places, MISSING] if missing else places
    grid = pl.DataFrame({"origin": places}).join(pl.DataFrame({"destination": destinations}), how="cross")
    counts = pairs.group_by("origin", "destination").agg(
        count=pl.len().cast(pl.Int64), weighted_count=pl.col("weight").sum()
    )
    table = grid.join(counts, on=["origin", "destination"], how="left", maintain_order="left").with_columns(
        pl.col("count").fill_null(0), pl.col("weighted_count").fill_null(0.0)
    )
    table = table.with_columns(
        origin_count=pl.col("count").sum().over("origin"),
        share=pl.col("weighted_count") / pl.col("weighted_count").sum().over("origin"),
    )
    table = _with_errors(table, pairs)
    estimates = zip(table["share"], table["std_error"], table["clusters"], strict=True)
    intervals = [_interval(share, error, clusters, level) for share, error, clusters in estimates]
    return table.with_columns(
        pl.Series("conf_low", [low for low, _ in intervals], dtype=pl.Float64),
        pl.Series("conf_high", [high for _, high in intervals], dtype=pl.Float64),
    ).select(pl.exclude("clusters"), "clusters")


@public(once=True)
def places(panel: pl.DataFrame, column: str, first_wave: str) -> pl.Series:
    """The measure as an Enum whose categories a transition table can show, in the order of ``panel``'s rows.

    Its own values where there are at most ``FEW``; else thirds of the answers of ``first_wave``, closed on the right
    (R: ``cut(x, quantile(x, c(0, 1/3, 2/3, 1)))``), the same in every wave. Where equal answers make a group larger or
    smaller than a third, it is named by the share of the first wave that it holds.
    """
    values = panel[column].cast(pl.Float64)
    distinct = values.drop_nulls().unique().sort()
    if len(distinct) <= FEW:
        names = [f"{value:g}" for value in distinct]
        return values.replace_strict(distinct, names, default=None, return_dtype=pl.Enum(names))
    first = panel.filter(pl.col("wave").cast(pl.String) == str(first_wave))[column].drop_nulls()
    cuts = sorted({float(first.quantile(share, "linear") or 0.0) for share in (1 / 3, 2 / 3)})
    if len(cuts) < 2:
        raise CohesionError("a third of the people give the same answer, so that there are no thirds", where=column)
    groups = _thirds(first.cast(pl.Float64), cuts)
    low, middle, high = (pl.lit(group) for group in groups)
    third = pl.when(values.is_null()).then(None).when(values <= cuts[0]).then(low).when(values <= cuts[1]).then(middle)
    return pl.select(third.otherwise(high).cast(pl.Enum(groups)).alias(column)).to_series()


def _thirds(first: pl.Series, cuts: Sequence[float]) -> tuple[str, ...]:
    """What the three groups are called: thirds where they hold about a third each, else by what they hold.

    Answers that are the same stay together, so that a group may hold far more, or less, than a third.
    """
    lowest, highest = int((first <= cuts[0]).sum()) / len(first), int((first > cuts[1]).sum()) / len(first)
    shares = (lowest, 1 - lowest - highest, highest)
    if all(abs(share - 1 / 3) <= NEAR_A_THIRD for share in shares):
        return THIRDS
    return tuple(f"{third.split()[0]} {100 * share:.0f}%" for third, share in zip(THIRDS, shares, strict=True))


def _pairs(
    panel: pl.DataFrame, column: str, waves: Sequence[str], weight: str | None, cluster: str, missing: bool
) -> pl.DataFrame:
    """One row per person and pair of neighbouring waves with the origin answered."""
    heaviness = pl.col(weight).cast(pl.Float64) if weight else pl.lit(1.0)
    state = panel.select(
        "person_id",
        "wave",
        _named(panel[column]).alias("state"),
        heaviness.alias("weight"),
        pl.col(cluster).alias("cluster"),
    )
    ahead = dict(itertools.pairwise(waves))
    origins = state.filter(pl.col("wave").is_in(list(ahead)) & pl.col("state").is_not_null()).with_columns(
        next_wave=pl.col("wave").replace_strict(ahead, return_dtype=pl.String)
    )
    reached = state.select("person_id", pl.col("wave").alias("next_wave"), pl.col("state").alias("destination"))
    pairs = origins.join(reached, on=["person_id", "next_wave"], how="left", maintain_order="left").rename(
        {"state": "origin"}
    )
    if missing:
        return pairs.with_columns(pl.col("destination").fill_null(MISSING))
    return pairs.drop_nulls("destination")


def _categories(panel: pl.DataFrame, column: str) -> list[str]:
    """The categories in their order: of an Enum as declared, else sorted (numbers as numbers)."""
    series = panel[column]
    if isinstance(series.dtype, pl.Enum):
        return series.dtype.categories.to_list()
    return _named(series.drop_nulls().unique().sort()).to_list()


def _named(series: pl.Series) -> pl.Series:
    """The values as text: whole numbers without decimals, however they are held."""
    whole = series.dtype.is_float() and bool((series.drop_nulls() == series.drop_nulls().round()).all())
    return series.cast(pl.Int64).cast(pl.String) if whole else series.cast(pl.String)


def _with_errors(table: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The table with ``std_error``, linearised over clusters, and ``clusters``, how many contain the origin.

    Clusters without the origin contribute zero scores, so that G counts all clusters, as in a domain estimate.
    """
    all_clusters = pairs["cluster"].n_unique()
    own = pairs.group_by("origin", "cluster", maintain_order=True).agg(weight=pl.col("weight").sum())
    reached = pairs.group_by("origin", "destination", "cluster").agg(reached=pl.col("weight").sum())
    scores = (
        table.select("origin", "destination", "share")
        .join(own, on="origin", maintain_order="left_right")
        .join(reached, on=["origin", "destination", "cluster"], how="left", maintain_order="left")
        .with_columns(score=pl.col("reached").fill_null(0.0) - pl.col("share") * pl.col("weight"))
    )
    found = scores.group_by("origin", "destination", maintain_order=True).agg(
        spread=(pl.col("score") / pl.col("weight").sum()).pow(2).sum(), clusters=pl.len().cast(pl.Int64)
    )
    variance = pl.col("spread") * all_clusters / max(all_clusters - 1, 1)
    has_error = pl.col("share").is_not_nan() & (all_clusters > 1)
    return (
        table.join(found, on=["origin", "destination"], how="left", maintain_order="left")
        .with_columns(pl.col("clusters").fill_null(0), std_error=pl.when(has_error).then(variance.sqrt()))
        .drop("spread")
    )


def _interval(
    share: float | None, error: float | None, clusters: int, level: float
) -> tuple[float | None, float | None]:
    if share is None or error is None or clusters < 2:
        return None, None
    from scipy.special import stdtrit

    tail = (1 - level) / 2
    if error == 0.0:
        bound = tail ** (1 / clusters)
        return (0.0, 1 - bound) if share < 0.5 else (bound, 1.0)
    centre = math.log(share / (1 - share))
    half = stdtrit(clusters - 1, 1 - tail) * error / (share * (1 - share))
    return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre))
