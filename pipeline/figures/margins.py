"""From predictions of a model to rows of a figure: a row for each value, a mark for each value of a second term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.forest import Mark, Row
from pipeline.figures.style import CATEGORICAL, MARKERS, with_interval
from pipeline.specs.rounding import places_of

TIMES = " × "
"""Between the terms of a prediction, and between their values."""
MOST = 24
"""Rows beyond this are a table that nobody reads."""


def margin_rows(
    estimates: pl.DataFrame, labels: Mapping[str, str], values: Mapping[str, str], *, percent: bool = False
) -> list[Row]:
    """Rows of predictions; with several outcomes, or a third term, under a heading each.

    ``labels``: term or outcome → label; ``values``: value, or ``term=value`` → label. Raises PaperError for none, for
    predictions at different terms, and for more than can be read.
    """
    found = list(estimates.filter(pl.col("component") == "prediction").iter_rows(named=True))
    terms = list(dict.fromkeys(row["term"] for row in found))
    if not found:
        raise PaperError("the model has no predictions to draw", todo="Declare `predict_at` in the model.")
    if len(terms) > 1:
        raise PaperError(f"the predictions are at different terms: {', '.join(terms)}", todo="Name one in `terms`.")
    names = terms[0].split(TIMES)
    several = len({row["outcome"] for row in found}) > 1
    marks = [_placed(row, names, labels, values, several) for row in found]
    series = list(dict.fromkeys(second for _, _, second, _ in marks))
    if len(series) > len(MARKERS):
        raise PaperError(f"more than {len(MARKERS)} values of `{names[1]}` in one figure", count=len(series))
    looks = {name: (CATEGORICAL[place], MARKERS[place]) for place, name in enumerate(series)}
    rows: list[Row] = []
    for heading in dict.fromkeys(over for over, *_ in marks):
        own = [one for one in marks if one[0] == heading]
        rows += [Row(heading)] if heading else []
        for first in dict.fromkeys(label for _, label, _, _ in own):
            drawn = [(second, row) for _, label, second, row in own if label == first]
            rows.append(Row(first, tuple(_mark(row, second, looks[second], percent) for second, row in drawn)))
    if len(rows) > MOST:
        raise PaperError("too many predictions for one figure", count=len(rows), todo=f"Draw at most {MOST} rows.")
    return rows


Placed = tuple[str, str, str, Mapping[str, Any]]
"""Heading, label of the first value, label of the second, and the row."""


def _placed(
    row: Mapping[str, Any], names: Sequence[str], labels: Mapping[str, str], values: Mapping[str, str], several: bool
) -> Placed:
    said = str(row["group"]).split(TIMES)
    called = [
        values.get(f"{name}={value}") or values.get(value) or _with_name(labels.get(name, name), value)
        for name, value in zip(names, said, strict=True)
    ]
    over = [labels.get(row["outcome"], str(row["outcome"]).replace("_", " "))] if several else []
    return ", ".join([*over, *called[2:]]), called[0], called[1] if len(called) > 1 else "", row


def _with_name(name: str, value: str) -> str:
    """A number says of what; a category speaks for itself."""
    try:
        float(value)
    except ValueError:
        return value
    return f"{name} {value}"


def _mark(row: Mapping[str, Any], name: str, look: tuple[str, str], percent: bool) -> Mark:
    times, asked = (100.0, 0) if percent else (1.0, 2)
    value, low, high = (None if row[key] is None else row[key] * times for key in ("estimate", "conf_low", "conf_high"))
    if value is None:
        return Mark(None, None, None, name, *look, "withheld")
    text = with_interval(value, low, high, places=asked, mark=row.get("mark") or "")
    return Mark(value, low, high, name, *look, text, row.get("n_persons"), places_of((low, high), asked, value=value))
