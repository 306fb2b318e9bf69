"""A paper of a declared study: its text, its declarations and its results become one document."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.papers.appendix.differences import blocking
from pipeline.papers.bound_titles import titled
from pipeline.papers.cautions import cautions_of
from pipeline.papers.content import Column, Document, FigureData, FigureFile
from pipeline.papers.declared import declared_context
from pipeline.papers.facts import facts_of
from pipeline.papers.planned import planned
from pipeline.papers.render import render_paper
from pipeline.papers.results import Results, Row, estimate_of, result_of
from pipeline.specs.components import COMPONENTS
from pipeline.specs.figure_kinds import FIGURE_KINDS
from pipeline.specs.paper_reads import groups_of, yardsticks_of
from pipeline.specs.provenance import Provenance, after
from pipeline.specs.rounding import decimal

if TYPE_CHECKING:
    from pipeline.specs.figures import Figure
    from pipeline.specs.models import AnyModel
    from pipeline.specs.project import Assumption, Study


def render_study_paper(
    key: str,
    text: str,
    *,
    study: Study,
    models: Mapping[str, AnyModel],
    figures: Mapping[str, Figure],
    labels: Mapping[str, str],
    assumptions: Sequence[Assumption],
    results: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    drawn: Mapping[str, Mapping[str, Any]],
    ranges: Mapping[str, tuple[float, float]] | None = None,
    smallest: Mapping[str, float] | None = None,
    references: str = "",
    glossary: Mapping[str, str] | None = None,
    pooling: Collection[str] = (),
    provenance: Provenance | None = None,
) -> Document:
    """The paper ``key`` as a typed document, with everything its study declares. Reads nothing from disk.

    ``text``: reports/papers/<key>.md. ``study``, ``models``, ``figures``: the declarations of the paper's study, models
    and figures, of which it reads what ``specs.paper_reads`` names (``study_reads``, ``model_reads``,
    ``FIGURE_READS``).
    ``labels``: concept → label, of those that ``specs.paper_reads.concepts_of`` names. ``assumptions``: the study's.
    ``results``: ``Estimates`` of the paper's models. ``tables``: participation, reliability and so on, by name.
    ``drawn``: figure → its ``FigureRecord`` with ``svg`` and, where there are such, ``narrow`` and ``png`` (bytes).

    ``ranges``: concept → its declared ends, by which scales are distinguished. ``smallest``: concept → the smallest
    difference of interest, by which words are chosen. ``references``: the works that it may cite, as CSL JSON or
    BibTeX. ``glossary``: term → what it means. ``pooling``: the models that analyse several waves without a term for
    each (``specs.paper_reads.pooling_waves``). ``provenance``: build, code and files.

    Raises ``UnsoundPaperError`` with every mistake, among them titles of figures that the results do not
    support, and blocking findings that nobody has decided about.
    """
    name = f"reports/papers/{key}.md"
    cautions = cautions_of(tables.get("comparability"), groups_of(models), pooling)
    context = replace(
        declared_context(
            study, models=models, labels=labels, assumptions=assumptions, estimated=_waves_with_levels(results)
        ),
        units={term: units for one in figures.values() for term, units in one.per.items()},
        unit_words=_unit_words(figures),
    )
    if study.plan is not None and context.methods:
        said = planned(study.plan, models, results)
        context = replace(context, methods={**context.methods, **said}, planned=frozenset(said))
    facts = facts_of(tables["participation"], context) if "participation" in tables else {}
    yardsticks = yardsticks_of(models)
    found = Results(
        results, facts, labels, cautions, ranges or {}, smallest or {}, is_twin=context.twin, yardsticks=yardsticks
    )
    return render_paper(
        text,
        results=results,
        context=context,
        tables=tables,
        figures={name: figure_of(figures[name], record, found) for name, record in drawn.items()},
        facts=facts,
        name=name,
        problems=[*([] if context.twin else blocking(tables.get("findings"), name)), *_titles(figures, found)],
        cautions=cautions,
        ranges=ranges,
        smallest=smallest,
        yardsticks=yardsticks,
        provenance=provenance,
        references=references,
        glossary=glossary,
    )


def _unit_words(figures: Mapping[str, Figure]) -> dict[str, str]:
    """Term → for how much more of it a figure gives its odds ratios, as the figure's label says in brackets."""
    labels = {term: one.labels.get(term, "") for one in figures.values() for term in one.per}
    inside = {term: label.partition("(")[2].rpartition(")")[0] for term, label in labels.items()}
    return {term: words for term, words in inside.items() if words}


