"""From a figure's declaration to the figure: one call for every kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.alt import alt_coefficients, alt_odds_ratios, alt_participation, alt_trend
from pipeline.figures.coefficients import coefficients, odds_ratios
from pipeline.figures.lags import lag_paths
from pipeline.figures.participation import participation_flow
from pipeline.figures.path import alt_path, path_figure
from pipeline.figures.patterns import alt_patterns, participation_patterns
from pipeline.figures.sensitivity import alt_versions, versions
from pipeline.figures.style import WIDE
from pipeline.figures.trend import trend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.models import AnyModel
    from pipeline.specs.project import Study
    from pipeline.specs.report import Figure as FigureSpec


@dataclass(frozen=True)
class Material:
    """What figures are drawn from."""

    estimates: pl.DataFrame | None
    participation: pl.DataFrame | None
    labels: Mapping[str, str]
    models: Mapping[str, AnyModel]
    comparability: pl.DataFrame | None = None

    def of(self, spec: FigureSpec) -> pl.DataFrame:
        """The estimates of the figure's models. Raises ``PaperError`` if a model has none."""
        found = set() if self.estimates is None else set(self.estimates["model"])
        missing = [model for model in spec.models if model not in found]
        if self.estimates is None or missing:
            raise PaperError(f"the figure draws `{missing[0]}`, which has no estimates", todo="Build that model first.")
        return pl.concat([self.estimates.filter(pl.col("model") == model) for model in spec.models])

    def label(self, key: str, spec: FigureSpec) -> str:
        """The figure's own label, or else the concept's."""
        return spec.labels.get(key) or self.labels.get(key) or key.replace("_", " ")


@dataclass(frozen=True)
class Drawing:
    """A figure, the text that stands in for it, its source and note. ``at(width)`` draws it at another width."""

    alt: str
    source: str
    at: Callable[[float], Figure]
    note: str = ""

    @cached_property
    def figure(self) -> Figure:
        return self.at(WIDE)


def draw(
    spec: FigureSpec,
    study: Study,
    *,
    estimates: pl.DataFrame | None = None,
    participation: pl.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
    models: Mapping[str, AnyModel] | None = None,
    comparability: pl.DataFrame | None = None,
) -> Drawing:
    """The figure that ``spec`` declares, with its alternative text.

    ``estimates``: rows of ``Estimates``, also of other models. ``participation``: the ``Participation`` table.
    ``labels``: concept → label. ``models``: the declared models, for their labels and level of confidence.
    ``comparability``: the ``Comparability`` table, so that a trend of a scale that failed scalar invariance says so.

    Raises ``PaperError`` if a result that the figure draws is missing.
    """
    kinds = {
        "trend": _trend,
        "coefficients": _coefficients,
        "odds_ratios": _odds_ratios,
        "sensitivity": _sensitivity,
        "participation": _participation,
        "patterns": _patterns,
        "path": _paths,
    }
    material = Material(estimates, participation, labels or {}, models or {}, comparability)
    make, tell, frame, shared, only_drawn = kinds[spec.kind](spec, study, material)
    source = study.about.source or study.about.title
    caution = trend_caution(spec, material) if spec.kind == "trend" else ""
    note = " ".join(filter(None, (spec.note, caution)))
    words = {
        "title": spec.title,
        "subtitle": spec.subtitle,
        "source": source,
        "synthetic": study.about.synthetic,
        "note": note,
    }
    synthetic = "Synthetic data." if study.about.synthetic else ""
    alt = " ".join(filter(None, (synthetic, tell(frame, **shared), caution)))
    return Drawing(alt, source, lambda width: make(frame, **words, **shared, **only_drawn, width=width), note)


Parts = tuple[Callable[..., "Figure"], Callable[..., str], pl.DataFrame, dict[str, Any], dict[str, Any]]
"""How to draw, how to tell, of what frame, with which arguments for both, and which for drawing alone."""


def _trend(spec: FigureSpec, study: Study, material: Material) -> Parts:
    estimates = material.of(spec)
    outcomes = spec.outcomes or tuple(estimates["outcome"].unique(maintain_order=True))
    shared: dict[str, Any] = {
        "dates": dates_of(study),
        "labels": {outcome: material.label(outcome, spec) for outcome in outcomes},
        "groups": spec.groups or _arms(estimates, study),
        "events": tuple((event.date, event.label, event.until) for event in study.about.events if spec.events),
        "y_label": spec.y_label,
        "percent": spec.percent,
        "confidence": _confidence(spec, material),
    }
    return trend, alt_trend, estimates, shared, {"y_range": spec.y_range}


def _coefficients(spec: FigureSpec, study: Study, material: Material) -> Parts:
    estimates = material.of(spec)
    effects = estimates.filter(pl.col("component") != "wave")
    terms = spec.terms or tuple(effects["term"].unique(maintain_order=True))
    shared: dict[str, Any] = {
        "labels": {term: material.label(term, spec) for term in terms},
        "models": {model: _model_label(model, spec, material) for model in spec.models},
        "confidence": _confidence(spec, material),
    }
    return coefficients, alt_coefficients, estimates, shared, {"x_label": spec.y_label} if spec.y_label else {}


