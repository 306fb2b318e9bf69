"""Tables of estimates: means by wave, models compared, every term of one model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from pipeline.errors import PaperError
from pipeline.papers.content import Column, TableBlock
from pipeline.papers.content import Row as TableRow
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import in_sentence
from pipeline.papers.results import STEP, Row, nearest
from pipeline.papers.tables.cells import (
    answers,
    cell_row,
    count,
    ends,
    p_value,
    places,
    rests_on,
    with_error,
    with_interval,
)
from pipeline.papers.tables.rows import caution, distinct, in_units, labelled_units, rows_of, standard_errors
from pipeline.specs.comparing import MARK
from pipeline.specs.components import COMPONENTS
from pipeline.specs.rounding import to_places


def means(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Outcomes by wave: mean and standard error. ``:::table means MODEL outcomes=a,b percent=yes``

    A row for each outcome; of a model that has groups only, a row for each outcome and group.
    """
    levels = [row for row in rows_of(paper, names[:1]) if _is_level(row)]
    rows = [row for row in levels if row["group"] is None] or levels
    outcomes = list(dict.fromkeys(row["outcome"] for row in rows))
    chosen = options["outcomes"].split(",") if "outcomes" in options else outcomes
    if not outcomes:
        raise PaperError(f"`{names[0]}` estimates no means or shares; print it with `:::table estimates {names[0]}`")
    for outcome in chosen:
        if outcome not in outcomes:
            raise PaperError(f"`{outcome}` is not an outcome of `{names[0]}`{nearest(outcome, outcomes)}")
    waves = sorted({row["wave"] for row in rows if row["wave"] is not None})
    printed = [row for row in rows if row["outcome"] in chosen]
    return TableBlock(
        None,
        "",
        "Means by wave, with standard errors",
        (Column("Measure"), *(Column(paper.study.label(wave), "right", brackets="standard error") for wave in waves)),
        tuple(_means(paper, chosen, printed, waves, options.get("percent") == "yes")),
        source=paper.study.source,
        notes=("Standard errors in brackets. A dash: not asked in that wave.", *caution(paper, printed)),
    )


def _means(
    paper: PaperContext, outcomes: Sequence[str], rows: Sequence[Row], waves: Sequence[str], percent: bool
) -> Iterator[TableRow]:
    """One row per outcome, or per outcome and group, with a cell for each wave."""
    times, fine, unit = (100, 1, "%") if percent else (1, 2, "")
    marked = paper.results.cautions.marked(rows)
    for outcome in outcomes:
        mark = MARK if outcome in marked else ""
        for group in dict.fromkeys(row["group"] for row in rows if row["outcome"] == outcome):
            own = {row["wave"]: row for row in rows if (row["outcome"], row["group"]) == (outcome, group)}
            of = paper.results.group_label(next(iter(own.values())))
            label = paper.study.label(outcome) + (f", {of}" if of else "")
            cells = [with_error(own.get(wave), times, fine, unit) + (mark if wave in own else "") for wave in waves]
            yield cell_row(f"{label}{mark}", *cells)


def _is_level(row: Row) -> bool:
    return row["component"] in COMPONENTS and COMPONENTS[row["component"]].level


