"""Who answers again: odds ratios of each later wave or set of waves, and how representative those who answered are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import PaperError
from pipeline.papers.content import Column, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.results import FITS, Results, Row, nearest
from pipeline.papers.study_context import StudyContext
from pipeline.papers.tables.cells import cell_row, count, decimal_share, number, rests_on, with_interval
from pipeline.papers.tables.rows import distinct, in_units, labelled_units
from pipeline.specs.family import Family


def attrition(paper: PaperContext, names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """Odds ratios of answering each later wave, and fit of the response models. ``:::table attrition MODEL``"""
    predicting = response_models(paper.results)
    rows = [row for model in predicting if model in names for row in paper.results.of(model)]
    if not rows:
        raise PaperError(f"this table names an attrition model of this paper{nearest(' '.join(names), predicting)}")
    study, targets = paper.study, _targets(rows)
    of_target = {target: [row for row in rows if (row["model"], row["outcome"]) == target] for target in targets}
    odds = [row for row in rows if row["component"] == "odds_ratio"]
    body = []
    for term, group in distinct(odds, "term", "group"):
        label = labelled_units(paper, term) + (f" ({study.label(group)})" if group else "")
        found = (_one(of_target[target], "odds_ratio", term, group) for target in targets)
        cells = (_cell(None if row is None else in_units(paper, row)) for row in found)
        body.append(cell_row(label, *cells))
    for term, label in FITS.items():
        body.append(cell_row(label, *(_cell(_one(of_target[target], "fit", term)) for target in targets)))
    body.append(cell_row("Answered", *(_rate(_one(of_target[target], "fit", "response_rate")) for target in targets)))
    columns = (Column("Odds ratio of"), *(Column(_title(study, outcome), "right") for _, outcome in targets))
    notes = (
        "Odds ratios of answering, adjusted for the other predictors, with 95% intervals. An area under the ROC curve "
        "of one half means that the predictors do not discriminate. The R-indicator is one where everyone is equally "
        "likely to answer; the adjusted one corrects the bias of estimating these probabilities.",
    )
    return TableBlock(None, "", "Who answers again", columns, tuple(body), source=study.source, notes=notes)


def response_models(results: Results) -> list[str]:
    """The models of the paper that predict who answers later waves, in the order of the results."""
    return results.which(predicts_response)


def predicts_response(family: Family) -> bool:
    """Whether the family explains answering later waves by answers at an earlier one."""
    return "from_wave" in family.keys and "odds_ratio" in family.components


def _targets(rows: list[Row]) -> list[tuple[str, ...]]:
    """Each model and outcome once; a model that repeats another's target, result by result, is left out."""
    seen: list[list[tuple[object, ...]]] = []
    found = []
    for target in distinct(rows, "model", "outcome"):
        own = [row for row in rows if (row["model"], row["outcome"]) == target]
        result = [_rounded(row) for row in own]
        if result not in seen:
            seen.append(result)
            found.append(target)
    return found


def _rounded(row: Row) -> tuple[object, ...]:
    names = (row[name] for name in ("outcome", "component", "term", "group"))
    return (*names, None if row["estimate"] is None else round(row["estimate"], 9))


def _title(study: StudyContext, outcome: str) -> str:
    label = study.label(outcome.removeprefix("answered_"))
    return label[:1].upper() + label[1:]


def _one(rows: list[Row], component: str, term: str, group: str | None = None) -> Row | None:
    named = (component, term, group)
    return next((row for row in rows if (row["component"], row["term"], row["group"]) == named), None)


def _cell(row: Row | None) -> str:
    if row is None:
        return "–"
    return with_interval(row) if row["conf_low"] is not None else rests_on(number(row["estimate"]), row)


def _rate(row: Row | None) -> str:
    return "–" if row is None else rests_on(f"{decimal_share(row['estimate'])} of {count(row['n_obs'])}", row)
