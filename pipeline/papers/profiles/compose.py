"""The profile of an area from the tables of areas: what stands on its two pages, as content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.papers.content import Runs
from pipeline.papers.profiles.answers import answers, headline, no_change, ratio_of
from pipeline.papers.profiles.chosen import Way, chosen, nearest, nearest_words, rule_words
from pipeline.papers.profiles.content import About, AreaProfile, Link, Moved, Named, Remedy
from pipeline.papers.profiles.frames import BASE, INDEX, PREVIOUS, AreaTables, Row, tables_of
from pipeline.papers.profiles.gate import require_publishable
from pipeline.papers.profiles.numbers import Numbers
from pipeline.papers.profiles.pictures import axis_picture, axis_words, bars_of, course_of
from pipeline.papers.profiles.programmes import Programme, programmes_of
from pipeline.papers.profiles.signals import signals_of
from pipeline.papers.profiles.small_print import how_to_read, small_print
from pipeline.papers.profiles.subject import Subject, said
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.profile import ANY, Choice, Profiles


@public()
def profile(
    areas: pl.DataFrame,
    changes: pl.DataFrame | None = None,
    *,
    area: str,
    labels: Mapping[str, str],
    wave: str | None = None,
    settings: Profiles | None = None,
    about: About | None = None,
    fieldwork: pl.DataFrame | None = None,
    monitor: pl.DataFrame | None = None,
    effects: pl.DataFrame | None = None,
    programmes: Mapping[str, Programme] | None = None,
    smallest: int = SMALLEST,
) -> AreaProfile:
    """What the two pages of one area say.

    ``areas``: a row per area, wave and measure (``area, wave, measure, level, estimate, std_error, conf_low, conf_high,
    n_persons``; further columns of the table ``areas`` where there are any); ``changes``: rows of ``area_changes``.
    ``labels``: measure → name; ``wave``: the last that the area has, unless it is named; ``fieldwork``: ``area, wave,
    start, end`` (dates), whose months are printed; ``monitor``: rows of the table of that name; ``effects``: rows of
    the table ``programme``, and ``programmes`` what is declared of them. Areas are compared with those of the same
    ``round`` where ``areas`` has that column, else of the same wave. An area of fewer than ``smallest`` people gets a
    profile that says so and shows nothing.

    Raises ``PaperError`` for an area that is not there, and for frames of another kind.
    """
    tables = tables_of(areas, changes, smallest, fieldwork)
    given = Given(labels, settings or Profiles(), about or About(), monitor, effects, programmes or {})
    return composed(tables, area, wave, given)


@public()
def profiles(
    areas: pl.DataFrame,
    changes: pl.DataFrame | None = None,
    *,
    labels: Mapping[str, str],
    wave: str | None = None,
    settings: Profiles | None = None,
    about: About | None = None,
    fieldwork: pl.DataFrame | None = None,
    monitor: pl.DataFrame | None = None,
    effects: pl.DataFrame | None = None,
    programmes: Mapping[str, Programme] | None = None,
    smallest: int = SMALLEST,
) -> dict[str, AreaProfile]:
    """Area → its profile (see ``profile``), for every area of the table in one go, in the order of their names."""
    tables = tables_of(areas, changes, smallest, fieldwork)
    given = Given(labels, settings or Profiles(), about or About(), monitor, effects, programmes or {})
    ordered = sorted(tables.names, key=lambda area: ((tables.names[area]).casefold(), area))
    return {area: composed(tables, area, wave, given) for area in ordered}


@dataclass(frozen=True)
class Given:
    """What profiles of one study are made from, besides the tables of areas."""

    labels: Mapping[str, str]
    settings: Profiles
    about: About
    monitor: pl.DataFrame | None = None
    effects: pl.DataFrame | None = None
    programmes: Mapping[str, Programme] = field(default_factory=dict)


def composed(tables: AreaTables, area: str, wave: str | None, given: Given) -> AreaProfile:
    """The profile of one area of tables that have been checked."""
    waves = tables.waves_of(area)
    if not waves:
        raise PaperError(f"`{area}` has no row", where="areas", todo="Name one of the column `area`.")
    if wave is not None and wave not in tables.waves:
        raise PaperError(f"there is no wave `{wave}`", where="areas", todo=f"It has {', '.join(tables.waves)}.")
    at = wave if wave is not None else waves[-1]
    label, about = tables.names[area], given.about
    counts = max(about.counts, 10) if gives_away(tables) else about.counts
    study = next((str(row["study"]) for row in tables.areas if row.get("study")), "")
    numbers = Numbers(study, label, given.settings.places, counts, about.ends)
    subject = Subject(tables, area, at, given.labels, given.settings, about, numbers)
    why = _withheld(subject)
    if why:
        return AreaProfile(
            area,
            label,
            about.study,
            subject.wave_label(at),
            "",
            about.synthetic,
            why,
            small_print=small_print(subject, is_shown=False),
        )
    made = _filled(subject, given)
    require_publishable(made.numbers, label, tables.smallest)
    return made


def gives_away(tables: AreaTables) -> bool:
    """Whether some area is of few people: its number would follow from exact numbers of all others and their sum."""
    return any(row["n_persons"] is None or row["n_persons"] < tables.smallest for row in tables.areas)


def _withheld(subject: Subject) -> str:
    rows = [subject.tables.row(subject.area, subject.wave, measure) for measure in (INDEX, *subject.tables.domains)]
    there = [row for row in rows if row is not None]
    if not there:
        return f"{subject.label} has no answers in {subject.wave_label(subject.wave)}."
    if any(subject.tables.is_shown(row) for row in there):
        return ""
    few = f"fewer than {subject.tables.smallest} people answered here"
    if all(row["n_persons"] is not None and row["n_persons"] >= subject.tables.smallest for row in there):
        few = next(
            (str(row["reason"]).rstrip(".") for row in there if row.get("reason")), "no score could be estimated"
        )
    return f"Nothing is shown for {subject.label}: {few}."


def _filled(subject: Subject, given: Given) -> AreaProfile:
    settings, about = subject.settings, subject.about
    row = subject.row(INDEX)
    strengths = chosen(subject, settings.strengths, "up")
    watch = chosen(subject, settings.watch, "down")
    remedies = tuple(_remedies(subject, [one.measure for one in watch]))
    bars, moves = tuple(bars_of(subject)), tuple(_moves(subject))
    last, base = (
        next(filter(None, (subject.change(m, kind) for m in subject.measures)), None) for kind in (PREVIOUS, BASE)
    )
    found = (headline(subject), answers(subject, strengths, watch, remedies), signals_of(subject, given.monitor))
    in_programmes = programmes_of(subject, given.effects, given.programmes)
    printed = small_print(subject, is_shown=True)
    return AreaProfile(
        area=subject.area,
        label=subject.label,
        study=about.study,
        wave=subject.wave_label(subject.wave),
        period=subject.period(subject.wave),
        synthetic=about.synthetic,
        headline=found[0],
        index=said(subject.numbers.score(subject.level(row))) if row is not None else (),
        index_label=subject.measure(INDEX),
        index_note=_index_note(subject, row),
        answers=found[1],
        comparison=subject.comparison,
        bars=bars,
        axis=axis_picture(subject),
        axis_note=axis_words(subject),
        course=course_of(subject),
        moves=moves,
        last_wave=subject.when(last["against"]) if last is not None else "",
        base_wave=subject.when(base["against"]) if base is not None else "",
        move_note=_move_note(subject, moves),
        strengths=strengths,
        strengths_note=_chosen_note(subject, settings.strengths, "up", strengths),
        watch=watch,
        watch_note=_chosen_note(subject, settings.watch, "down", watch),
        signals=found[2],
        programmes=in_programmes,
        remedies=remedies,
        remedy_note="" if remedies else "The study declares no evidence on what could be done.",
        reading=how_to_read(subject),
        small_print=printed,
        numbers=subject.numbers.all,
    )


def _chosen_note(subject: Subject, rule: Choice, way: Way, named: Sequence[Named]) -> Runs:
    """Why there are fewer than the rule asks for, and which are next."""
    why = rule_words(rule, way, len(named), subject.comparison)
    then = nearest_words(subject, way, nearest(subject, rule, way, [one.measure for one in named]))
    return said(why, " " if why and then else "", then)


def _moves(subject: Subject) -> Iterator[Moved]:
    for measure in subject.measures:
        last, base = subject.change(measure, PREVIOUS), subject.change(measure, BASE)
        if last is None and base is None:
            continue
        ratio: Runs = ()
        if base is not None and base.get("ratio") is not None:
            ratio = ratio_of(subject, base, measure)
        yield Moved(
            subject.measure(measure),
            subject.amount(last) if last is not None else (),
            subject.words(last),
            subject.reading(last),
            subject.amount(base) if base is not None else (),
            subject.words(base),
            subject.reading(base),
            ratio,
        )


def _move_note(subject: Subject, moves: tuple[Moved, ...]) -> str:
    if not moves:
        return no_change(subject)
    waves = [
        wave
        for wave in subject.tables.waves
        if subject.tables.waves.index(wave) <= subject.tables.waves.index(subject.wave)
    ]
    absent = [subject.wave_label(wave) for wave in waves if wave not in subject.tables.waves_of(subject.area)]
    missing = f" This area was not asked in {', '.join(absent)}." if absent else ""
    return f"Changes are of questions asked in both waves.{missing}"


def _index_note(subject: Subject, row: Row | None) -> Runs:
    if row is None:
        return ()
    found = subject.level(row)
    units = " ".join(filter(None, (subject.settings.scale, subject.about.out_of)))
    if found.low is None:
        return said(units)
    return said(units, " (", subject.numbers.ends(found), ")")


def _remedies(subject: Subject, watched: list[str]) -> Iterator[Remedy]:
    """Evidence on what is to be watched, then on the rest."""
    declared = subject.settings.evidence
    first = [*watched, ANY]
    keys = [*first, *(key for key in subject.measures if key not in watched)]
    for key in keys:
        links = tuple(Link(one.title, one.url, one.source) for one in declared.get(key, ()))
        if links:
            yield Remedy("Whatever the domain" if key == ANY else subject.measure(key), links, key in first)
