"""Tables of estimates: means by wave, models beside each other, every term of one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.cautions import MARK, note
from pipeline.papers.tables.cells import cell_row, count, ends, number, p_value, with_error, with_interval
from pipeline.papers.content import Column, Row, TableBlock
from pipeline.papers.study_context import ranged
from pipeline.papers.results import DERIVED, nearest
from pipeline.papers.paper_context import PaperContext


def means(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Outcomes by wave: mean and standard error. ``:::table means MODEL outcomes=a,b percent=yes``"""
    rows = _of_model(paper, names)
    rows = rows.filter(pl.col("component").is_in(["mean", "share", "proportion"]), pl.col("group").is_null())
    chosen = options["outcomes"].split(",") if "outcomes" in options else rows["outcome"].unique(maintain_order=True)
    times, places, unit = (100, 1, "%") if options.get("percent") == "yes" else (1, 2, "")
    waves = rows["wave"].drop_nulls().unique().sort().to_list()
    marked = paper.results.cautions.marked(rows.filter(pl.col("outcome").is_in(list(chosen))))
    body = []
    for outcome in chosen:
        own = {row["wave"]: row for row in rows.filter(pl.col("outcome") == outcome).iter_rows(named=True)}
        if not own:
            raise PaperError(f"`{outcome}` is not an outcome of `{names[0]}`{nearest(outcome, rows['outcome'])}")
        cells = [with_error(own.get(wave), times, places, unit) for wave in waves]
        mark = MARK if outcome in marked else ""
        body.append(cell_row(f"{paper.study.label(outcome)}{mark}", *cells))
    columns = (Column("Measure"), *(Column(paper.study.label(wave), "right") for wave in waves))
    return TableBlock(
        None,
        "",
        "Means by wave, with standard errors",
        columns,
        tuple(body),
        source=paper.study.source,
        notes=("Standard errors in brackets. A dash: not asked in that wave.", *_cautioned(paper, marked)),
    )


def models(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Models below each other, within beside between. ``:::table models A B C``"""
    if not names:
        raise PaperError("a table of models names them", todo="Write :::table models first_model second_model")
    frames = [_of_model(paper, [name]) for name in names]
    kinds = [kind for kind in EFFECTS if any(kind in frame["component"] for frame in frames)]
    every = pl.concat(frames).filter(pl.col("component").is_in(kinds), ~pl.col("term").str.contains("(?i)intercept"))
    pairs = every.select("outcome", "term").unique()
    same = pairs.height == 1 and len(names) > 1
    association = _association(paper, *pairs.row(0)) if same else ""
    body = [
        row
        for name in names
        for row in _effects(paper, every.filter(pl.col("model") == name), kinds, name if same else "")
    ]
    columns = (
        Column("Model" if same else "Association"),
        *(Column(EFFECTS[kind], "right") for kind in kinds),
        Column("People", "right"),
        Column("Answers", "right"),
    )
    caption = "Associations within people and between them" if "within" in kinds else "Associations"
    note = f"Estimates with intervals. Standard errors: {_made(every)}."
    return TableBlock(
        None,
        "",
        f"{association}, by model" if same else caption,
        columns,
        tuple(body),
        source=paper.study.source,
        notes=(note,),
    )


EFFECTS = {"within": "Within a person", "between": "Between people", "coefficient": "Estimate"}


def _association(paper: PaperContext, outcome: str, term: str) -> str:
    return f"{paper.study.label(term)} and {paper.study.label(outcome).lower()}"


def _effects(paper: PaperContext, effects: pl.DataFrame, kinds: Sequence[str], model: str) -> list[Row]:
    """One row per exposure: its effect of each kind; told by ``model`` where the exposure is the same throughout."""
    found = []
    for outcome, term in effects.select("outcome", "term").unique(maintain_order=True).iter_rows():
        own = effects.filter(pl.col("outcome") == outcome, pl.col("term") == term)
        by_kind = {row["component"]: row for row in own.iter_rows(named=True)}
        row = next(iter(by_kind.values()))
        note = paper.study.models.get(model)
        label = (note.short or note.method) if note else model or _association(paper, outcome, term)
        cells = [with_interval(by_kind.get(kind)) for kind in kinds]
        found.append(cell_row(label, *cells, count(row["n_persons"]), count(row["n_obs"])))
    return found


def estimates(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Every term of one model. ``:::table estimates MODEL exp=yes`` prints odds ratios."""
    frame = _of_model(paper, names)
    frame = frame.filter(pl.col("estimate").is_not_null(), ~pl.col("component").is_in(DERIVED))
    ratios = options.get("exp") == "yes"
    if ratios:
        frame = frame.filter(~pl.col("term").str.contains("(?i)intercept"))
        frame = frame.with_columns(pl.col("estimate", "conf_low", "conf_high").exp())
    parts = frame["component"].n_unique() > 1
    body = []
    for row in frame.iter_rows(named=True):
        term = row["outcome"] if row["term"] in (row["component"], "") else row["term"]
        label = paper.study.label(term) + (f" ({row['component']})" if parts else "")
        where = [paper.study.label(row[name]) for name in ("wave", "group") if row[name] is not None]
        mark = MARK if paper.results.cautions.of(row) else ""
        body.append(
            cell_row(", ".join([label, *where]) + mark, number(row["estimate"]), ends(row), p_value(row["p_value"]))
        )
    name = "Odds ratio" if ratios else "Estimate"
    columns = (Column("Term"), Column(name, "right"), Column("Interval", "right"), Column("p", "right"))
    return TableBlock(
        None,
        "",
        paper.study.models[names[0]].question if names[0] in paper.study.models else names[0],
        columns,
        tuple(body),
        source=paper.study.source,
        notes=(f"Standard errors: {_made(frame)}.", *_cautioned(paper, paper.results.cautions.marked(frame))),
    )


def _of_model(paper: PaperContext, names: Sequence[str]) -> pl.DataFrame:
    if not names:
        raise PaperError("this table names the model that it prints")
    frame = paper.results.estimates.filter(pl.col("model") == names[0])
    if frame.is_empty():
        known = paper.results.estimates["model"].unique(maintain_order=True)
        raise PaperError(f"`{names[0]}` is not a model of this paper{nearest(names[0], known)}")
    return frame


def _cautioned(paper: PaperContext, marked: Mapping[str, str]) -> tuple[str, ...]:
    """The line that explains marked rows, if there are any."""
    return (note(marked, paper.study),) if marked else ()


def _made(rows: pl.DataFrame) -> str:
    """How the standard errors were made, in the words of the table."""
    return ranged(rows["covariance"].drop_nulls()) or "not stated"
