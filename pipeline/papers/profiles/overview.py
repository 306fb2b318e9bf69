"""All areas of a study as a document: figures, tables, and in its annex every number for the workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Document,
    FigureBlock,
    FigureFile,
    Heading,
    Link,
    Paragraph,
    Runs,
    TableBlock,
    Text,
    with_annex,
    words,
)
from pipeline.papers.disclosure.collect import cleared
from pipeline.papers.disclosure.rules import refused_cells
from pipeline.papers.phrases import in_sentence, joined
from pipeline.papers.profiles.area_tables import (
    Tabled,
    change_table,
    domain_table,
    index_table,
)
from pipeline.papers.profiles.compose import gives_away
from pipeline.papers.profiles.content import About
from pipeline.papers.profiles.every_number import every_difference, every_score
from pipeline.papers.profiles.frames import INDEX, PREVIOUS, AreaTables, tables_of
from pipeline.papers.prose.words import read
from pipeline.specs.disclosure import SMALLEST, Disclosure
from pipeline.specs.profile import Profiles
from pipeline.wave_order import last_of_nearly_all

KEY = "overview"


@public()
def overview(
    areas: pl.DataFrame,
    changes: pl.DataFrame | None = None,
    *,
    labels: Mapping[str, str],
    figures: Mapping[str, FigureFile] | None = None,
    pages: Mapping[str, str] | None = None,
    wave: str | None = None,
    fieldwork: pl.DataFrame | None = None,
    settings: Profiles | None = None,
    about: About | None = None,
    smallest: int = SMALLEST,
) -> Document:
    """All areas of a study as one document, for any of the writers of papers.

    Frames, ``labels``, ``settings`` and ``about`` as in ``profile``. ``figures``: name → drawn figure; ``pages``:
    area → the address of its profile. ``wave``: the last in which nearly all areas can be shown, unless it is named; of
    arms with calendars of their own (a column ``round``) the round. ``fieldwork``: ``area, wave, start, end`` (dates),
    where areas of one wave were asked in different months. Its annex holds every score and every difference: the
    workbook has them all.

    Raises ``PaperError`` for frames of another kind, and if a number may not be published.
    """
    tables = tables_of(areas, changes, smallest, fieldwork)
    rules, of = settings or Profiles(), about or About()
    at = wave or round_of_most(tables)
    if at not in tables.rounds:
        raise PaperError(f"there is no wave `{at}`", where="areas", todo=f"It has {', '.join(tables.rounds)}.")
    counts = max(of.counts, 10) if gives_away(tables) else of.counts
    tabled = Tabled(tables, labels, of, rules.places, counts, at)
    found = Document(
        title=f"{tabled.measure(INDEX)}: all areas",
        subtitle=tabled.round_label(at),
        study=of.study,
        authors=(),
        summary=summary(tabled),
        citation="",
        synthetic=of.synthetic,
        blocks=tuple(_blocks(tabled, figures or {}, pages or {})),
        facts=tuple((name, text) for name, text in of.facts if text),
        key=KEY,
    )
    annex: list[Block] = [
        Heading(2, words("Every number"), "every-number"),
        *every_score(tabled, 1),
    ]
    count = sum(isinstance(block, TableBlock) for block in annex)
    annex += every_difference(tabled, count + 1)
    prefixed = tuple(
        replace(block, prefix="A", anchor=f"table-a{block.number}") if isinstance(block, TableBlock) else block
        for block in annex
    )
    made = with_annex(found, prefixed)
    require_publishable(made, smallest, tables.names.values())
    return made


def round_of_most(tables: AreaTables) -> str:
    """The last round in which nearly all areas can be shown that can be shown in any."""
    counts = {at: len({row["area"] for row in tables.areas if row["round"] == at and tables.is_shown(row)})
              for at in tables.rounds}  # fmt: skip
    return last_of_nearly_all(counts, tables.rounds)


def require_publishable(document: Document, smallest: int, names: Iterable[str] = ()) -> None:
    """Raises ``PaperError`` if a number may not be published; numerals in ``names`` of areas are none."""
    refused = refused_cells(cleared(document, names), Disclosure(smallest=smallest))
    if refused:
        first = refused[0]
        what = f"the overview would print what may not be published: {first.what}"
        raise PaperError(what, where=first.place, count=len(refused), todo=first.todo)


def summary(tabled: Tabled) -> str:
    """How many areas are shown and ranked, and which of them clearly moved since the wave before."""
    tables = tabled.tables
    shown = [area for area in tables.names if tables.shown_in(area, tabled.round, INDEX) is not None]
    ranked = len(tables.ranked(tabled.round, INDEX))
    start = f"{_areas(len(shown))} can be shown in {tabled.round_label(tabled.round)}, {ranked or 'none'} with a rank."
    return " ".join(filter(None, (start, moved_words(tabled))))


def moved_words(tabled: Tabled) -> str:
    """In which areas the index clearly rose or fell since the wave before; empty where no change is known."""
    tables, moved, compared = tabled.tables, dict[str, list[str]](up=[], down=[]), 0
    for area in tabled.areas:
        row = tables.change(area, tabled.own_wave(area), INDEX, PREVIOUS)
        if row is None or row["conf_low"] is None or row["conf_high"] is None:
            continue
        compared += 1
        verdict = read(row["conf_low"], row["conf_high"], tabled.about.smallest_difference)
        if verdict in moved:
            moved[verdict].append(tables.names[area])
    if not compared:
        return ""
    said = [f"{verb} in {joined(moved[way])}" for way, verb in (("up", "rose"), ("down", "fell")) if moved[way]]
    went = joined(said) or "clearly rose or fell in no area"
    return f"Since the wave before, the {in_sentence(tabled.measure(INDEX))} {went}."


def asked_apart(tabled: Tabled) -> str:
    """In which months the areas of the round were asked, where these are not the same for all."""
    months: dict[str, list[str]] = {}
    for area in tabled.areas:
        if (area, tabled.own_wave(area)) in tabled.tables.windows:
            months.setdefault(tabled.months(area, tabled.own_wave(area)), []).append(tabled.tables.names[area])
    if len(months) < 2:
        return ""
    said = "; ".join(f"{joined(names)} in {when}" for when, names in months.items())
    of = "" if tabled.about.rounds else f"of {tabled.wave_label(tabled.round)}, "
    return (
        f"A wave is not a date: {of}these areas were asked at different times, so that differences between them may be "
        f"differences in time. {said}."
    )


def asked_together(tabled: Tabled) -> str:
    """That areas are compared within a round, where their waves are called differently."""
    if not tabled.about.rounds:
        return ""
    when = tabled.round_label(tabled.round)
    return f"Areas are compared with those asked at the same time, here {when}, whatever their waves are called."


def _areas(count: int) -> str:
    return "One area" if count == 1 else f"{count} areas"


def _blocks(tabled: Tabled, figures: Mapping[str, FigureFile], pages: Mapping[str, str]) -> Iterator[Block]:
    yield Heading(2, words("All areas at a glance"), "glance")
    read_as = (
        "A rank is only as sure as its interval: where the intervals of two areas overlap widely, the data do not say "
        "which is higher. Areas below the declared floor of reliability are shown without a rank."
    )
    dates = [text for text in (asked_together(tabled), asked_apart(tabled)) if text]
    yield Callout("note", "", (Paragraph(words(read_as)), *(Paragraph(words(text)) for text in dates)))
    for number, (key, file) in enumerate(figures.items(), start=1):
        yield FigureBlock(number, key, file, tabled.about.synthetic)
    yield Heading(2, words("Scores"), "scores")
    made = [index_table(tabled, 1)] if any(row["measure"] == INDEX for row in tabled.tables.areas) else []
    if tabled.tables.domains:
        made.append(domain_table(tabled, len(made) + 1))
    moved = change_table(tabled, len(made) + 1)
    yield from [*made, *([moved] if moved is not None else [])]
    if pages:
        yield Heading(2, words("Profiles"), "profiles")
        yield BulletList(tuple(_link(tabled, area, pages) for area in tabled.areas if area in pages))


def _link(tabled: Tabled, area: str, pages: Mapping[str, str]) -> Runs:
    return (Link((Text(tabled.tables.names[area]),), pages[area]),)
