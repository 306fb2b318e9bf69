"""Tables of the study: who took part, in which patterns, how scales hang together, what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.tables.cells import cell_row, count, number, share
from pipeline.papers.content import Column, Row, TableBlock, words
from pipeline.papers.study_context import StudyContext, Question, joined
from pipeline.papers.results import nearest
from pipeline.papers.paper_context import PaperContext

FEWEST = 10
"""Patterns of fewer people than this are told together."""


def patterns(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """How often each pattern of answered and missed waves occurs; rare ones together."""
    people = paper.table("participation").unique("person_id", keep="first", maintain_order=True)
    people = people.filter(pl.col("pattern").str.contains("1"))
    counted = people.group_by("arm", "pattern", maintain_order=True).len()
    arms = people["arm"].unique(maintain_order=True).to_list()
    body: list[Row] = []
    for arm in arms:
        own = counted.filter(pl.col("arm") == arm).sort(["len", "pattern"], descending=[True, True])
        if len(arms) > 1:
            body.append(Row((words(paper.study.label(arm)),)))
        body += _pattern_rows(own, int(options.get("top", 12)))
    columns = (Column("Pattern"), Column("People", "right"), Column("Share", "right"))
    return TableBlock(
        None,
        "",
        "Patterns of participation",
        columns,
        tuple(body),
        source=paper.study.source,
        notes=(f"One mark per wave: ● answered, ○ did not. Patterns of fewer than {FEWEST} people are told together.",),
    )


def _pattern_rows(counted: pl.DataFrame, top: int) -> list[Row]:
    total = int(counted["len"].sum())
    shown = counted.filter(pl.col("len") >= FEWEST).head(top)
    rest = total - int(shown["len"].sum())
    rows = [
        cell_row(pattern.replace("1", "●").replace("0", "○"), count(many), share(many, total))
        for pattern, many in shown.select("pattern", "len").iter_rows()
    ]
    others = counted.height - shown.height
    if others:
        rows.append(
            cell_row(f"{others} other {'pattern' if others == 1 else 'patterns'}", count(rest), share(rest, total))
        )
    return rows


def reliability(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Cronbach's alpha of each scale by wave."""
    frame = paper.table("reliability")
    study = paper.study
    waves = frame["wave"].unique().sort().to_list()
    body: list[Row] = []
    arms = frame["arm"].unique(maintain_order=True).to_list()
    for arm in arms:
        of_arm = frame.filter(pl.col("arm") == arm)
        if len(arms) > 1:
            body.append(Row((words(study.label(arm)),)))
        for scale in of_arm["scale"].unique(maintain_order=True):
            own = of_arm.filter(pl.col("scale") == scale)
            alphas = dict(own.select("wave", "alpha").iter_rows())
            body.append(cell_row(study.label(scale), str(own["n_items"].max()), *map(number, map(alphas.get, waves))))
    wave_columns = (Column(study.label(wave), "right") for wave in waves)
    return TableBlock(
        None,
        "",
        "How well the questions of each scale hang together (Cronbach’s alpha)",
        (Column("Scale"), Column("Questions", "right"), *wave_columns),
        tuple(body),
        source=study.source,
        notes=("A dash: not asked in that wave, or not enough answers.",),
    )


ITEMS_CAPTION = "What was asked"


def items(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """What was asked: the wording of every question behind the paper's results, or behind the concepts named."""
    study = paper.study
    body: list[Row] = []
    marks: dict[str, str] = {}
    for concept in names or paper.concepts:
        if concept not in study.questions:
            raise PaperError(f"nobody was asked about `{concept}`{nearest(concept, study.questions)}")
        for question in study.questions[concept]:
            body.append(
                cell_row(
                    study.label(concept),
                    question.wording + _marks(question, marks),
                    _answers(question),
                    ", ".join(question.variables),
                    _asked_in(question, study),
                )
            )
    columns = tuple(Column(header) for header in ("Measure", "Question", "Answers", "Variable", "Asked in"))
    notes = tuple(f"{mark} {remark}" for remark, mark in marks.items())
    return TableBlock(None, "", ITEMS_CAPTION, columns, tuple(body), source=study.source, notes=notes, wordy=True)


OUR_RENDERING = "Our own rendering, not the questionnaire’s words: see “What was assumed”."


def _marks(question: Question, marks: dict[str, str]) -> str:
    """The marks of a question's remarks; a remark that several questions share is told once, below the table."""
    own = [OUR_RENDERING, *question.remarks] if question.assumed else list(question.remarks)
    for remark in own:
        letters = sum(known != OUR_RENDERING for known in marks)
        marks.setdefault(remark, "*" if remark == OUR_RENDERING else _letter(letters))
    return "".join(f"\N{WORD JOINER}{marks[remark]}" for remark in own)


def _letter(number: int) -> str:
    """A raised letter for the remark of that number: ᵃ, ᵇ … then with a figure."""
    letters = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
    return letters[number] if number < len(letters) else f"{letters[number % len(letters)]}{number // len(letters)}"


def _asked_in(question: Question, study: StudyContext) -> str:
    """The waves that asked a question, told by those that did not where they are few."""
    every = list(dict.fromkeys(wave for _, wave in study.fieldwork))
    left_out = [wave for wave in every if wave not in question.waves]
    if not left_out:
        return "every wave"
    if len(left_out) < len(question.waves) and len(left_out) <= 2:
        return f"all but {joined([study.label(wave) for wave in left_out])}"
    return joined([study.label(wave) for wave in question.waves])


def _answers(question: Question) -> str:
    """The answers offered, from the first to the last."""
    offered = question.answers
    return joined(offered) if len(offered) < 4 else f"{offered[0]} to {offered[-1]} ({len(offered)} answers)"
