"""Who answers again: odds ratios of each later wave or set of waves, and how alike those who answered are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.tables.cells import cell_row, count, decimal_share, number, with_interval
from pipeline.papers.content import Column, TableBlock
from pipeline.papers.study_context import StudyContext
from pipeline.papers.results import nearest
from pipeline.papers.paper_context import PaperContext

FITS = {
    "auc": "Area under the ROC curve",
    "r_indicator": "R-indicator",
    "r_indicator_adjusted": "R-indicator, adjusted",
}


def attrition(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Odds ratios of answering each later wave, and how alike those who answered are. ``:::table attrition MODEL``"""
    frame = paper.results.estimates.filter(pl.col("model").is_in(list(names)), pl.col("family") == "attrition")
    if frame.is_empty():
        known = paper.results.estimates.filter(pl.col("family") == "attrition")["model"].unique(maintain_order=True)
        raise PaperError(f"this table names an attrition model of this paper{nearest(' '.join(names), known)}")
    study = paper.study
    targets = _distinct(frame)
    odds, fits = (frame.filter(pl.col("component") == part) for part in ("odds_ratio", "fit"))
    body = []
    for term, group in odds.select("term", "group").unique(maintain_order=True).iter_rows():
        own = odds.filter(pl.col("term") == term, pl.col("group").eq_missing(pl.lit(group, pl.String)))
        label = study.label(term) + (f" ({study.label(group)})" if group else "")
        body.append(cell_row(label, *(_cell(own, target) for target in targets)))
    body += [
        cell_row(label, *(_cell(fits.filter(pl.col("term") == term), t) for t in targets))
        for term, label in FITS.items()
    ]
    rates = fits.filter(pl.col("term") == "response_rate")
    body.append(cell_row("Answered", *(_rate(rates, target) for target in targets)))
    columns = (Column("Odds ratio of"), *(Column(_target(study, outcome), "right") for _, outcome in targets))
    notes = (
        "Odds ratios of answering, given the other answers, with 95% intervals. The area under the ROC curve is one "
        "half where the answers do not tell who will answer again. The R-indicator is one where everyone is as likely "
        "to; adjusted, it is freed of what it owes to estimating the chances.",
    )
    return TableBlock(None, "", "Who answers again", columns, tuple(body), source=study.source, notes=notes)


def _distinct(frame: pl.DataFrame) -> list[tuple[str, str]]:
    """Each model and outcome once; a model that repeats one of another's targets, result by result, is left out."""
    seen: list[pl.DataFrame] = []
    found = []
    for model, outcome in frame.select("model", "outcome").unique(maintain_order=True).iter_rows():
        own = frame.filter(pl.col("model") == model, pl.col("outcome") == outcome)
        result = own.select("outcome", "component", "term", "group", pl.col("estimate").round(9))
        if not any(result.equals(other) for other in seen):
            seen.append(result)
            found.append((str(model), str(outcome)))
    return found


def _target(study: StudyContext, outcome: str) -> str:
    label = study.label(outcome.removeprefix("answered_"))
    return label[:1].upper() + label[1:]


def _cell(rows: pl.DataFrame, target: tuple[str, str]) -> str:
    own = rows.filter(pl.col("model") == target[0], pl.col("outcome") == target[1])
    if own.is_empty():
        return "–"
    row = own.row(0, named=True)
    return with_interval(row) if row["conf_low"] is not None else number(row["estimate"])


def _rate(rows: pl.DataFrame, target: tuple[str, str]) -> str:
    row = rows.filter(pl.col("model") == target[0], pl.col("outcome") == target[1]).row(0, named=True)
    return f"{decimal_share(row['estimate'])} of {count(row['n_obs'])}"
