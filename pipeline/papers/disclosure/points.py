"""The data behind a figure as the frame that is judged: one row per plotted number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.papers.content import Column, FigureData
from pipeline.specs.disclosure import MARK

PEOPLE = ("People", "Answers")
"""Headers of the columns of a figure's data that say of how many people its row is."""
STATUS, NOTE, SHARE = "Status", "Note", "Share (%)"
"""Headers of columns of a figure's data: what becomes of people, why a value is absent, a share in per cent."""
NUMBER = re.compile(r"(?P<number>\d+(?:\.(?P<places>\d+))?)")
DIGIT = re.compile(r"\d")
Found = dict[str, Any]


def of_points(data: FigureData, name: str, key: str, fewest: float | None) -> Iterator[Found]:
    """One row per plotted point, of as many people as its column says; without one, of the ``fewest`` of the figure.

    The numbers of a figure are related to one another, and to those of the same figure in another release.
    """
    headers = [column.header for column in data.columns]
    counted = next((place for place, header in enumerate(headers) if header in PEOPLE), None)
    for row in data.rows:
        labels = {c.header: text for text, c in zip(row, data.columns, strict=True) if c.align == "left" and text}
        where = f"{name}, {', '.join(labels.values())}"
        people = "" if counted is None else row[counted]
        known = float(people.replace(",", "")) if DIGIT.search(people) else None if counted is not None else fewest
        own: Found = {"n": known, "sample": f"figure {key}", "weighted": True, "table": name} | _of_whom(
            labels, STATUS in headers
        )
        if STATUS in headers and counted is not None and known is None:
            yield own | {"statistic": "count", "value": None, "place": where}
        for place, (text, column) in enumerate(zip(row, data.columns, strict=True)):
            if column.align == "right" and DIGIT.search(text) and MARK not in text:
                yield own | _of_point(text, column, place == counted, known) | {"place": f"{where}, {column.header}"}


def _of_whom(labels: Mapping[str, str], has_status: bool) -> Found:
    """Statuses are parts of an arm and wave; other points may be of the same people, and are only themselves."""
    if has_status:
        return {name.lower(): text for name, text in labels.items() if name != NOTE}
    return {"point": ", ".join(text for name, text in labels.items() if name != NOTE)}


def _of_point(text: str, column: Column, is_count: bool, known: float | None) -> Found:
    """What a plotted number is: of people, a share as printed, or something estimated."""
    if is_count:
        return {"statistic": "count", "value": known}
    found = NUMBER.match(text) if column.header.startswith(SHARE) else None
    if found is None:
        return {"statistic": "estimate", "value": 1.0}
    fine = 10.0 ** -len(found["places"] or "")
    return {"statistic": "share", "value": float(found["number"]) / 100, "rounding": fine / 100}