def models(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """One row per model and exposure, effects within and between people side by side. ``:::table models A B C``"""
    if not names:
        raise PaperError("a table of models names them", todo="Write :::table models first_model second_model")
    every = [in_units(paper, row) for name in names for row in rows_of(paper, [name])]
    shown = {row["component"] for row in every}
    kinds = [key for key, record in COMPONENTS.items() if record.heading and key in shown]
    every = [row for row in every if row["component"] in kinds and not _is_intercept(row)]
    pairs = distinct(every, "outcome", "term")
    same = len(pairs) == 1 and len(names) > 1
    body = [
        row
        for name in names
        for row in _effects(paper, [row for row in every if row["model"] == name], kinds, name if same else "")
    ]
    columns = (
        Column("Model" if same else "Association"),
        *(Column(COMPONENTS[kind].heading, "right") for kind in kinds),
        Column("People", "right"),
        Column("Answers", "right"),
    )
    caption = "Associations within people and between them" if "within" in kinds else "Associations"
    return TableBlock(
        None,
        "",
        f"{_association(paper, *pairs[0])}, by model" if same else caption,
        columns,
        tuple(body),
        source=paper.study.source,
        notes=(f"Estimates with intervals. Standard errors: {standard_errors(every)}.", *caution(paper, every)),
    )


def _is_intercept(row: Row) -> bool:
    return "intercept" in row["term"].lower()


def _association(paper: PaperContext, outcome: str, term: str) -> str:
    return f"{labelled_units(paper, term)} and {in_sentence(paper.study.label(outcome))}"


def _effects(paper: PaperContext, effects: list[Row], kinds: Sequence[str], model: str) -> list[TableRow]:
    """One row per exposure: its effect of each kind; named by ``model`` where the exposure is the same throughout."""
    found = []
    for outcome, term in distinct(effects, "outcome", "term"):
        by_kind = {row["component"]: row for row in effects if (row["outcome"], row["term"]) == (outcome, term)}
        row = next(iter(by_kind.values()))
        declared = paper.study.models.get(model)
        label = (declared.short or declared.method) if declared else model or _association(paper, outcome, term)
        cells = [_marked(paper, by_kind.get(kind)) for kind in kinds]
        counts = (count(row["n_persons"], sample=row["model"]), answers(row["n_obs"], row["model"]))
        found.append(cell_row(label, *cells, *counts))
    return found


def _marked(paper: PaperContext, row: Row | None) -> str:
    """A cell with the mark where its result compares levels that may not be compared."""
    return with_interval(row) + (MARK if row is not None and paper.results.cautions.of(row) else "")


def _term(paper: PaperContext, row: Row) -> str:
    """What a row is about: a term, an outcome where its level is meant, or the waves that a change is between."""
    step = STEP.fullmatch(str(row["term"]))
    if step is not None:
        between = " to ".join(paper.study.label(wave) for wave in step.groups())
        return f"{paper.study.label(row['outcome'])}, {between}"
    about_outcome = row["term"] in (row["component"], "")
    return paper.study.label(row["outcome"]) if about_outcome else labelled_units(paper, str(row["term"]))


def estimates(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Every term of one model. ``:::table estimates MODEL exp=yes`` prints odds ratios."""
    known = [row for row in rows_of(paper, names[:1]) if row["estimate"] is not None]
    every = [in_units(paper, row) for row in known if not _is_derived(row)]
    ratios = options.get("exp") == "yes"
    if ratios:
        every = [_exponentiated(row) for row in every if not _is_intercept(row)]
    parts = len({row["component"] for row in every}) > 1
    body = []
    for row in every:
        label = _term(paper, row) + (f" ({row['component']})" if parts else "")
        where = [paper.study.label(row[name]) for name in ("wave", "group") if row[name] is not None]
        mark = MARK if paper.results.cautions.of(row) else ""
        texts = (to_places(row["estimate"], places(row)) + mark, ends(row), p_value(row["p_value"]))
        body.append(cell_row(", ".join([label, *where]) + mark, *(rests_on(text, row) for text in texts)))
    name = "Odds ratio" if ratios else "Estimate"
    declared = paper.study.models.get(names[0])
    return TableBlock(
        None,
        "",
        declared.question if declared else names[0],
        (Column("Term"), Column(name, "right"), Column("Interval", "right"), Column("p", "right")),
        tuple(body),
        source=paper.study.source,
        notes=(f"Standard errors: {standard_errors(every)}.", *caution(paper, every)),
    )


def _is_derived(row: Row) -> bool:
    return row["component"] in COMPONENTS and COMPONENTS[row["component"]].derived


def _exponentiated(row: Row) -> Row:
    scaled = ("estimate", "conf_low", "conf_high")
    ratios = {name: None if row[name] is None else math.exp(row[name]) for name in scaled}
    return {**row, **ratios, "is_ratio": True, "places": None}
