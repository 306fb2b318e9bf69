"""The tables of a paper, made from frames: ``:::table kind name option=value``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.content import Column, Row, TableBlock, Text, words
from pipeline.papers.context import Context, Question, joined, ranged
from pipeline.papers.quantity import decimal
from pipeline.papers.results import DERIVED, Results, nearest
from pipeline.papers.source import Directive

FEWEST = 10
"""Patterns of fewer people than this are told together."""


@dataclass(frozen=True)
class Workshop:
    """What tables are made from. ``tables``: participation, reliability and whatever else a study has."""

    results: Results
    tables: Mapping[str, pl.DataFrame]
    context: Context

    @property
    def concepts(self) -> list[str]:
        """The concepts that the results measure and somebody was asked about, in the order of the results."""
        named = [name for pair in self.results.estimates.select("outcome", "term").iter_rows() for name in pair]
        return [name for name in dict.fromkeys(named) if name in self.context.questions]

    def table(self, name: str) -> pl.DataFrame:
        if name not in self.tables:
            raise PaperError(f"there is no {name} table to print", todo="Build it first, or leave this table out.")
        return self.tables[name]


def table_block(directive: Directive, workshop: Workshop, number: int) -> TableBlock:
    """The table that a ``:::table`` line asks for. Raises ``PaperError`` if it cannot be made."""
    kind, *names = directive.arguments or ("",)
    if kind not in KINDS:
        raise PaperError(f"`{kind}` is not a kind of table{nearest(kind, KINDS)}")
    block = KINDS[kind](workshop, names, directive.options)
    caption = directive.options.get("caption", block.caption)
    return replace(
        block, number=number, anchor=f"table-{number}", caption=caption, synthetic=workshop.context.synthetic
    )


def means(workshop: Workshop, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Outcomes by wave: mean and standard error. ``:::table means MODEL outcomes=a,b percent=yes``"""
    rows = _of_model(workshop, names)
    rows = rows.filter(pl.col("component").is_in(["mean", "share", "proportion"]), pl.col("group").is_null())
    chosen = options["outcomes"].split(",") if "outcomes" in options else rows["outcome"].unique(maintain_order=True)
    times, places, unit = (100, 1, "%") if options.get("percent") == "yes" else (1, 2, "")
    waves = rows["wave"].drop_nulls().unique().sort().to_list()
    body = []
    for outcome in chosen:
        own = {row["wave"]: row for row in rows.filter(pl.col("outcome") == outcome).iter_rows(named=True)}
        if not own:
            raise PaperError(f"`{outcome}` is not an outcome of `{names[0]}`{nearest(outcome, rows['outcome'])}")
        cells = [_with_error(own.get(wave), times, places, unit) for wave in waves]
        body.append(_row(workshop.context.label(outcome), *cells))
    columns = (Column("Measure"), *(Column(workshop.context.label(wave), "right") for wave in waves))
    return TableBlock(
        None,
        "",
        "Means by wave, with standard errors",
        columns,
        tuple(body),
        source=_source(workshop, rows),
        notes=("Standard errors in brackets. A dash: not asked in that wave.",),
    )


