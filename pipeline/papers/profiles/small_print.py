"""The small print of a profile: who was asked, when, how many; codes, licence, funder; and how to read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.papers.content import Runs
from pipeline.papers.profiles.content import Fact
from pipeline.papers.profiles.frames import INDEX
from pipeline.papers.profiles.subject import Subject, said


def small_print(subject: Subject, *, is_shown: bool) -> tuple[Fact, ...]:
    """Label and text of each fact. Of an area that is withheld, nothing that was answered."""
    about, settings = subject.about, subject.settings
    found: list[Fact] = []
    if about.population:
        found.append(("Who was asked", said(about.population.rstrip("."), ".")))
    asked = tuple(_asked(subject)) if is_shown else ()
    if asked:
        found.append(("When, and how many people here", said(*asked)))
    if settings.vintage:
        found.append(("Codes of areas", said(settings.vintage.rstrip("."), ".")))
    found += [(name, said(text)) for name, text in about.facts if text]
    if settings.contact:
        found.append(("Contact", said(settings.contact)))
    return tuple(found)


def _asked(subject: Subject) -> Iterator[Runs]:
    """Each wave with its months and, rounded where that has to be, how many people answered."""
    first = True
    for wave in subject.tables.waves_of(subject.area):
        rows = (subject.tables.shown(subject.area, wave, measure) for measure in (INDEX, *subject.tables.domains))
        row = next(filter(None, rows), None)
        if row is None or subject.tables.waves.index(wave) > subject.tables.waves.index(subject.wave):
            continue
        months = subject.period(wave)
        between = f" ({months})" if months else ""
        people = subject.numbers.people(row, "n_persons", "People who answered")
        yield said("" if first else "; ", f"{subject.wave_label(wave)}{between}: ", people)
        first = False
    if not first:
        about = " about" if subject.numbers.counts > 1 else ""
        rounded = f" Numbers of people are rounded to {subject.numbers.counts}." if about else ""
        yield said(f".{rounded}")


def fieldwork_of(index: pl.DataFrame, calendar: Mapping[tuple[str, str], tuple[dt.date, dt.date]]) -> pl.DataFrame:
    """One row per area and wave: ``area, wave, start, end``, of the arms in which its people were asked.

    ``index``: persons' scores (``area, arm, wave``); ``calendar``: arm and wave → first and last day.
    """
    rows = [(arm, wave, start, end) for (arm, wave), (start, end) in calendar.items()]
    schema = {"arm": pl.String, "wave": pl.String, "start": pl.Date, "end": pl.Date}
    days = pl.DataFrame(rows, schema=schema, orient="row")
    asked = index.select("area", "arm", "wave").drop_nulls("area").unique().cast(pl.String)
    joined = asked.join(days, on=["arm", "wave"], how="inner")
    return joined.group_by("area", "wave").agg(pl.col("start").min(), pl.col("end").max()).sort("area", "wave")


def how_to_read(subject: Subject) -> tuple[str, ...]:
    """What dot, line, diamond and the words mean."""
    level = f"{subject.about.confidence * 100:g}%"
    words = (
        "“Higher”, “lower”, “rose” and “fell” are said only where the interval of the difference leaves no doubt about "
        "its direction; “about the same” where all of it is smaller than the smallest difference of interest"
    )
    smallest = subject.smallest(INDEX)
    named = f" ({smallest:g} {subject.settings.scale} for the index)" if smallest is not None else ""
    first = (
        f"The middle line is {subject.comparison}. The dot is how far {subject.label} lies from it, the bar the "
        f"{level} interval. The dot is full where the two clearly differ, and open where they do not."
        if subject.comparison
        else f"The dot is the score of {subject.label}, the line its {level} interval."
    )
    return (
        first,
        f"{words}{named}.",
        "Scores rest on what people answered, not on records. Areas differ in who lives there: a difference is not by "
        "itself a success or a failure of anyone.",
    )
