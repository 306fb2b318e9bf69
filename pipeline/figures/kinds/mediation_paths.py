"""Paths of a mediation model from exposure to outcome, with the effect along each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.data import cleared, interval_columns, printed
from pipeline.figures.mediation_chains import Diagram, Step, diagrams
from pipeline.figures.mediation_plot import draw_mediation
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled
from pipeline.specs.rounding import places_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

OWN_SCALES = "Each number is in the scales of its two measures."


def picture(spec: FigureSpec, _study: Study, material: Material) -> Picture:
    """The paths of the one declared model; ``spec.terms`` chooses the exposure."""
    if len(spec.models) != 1 or len(spec.terms) > 1:
        raise PaperError("a figure of mediation draws one model and one exposure", todo="Name one of each.")
    shown, caution = material.marked(spec, material.of(spec))
    drawn = diagrams(shown, spec.terms[0] if spec.terms else None)
    shared: Arguments = {
        "labels": {name: material.label(name, spec) for name in _names(drawn)},
        "exposure": drawn[0].exposure,
        "confidence": material.confidence(spec),
    }
    people = shown["n_persons"].drop_nulls().min()
    data = _data(drawn, shared["labels"], shared["confidence"], people)
    return Picture(alt_mediation_paths(shown, **shared), partial(mediation_paths, shown, **shared), caution, data)


@public(infinite=False)
@styled
def mediation_paths(
    estimates: pl.DataFrame,
    *,
    title: str,
    labels: Mapping[str, str] | None = None,
    exposure: str | None = None,
    subtitle: str = "",
    source: str = "",
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Exposure and outcome as boxes, and between them a row for each path with its mediators, coefficients and effect.

    ``estimates``: rows of ``Estimates`` of one model, as ``pipeline.models.mediation`` gives them; one diagram for each
    level. ``labels``: variable → label. Arrows whose interval includes zero are dashed and grey, numbers not bold.

    Raises ``PaperError`` without such rows, or for an exposure that is none.
    """
    drawn = diagrams(estimates, exposure)
    names = _labels(drawn, labels)
    key = f"Brackets: {confidence * 100:g}% confidence intervals. Dashed: the interval includes zero. {OWN_SCALES}"
    return draw_mediation(Heading(title, subtitle, source, note, key, synthetic), drawn, names, width)


@public(infinite=False)
def alt_mediation_paths(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    exposure: str | None = None,
    confidence: float = 0.95,
) -> str:
    """What ``mediation_paths`` with these arguments shows: every path with its coefficients and effect."""
    drawn = diagrams(estimates, exposure)
    names = _labels(drawn, labels)
    parts = [f"Path diagram with {confidence * 100:g}% confidence intervals. {OWN_SCALES}"]
    for diagram in drawn:
        parts += [f"{diagram.name}:"] if diagram.name else []
        for chain in diagram.chains:
            nodes = [diagram.exposure, *chain.mediators, diagram.outcome]
            along = " to ".join(names[name] for name in nodes)
            steps = f" (arrows {', '.join(step.brief for step in chain.steps)})" if chain.mediators else ""
            parts.append(f"{along}{steps}: {chain.name.lower()} {chain.effect.text}.")
        parts.append(f"Total effect {diagram.total.text}.")
    return " ".join(parts)


def _names(drawn: list[Diagram]) -> list[str]:
    chains = [name for diagram in drawn for chain in diagram.chains for name in chain.mediators]
    return list(dict.fromkeys([drawn[0].exposure, *chains, drawn[0].outcome]))


def _labels(drawn: list[Diagram], labels: Mapping[str, str] | None) -> dict[str, str]:
    return {name: (labels or {}).get(name) or name.replace("_", " ") for name in _names(drawn)}


def _data(drawn: list[Diagram], names: Mapping[str, str], confidence: float, people: Any) -> pl.DataFrame:
    """One row per arrow and effect."""
    low, high = interval_columns(confidence)

    def row(level: str, path: str, number: str, step: Step) -> dict[str, Any]:
        places = places_of((step.low, step.high), value=step.value or 0.0)
        values = {"Estimate": printed(step.value, places), low: printed(step.low, places)}
        return {
            "Level": level,
            "Path": path,
            "Number": number,
            **values,
            high: printed(step.high, places),
            "People": people,
        }

    rows = []
    for diagram in drawn:
        for chain in diagram.chains:
            nodes = [names[name] for name in (diagram.exposure, *chain.mediators, diagram.outcome)]
            path = " → ".join(nodes)
            if chain.mediators:
                steps = zip(nodes, nodes[1:], chain.steps, strict=False)
                rows += [row(diagram.name, path, f"{one} → {other}", step) for one, other, step in steps]
            rows.append(row(diagram.name, path, chain.name, chain.effect))
        rows.append(row(diagram.name, "", "Total effect", diagram.total))
    return cleared(rows, ("Level", "Path", "Number"))
