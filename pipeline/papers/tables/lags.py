"""Effects from one wave to the next, of cross-lagged models side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.papers.content import Column, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import in_sentence, sentence
from pipeline.papers.results import Row
from pipeline.papers.tables.cells import cell_row, count, with_interval
from pipeline.papers.tables.rows import distinct, rows_of, short_name

MEANING = {
    "lag": "the difference at the next wave that one point more at this wave is associated with",
    "lag_standardised": "the difference at the next wave, in standard deviations, that one standard deviation more at "
    "this wave is associated with",
    "lag_rescaled": "the difference after the time stated below that one point more at this wave is associated with",
}
"""What a lag says, by the scale it is given on."""


def lags(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """One row per lag, one column per model. ``:::table lags WITH_INTERCEPTS WITHOUT standardised=yes``"""
    study = paper.study
    found = rows_of(paper, names, _component(options))
    places = ("outcome", "term", "wave", "group")
    by_model = {(row["model"], *(row[place] for place in places)): row for row in found}
    body = []
    for outcome, term, wave, group in distinct(found, *places):
        where = [study.label(part) for part in (wave, group) if part is not None]
        label = f"{study.label(term)} → {in_sentence(study.label(outcome))}"
        label = f"{study.label(term)}, stability" if term == outcome else label
        cells = (with_interval(by_model.get((name, outcome, term, wave, group))) for name in names)
        body.append(cell_row(", ".join([label, *where]), *cells))
    heads = tuple(Column(short_name(paper, name), "right") for name in names)
    first = f"Each estimate is {MEANING[_component(options)]}, with its interval."
    if any(row["wave"] is not None for row in found):
        first += " The wave named is the one at which the outcome is measured."
    return TableBlock(
        None,
        "",
        "From one wave to the next",
        (Column("From → to"), *heads),
        tuple(body),
        source=study.source,
        notes=(f"{first} {_people(found, names)}".strip(), *_remarks(paper, found)),
    )


def _component(options: Mapping[str, str]) -> str:
    """Lags as estimated, standardised, or rescaled to one interval."""
    if options.get("standardised") == "yes":
        return "lag_standardised"
    return "lag_rescaled" if options.get("rescaled") == "yes" else "lag"


def _remarks(paper: PaperContext, found: list[Row]) -> list[str]:
    """What models note of their lags; what all of them note is said once, without a name."""
    by_model: dict[str, list[str]] = {}
    for model, note in distinct(found, "model", "note"):
        by_model.setdefault(model, []).extend((note or "").rstrip(".").split("; "))
    shared = [note for note in next(iter(by_model.values()), []) if all(note in own for own in by_model.values())]
    remarks = [sentence(note) for note in dict.fromkeys(shared) if note]
    for model, own in by_model.items():
        left = [note for note in dict.fromkeys(own) if note and note not in shared]
        remarks += [f"{short_name(paper, model)}: {'; '.join(left)}."] if left else []
    return remarks


def _people(found: list[Row], names: Sequence[str]) -> str:
    counted = [[row["n_persons"] for row in found if row["model"] == name and row["n_persons"]] for name in names]
    printed = list(dict.fromkeys(count(max(people)) for people in counted if people))
    return f"{' and '.join(printed)} people." if printed else ""
