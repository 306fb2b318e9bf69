"""Cells as bytes: the numbers of a paper beside its files, and those of earlier releases, which the attacker has read.

One column ``where`` holds all dimensions (``arm=main; wave=w01``), so that papers of different studies have one form.
"""

from __future__ import annotations

import io

import polars as pl

from pipeline.papers.disclosure.frame import COLUMNS, dimensions
from pipeline.papers.disclosure.frame import cells as normalised

WHERE = "where"
BETWEEN, IS = "; ", "="
_ESCAPED = {"%": "%25", ";": "%3B", "=": "%3D"}


def cells_as_csv(cells: pl.DataFrame) -> bytes:
    """One line per cell, the same bytes for the same cells."""
    names = dimensions(cells)
    where = [
        BETWEEN.join(f"{_escaped(name)}{IS}{_escaped(row[name])}" for name in names if row[name] is not None)
        for row in cells.select(names).iter_rows(named=True)
    ]
    kept = cells.select(name for name in COLUMNS if name in cells.columns)
    return kept.with_columns(pl.Series(WHERE, where or [""] * kept.height, dtype=pl.String)).write_csv().encode()


def cells_of_csv(content: bytes) -> pl.DataFrame:
    """The cells that ``cells_as_csv`` wrote."""
    kinds = {name: kind for name, (kind, _) in COLUMNS.items()}
    read = pl.read_csv(io.BytesIO(content), infer_schema=False)
    typed = read.with_columns(_typed(name, kinds[name]) for name in read.columns if name in kinds)
    found = [dict(part.split(IS, 1) for part in (text or "").split(BETWEEN) if part) for text in read[WHERE]]
    names = list(dict.fromkeys(name for pairs in found for name in pairs))
    columns = (pl.Series(_given(name), [_of(pairs, name) for pairs in found], dtype=pl.String) for name in names)
    return typed.drop(WHERE).with_columns(columns)


def as_printed(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells as a reader knows them: what is kept of a release is public, and holds nothing that is not printed.

    Numbers of people as they are rounded; of a mean, a total or an estimate only that it was printed.
    """
    base = pl.col("n_rounding")
    near = base * (pl.col("n") / base + 0.5).floor()
    fine, value = pl.col("rounding").fill_null(0.0), pl.col("value")
    rounded = pl.when(fine > 0).then(fine * (value / fine + 0.5).floor()).otherwise(value)
    told = pl.col("statistic").is_in(["count", "share"]) | value.is_null()
    return normalised(cells).with_columns(
        n=pl.when(base > 1).then(near).otherwise(pl.col("n")),
        value=pl.when(told).then(rounded.round(9)).otherwise(pl.lit(1.0)),
    )


def _of(pairs: dict[str, str], name: str) -> str | None:
    return _given(pairs[name]) if name in pairs else None


def _typed(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    return column.eq("true").alias(name) if kind == pl.Boolean() else column.cast(kind)


def _escaped(text: str) -> str:
    for sign, code in _ESCAPED.items():
        text = text.replace(sign, code)
    return text


def _given(text: str) -> str:
    for sign, code in reversed(_ESCAPED.items()):
        text = text.replace(code, sign)
    return text
