"""From effects by event time to rows: leads and lags, a simultaneous band, tests of the trends before, bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.models.inference import Basis, Term, inference
from pipeline.models.interventions.pretrends import (
    MAGNITUDES,
    POWERS,
    Bounds,
    Path,
    average_weights,
    breakdown,
    detectable_slope,
    first_weights,
    joint_test,
    relative_magnitudes,
    slope_seen,
)
from pipeline.models.interventions.smoothness import smooth_bounds, smooth_breakdown

TERM = "treated"
ONE_BEFORE = "one wave before the start only: whether trends were parallel cannot be tested"
RELATIVE = "relative magnitudes (Rambachan & Roth 2023), least favourable critical values"
SMOOTH = "smoothness (Rambachan & Roth 2023), shortest interval of fixed length"
Row = dict[str, object]


@dataclass(frozen=True)
class Effects:
    """Effects by event time with their covariance, and what a simultaneous band takes for 1.96."""

    path: Path
    simultaneous: float
    counts: np.ndarray  # of treated rows by event time
    alone: tuple[float, ...] = ()  # event times that have no standard error
    why: str | None = None  # they have none


def name_of(event: float) -> str:
    return f"{event:g}"


def event_rows(
    basis: Basis,
    effects: Effects,
    note: str | None,
    level: float = 0.05,
    *,
    bounded: bool = True,
    bends: Sequence[float] = (),
) -> list[Row]:
    """Rows ``event_time`` and ``event_time_band`` per event time, the omitted one marked; then tests and bounds.

    ``bends``: by how much the difference in trends may bend, beside the straight line (``smooth_bounds``).
    """
    path = effects.path
    rows = [
        basis.row(
            Term("event_time", TERM, group=name_of(path.omitted), note="the omitted period: zero by definition"),
            estimate=0.0,
            covariance=None,
        )
    ]
    errors = np.sqrt(np.maximum(np.diag(path.covariance), 0.0))
    for event, estimate, error, count in zip(path.event, path.estimates, errors, effects.counts, strict=True):
        made: Row = {"estimate": float(estimate)}
        if event not in effects.alone:
            made = {**inference(float(estimate), float(error), path.df, basis.confidence)}
        term = Term("event_time", TERM, group=name_of(event), note=effects.why if event in effects.alone else note)
        rows.append({**basis.row(term, **made), "n_obs": int(count)})
    rows.sort(key=lambda row: float(str(row["group"])))
    reach = f"± {effects.simultaneous:.2f} standard errors"
    for event, estimate, error, count in zip(path.event, path.estimates, errors, effects.counts, strict=True):
        if event in effects.alone:
            continue
        half = effects.simultaneous * float(error)
        rows.append(
            {
                **basis.row(
                    Term("event_time_band", TERM, group=name_of(event)),
                    estimate=float(estimate),
                    conf_low=float(estimate) - half,
                    conf_high=float(estimate) + half,
                    covariance=f"simultaneous {basis.confidence * 100:g}% band: {reach}",
                ),
                "n_obs": int(count),
            }
        )
    if effects.alone:
        return [*rows, basis.row(Term("test", "pre_trend", note=f"withheld: {effects.why}"), covariance=None)]
    bounds = [*_bounds(basis, path, level), *_smooth(basis, path, level, bends)] if bounded else []
    return [*rows, *_before(basis, path, level), *bounds]


def _before(basis: Basis, path: Path, level: float) -> list[Row]:
    """The joint test of the leads, and the slopes that it would have found."""
    if not path.before.any():
        return [basis.row(Term("test", "pre_trend", note=ONE_BEFORE), covariance=None)]
    try:
        test = joint_test(path)
    except np.linalg.LinAlgError:
        why = "more leads than clusters can tell apart: the joint test is withheld"
        return [basis.row(Term("test", "pre_trend", note=why), covariance=None)]
    against = "normal" if np.isinf(test.df) else f"{test.df:g}"
    slopes = {power: detectable_slope(path, power, level) for power in POWERS}
    words = ", ".join(f"{slope:.3g} per unit of time with {power:.0%} power" for power, slope in slopes.items())
    note = f"F({test.k}, {against}) that all leads are zero; it would find a difference in slopes of {words}"
    rows = [
        basis.row(
            Term("test", "pre_trend", note=note), statistic=test.statistic, df=float(test.k), p_value=test.p_value
        )
    ]
    rows += [
        basis.row(
            Term("detectable_slope", "pre_trend", group=f"joint test, {power:.0%} power"),
            estimate=slope,
            covariance=None,
        )
        for power, slope in slopes.items()
    ]
    rows += [
        basis.row(
            Term("detectable_slope", "pre_trend", group=f"any lead significant, {power:.0%} power"),
            estimate=slope_seen(path, power, level),
            covariance=None,
        )
        for power in POWERS
    ]
    return rows


def _bounds(basis: Basis, path: Path, level: float) -> list[Row]:
    """Bounds under violations of parallel trends, for the average and the first effect, and where they break down."""
    if not path.before.any() or path.before.all():
        return []
    rows = []
    for term, weights in (("average_effect", average_weights(path)), ("first_effect", first_weights(path))):
        for magnitude in MAGNITUDES:
            found = relative_magnitudes(path, weights, magnitude, level)
            middle = float(weights @ path.estimates)
            rows.append(_bounds_row(basis, ("honest_bounds", term, magnitude), found, middle, RELATIVE))
        most = breakdown(path, weights, level)
        rows.append(_breakdown_row(basis, ("breakdown", term), most, "however large the divergence"))
    return rows


def _bounds_row(basis: Basis, of: tuple[str, str, float], found: Bounds, middle: float, by: str) -> Row:
    """Bounds of a term under a violation of this size, with what they would be without sampling error."""
    component, term, size = of
    note = f"without sampling error {found.lower:.3g} to {found.upper:.3g}"
    return basis.row(
        Term(component, term, group=f"{size:g}", note=note),
        estimate=middle, conf_low=found.conf_low, conf_high=found.conf_high, covariance=by,
    )  # fmt: skip


def _breakdown_row(basis: Basis, of: tuple[str, str], most: float, however: str) -> Row:
    """The largest violation under which the interval leaves out zero."""
    finite = bool(np.isfinite(most))
    note = None if finite else f"the interval leaves out zero {however}"
    return basis.row(Term(*of, note=note), estimate=most if finite else None, covariance=None)


def _smooth(basis: Basis, path: Path, level: float, bends: Sequence[float]) -> list[Row]:
    """Bounds if the difference in trends goes on straight, or bends by so much, and where they break down."""
    if not path.before.any() or path.before.all():
        return []
    rows = []
    for term, weights in (("average_effect", average_weights(path)), ("first_effect", first_weights(path))):
        for bend in sorted({0.0, *bends}):
            found = smooth_bounds(path, weights, bend, level)
            middle = (found.conf_low + found.conf_high) / 2
            rows.append(_bounds_row(basis, ("smooth_bounds", term, bend), found, middle, SMOOTH))
        most = smooth_breakdown(path, weights, level)
        rows.append(_breakdown_row(basis, ("smooth_breakdown", term), most, "however much trends bend"))
    return rows


def simultaneous(covariance: np.ndarray, confidence: float, df: float = np.inf, draws: int = 20_000) -> float:
    """The sup-t critical value of estimates of this covariance (k × k), by draws from it with a fixed seed."""
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    kept = errors > 1e-9 * errors.max(initial=0.0)
    if not kept.any():
        return 1.96
    correlation = covariance[np.ix_(kept, kept)] / np.outer(errors[kept], errors[kept])
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    generator = np.random.default_rng(2021)
    normal = generator.standard_normal((draws, len(root))) @ root.T
    if np.isfinite(df):
        normal /= np.sqrt(generator.chisquare(df, draws) / df)[:, None]
    return float(np.quantile(np.abs(normal).max(axis=1), confidence))
