"""A paper of a declared study: its text, its declarations and its results become one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.papers.cautions import cautions_of
from pipeline.papers.claims import check
from pipeline.papers.content import Document, FigureFile
from pipeline.papers.declared import declared_context
from pipeline.papers.facts import facts_of
from pipeline.papers.render import render_paper
from pipeline.papers.results import Results
from pipeline.specs.families import FAMILIES

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
) -> Document:
    """The paper ``key`` as a typed document, with everything its study declares. Reads nothing from disk.

    ``text``: reports/papers/<key>.md. ``study``, ``models``, ``figures``: the declarations of the paper's study, models
    and figures, of which it reads what ``specs.paper_reads`` names (``study_reads``, ``model_reads``,
    ``FIGURE_READS``).
    ``labels``: concept → label, of those that ``specs.paper_reads.concepts_of`` names. ``assumptions``: the study's.
    ``results``: ``Estimates`` of the paper's models. ``tables``: participation, reliability and so on, by name.
    ``drawn``: figure → its ``FigureRecord`` with ``svg`` and, where there are such, ``narrow`` and ``png`` (bytes).

    Raises ``UnsoundPaperError`` with every mistake, among them titles of figures that the results do not support.
    """
    context = declared_context(study, models=models, labels=labels, assumptions=assumptions)
    return render_paper(
        text,
        results=results,
        context=context,
        tables=tables,
        figures={name: figure_of(figures[name], record) for name, record in drawn.items()},
        facts=facts_of(tables["participation"], context) if "participation" in tables else {},
        name=f"reports/papers/{key}.md",
        problems=_titles(figures, results),
        cautions=cautions_of(tables.get("comparability"), _groups(models)),
    )


def figure_of(declared: Figure, record: Mapping[str, Any]) -> FigureFile:
    """A drawn figure: its files as bytes, and the words that belong to it."""
    return FigureFile(
        svg=record["svg"],
        alt=record["alt"],
        title=record["title"],
        source=record["source"],
        subtitle=declared.subtitle,
        note=record.get("note", declared.note),
        narrow=record.get("narrow"),
        png=record.get("png"),
    )


def _groups(models: Mapping[str, AnyModel]) -> dict[str, str]:
    """Model → the column whose groups it distinguishes."""
    grouped = {name: model for name, model in models.items() if "group" in FAMILIES[model.family].keys}
    return {name: model.group for name, model in grouped.items() if model.group}


def _titles(figures: Mapping[str, Figure], results: pl.DataFrame) -> list[str]:
    """What the titles of the paper's figures say and the results do not support."""
    found = Results(results)
    return [
        f"reports/figures/{key}.yaml: the result does not support “{figure.title}”: {problem}."
        for key, figure in figures.items()
        for problem in check(figure.claims, found)
    ]
