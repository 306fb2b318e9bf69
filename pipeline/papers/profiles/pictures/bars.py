"""The rows of the chart of an area: each measure with its number, what it is compared with, and its picture."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.papers.content import plain
from pipeline.papers.phrases import in_sentence, joined
from pipeline.papers.profiles.content import Bar
from pipeline.papers.profiles.frames import Row
from pipeline.papers.profiles.pictures.differences import (
    difference_axis,
    difference_axis_strip,
    difference_strip,
    difference_words,
)
from pipeline.papers.profiles.pictures.strips import Axis, axis_of, axis_strip, strip, strip_words
from pipeline.papers.profiles.subject import Subject, said

ENDS = ("estimate", "conf_low", "conf_high")


def axis_picture(subject: Subject) -> str:
    """The numbers over the chart."""
    axis = axis_of_all(subject)
    return difference_axis_strip(axis) if subject.comparison else axis_strip(axis)


def axis_words(subject: Subject) -> str:
    """What is to be known of the axis of scores (that of differences says it by its middle), and what was not asked."""
    axis, ends = axis_of_all(subject), subject.about.ends
    is_cut = not subject.comparison and ends is not None and (axis.low, axis.high) != ends
    unasked = [
        in_sentence(subject.measure(measure))
        for measure in subject.tables.domains
        if subject.tables.row(subject.area, subject.wave, measure) is None
    ]
    said = ["The axis covers the scores shown, not the whole scale."] if is_cut else []
    said += [f"Not asked in {subject.when(subject.wave)}: {joined(unasked)}."] if unasked else []
    return " ".join(said)


def axis_of_all(subject: Subject) -> Axis:
    """Of differences where there is something to compare with; else of scores."""
    values: list[float | None] = []
    for measure in subject.measures:
        row, difference = subject.row(measure), subject.difference(measure)
        if subject.comparison:
            values += [difference[name] for name in ENDS] if difference is not None else []
        elif row is not None:
            found = subject.level(row)
            values += [found.value, found.low, found.high]
    return difference_axis(values) if subject.comparison else axis_of(values, subject.about.ends)


def bars_of(subject: Subject) -> Iterator[Bar]:
    """A row for each measure that the area has."""
    axis = axis_of_all(subject)
    for measure in subject.measures:
        row, label = subject.row(measure), subject.measure(measure)
        if row is not None:
            yield (_compared_bar if subject.comparison else _score_bar)(subject, axis, row, label)
        elif subject.tables.row(subject.area, subject.wave, measure) is not None:
            empty = difference_strip(axis, None, None, None, None, "")
            yield Bar(measure, label, (), (), (), "", "", empty, f"{label}: not shown.", "Not shown")


def _compared_bar(subject: Subject, axis: Axis, row: Row, label: str) -> Bar:
    """A score beside that of the comparison, and their difference as a picture."""
    numbers, measure = subject.numbers, row["measure"]
    difference = subject.difference(measure)
    value, smallest = said(numbers.score(subject.level(row))), subject.smallest(measure)
    if difference is None:
        empty = difference_strip(axis, None, None, None, smallest, "")
        alt = difference_words(label, "", "", subject.comparison)
        return Bar(measure, label, value, (), (), "", "", empty, alt)
    reference = said(numbers.score(numbers.reference(row, difference, f"{label}: {subject.comparison}")))
    amount, words, reading = subject.amount(difference), subject.words(difference), subject.reading(difference)
    value_of, low, high = (difference[name] for name in ENDS)
    picture = difference_strip(axis, value_of, low, high, smallest, reading)
    alt = difference_words(label, plain(amount), words, subject.comparison)
    return Bar(measure, label, value, reference, amount, words, reading, picture, alt)


def _score_bar(subject: Subject, axis: Axis, row: Row, label: str) -> Bar:
    """A score alone, with its interval."""
    found = subject.level(row)
    value = said(subject.numbers.score(found))
    if found.low is not None:
        value = said(value, " (", subject.numbers.ends(found), ")")
    picture = strip(axis, found.value, found.low, found.high, None, "")
    return Bar(row["measure"], label, value, (), (), "", "", picture, strip_words(label, plain(value)))