def figure_of(declared: Figure, record: Mapping[str, Any], found: Results) -> FigureFile:
    """A drawn figure: its files as bytes, and the words that belong to it."""
    in_percent = declared.percent or FIGURE_KINDS[declared.kind].in_percent
    return FigureFile(
        svg=record["svg"],
        alt=record["alt"],
        title=record["title"],
        source=after(record["source"], record["made"]) if record.get("made") else record["source"],
        subtitle=declared.subtitle,
        note=record.get("note", declared.note),
        narrow=record.get("narrow"),
        png=record.get("png"),
        data=_data(record.get("data")),
        levels=tuple(_levels(declared, found)),
        prints={result_of(row): in_percent for row in _printed_rows(declared, found)},
        people=min((n for n in (estimate_of(row).n for row in _printed_rows(declared, found)) if n), default=None),
    )


def _data(drawn: pl.DataFrame | None) -> FigureData | None:
    """The data behind a figure as texts; the numbers of a column all to the places that the finest of them needs."""
    if drawn is None or not drawn.columns:
        return None
    columns = [Column(name, "right" if drawn[name].dtype.is_numeric() else "left") for name in drawn.columns]
    texts = [_texts(drawn[name]) for name in drawn.columns]
    return FigureData(tuple(columns), tuple(zip(*texts, strict=True)))


def _texts(column: pl.Series) -> list[str]:
    if not column.dtype.is_numeric():
        return [str(value or "") for value in column]
    known = [f"{value:.12f}".rstrip("0").partition(".")[2] for value in column.drop_nulls()]
    places = max(map(len, known), default=0)
    return ["" if value is None else decimal(value, places) for value in column]


def _printed_rows(declared: Figure, found: Results) -> Iterator[Row]:
    """The results that a figure prints with their values."""
    components = set(FIGURE_KINDS[declared.kind].prints)
    for row in (row for model in declared.models for row in found.of(model)):
        shown = row["component"] in components and (not declared.terms or row["term"] in declared.terms)
        if shown and (not declared.outcomes or row["outcome"] in declared.outcomes):
            yield row


def _levels(declared: Figure, found: Results) -> Iterator[tuple[str, str]]:
    """Each model and outcome of which a figure shows levels by wave."""
    if not FIGURE_KINDS[declared.kind].shows_levels:
        return
    for model in declared.models:
        outcomes = declared.outcomes or tuple(dict.fromkeys(str(row["outcome"]) for row in found.of(model)))
        yield from ((model, outcome) for outcome in outcomes)


def _titles(figures: Mapping[str, Figure], found: Results) -> list[str]:
    """What the titles of the paper's figures say and the results do not support."""
    return [
        problem for key, figure in figures.items() for problem in titled(key, figure.title, figure.claims, found)[1]
    ]


def _waves_with_levels(results: pl.DataFrame) -> dict[str, list[str]]:
    """Model → the waves of which it has means, shares or other levels."""
    levels = [key for key, component in COMPONENTS.items() if component.level]
    rows = results.filter(pl.col("component").is_in(levels) & pl.col("wave").is_not_null())
    return dict(rows.group_by("model").agg(pl.col("wave").cast(pl.String).unique()).iter_rows())
