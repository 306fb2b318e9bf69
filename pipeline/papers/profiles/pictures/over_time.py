"""The index of an area at every wave, the first of which is 100."""

from __future__ import annotations

from pipeline.papers.content import plain
from pipeline.papers.profiles.answers import ratio_of
from pipeline.papers.profiles.content import Course
from pipeline.papers.profiles.frames import BASE, INDEX
from pipeline.papers.profiles.pictures.course import Point, course, course_words, date_lines
from pipeline.papers.profiles.subject import Subject


def course_of(subject: Subject) -> Course | None:
    """The index at every wave up to that of the profile, the first as 100; of fewer than three points there is none."""
    at = subject.tables.waves_of(subject.area)
    changes = [
        row
        for wave in at[: at.index(subject.wave) + 1]
        if (row := subject.tables.change(subject.area, wave, INDEX, BASE)) is not None and row.get("ratio") is not None
    ]
    if len(changes) < 2 or len({row["against"] for row in changes}) > 1:
        return None
    label, windows = subject.measure(INDEX), subject.tables.windows

    def lines(wave: str) -> tuple[str, ...]:
        return date_lines(windows.get((subject.area, wave)), subject.wave_label(wave))

    points = [Point(lines(changes[0]["against"]), 100.0, None, None, "", "100")]
    for row in changes:
        words = plain(ratio_of(subject, row, INDEX))
        points.append(
            Point(
                lines(row["wave"]),
                row["ratio"],
                row.get("ratio_low"),
                row.get("ratio_high"),
                words.split(" ")[0],
                words,
            )
        )
    level = f"{subject.about.confidence * 100:g}%"
    note = f"{label}, {subject.when(changes[0]['against'])} = 100; lines show the {level} interval."
    return Course(course(points), course_words(label, points), note)
