"""How well structural models fit, and nested models compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.papers.content import Column, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import in_sentence, joined
from pipeline.papers.results import Row
from pipeline.papers.tables.cells import cell_row, count, of_people, p_value
from pipeline.papers.tables.rows import distinct, rows_of, short_name
from pipeline.specs.rounding import rounded

STEPS = {
    "CLPM": "Without random intercepts",
    "RI-CLPM": "With random intercepts",
    "lags equal": "… lags equal over waves",
    "lags and residuals equal": "… and residuals",
    "lags, residuals and means equal": "… and means",
    "lags equal over groups": "… lags equal over groups",
    "lags equal over waves and groups": "… and over waves",
}
"""Nested model, as ``sem`` writes it → its row."""

FIT = {"chi_square": "χ²", "df": "df", "cfi": "CFI", "rmsea": "RMSEA", "srmr": "SRMR", "bic": "BIC"}
PLACES = {"chi_square": 1, "df": 0, "bic": 0}


def fit(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """One row per model: its fit measures. ``:::table fit MODEL_A MODEL_B``"""
    found = rows_of(paper, names, "fit")
    body = []
    for model, wave in distinct(found, "model", "wave"):
        own = [row for row in found if (row["model"], row["wave"]) == (model, wave)]
        label = _with_constructs(paper, model) + (f", {paper.study.label(wave)}" if wave else "")
        people = _people(own)
        body.append(cell_row(label, *_fit_cells(own, people), count(people, sample=model)))
    columns = (Column("Model"), *(Column(name, "right") for name in FIT.values()), Column("People", "right"))
    note = (
        "χ² is scaled where standard errors are robust. A model that fits perfectly has a CFI of one, and RMSEA and "
        "SRMR of zero. BIC compares models of the same answers: smaller is better."
    )
    return TableBlock(
        None, "", "How well the models fit", columns, tuple(body), source=paper.study.source, notes=(note,)
    )


def _people(rows: Sequence[Row]) -> int | None:
    """How many people the rows rest on."""
    return max((row["n_persons"] for row in rows if row["n_persons"] is not None), default=None)


def _fit_cells(own: list[Row], people: int | None) -> list[str]:
    by = {row["term"]: row for row in own}
    if "chi_square" not in by or by["chi_square"]["estimate"] is None:
        return ["withheld", *("–" for _ in list(FIT)[1:])]
    values = {term: row["estimate"] for term, row in by.items()} | {"df": by["chi_square"]["df"]}
    texts = ["–" if values.get(term) is None else rounded(values[term], PLACES.get(term, 3)) for term in FIT]
    return [of_people(text, people) for text in texts]


def _with_constructs(paper: PaperContext, model: str) -> str:
    """A model by its constructs: "Contact and liking, with random intercepts"."""
    constructs = list(dict.fromkeys(row["outcome"] for row in paper.results.of(model, "lag")))
    if not constructs:
        return short_name(paper, model)
    labels = [paper.study.label(one) for one in constructs]
    named = joined([labels[0], *map(in_sentence, labels[1:])])
    return f"{named}, {in_sentence(short_name(paper, model))}"


def ladder(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """One row per nested model, each compared with the one above. ``:::table ladder MODEL``"""
    found = rows_of(paper, names[:1], "ladder")
    people = _people(paper.results.of(names[0]))
    body = []
    for (step,) in distinct(found, "outcome"):
        own = [row for row in found if row["outcome"] == step]
        change = next((row for row in own if row["term"] == "difference"), None)
        tested = ("–", "–", "–") if change is None else tuple(of_people(one, people) for one in _tested(change))
        body.append(cell_row(STEPS.get(step, step), *_fit_cells(own, people), *tested))
    heads = (*FIT.values(), "Δχ²", "Δdf", "p")
    withheld = (row for row in found if row["estimate"] is None)
    notes = (
        "The first row compares the model without random intercepts with the one that has them. Variances cannot be "
        "negative, so that its p value comes from a mixture of χ² distributions.",
        "Each later row sets more equal over waves than the row above.",
        *(f"{STEPS.get(row['outcome'], row['outcome'])}: {row['note']}." for row in withheld),
    )
    columns = (Column("Model"), *(Column(head, "right") for head in heads))
    return TableBlock(None, "", "Nested models", columns, tuple(body), source=paper.study.source, notes=notes)


def _tested(change: Row) -> tuple[str, str, str]:
    return rounded(change["statistic"], 1), rounded(change["df"], 0), p_value(change["p_value"])
