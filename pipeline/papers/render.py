"""From a paper's text and its results to a typed document; whatever is wrong is reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.agreement import disagreeing
from pipeline.papers.appendix import appendix
from pipeline.papers.appendix.made import made, sourced
from pipeline.papers.blocks import Builder, with_unique_anchors
from pipeline.papers.bound_titles import filled
from pipeline.papers.cautions import Cautions
from pipeline.papers.companions import alone
from pipeline.papers.content import Document, FigureFile, TableBlock, with_annex
from pipeline.papers.disclosure.protect import protected
from pipeline.papers.extracts import with_extracts
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.prose.bind import Binder, Records, Say
from pipeline.papers.prose.citations import Library
from pipeline.papers.prose.source import PaperSource, read_paper
from pipeline.papers.references import resolved
from pipeline.papers.results import Fact, Results, nearest
from pipeline.papers.study_context import StudyContext
from pipeline.papers.tables.questions import CAPTION as QUESTIONS
from pipeline.papers.trends import unreconciled
from pipeline.specs.methods import ANNEX_ITEMS
from pipeline.specs.papers import Paper
from pipeline.specs.provenance import Provenance
from pipeline.specs.yardstick import Yardstick


class UnsoundPaperError(PaperError):
    """Everything that is wrong with one paper; ``problems`` holds one message each, with file and line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))

    def __str__(self) -> str:
        return "\n".join(self.problems)


def render_paper(
    text: str,
    *,
    results: pl.DataFrame,
    context: StudyContext,
    tables: Mapping[str, pl.DataFrame] | None = None,
    figures: Mapping[str, FigureFile] | None = None,
    facts: Mapping[str, Fact] | None = None,
    name: str = "",
    problems: Iterable[str] = (),
    cautions: Cautions | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    smallest: Mapping[str, float] | None = None,
    yardsticks: Mapping[str, Yardstick] | None = None,
    provenance: Provenance | None = None,
    references: str = "",
    glossary: Mapping[str, str] | None = None,
) -> Document:
    """A paper as a typed document with its technical annex, every number bound to a result.

    ``text``: the markdown (``papers.prose.source`` says what it may hold). ``results``: the ``Estimates`` rows of its
    models. ``tables``: ``participation``, ``reliability`` for generated tables. ``figures``: key → drawn figure.
    ``facts``: name → number of the study. ``name``: what messages call the file. ``problems``: found before.
    ``cautions``: scales whose levels may not be compared; their numbers are marked wherever they are printed.
    ``ranges``: concept → its declared ends; results on different scales are not compared. ``smallest``: concept → the
    smallest difference of interest, by which words such as "rose" are chosen. ``yardsticks``: model → what its headline
    measures its effect by. ``provenance``: build, code and files.
    ``references``: the works that it may cite, as CSL JSON or BibTeX. ``glossary``: term → what it means.

    Raises ``UnsoundPaperError`` with every mistake: typed numerals, unknown names, claims that results do not support.
    """
    source = read_paper(text, name)
    source.problems += problems
    bound = Results(
        results,
        facts or {},
        context.labels,
        cautions or Cautions(),
        ranges or {},
        smallest or {},
        is_twin=context.twin,
        yardsticks=yardsticks or {},
    )
    words, waves = _plain_words(context), tuple(dict.fromkeys(wave for _, wave in context.fieldwork))
    binder = Binder(source, bound, words, Records(context.asked), waves=waves)
    binder.fill()
    if not context.twin:
        unreconciled(source, binder.printed, bound, figures)
        disagreeing(source, binder.printed, figures or {})
    alone(source, bound)
    summary = _summary(source, bound, words, waves)
    places = {origin.result: number for origin, number in binder.records.places.items() if not origin.scaled}
    paper = PaperContext(bound, tables or {}, context, places)
    blocks, apart = Builder(source, binder, paper, figures or {}).parts()
    blocks, apart = resolved(
        blocks, apart, library=Library(references), glossary=glossary or {},
        report=lambda problem: source.problems.append(f"{source.name}: {problem}"),
    )  # fmt: skip
    front = source.front
    if source.problems or front is None:
        raise UnsoundPaperError(list(dict.fromkeys(source.problems)))
    records = tuple(binder.records.numbers.values())
    asks = any(isinstance(block, TableBlock) and block.caption == QUESTIONS for block in (*blocks, *apart))
    document = Document(
        title=front.title,
        subtitle=front.subtitle,
        study=context.title,
        authors=tuple(map(str, front.authors)),
        summary=summary,
        citation=context.citation,
        synthetic=context.synthetic,
        blocks=with_unique_anchors(sourced(blocks, provenance)),
        numbers=records,
        facts=(*context.facts, *_masthead(front)),
        key=Path(name).stem,
        provenance=provenance,
    )
    paper = replace(paper, study=replace(context, methods=_with_own(context.methods, front)))
    end = appendix(paper, records, asks=asks, before=(*blocks, *apart))
    annex = [*sourced(apart, provenance), *end, *made(provenance, context)]
    whole = with_annex(document, with_unique_anchors(annex))
    try:
        return with_extracts(protected(whole, context.rules), front.in_summary)
    except PaperError as error:
        raise UnsoundPaperError([f"{source.name}: {error}"]) from None


def _summary(source: PaperSource, results: Results, words: dict[str, Say], waves: tuple[str, ...]) -> str:
    """The summary of the front matter, its words bound as those of the prose; mistakes are reported to ``source``."""
    if source.front is None:
        return ""
    place = f"{source.name}: summary"
    text, problems = filled(source.front.summary, results, place, allow=source.front.allow, words=words, waves=waves)
    source.problems += problems
    return text


def _with_own(methods: Mapping[str, str], front: Paper) -> dict[str, str]:
    """What the study declares of its methods, with what the paper adds; empty for a study that declares none."""
    own = {item.key: getattr(front, item.key) for item in ANNEX_ITEMS.values() if item.origin == "the paper"}
    return {**methods, **{key: said.words for key, said in own.items() if said is not None}} if methods else {}


def _masthead(front: Paper) -> tuple[tuple[str, str], ...]:
    """What a paper says of itself, each with its label; what it does not say is left out (`check` names it)."""
    date = f"{front.date.day} {front.date:%B %Y}" if front.date else ""
    said = (
        ("Funder", front.funder),
        ("Ethics", front.ethics),
        ("Contact", front.contact),
        (
            "Version",
            ", ".join(filter(None, (front.version, date))),
        ),
        ("To be cited as", front.cite),
        ("Licence of the paper", front.licence),
    )
    return tuple((label, text) for label, text in said if text)


def _plain_words(context: StudyContext) -> dict[str, Say]:
    """The bindings that give plain words: the name of a wave, when it was in the field, what was asked."""
    asked = {question.item: question.wording for own in context.questions.values() for question in own}

    def wave(key: str) -> str:
        return _named(key, {wave: context.label(wave) for _, wave in context.fieldwork}, "a wave of this study")

    def fieldwork(key: str, arm: str | None = None) -> str:
        periods = {other: when.period for (of, other), when in context.fieldwork.items() if arm in (None, of)}
        return _named(key, periods, "a wave of this study")

    def wording(item: str) -> str:
        return _named(item, asked, "a question behind this paper's results")

    def name(key: str) -> str:
        return context.label(key)

    def units(number: float) -> str:
        return f"{number:g}"

    return {"name": name, "units": units, "wave": wave, "fieldwork": fieldwork, "wording": wording}


def _named(key: str, names: Mapping[str, str], what: str) -> str:
    if key not in names:
        raise PaperError(f"`{key}` is not {what}{nearest(key, names)}")
    return names[key]
