"""Whether the questions of a scale measure alike, and how reliably."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.papers.cautions import readable
from pipeline.papers.content import Column, TableBlock, words
from pipeline.papers.content import Row as TableRow
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.results import Row
from pipeline.papers.tables.cells import cell_row, number, of_people, rests_on, with_interval
from pipeline.papers.tables.rows import distinct, rows_of
from pipeline.specs.rounding import rounded

LEVELS = {
    "configural": "the same questions belong to each scale",
    "thresholds": "thresholds of the answers are equal",
    "metric": "loadings are equal",
    "scalar": "intercepts are equal as well",
    "strict": "residual variances are equal as well",
}
MEASURES = {"cfi": "CFI", "delta_cfi": "ΔCFI", "rmsea": "RMSEA", "delta_rmsea": "ΔRMSEA"}


def invariance(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """One row per scale and step of invariance, with its decision. ``:::table invariance MODEL``"""
    found = rows_of(paper, names)
    body: list[TableRow] = []
    for outcome, wave in distinct(found, "outcome", "wave"):
        own = [row for row in found if (row["outcome"], row["wave"]) == (outcome, wave)]
        steps = [row for row in own if row["term"] == "holds"]
        concluded = [row for row in own if row["term"] == "means_comparable"]
        if not steps and not concluded:
            continue  # latent means by wave
        over = paper.study.label(outcome) + (f", {paper.study.label(wave)}" if wave else "")
        body.append(TableRow((words(over + persons_analysed(own)),)))
        if not steps:
            body.append(cell_row("Not tested", "–", "–", "–", "–", str(concluded[0]["note"]).capitalize()))
        body += [_step(own, row, paper) for row in steps]
    shown = {row["component"] for row in found}
    meaning = "; ".join(f"{level}: {said}" for level, said in LEVELS.items() if level in shown)
    note = f"{meaning[:1].upper()}{meaning[1:]}. Means may be compared from the scalar step on."
    return TableBlock(
        None,
        "",
        "Do the questions measure alike?",
        (Column("Step"), *(Column(head, "right") for head in MEASURES.values()), Column("Decision")),
        tuple(body),
        source=paper.study.source,
        notes=(note,),
        wordy=True,
    )


FEW = 10


def persons_analysed(own: Sequence[Row]) -> str:
    """How many were analysed and left out: " (n = 2,928; 41 left out)"; a few are not counted out."""
    analysed = next((row["n_persons"] for row in own if row["n_persons"] is not None), None)
    if analysed is None:
        return ""
    left = next((row["estimate"] for row in own if row["term"] == "persons_left_out"), None) or 0
    few = f"fewer than {FEW}" if left < FEW else f"{left:,.0f}"
    return f" (n = {analysed:,}" + (f"; {few} left out)" if left else ")")


def _step(own: list[Row], decided: Row, paper: PaperContext) -> TableRow:
    values = {row["term"]: row["estimate"] for row in own if row["component"] == decided["component"]}
    shown = ["–" if values.get(term) is None else rounded(values[term], 3) for term in MEASURES]
    level, said = str(decided["component"]), readable(str(decided["note"] or ""), paper.study)
    people = next((row["n_persons"] for row in own if row["n_persons"] is not None), None)
    return cell_row(level.capitalize(), *(of_people(text, people) for text in shown), said[:1].upper() + said[1:])


def coefficients(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """One row per scale and wave: alpha, omega and variance extracted. ``:::table coefficients MODEL``"""
    found = rows_of(paper, names, "reliability")
    body = []
    for outcome, wave in distinct(found, "outcome", "wave"):
        by = {row["term"]: row for row in found if (row["outcome"], row["wave"]) == (outcome, wave)}
        single = [rests_on(number(by[term]["estimate"]), by[term]) if term in by else "–" for term in ("omega", "ave")]
        label = f"{paper.study.label(outcome)}, {paper.study.label(wave)}"
        body.append(cell_row(label, with_interval(by.get("alpha")), *single))
    heads = ("Alpha (interval)", "Omega", "Variance extracted")
    columns = (Column("Scale"), *(Column(head, "right") for head in heads))
    return TableBlock(None, "", "Reliability of the scales", columns, tuple(body), source=paper.study.source)
