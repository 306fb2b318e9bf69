"""Every number of a profile before the disclosure gate: one of too few people stops the profile."""

from __future__ import annotations

import math
from collections.abc import Iterable

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.papers.content import Document, NumberRecord
from pipeline.papers.disclosure.collect import cleared
from pipeline.papers.disclosure.frame import COLUMNS
from pipeline.papers.disclosure.rules import refused_cells
from pipeline.papers.profiles.content import AreaProfile
from pipeline.specs.disclosure import Disclosure

FIELDS = ("statistic", "value", "n", "outcome", "category", "unit", "sample", "rounding", "n_rounding", "weighted")


def cells_of(numbers: Iterable[NumberRecord]) -> pl.DataFrame:
    """One row per printed number of which it is known of whom it is (``disclosure/frame.py``)."""
    rows = []
    for record in numbers:
        if record.judged is not None:
            own = {name: getattr(record.judged, name) for name in FIELDS}
            rows.append(own | dict(record.judged.where) | {"place": f"{record.what}: {record.printed}"})
    names = dict.fromkeys([*FIELDS, "area", "wave", "place", *(name for row in rows for name in row)])
    kinds = {name: COLUMNS[name][0] if name in COLUMNS else pl.String() for name in names}
    return pl.DataFrame(rows, schema=kinds)


@public()
def profile_cells(contents: Iterable[AreaProfile], documents: Iterable[Document] = ()) -> pl.DataFrame:
    """One row per number that the profiles of a study and documents on its areas print, as the frame that is judged.

    All of them together go out, so that what one page hides may follow from another: ``disclosure.refusals`` says.
    """
    contents = list(contents)
    said = [
        cells_of(content.numbers).with_columns(place=pl.format("profile of {}, {}", pl.lit(content.label), "place"))
        for content in contents
        if content.numbers
    ]
    names = [content.label for content in contents]
    printed = [cleared(document, names) for document in documents]
    return pl.concat([*said, *printed], how="diagonal_relaxed") if said or printed else cells_of(())


def profile_numbers(contents: Iterable[AreaProfile]) -> pl.DataFrame:
    """One row per number that profiles print, with the row and column of the index stage that it is bound to."""
    names = ("area", "number", "printed", "value", "what", "source", "wave", "measure", "column")
    schema: dict[str, pl.DataType] = {name: pl.Float64() if name == "value" else pl.String() for name in names}
    rows = [
        {
            "area": content.area,
            "number": record.id,
            "printed": record.printed,
            "value": None if math.isnan(record.value) else record.value,
            "what": record.what,
            "source": record.source,
            "wave": record.rows[0][2] if record.rows else None,
            "measure": record.rows[0][3] if record.rows else None,
            "column": record.column,
        }
        for content in contents
        for record in content.numbers
    ]
    return pl.DataFrame(rows, schema=schema)


def require_publishable(numbers: Iterable[NumberRecord], label: str, smallest: int) -> None:
    """Raises ``PaperError`` if a number of the profile may not be published."""
    cells = cells_of(numbers)
    if cells.is_empty():
        return
    refused = refused_cells(cells, Disclosure(smallest=smallest))
    if refused:
        first = refused[0]
        raise PaperError(
            f"a profile would print what may not be published: {first.what}",
            where=f"{label}, {first.place}",
            count=len(refused),
            todo=first.todo,
        )
