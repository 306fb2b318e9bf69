"""What a corrected delivery changed, in sentences, lines and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.harmonise.drift.means import ALL_ARMS
from pipeline.options import known_options

MOST_ITEMS = 40
"""Lines of a list at a terminal."""
PLACES = 3
"""Decimal places of a mean as printed: what moves by less is counted, not listed."""
MEANS = ("mean", "weighted")
STILL = tuple(f"({zero:+.{PLACES}f})" for zero in (0.0, -0.0))
"""How a mean ends that does not move at the places it is printed with."""
PARTS = ("counts", "columns", "cells", "means", "not_compared")


@dataclass(frozen=True)
class Redelivered:
    """What a correction changed: sentences, and tables under their titles."""

    sentences: list[str]
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)


def in_words(found: pl.DataFrame, labels: Mapping[str, str]) -> Redelivered:
    """A table of one wave (contract ``Redeliveries``) for readers; ``labels`` of items and scales."""
    parts = _parts(found)
    tables = {"Cells that differ, among the people in both deliveries": _cells(parts["cells"], labels)}
    tables["Means that move"] = _means(_listed_means(parts["means"]), labels)
    return Redelivered(_sentences(parts), {title: table for title, table in tables.items() if table.height})


def _cells(cells: pl.DataFrame, labels: Mapping[str, str]) -> pl.DataFrame:
    return cells.select(
        _labelled(labels, cells["name"].to_list()),
        Changed="changed",
        Filled="filled",
        Emptied="emptied",
    )


def _labelled(labels: Mapping[str, str], names: list[str]) -> pl.Series:
    """Labels of items; an item without one, or a variable that several items are read from, under its own name."""
    return pl.Series("Item", [labels.get(name, name) for name in names], dtype=pl.String)


def _means(means: pl.DataFrame, labels: Mapping[str, str]) -> pl.DataFrame:
    """The means with and without weights, and with which weights models print them."""
    arms = {} if means["arm"].n_unique() < 2 else {"Arm": pl.col("arm")}
    return means.select(
        _labelled(labels, means["name"].to_list()).alias("Item or scale"),
        **arms,
        **{"Answers before": pl.col("answers_before"), "Answers now": pl.col("answers_after")},
        **_moved("Mean", "mean"),
        **_moved("Weighted mean", "weighted"),
        Printed=pl.col("printed").fill_null("no"),
    )


def _listed_means(means: pl.DataFrame) -> pl.DataFrame:
    """The means that move at the places that they are printed with, or that other answers make up."""
    moves = [pl.col(f"{name}_before").round(PLACES).ne_missing(pl.col(f"{name}_after").round(PLACES)) for name in MEANS]
    return means.filter(pl.any_horizontal(pl.col("answers_before").ne_missing(pl.col("answers_after")), *moves))


def _moved(title: str, name: str) -> dict[str, pl.Expr]:
    before, after = pl.col(f"{name}_before"), pl.col(f"{name}_after")
    rounded = {f"{title} before": before, f"{title} now": after, f"{title} moves": after - before}
    return {column: _decimals(value, sign="moves" in column) for column, value in rounded.items()}


def _decimals(value: pl.Expr, sign: bool) -> pl.Expr:
    """Three decimal places as text; empty where there is no value."""
    return value.map_elements(lambda number: f"{number:{'+' if sign else ''}.{PLACES}f}", return_dtype=pl.String)


@known_options
def redelivery_lines(found: pl.DataFrame) -> Iterator[str]:
    """A table of one wave (contract ``Redeliveries``) line by line, the longest lists cut short."""
    parts = _parts(found)
    sentences = _sentences(parts)
    yield from sentences[:2]
    if len(sentences) > 2:
        yield sentences[2]
        yield from _cell_lines(parts["cells"])
        yield sentences[3]
        yield from _mean_lines(_listed_means(parts["means"]))


def _parts(found: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {part: found.filter(part=part) for part in PARTS}


def _sentences(parts: Mapping[str, pl.DataFrame]) -> list[str]:
    """What changed as a whole: people, columns, cells, means."""
    if parts["not_compared"].height:
        return [f"What differs from the delivery before cannot be shown: {parts['not_compared']['name'][0]}"]
    count = dict(parts["counts"].select("name", "count").iter_rows())
    columns, cells = parts["columns"], parts["cells"]
    added, gone = (_listed(columns.filter(change=change)["name"].to_list()) for change in ("added", "gone"))
    listed = _listed_means(parts["means"]).height
    less = parts["means"].height - listed
    more = f"; {less:,} more move by less than {0.1**PLACES / 2:g}" if less else ""
    differ = int(cells.select(pl.sum_horizontal("changed", "filled", "emptied").sum()).item() or 0)
    return [
        f"People: {count['in_both']:,} in both, {count['added']:,} added, {count['gone']:,} gone.",
        f"Columns: {added} added, {gone} gone.",
        f"Cells: {differ:,} differ among the people in both, in {cells.height:,} variables.",
        f"Means: {listed:,} of {count['means']:,} move (items and scales){more}.",
    ]


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"{len(names)} ({shown}{', …' if len(names) > 12 else ''})" if names else "none"


def _cell_lines(cells: pl.DataFrame) -> Iterator[str]:
    for row in cells.head(MOST_ITEMS).iter_rows(named=True):
        yield f"  {row['name']}: {row['changed']:,} changed, {row['filled']:,} filled, {row['emptied']:,} emptied"


def _mean_lines(moved: pl.DataFrame) -> Iterator[str]:
    several = moved["arm"].n_unique() > 1 or ALL_ARMS in moved["arm"]
    for row in moved.head(MOST_ITEMS).iter_rows(named=True):
        name = f"{row['arm']}, {row['name']}" if several else row["name"]
        yield f"  {name}{' (printed)' if row['printed'] else ''}: {_moves(row)}"


def _moves(row: Mapping[str, int | float | None]) -> str:
    if not row["answers_before"] or not row["answers_after"]:
        return "no answer now" if row["answers_before"] else "no answer before"
    moves = {name: _move(row[f"{name}_before"], row[f"{name}_after"]) for name in MEANS}
    said = [f"weighted {words}" if name == "weighted" else words for name, words in moves.items() if words]
    if any(words and not words.endswith(STILL) for words in said):
        said = [words for words in said if not words.endswith(STILL)]
    return "; ".join([*(said or ["fewer than ten answers"]), f"n {row['answers_before']:,} → {row['answers_after']:,}"])


def _move(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return ""
    return f"{before:.{PLACES}f} → {after:.{PLACES}f} ({after - before:+.{PLACES}f})"
