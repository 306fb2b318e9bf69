"""Tables of the weight sets of a paper's models: their steps, population margins, balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.content import Cell, Row, TableBlock, words
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.results import nearest
from pipeline.papers.tables.cells import cell_row, count, judged, number, of_people, plain_table
from pipeline.specs.rounding import percent

STEPS = {
    "base, all asked": "Delivered weight, everyone asked",
    "base, responders": "Delivered weight, those who answered",
    "response": "Adjusted for non-response",
    "margins": "Calibrated to the population margins",
    "trimmed": "Extremes trimmed",
}
IMBALANCE = 0.1


def weights(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """What each step of weighting does to the weights: their spread, the design effect, the effective n."""
    body: list[Row] = []
    for own in _sets(paper, "weights", names, body):
        for row in own.iter_rows(named=True):
            texts = (number(row["design_effect"]), f"{round(row['effective_n']):,}")
            cells = (of_people(text, row["n"]) for text in texts)
            body.append(cell_row(STEPS.get(row["step"], row["step"]), count(row["n"], sample=_set(row)), *cells))
    headers = ("People", "Design effect", "Effective n")
    notes = (
        "The design effect is Kish’s: the factor "
        "by which unequal weights increase the variance of a mean. The effective n is the number of "
        "people divided by it.",
    )
    return plain_table(paper, "Weights for the waves analysed, step by step", ("Step",), headers, body, notes)


def margins(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """The population’s share of each category compared with the sample’s, before and after calibration."""
    body: list[Row] = []
    for own in _sets(paper, "margins", names, body):
        for row in own.iter_rows(named=True):
            target, *shares = (percent(row[name], 1) for name in ("target", "before", "achieved"))
            of = {"variable": row["variable"], row["variable"]: row["category"]}
            cells = (judged(target, PUBLIC), *(of_people(text, row["persons"]) for text in shares))
            body.append(cell_row(_label(paper, row), count(row["persons"], of, sample=_set(row)), *cells))
    headers = ("People", "Population", "Before", "After")
    notes: tuple[str, ...] = ("Before: with the weight adjusted for non-response. After: with the final weight.",)
    if any(paper.table("margins")["category"] == "unanswered"):
        notes = (
            *notes,
            "People without an answer keep their share of the weight; the population’s shares apply to the rest.",
        )
    return plain_table(paper, "Population margins, before and after weighting", ("Category",), headers, body, notes)


def balance(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """Those who answered compared with everyone asked, in their answers at the start, before and after weighting."""
    body: list[Row] = []
    for own in _sets(paper, "balance", names, body):
        for row in own.iter_rows(named=True):
            texts = (number(row[name]) for name in ("asked", "responders", "weighted"))
            gaps = (number(row[name]) for name in ("difference_before", "difference_after"))
            people = _responders(paper, row)
            body.append(cell_row(_label(paper, row), *(of_people(text, people) for text in (*texts, *gaps))))
    headers = ("Everyone asked", "Who answered", "Weighted", "Difference before", "Difference after")
    notes = (
        "Means, or shares of a category, at the wave the weights start from. Differences are between those who "
        f"answered and everyone asked, in standard deviations; more than {IMBALANCE} is commonly called imbalance.",
    )
    caption = "Balance before and after weighting"
    return plain_table(paper, caption, ("Earlier answer",), headers, body, notes)


PUBLIC = Cell("share", None, structural=True)
"""The population's share of a category: published by others, and about nobody of the sample."""


def _set(row: Mapping[str, str]) -> str:
    """Whose answers a row of weights rests on."""
    return f"weights {row['weight_set']}, {row['arm']}"


def _responders(paper: PaperContext, row: Mapping[str, str]) -> int | None:
    """How many people of a set and arm were weighted; None where that is not known."""
    if "weights" not in paper.tables:
        return None
    own = paper.table("weights").filter(weight_set=row["weight_set"], arm=row["arm"], step="trimmed")
    return int(own["n"][0]) if own.height else None


def _sets(paper: PaperContext, table: str, names: Sequence[str], body: list[Row]) -> Iterator[pl.DataFrame]:
    """The rows of each set and arm, under a row with their names."""
    frame = paper.table(table)
    known = frame["weight_set"].unique(maintain_order=True).to_list()
    for name in names:
        if name not in known:
            raise PaperError(f"`{name}` is not a weight set of this paper’s models{nearest(name, known)}")
    for (name, arm), own in frame.group_by("weight_set", "arm", maintain_order=True):
        if names and name not in names:
            continue
        study = paper.study
        several = frame.filter(weight_set=name)["arm"].n_unique() > 1
        title = study.label(f"weights {name}") + (f": {study.label(str(arm))}" if several else "")
        body.append(Row((words(title),)))
        yield own


def _label(paper: PaperContext, row: Mapping[str, str]) -> str:
    """ "Age group: 18 to 29"; a number by its name only, a yes or no by its answer: "Man", "Woman"."""
    label = paper.study.label(row["variable"])
    if not row["category"]:
        return label
    known = paper.study.labels.get(f"{row['variable']}={row['category']}", row["category"])
    return known if known == label or (label, row["category"]) in _denied(paper, row, label) else f"{label}: {known}"


def _denied(paper: PaperContext, row: Mapping[str, str], label: str) -> set[tuple[str, str]]:
    """The category that says that a concept is not so, where the other category has the concept's name."""
    named = paper.study.labels.get(f"{row['variable']}=1") == label
    return {(label, "0")} if named else set()