def _odds_ratios(spec: FigureSpec, study: Study, material: Material) -> Parts:
    estimates = material.of(spec)
    terms = spec.terms or tuple(
        term for term in estimates["term"].unique(maintain_order=True) if "ntercept" not in term
    )
    if spec.outcomes:
        estimates = estimates.filter(pl.col("outcome").is_in(spec.outcomes))
    shared: dict[str, Any] = {
        "labels": {term: material.label(term, spec) for term in terms},
        "per": spec.per,
        "confidence": _confidence(spec, material),
    }
    return odds_ratios, alt_odds_ratios, estimates, shared, {"small": spec.small} if spec.small else {}


def _sensitivity(spec: FigureSpec, study: Study, material: Material) -> Parts:
    shared: dict[str, Any] = {"labels": spec.labels, "confidence": _confidence(spec, material)}
    return versions, alt_versions, material.of(spec), shared, {"x_label": spec.y_label} if spec.y_label else {}


def _participation(spec: FigureSpec, study: Study, material: Material) -> Parts:
    if material.participation is None:
        raise PaperError("the figure draws who took part, but there is no participation table")
    several = len(study.about.arms) > 1
    arms = spec.groups or {key: arm.title for key, arm in study.about.arms.items()}
    titles = {
        (arm, wave): _month(day) if several else study.waves[wave].title for (arm, wave), day in calendar(study).items()
    }
    return participation_flow, alt_participation, material.participation, {"waves": titles, "arms": arms}, {}


def _patterns(spec: FigureSpec, study: Study, material: Material) -> Parts:
    _, _, frame, shared, only_drawn = _participation(spec, study, material)
    return participation_patterns, alt_patterns, frame, shared, only_drawn


def _paths(spec: FigureSpec, study: Study, material: Material) -> Parts:
    declared = material.models.get(spec.models[0])
    constructs = spec.terms or getattr(declared, "constructs", ())
    if len(spec.models) != 1 or not constructs:
        raise PaperError("a path figure draws one cross-lagged model", todo="Name one `riclpm` model.")
    paths, waves = lag_paths(material.of(spec), constructs, {key: wave.title for key, wave in study.waves.items()})
    shared: dict[str, Any] = {
        "constructs": {construct: material.label(construct, spec) for construct in constructs},
        "waves": waves,
        "confidence": _confidence(spec, material),
    }
    return path_figure, alt_path, paths, shared, {}


def trend_caution(spec: FigureSpec, material: Material) -> str:
    """What a trend says of scales that it draws and whose questions did not measure alike over waves or groups."""
    if material.comparability is None:
        return ""
    over = {"waves", *filter(None, (getattr(material.models.get(name), "group", None) for name in spec.models))}
    drawn = spec.outcomes or tuple(material.of(spec)["outcome"].unique(maintain_order=True))
    failed = material.comparability.filter(
        ~pl.col("is_comparable"), pl.col("over").is_in(over), pl.col("scale").is_in(list(drawn))
    ).unique("scale", keep="first", maintain_order=True)
    told = [f"{material.label(scale, spec)} ({why})" for scale, why in failed.select("scale", "reason").iter_rows()]
    if not told:
        return ""
    return f"† The questions did not measure alike, so that levels may not be compared: {'; '.join(told)}."


def calendar(study: Study) -> dict[tuple[str, str], dt.date]:
    """(arm, wave) → the middle of its fieldwork."""
    days = {}
    for arm, waves in study.calendar.items():
        for wave in waves:
            if wave in study.waves:
                period = study.fieldwork(wave, arm)
                days[arm, wave] = period.start + (period.end - period.start) / 2
    return days


def dates_of(study: Study) -> dict[tuple[str | None, str], dt.date]:
    """(arm, wave) → date, and (None, wave) → date where every arm was in the field at the same time."""
    days: dict[tuple[str | None, str], dt.date] = {(arm, wave): day for (arm, wave), day in calendar(study).items()}
    for wave in study.waves:
        own = {day for (_, other), day in days.items() if other == wave}
        if len(own) == 1:
            days[None, wave] = own.pop()
    return days


def _arms(estimates: pl.DataFrame, study: Study) -> dict[str, str] | None:
    """Arm → title, if the estimates are grouped by arm."""
    groups = set(estimates["group"].drop_nulls())
    arms = {key: arm.title for key, arm in study.about.arms.items() if key in groups}
    return arms if arms and groups <= set(arms) else None


def _model_label(model: str, spec: FigureSpec, material: Material) -> str:
    declared = material.models.get(model)
    outcome = getattr(declared, "outcome", None)
    if model in spec.labels or outcome is None:
        return spec.labels.get(model, model)
    return material.label(outcome, spec)


def _confidence(spec: FigureSpec, material: Material) -> float:
    declared = material.models.get(spec.models[0])
    return declared.confidence if declared else 0.95


def _month(day: dt.date) -> str:
    return f"{day:%b} {day.year}"