def models(workshop: Workshop, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Models below each other, within beside between. ``:::table models A B C``"""
    if not names:
        raise PaperError("a table of models names them", todo="Write :::table models first_model second_model")
    frames = [_of_model(workshop, [name]) for name in names]
    kinds = [kind for kind in EFFECTS if any(kind in frame["component"] for frame in frames)]
    every = pl.concat(frames).filter(pl.col("component").is_in(kinds), ~pl.col("term").str.contains("(?i)intercept"))
    pairs = every.select("outcome", "term").unique()
    same = pairs.height == 1 and len(names) > 1
    association = _association(workshop, *pairs.row(0)) if same else ""
    body = [
        row
        for name in names
        for row in _effects(workshop, every.filter(pl.col("model") == name), kinds, name if same else "")
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
        source=workshop.context.source,
        notes=(note,),
    )


EFFECTS = {"within": "Within a person", "between": "Between people", "coefficient": "Estimate"}


def _association(workshop: Workshop, outcome: str, term: str) -> str:
    return f"{workshop.context.label(term)} and {workshop.context.label(outcome).lower()}"


def _effects(workshop: Workshop, effects: pl.DataFrame, kinds: Sequence[str], model: str) -> list[Row]:
    """One row per exposure: its effect of each kind; told by ``model`` where the exposure is the same throughout."""
    found = []
    for outcome, term in effects.select("outcome", "term").unique(maintain_order=True).iter_rows():
        own = effects.filter(pl.col("outcome") == outcome, pl.col("term") == term)
        by_kind = {row["component"]: row for row in own.iter_rows(named=True)}
        row = next(iter(by_kind.values()))
        note = workshop.context.models.get(model)
        label = (note.short or note.method) if note else model or _association(workshop, outcome, term)
        cells = [_with_interval(by_kind.get(kind)) for kind in kinds]
        found.append(_row(label, *cells, _count(row["n_persons"]), _count(row["n_obs"])))
    return found


def estimates(workshop: Workshop, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Every term of one model. ``:::table estimates MODEL exp=yes`` prints odds ratios."""
    frame = _of_model(workshop, names)
    frame = frame.filter(pl.col("estimate").is_not_null(), ~pl.col("component").is_in(DERIVED))
    ratios = options.get("exp") == "yes"
    if ratios:
        frame = frame.filter(~pl.col("term").str.contains("(?i)intercept"))
        frame = frame.with_columns(pl.col("estimate", "conf_low", "conf_high").exp())
    parts = frame["component"].n_unique() > 1
    body = []
    for row in frame.iter_rows(named=True):
        term = row["outcome"] if row["term"] in (row["component"], "") else row["term"]
        label = workshop.context.label(term) + (f" ({row['component']})" if parts else "")
        where = [workshop.context.label(row[name]) for name in ("wave", "group") if row[name] is not None]
        body.append(_row(", ".join([label, *where]), _number(row["estimate"]), _ends(row), _p(row["p_value"])))
    name = "Odds ratio" if ratios else "Estimate"
    columns = (Column("Term"), Column(name, "right"), Column("Interval", "right"), Column("p", "right"))
    return TableBlock(
        None,
        "",
        workshop.context.models[names[0]].question if names[0] in workshop.context.models else names[0],
        columns,
        tuple(body),
        source=_source(workshop, frame),
        notes=(f"Standard errors: {_made(frame)}.",),
    )


def participation(workshop: Workshop, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Who answered, wave by wave and arm by arm, and where they came from."""
    frame = workshop.table("participation")
    context = workshop.context
    arms = frame["arm"].unique(maintain_order=True).to_list()
    body: list[Row] = []
    for arm in arms:
        own = frame.filter(pl.col("arm") == arm)
        if len(arms) > 1:
            body.append(Row((words(context.label(arm)),)))
        body += [_took_part(own, arm, wave, context) for wave in own["wave"].unique().sort()]
    headers = ("Answered", "Also the wave before", "Back after a gap", "For the first time", "Of the first wave")
    columns = (Column("Wave"), Column("Fieldwork"), *(Column(header, "right") for header in headers))
    return TableBlock(
        None,
        "",
        "Who took part, wave by wave",
        columns,
        tuple(body),
        source=context.source,
        notes=("The last column is the share of the people of the arm's first wave who answered this one.",),
    )


def _took_part(own: pl.DataFrame, arm: str, wave: str, context: Context) -> Row:
    here = own.filter(pl.col("wave") == wave)
    counts = dict(here.group_by("status").len().iter_rows())
    start = own.filter(pl.col("wave") == own["wave"].min(), pl.col("is_present"))
    kept = here.filter(pl.col("is_present")).join(start.select("person_id"), on="person_id", how="semi").height
    when = context.fieldwork.get((arm, wave))
    return _row(
        when.title if when else context.label(wave),
        when.period if when else "",
        _count(sum(counts.get(status, 0) for status in ("stayed", "returned", "entered"))),
        *(_count(counts.get(status, 0)) for status in ("stayed", "returned", "entered")),
        f"{decimal(100 * kept / start.height, 1)}%" if start.height else "",
    )


def patterns(workshop: Workshop, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """How often each pattern of answered and missed waves occurs; rare ones together."""
    people = workshop.table("participation").unique("person_id", keep="first", maintain_order=True)
    counted = people.group_by("arm", "pattern", maintain_order=True).len()
    arms = people["arm"].unique(maintain_order=True).to_list()
    body: list[Row] = []
    for arm in arms:
        own = counted.filter(pl.col("arm") == arm).sort(["len", "pattern"], descending=[True, True])
        if len(arms) > 1:
            body.append(Row((words(workshop.context.label(arm)),)))
        body += _pattern_rows(own, int(options.get("top", 12)))
    columns = (Column("Pattern"), Column("People", "right"), Column("Share", "right"))
    return TableBlock(
        None,
        "",
        "Patterns of participation",
        columns,
        tuple(body),
        source=workshop.context.source,
        notes=(f"One mark per wave: ● answered, ○ did not. Patterns of fewer than {FEWEST} people are told together.",),
    )


def _pattern_rows(counted: pl.DataFrame, top: int) -> list[Row]:
    total = int(counted["len"].sum())
    shown = counted.filter(pl.col("len") >= FEWEST).head(top)
    rest = total - int(shown["len"].sum())
    rows = [
        _row(pattern.replace("1", "●").replace("0", "○"), _count(many), _share(many, total))
        for pattern, many in shown.select("pattern", "len").iter_rows()
    ]
    others = counted.height - shown.height
    if others:
        rows.append(
            _row(f"{others} other {'pattern' if others == 1 else 'patterns'}", _count(rest), _share(rest, total))
        )
    return rows


def reliability(workshop: Workshop, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Cronbach's alpha of each scale by wave."""
    frame = workshop.table("reliability")
    context = workshop.context
    waves = frame["wave"].unique().sort().to_list()
    body = []
    keys = frame.select("scale", "arm").unique(maintain_order=True)
    several = frame["arm"].n_unique() > 1
    for scale, arm in keys.iter_rows():
        own = frame.filter(pl.col("scale") == scale, pl.col("arm") == arm)
        alphas = {row["wave"]: row["alpha"] for row in own.iter_rows(named=True)}
        label = context.label(scale) + (f", {context.label(arm)}" if several else "")
        body.append(_row(label, str(own["n_items"].max()), *(_number(alphas.get(wave)) for wave in waves)))
    wave_columns = (Column(context.label(wave), "right") for wave in waves)
    return TableBlock(
        None,
        "",
        "How well the questions of each scale hang together (Cronbach’s alpha)",
        (Column("Scale"), Column("Questions", "right"), *wave_columns),
        tuple(body),
        source=context.source,
        notes=("A dash: not asked in that wave, or not enough answers.",),
    )


ITEMS_CAPTION = "What was asked"


def items(workshop: Workshop, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """What was asked: the wording of every question behind the paper's results, or behind the concepts named."""
    context = workshop.context
    body: list[Row] = []
    assumed = False
    for concept in names or workshop.concepts:
        if concept not in context.questions:
            raise PaperError(f"nobody was asked about `{concept}`{nearest(concept, context.questions)}")
        for question in context.questions[concept]:
            assumed = assumed or question.assumed
            star = "\N{WORD JOINER}*" if question.assumed else ""
            wording = f"{question.wording}{star} {question.remark}".strip()
            asked = _asked_in(question, context)
            body.append(_row(context.label(concept), wording, _answers(question), ", ".join(question.variables), asked))
    columns = tuple(Column(header) for header in ("Measure", "Question", "Answers", "Variable", "Asked in"))
    notes = ("* Our own rendering, not the questionnaire’s words: see “What was assumed”.",) if assumed else ()
    return TableBlock(None, "", ITEMS_CAPTION, columns, tuple(body), source=context.source, notes=notes, wordy=True)


def _asked_in(question: Question, context: Context) -> str:
    """The waves that asked a question, told by those that did not where they are few."""
    every = list(dict.fromkeys(wave for _, wave in context.fieldwork))
    left_out = [wave for wave in every if wave not in question.waves]
    if not left_out:
        return "every wave"
    if len(left_out) < len(question.waves) and len(left_out) <= 2:
        return f"all but {joined([context.label(wave) for wave in left_out])}"
    return joined([context.label(wave) for wave in question.waves])


def _answers(question: Question) -> str:
    """The answers offered, from the first to the last."""
    offered = question.answers
    return joined(offered) if len(offered) < 4 else f"{offered[0]} to {offered[-1]} ({len(offered)} answers)"


KINDS: dict[str, Callable[[Workshop, Sequence[str], Mapping[str, str]], TableBlock]] = {
    "means": means,
    "models": models,
    "estimates": estimates,
    "participation": participation,
    "patterns": patterns,
    "reliability": reliability,
    "items": items,
}


def _of_model(workshop: Workshop, names: Sequence[str]) -> pl.DataFrame:
    if not names:
        raise PaperError("this table names the model that it prints")
    frame = workshop.results.estimates.filter(pl.col("model") == names[0])
    if frame.is_empty():
        known = workshop.results.estimates["model"].unique(maintain_order=True)
        raise PaperError(f"`{names[0]}` is not a model of this paper{nearest(names[0], known)}")
    return frame


def _source(workshop: Workshop, rows: pl.DataFrame) -> str:
    return workshop.context.source


def _made(rows: pl.DataFrame) -> str:
    """How the standard errors were made, in the words of the table."""
    return ranged(rows["covariance"].drop_nulls()) or "not stated"


def _row(*cells: str) -> Row:
    return Row(tuple((Text(cell),) if cell else () for cell in cells))


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _share(part: int, whole: int) -> str:
    return f"{decimal(100 * part / whole, 1)}%"


def _number(value: float | None) -> str:
    return "–" if value is None else decimal(value, 2)


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else decimal(value, 3)


def _ends(row: Mapping[str, float | None]) -> str:
    low, high = row["conf_low"], row["conf_high"]
    return "–" if low is None or high is None else f"{decimal(low, 2)} to {decimal(high, 2)}"


def _with_interval(row: Mapping[str, float | None] | None) -> str:
    if row is None:
        return "–"
    if row["estimate"] is None:
        return "withheld"
    return f"{_number(row['estimate'])} ({_ends(row)})"


def _with_error(row: Mapping[str, float | None] | None, times: float, places: int, unit: str) -> str:
    if row is None or row["estimate"] is None:
        return "–"
    error = f" ({decimal(row['std_error'] * times, places)})" if row["std_error"] is not None else ""
    return f"{decimal(row['estimate'] * times, places)}{unit}{error}"
