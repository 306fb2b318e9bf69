"""Every score and every difference of all areas, for the annex of the overview and its workbook."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.papers.content import Column, Row, TableBlock, Text
from pipeline.papers.profiles.area_tables import Tabled, difference, notes_of, table_of
from pipeline.papers.profiles.frames import BASE, KINDS, PREVIOUS
from pipeline.papers.profiles.frames import Row as AreaRow

WORDS = {
    "previous_wave": "from the previous wave",
    "base_wave": "from the base wave",
    "comparison": "from the comparison",
    "benchmark": "from a benchmark",
}
"""Kinds of difference as they stand in a caption."""
OF_ONE_TIME = "Ranks are among the areas asked at the same time, whatever their waves are called."


def every_score(tabled: Tabled, start: int) -> Iterator[TableBlock]:
    """One table per measure: a row per area and wave with all that is known of it."""
    columns = (
        Column("Area"), Column("Wave"), *([Column("Asked")] if tabled.tables.windows else []),
        Column("Score (interval)", "right"), Column("With chance taken out", "right"),
        Column("Rank (from, to)", "right"),
        *([Column("Rank, all areas at once (from, to)", "right")] if tabled.has_sets else []),
        Column("Reliability", "right"), Column("People", "right"),
        Column("Effective number", "right"),
    )  # fmt: skip
    for number, measure in enumerate(tabled.measures, start=start):
        rows = []
        for area in tabled.areas:
            for wave in tabled.tables.waves_of(area):
                row = tabled.tables.row(area, wave, measure)
                if row is None:
                    continue
                cells = (
                    tabled.score(row), tabled.score(row, "shrunken", "shrunken_low", "shrunken_high"),
                    tabled.rank(row), *([tabled.rank(row, at_once=True)] if tabled.has_sets else []),
                    tabled.plain(row, "reliability"), tabled.people(row),
                    tabled.people(row, "n_effective"),
                )  # fmt: skip
                asked = [(Text(tabled.months(area, wave)),)] if tabled.tables.windows else []
                names = ((Text(tabled.tables.names[area]),), (Text(tabled.wave_label(wave)),), *asked)
                rows.append(Row((*names, *cells)))
        if rows:
            caption = f"{tabled.measure(measure)}: every area and wave"
            notes = (*notes_of(tabled), *([OF_ONE_TIME] if tabled.about.rounds else []))
            yield table_of(tabled, number, caption, columns, rows, notes, "areas")


def every_difference(tabled: Tabled, start: int) -> Iterator[TableBlock]:
    """One table per kind of difference: a row per area, measure and wave."""
    columns = (
        Column("Area"), Column("Measure"), Column("Wave"), Column("Compared with"), Column("Difference", "right"),
        Column("Base wave = 100", "right"),
    )  # fmt: skip
    number = start
    for kind in KINDS:
        rows = []
        own = (row for row in tabled.tables.changes if row["kind"] == kind)
        for row in sorted(own, key=lambda row: _place(tabled, row)):
            shown = tabled.tables.change(row["area"], row["wave"], row["measure"], kind)
            if shown is None or shown["against"] != row["against"]:
                continue
            against = tabled.wave_label(str(row["against"])) if kind in (PREVIOUS, BASE) else str(row["against"])
            texts = (
                tabled.tables.names.get(row["area"]) or str(row["area"]),
                tabled.measure(row["measure"]),
                tabled.wave_label(row["wave"]),
                against or "–",
            )
            numbers = (difference(tabled, shown), tabled.ratio(shown))
            rows.append(Row((*((Text(text),) for text in texts), *numbers)))
        if rows:
            kept = columns if kind == BASE else columns[:-1]
            cut = rows if kind == BASE else [Row(row.cells[:-1]) for row in rows]
            yield table_of(tabled, number, f"Every difference {WORDS[kind]}", kept, cut, (), "area_changes")
            number += 1


def _place(tabled: Tabled, row: AreaRow) -> tuple[str, int, int]:
    measures = tabled.measures
    measure = measures.index(row["measure"]) if row["measure"] in measures else len(measures)
    wave = tabled.tables.waves.index(row["wave"]) if row["wave"] in tabled.tables.waves else 0
    return tabled.tables.names.get(row["area"], str(row["area"])).casefold(), measure, wave
