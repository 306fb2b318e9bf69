"""The national picture, and one headline page for each funder: documents over several studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Cell,
    Column,
    Document,
    FigureBlock,
    FigureFile,
    Heading,
    Paragraph,
    Row,
    Run,
    Runs,
    TableBlock,
    Text,
    words,
)
from pipeline.papers.phrases import in_sentence
from pipeline.papers.profiles.area_tables import Tabled
from pipeline.papers.profiles.compose import gives_away
from pipeline.papers.profiles.content import About
from pipeline.papers.profiles.frames import INDEX, AreaTables, tables_of
from pipeline.papers.profiles.numbers import answers_to
from pipeline.papers.profiles.overview import moved_words, require_publishable, round_of_most
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.rounding import count_shown, count_text, places_of, to_places

HOW = (
    "Each row is one study or arm, by its own questions: the words, the scale and the way of asking differ, so a "
    "difference between two rows is not yet a difference between their people. Of each the wave is taken that lies "
    "nearest to the last time that all of a measure reach. Scores run from 0 to 100 on the range of the questions. "
    "Intervals allow for weights, not for how places were drawn."
)

NO_CHANGE = "No change can be shown yet."


@dataclass(frozen=True)
class StudyAreas:
    """One study of a funder: its tables of areas, what it says of itself, all areas as a figure, and its name."""

    areas: pl.DataFrame
    changes: pl.DataFrame | None
    labels: Mapping[str, str]
    about: About
    smallest: int = SMALLEST
    figure: FigureFile | None = None
    key: str = ""


@dataclass(frozen=True)
class Names:
    """What readers call things: concepts, studies, arms and waves of a study; and the question behind each measure.

    ``periods``: study, arm and wave → its months.
    """

    concepts: Mapping[str, str] = field(default_factory=dict)
    studies: Mapping[str, str] = field(default_factory=dict)
    arms: Mapping[tuple[str, str], str] = field(default_factory=dict)
    waves: Mapping[tuple[str, str], str] = field(default_factory=dict)
    questions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    periods: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def concept(self, key: str) -> str:
        return self.concepts.get(key) or key.replace("_", " ").capitalize()


@public()
def national_picture(
    levels: pl.DataFrame,
    *,
    names: Names | None = None,
    figures: Mapping[str, FigureFile] | None = None,
    synthetic: bool = False,
    counts: int = 10,
) -> Document:
    """What several studies and arms measure, side by side, each by its own wording.

    ``levels``: what ``concept_levels`` makes; ``names``: of studies, arms, waves and questions. ``counts``: numbers of
    people are multiples of this. Raises ``PaperError`` for a frame without its columns, and where nothing is common.
    """
    needed = ("concept", "study", "arm", "wave", "estimate", "conf_low", "conf_high", "n_persons")
    missing = [name for name in needed if name not in levels.columns]
    if missing:
        raise PaperError(f"there is no column `{missing[0]}`", where="levels", todo=f"It has {', '.join(needed)}.")
    if levels.is_empty():
        raise PaperError("no concept is measured by two studies or arms", todo="A national picture needs a common one.")
    known = names or Names()
    concepts = levels["concept"].unique(maintain_order=True).to_list()
    studies = levels["study"].n_unique()
    arms = levels.select("study", "arm").n_unique()
    said = (
        f"{len(concepts)} measures that more than one study or arm asks about, in {arms} arms of "
        f"{studies} {'study' if studies == 1 else 'studies'}; each by its own questions."
    )
    made = Document(
        title="The national picture",
        subtitle="What several studies and arms measure, each by its own questions",
        study="Cohesion Panel",
        authors=(),
        summary=said,
        citation="",
        synthetic=synthetic,
        blocks=tuple(_national(levels, concepts, known, figures or {}, synthetic, counts)),
        key="national",
    )
    require_publishable(made, SMALLEST)
    return made


def _national(
    levels: pl.DataFrame,
    concepts: Sequence[str],
    names: Names,
    figures: Mapping[str, FigureFile],
    synthetic: bool,
    counts: int,
) -> Iterator[Block]:
    yield Heading(2, words("How to read this"), "read")
    yield Callout("warning", "Each row has its own questions", (Paragraph(words(HOW)),))
    if figures:
        yield Heading(2, words("At a glance"), "glance")
    for number, (key, file) in enumerate(figures.items(), start=1):
        yield FigureBlock(number, key, file, synthetic)
    yield Heading(2, words("Every measure"), "measures")
    columns = (
        Column("Study and arm"), Column("Wave"), Column("As asked"), Column("Score (interval)", "right"),
        Column("People", "right"),
    )  # fmt: skip
    for number, concept in enumerate(concepts, start=1):
        rows = [
            _national_row(row, names, counts)
            for row in levels.filter(pl.col("concept") == concept).iter_rows(named=True)
        ]
        rounded = f"Numbers of people are rounded to {counts}."
        yield TableBlock(
            number,
            f"table-{number}",
            names.concept(concept),
            columns,
            tuple(rows),
            wordy=True,
            synthetic=synthetic,
            sources=("indicators",),
            key=concept,
            notes=(rounded,) if counts > 1 else (),
        )


def _national_row(row: Mapping[str, object], names: Names, counts: int) -> Row:
    study, arm, wave, concept = (str(row[name]) for name in ("study", "arm", "wave", "concept"))
    who = " – ".join(filter(None, (names.studies.get(study, study), names.arms.get((study, arm), arm))))
    asked = names.questions.get((study, concept)) or "See the codebook of the study"
    when = ", ".join(filter(None, (names.waves.get((study, wave), wave), names.periods.get((study, arm, wave)))))
    score, people = _score(row, counts), _people(row, counts)
    return Row(((Text(who),), (Text(when),), (Text(asked),), score, people))


def _where(row: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(row[name])) for name in ("study", "arm", "wave"))


def _score(row: Mapping[str, object], counts: int) -> Runs:
    value, low, high = (float(str(row[name])) for name in ("estimate", "conf_low", "conf_high"))
    places = places_of((low, high), 1, value=value)
    cell = Cell("estimate", value, float(str(row["n_persons"])), _where(row), str(row["concept"]), weighted=True,
                n_rounding=float(counts))  # fmt: skip
    return (Text(f"{to_places(value, places)} ({to_places(low, places)} to {to_places(high, places)})", (cell,)),)


def _people(row: Mapping[str, object], counts: int) -> Runs:
    count = float(str(row["n_persons"]))
    shown = count_shown(count, counts)
    cell = Cell("count", shown, count, _where(row), str(row["concept"]), sample=answers_to({"measure": row["concept"]}),
                rounding=float(counts), n_rounding=float(counts))  # fmt: skip
    return (Text(count_text(count, counts, "< "), (cell,)),)


def funder_page(funder: str, studies: Sequence[StudyAreas]) -> Document:
    """One page for a funder: what its studies say of areas, in a sentence and a row each.

    Raises ``PaperError`` without a study.
    """
    if not studies:
        raise PaperError(f"“{funder}” funds no study with an index of areas", todo="Declare `funder` in study.yaml.")
    made = [_tabled(study) for study in studies]
    keys = [study.key for study in studies]
    said = [words(f"{one.about.study}: {in_sentence(moved_words(one) or NO_CHANGE)}") for one in made]
    alone = len(made) == 1
    rows = tuple(_of_study(row, key) for one, key in zip(made, keys, strict=True) for row in _headline_rows(one, alone))
    study_column = () if alone else (Column("Study"),)
    columns = (*study_column, Column("Measure"), Column("Highest", "right"), Column("Lowest", "right"))
    synthetic = any(one.about.synthetic for one in made)
    blocks: list[Block] = [
        Callout("findings", "In brief", (BulletList(tuple(said)),)),
        TableBlock(
            1,
            "table-1",
            "Highest and lowest area of each measure",
            columns,
            rows,
            notes=("As measured: where their intervals overlap, either may be the first.", *map(_when, made)),
            wordy=True,
            synthetic=synthetic,
            sources=("areas",),
            key="funder",
        ),
    ]
    if alone and studies[0].figure is not None:
        blocks.append(FigureBlock(1, "areas", studies[0].figure, synthetic))
    found = Document(
        title="Cohesion in areas: headlines",
        subtitle=f"For {funder}",
        study=", ".join(dict.fromkeys(one.about.study for one in made)),
        authors=(),
        summary="",
        citation="",
        synthetic=synthetic,
        blocks=tuple(blocks),
        facts=(("Funder", funder),),
        key="funder",
        part="summary",
    )
    names = [name for one in made for name in one.tables.names.values()]
    require_publishable(found, max(study.smallest for study in studies), names)
    return found


def _when(tabled: Tabled) -> str:
    """When the areas of a study were asked that are compared."""
    when = tabled.round_label(tabled.round)
    return f"{tabled.about.study}: areas asked in {when}." if tabled.about.study else f"Areas asked in {when}."


def _of_study(row: Row, key: str) -> Row:
    """The row with the name of its study in what its numbers are, so that they are judged with those of that study."""
    where = (("study", key),) if key else ()

    def named(run: Run) -> Run:
        if not isinstance(run, Text):
            return run
        return replace(run, judged=tuple(replace(cell, where=(*cell.where, *where)) for cell in run.judged))

    return replace(row, cells=tuple(tuple(named(run) for run in runs) for runs in row.cells))


def _tabled(study: StudyAreas) -> Tabled:
    tables: AreaTables = tables_of(study.areas, study.changes, study.smallest)
    counts = max(study.about.counts, 10) if gives_away(tables) else study.about.counts
    return Tabled(tables, study.labels, study.about, 1, counts, round_of_most(tables))


def _headline_rows(tabled: Tabled, alone: bool) -> Iterator[Row]:
    """One row for the index and each domain: the area with the highest and with the lowest score.

    ``alone``: the page is of one study, which need not be named in each row.
    """
    study = () if alone else ((Text(tabled.about.study),),)
    for measure in (INDEX, *tabled.tables.domains):
        rows = [
            row for area in tabled.areas if (row := tabled.tables.shown_in(area, tabled.round, measure)) is not None
        ]
        if len(rows) < 2:
            continue
        high, low = (pick(rows, key=lambda row: row["estimate"]) for pick in (max, min))
        cells = [(Text(f"{tabled.tables.names[row['area']]} "), *tabled.score(row)) for row in (high, low)]
        yield Row((*study, (Text(tabled.measure(measure)),), *cells))
