"""What a local project needs to measure what it changes: which scale, which wording, how many people, what it finds.

Spread, stability and likeness within areas are taken from the study's own panel, so that numbers are of real answers
and not of a rule of thumb.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.index.programmes.answer_spread import Spread, spread_of
from pipeline.index.programmes.errors import refused
from pipeline.index.programmes.power import minimum_n, power_of, smallest_effect

SHARE = (0.0, 1.0)
SCHEMA = {
    "measure": pl.String, "label": pl.String, "direction": pl.String, "n_items": pl.Int64, "wording": pl.String,
    "lowest": pl.Float64, "highest": pl.Float64, "alpha": pl.Float64, "n_persons": pl.Int64, "mean": pl.Float64,
    "sd": pl.Float64, "correlation": pl.Float64, "icc": pl.Float64, "n_areas": pl.Int64, "effect": pl.Float64,
    "raw_effect": pl.Float64, "n_two_groups": pl.Float64, "n_before_after": pl.Float64,
    "n_with_comparison": pl.Float64, "n_in_areas": pl.Float64, "n_in_areas_with_comparison": pl.Float64,
    "power_in_areas": pl.Float64, "power_in_areas_with_comparison": pl.Float64, "smallest_in_areas": pl.Float64,
    "smallest_in_areas_with_comparison": pl.Float64, "note": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """What is known of a score from its declarations: its questions as asked, and the values that it can take."""

    label: str
    wordings: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    direction: str = ""
    alpha: float | None = None
    """Cronbach's alpha, the lowest of waves and arms."""

    @property
    def is_share(self) -> bool:
        """Whether it is a yes or no."""
        return (self.lowest, self.highest) == SHARE and len(self.wordings) < 2


@public(once=True, infinite=False)
def toolkit(
    panel: pl.DataFrame,
    measures: Mapping[str, Measure],
    *,
    area: str | None = None,
    effect: float = 0.2,
    areas: int = 6,
    people: int = 50,
    power: float = 0.8,
    alpha: float = 0.05,
    area_correlation: float = 0.8,
    least_icc: float = 0.01,
    smallest: int = 10,
) -> pl.DataFrame:
    """One row per measure: its questions, reliability and spread, and the fewest people to find an effect.

    ``panel``: one row per person and wave, a column for each of ``measures``. ``area``: the column of areas, without
    which nothing is said of plans in areas. ``effect``: in standard deviations; ``raw_effect`` is the same on the
    scale. ``n_two_groups``: people of each of two groups asked once; ``n_before_after``: of one group asked twice;
    ``n_with_comparison``: of each of two groups asked twice; ``n_in_areas`` and ``n_in_areas_with_comparison``: people
    of each area, of ``areas`` with the programme and as many without; null where no number is enough. ``power_…`` and
    ``smallest_…``: what ``people`` in each area find, where areas account for ``least_icc`` of the variance or more:
    few areas often look alike by chance. Shares are planned as shares where people are asked once.

    Raises CohesionError for measures that the panel has not, and for plans that cannot be.
    """
    missing = [name for name in measures if name not in panel.columns]
    if missing or not measures:
        what = f"the panel has no score `{missing[0]}`" if missing else "no measure is named"
        raise refused(what, where="measures", todo="Name scores of the panel.")
    if area is not None and area not in panel.columns:
        raise refused(f"the panel has no column `{area}`", where="area")
    if effect <= 0:
        raise refused(f"`effect={effect!r}` is nothing to look for", where="effect", todo="Give it above zero.")
    power_of(effect, people, areas=areas, alpha=alpha, area_correlation=area_correlation, icc=least_icc)
    plan = _Asked(effect, areas, people, power, alpha, area_correlation, least_icc)
    rows = [_row(name, one, spread_of(panel, name, area, smallest), plan) for name, one in measures.items()]
    return pl.DataFrame(rows, schema=SCHEMA)


@dataclass(frozen=True)
class _Asked:
    effect: float
    areas: int
    people: int
    power: float
    alpha: float
    area_correlation: float
    least_icc: float


def _row(name: str, measure: Measure, found: Spread, plan: _Asked) -> dict[str, Any]:
    known = {
        "measure": name,
        "label": measure.label,
        "direction": measure.direction or None,
        "n_items": len(measure.wordings) or None,
        "wording": " | ".join(measure.wordings) or None,
        "lowest": measure.lowest,
        "highest": measure.highest,
        "alpha": measure.alpha,
        **{key: getattr(found, key) for key in ("n_persons", "mean", "sd", "correlation", "icc", "n_areas")},
        "effect": plan.effect,
        "note": found.note,
    }
    if found.sd is None:
        return known
    return known | {"raw_effect": plan.effect * found.sd} | _people(measure, found, plan) | _in_areas(found, plan)


def _people(measure: Measure, found: Spread, plan: _Asked) -> dict[str, Any]:
    shares = _shares(measure, found, plan)
    options: dict[str, Any] = {"alpha": plan.alpha}
    made = {"n_two_groups": _enough(plan, shares=shares, **options)}
    if found.correlation is not None:
        for key, design in (("n_before_after", "before_after"), ("n_with_comparison", "with_comparison")):
            made[key] = _enough(plan, design=design, correlation=found.correlation, **options)
    return made


def _shares(measure: Measure, found: Spread, plan: _Asked) -> tuple[float, float] | None:
    """The share now, and what it would be: higher, or lower where it could not be higher."""
    if not measure.is_share or found.mean is None or found.sd is None:
        return None
    step = plan.effect * found.sd
    other = found.mean + step if found.mean + step < 1 else found.mean - step
    return (found.mean, other) if 0 < found.mean < 1 and 0 < other < 1 else None


def _in_areas(found: Spread, plan: _Asked) -> dict[str, Any]:
    if found.icc is None:
        return {}
    options: dict[str, Any] = {"areas": plan.areas, "icc": max(found.icc, plan.least_icc), "alpha": plan.alpha}
    made = _one_plan("in_areas", plan, options)
    if found.correlation is not None:
        more = {"design": "with_comparison", "correlation": found.correlation}
        more |= {"area_correlation": plan.area_correlation}
        made |= _one_plan("in_areas_with_comparison", plan, {**options, **more})
    return made


def _one_plan(name: str, plan: _Asked, options: dict[str, Any]) -> dict[str, Any]:
    return {
        f"n_{name}": _enough(plan, **options),
        f"power_{name}": power_of(plan.effect, plan.people, **options),
        f"smallest_{name}": smallest_effect(plan.people, plan.power, **options),
    }


def _enough(plan: _Asked, **options: Any) -> float | None:
    """The fewest people; nothing where no number is enough."""
    try:
        return minimum_n(plan.effect, plan.power, **options)
    except ModelError:
        return None


def lowest_alpha(reliability: pl.DataFrame, scales: Sequence[str]) -> dict[str, float]:
    """Scale → the lowest Cronbach's alpha of its waves and arms."""
    known = reliability.filter(pl.col("scale").is_in(list(scales))).drop_nulls("alpha")
    return dict(known.group_by("scale").agg(pl.col("alpha").min()).iter_rows())
