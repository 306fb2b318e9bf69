"""The data behind a figure: one row for each value drawn, in words and to the places that the figure prints.

Every kind makes its data from the same rows as its picture. ``cleared`` takes out what rests on too few people.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.rounding import places_of
from pipeline.texts import as_given, no_formula, visible

if TYPE_CHECKING:
    from pipeline.figures.answer_patterns import Panel as PatternPanel
    from pipeline.figures.courses import Panel, Point
    from pipeline.figures.forest import Mark, Row
    from pipeline.figures.lags import Path
    from pipeline.figures.wave_counts import WaveCounts

FEWEST = SMALLEST
"""Values of fewer people than this are neither drawn nor written."""
PEOPLE, NOTE = "People", "Note"
SUPPRESSED = f"suppressed: fewer than {FEWEST} people"
WITH_IT = f"suppressed: another value of fewer than {FEWEST} people could be derived from it"


def cleared(rows: Iterable[Mapping[str, Any]], words: Sequence[str], people: str = PEOPLE) -> pl.DataFrame:
    """One row per value, in the order given: of fewer than ten people, or none, only its labels (``words``) and why.

    ``people``: the column that counts them, unweighted; a row without it is not of people.
    """
    found = []
    for row in rows:
        count = row.get(people)
        few = count is not None and count < FEWEST
        kept = {name: value if name in words or not few else None for name, value in row.items()}
        found.append(kept | {NOTE: SUPPRESSED if few else row.get(NOTE) or ""})
    frame = pl.DataFrame(found, infer_schema_length=None)
    empty = [name for name in words if name in frame.columns and not frame[name].fill_null("").ne("").any()]
    return frame.drop(empty, *([] if NOTE not in frame.columns or frame[NOTE].ne("").any() else [NOTE]))


def csv_bytes(data: pl.DataFrame) -> bytes:
    """The data as CSV in UTF-8, the same bytes for the same rows; no text is one that a spreadsheet would run."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([no_formula(visible(name)) for name in data.columns])
    writer.writerows([_cell(value) for value in row] for row in data.iter_rows())
    return stream.getvalue().encode()


def read_csv(content: bytes) -> pl.DataFrame:
    """The data that ``csv_bytes`` wrote: numbers as numbers, texts as they were."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    columns = [as_given(name) for name in rows[0]] if rows else []
    frame = pl.DataFrame(rows[1:], schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.with_columns(_numbers(frame[name]) for name in columns)


def _numbers(column: pl.Series) -> pl.Series:
    given = column.replace("", None)
    for kind in (pl.Int64, pl.Float64):
        read = given.cast(kind, strict=False)
        if read.null_count() == given.null_count() and given.null_count() < len(given):
            return read
    return pl.Series(column.name, [as_given(text) for text in column])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return no_formula(visible(value)) if isinstance(value, str) else str(value)


def printed(value: float | None, places: int) -> float | int | None:
    """A value as it is printed: rounded, and whole where it is printed without decimals."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, places) if places else round(value)


def of_panels(panels: Sequence[Panel], percent: bool, confidence: float) -> pl.DataFrame:
    """One row per measure, group and wave of a trend."""
    several = any(len(panel.lines) > 1 for panel in panels)
    unit = " (%)" if percent else ""
    low, high = interval_columns(confidence, unit)

    def row(panel: Panel, label: str, point: Point) -> dict[str, Any]:
        places = places_of((point.low, point.high), 0 if percent else 2, value=point.value)
        names = {"Measure": panel.label or label, "Group": label if several and panel.label else ""}
        values = {
            f"{'Share' if percent else 'Mean'}{unit}": printed(point.value, places),
            low: printed(point.low, places),
            high: printed(point.high, places),
        }
        return names | {"Date": f"{point.day:%Y-%m}"} | values | {PEOPLE: point.people}

    rows = (row(panel, line.label, point) for panel in panels for line in panel.lines for point in line.points)
    return cleared(rows, ("Measure", "Group", "Date"))


def interval_columns(confidence: float, unit: str = "") -> tuple[str, str]:
    """The names of the columns that hold the ends of an interval."""
    return f"{confidence * 100:g}% interval, low{unit}", f"{confidence * 100:g}% interval, high{unit}"


def of_rows(rows: Sequence[Row], estimate: str, confidence: float) -> pl.DataFrame:
    """One row per effect of a figure of effects; what is withheld has no estimate and says so."""
    low, high = interval_columns(confidence)

    def made(over: str, row: Row, mark: Mark) -> dict[str, Any]:
        names = {"Of": over, "Measure": row.label, "Effect": mark.name}
        values = {estimate: printed(mark.value, mark.places), low: printed(mark.low, mark.places)}
        values |= {high: printed(mark.high, mark.places)}
        return names | values | {PEOPLE: mark.people, NOTE: "withheld" if mark.value is None else ""}

    found, over = [], ""
    for row in rows:
        over = over if row.marks else row.label
        found += [made(over, row, mark) for mark in row.marks]
    return cleared(found, ("Of", "Measure", "Effect"))


def of_waves(panels: Mapping[str, Sequence[WaveCounts]], words: Mapping[str, str]) -> pl.DataFrame:
    """One row per arm, wave and status, for the statuses that somebody has."""
    rows = [
        {"Arm": name if len(panels) > 1 else "", "Wave": wave.label, "Status": label}
        | {PEOPLE: None if status in wave.withheld else wave.counts[status]}
        | {NOTE: SUPPRESSED if wave.counts[status] < FEWEST else WITH_IT if status in wave.withheld else ""}
        for name, waves in panels.items()
        for wave in waves
        for status, label in words.items()
        if wave.counts.get(status)
    ]
    return cleared(rows, ("Arm", "Wave", "Status"))


def of_patterns(panels: Sequence[PatternPanel]) -> pl.DataFrame:
    """One row per arm and pattern, with the waves that were answered."""
    rows = []
    for panel in panels:
        for pattern in panel.patterns:
            marks = zip(panel.waves, pattern.waves or (), strict=pattern.waves is not None)
            answered = ", ".join(label for label, here in marks if here)
            names = {"Arm": panel.name if len(panels) > 1 else "", "Waves answered": answered or pattern.label}
            rows.append(names | {PEOPLE: pattern.count, "Share (%)": printed(100 * pattern.share, 1)})
    return cleared(rows, ("Arm", "Waves answered"))


def of_paths(
    paths: Sequence[Path], constructs: Mapping[str, str], waves: Mapping[str, str], confidence: float
) -> pl.DataFrame:
    """One row per arrow: from which construct and wave to which, and its estimate."""
    low, high = interval_columns(confidence)
    rows = []
    for path in paths:
        places = places_of((path.low, path.high), value=path.estimate)
        (start, early), (end, late) = path.start, path.end
        names = {"From": constructs[start], "At": waves[early], "To": constructs[end], "At the later wave": waves[late]}
        values = {"Estimate": printed(path.estimate, places), low: printed(path.low, places)}
        rows.append(names | values | {high: printed(path.high, places)})
    return cleared(rows, ("From", "At", "To", "At the later wave"))
