"""What is refused of the frames that changes of areas are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import CohesionError


def same_rows(
    scores: pl.DataFrame, indicators: pl.DataFrame, domains: Mapping[str, Sequence[str]], head: tuple[str, str]
) -> pl.DataFrame:
    """The indicators in the rows of the scores. Raises CohesionError where they are of other people or waves."""
    if not domains:
        raise CohesionError("`domains` says which indicators make which measure", where="domains", todo="Give it.")
    named = [name for members in domains.values() for name in members]
    require(indicators, [*head, *named], "indicators")
    keys = indicators.select(*(pl.col(name).cast(pl.String) for name in head), *named)
    joined = scores.select(pl.col(name).cast(pl.String) for name in head).join(
        keys.with_columns(pl.lit(True).alias("_is_there")), on=list(head), how="left", maintain_order="left"
    )
    absent = joined["_is_there"].null_count()
    if joined.height != scores.height or absent:
        raise CohesionError("people and waves of the scores without indicators", where="indicators", count=absent)
    return joined


def require(frame: pl.DataFrame, columns: Sequence[str], where: str) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise CohesionError(
            f"there is no column `{missing[0]}`", where=where, todo=f"It has {', '.join(frame.columns)}."
        )


def one_study(frame: pl.DataFrame) -> str:
    if "study" not in frame.columns:
        return ""
    studies = frame["study"].unique().to_list()
    if len(studies) > 1:
        raise CohesionError(
            "people of several studies", where="study", count=len(studies), todo="Compare one at a time."
        )
    return str(studies[0])
