"""The rows of the estimates that a table names, and how it names their models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.errors import PaperError
from pipeline.papers.cautions import note
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import ranged
from pipeline.papers.results import Row, nearest, result_of
from pipeline.specs.components import COMPONENTS


def rows_of(paper: PaperContext, names: Sequence[str], component: str | None = None) -> list[Row]:
    """The estimates of the models named, of one component. Raises ``PaperError`` where there are none."""
    if not names:
        raise PaperError("this table names the model that it prints")
    for name in names:
        if name not in paper.results.models:
            raise PaperError(f"`{name}` is not a model of this paper{nearest(name, paper.results.models)}")
    found = [_as_in_text(paper, row) for name in names for row in paper.results.of(name, component)]
    if not found:
        raise PaperError(f"`{names[0]}` has no results of the kind `{component}`")
    return found


def _as_in_text(paper: PaperContext, row: Row) -> Row:
    """A row with the decimal places that the text prints it with, where it does."""
    places = paper.places.get(result_of(row))
    return row if places is None else {**row, "places": places}


def in_units(paper: PaperContext, row: Row) -> Row:
    """An effect for so many units of its term as the paper's figures give it for, as ``labelled_units`` says."""
    units, component = paper.study.units.get(str(row["term"]), 1.0), COMPONENTS.get(str(row["component"]))
    if units == 1 or component is None or not component.in_units:
        return row
    scaled = ("estimate", "conf_low", "conf_high") + (() if component.log_scale else ("std_error",))
    power = component.log_scale
    changed = {name: row[name] ** units if power else row[name] * units for name in scaled if row[name] is not None}
    return {**row, **changed}


def labelled_units(paper: PaperContext, term: str) -> str:
    """A term with the units that its effects are given for: "Age (for ten years more)"."""
    label = paper.study.label(term)
    return f"{label} ({paper.study.for_units(term)})" if paper.study.units.get(term, 1.0) != 1 else label


def distinct(rows: Iterable[Row], *columns: str) -> list[tuple[str, ...]]:
    """What the rows hold in these columns, each combination once, in their order."""
    return list(dict.fromkeys(tuple(row[column] for column in columns) for row in rows))


def short_name(paper: PaperContext, model: str) -> str:
    """What a table calls a model."""
    declared = paper.study.models.get(model)
    return declared.short if declared and declared.short else model


def standard_errors(rows: Iterable[Row]) -> str:
    """How the standard errors were made, in the words of the estimates."""
    return ranged(row["covariance"] for row in rows if row["covariance"] is not None) or "not stated"


def caution(paper: PaperContext, rows: Iterable[Row]) -> tuple[str, ...]:
    """The line that explains marked rows, if there are any; and of whom their models speak."""
    shown = list(rows)
    marked = paper.results.cautions.marked(shown)
    declared = [paper.study.models.get(str(row["model"])) for row in shown]
    said = dict.fromkeys(f"{remark}." for one in declared if one is not None for remark in one.remarks)
    return ((note(marked, paper.study),) if marked else ()) + tuple(said)
