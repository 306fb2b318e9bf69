"""Synthetic control: the treated areas' mean against the mixture of other areas that followed it before the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import level_name
from pipeline.models.inference import Term, joined
from pipeline.models.interventions.adoption import Adoption, Treated
from pipeline.models.interventions.adoption_rows import adoption
from pipeline.models.interventions.comparison_groups import require_controls
from pipeline.models.interventions.declared import InterventionSpec, treatment
from pipeline.models.interventions.event_rows import TERM, Row, name_of
from pipeline.models.interventions.starts import described
from pipeline.models.table import table
from pipeline.models.weighting import Weighted

FEWEST_BEFORE = 2
LOOSE = "more donors than waves before: many mixtures fit nearly as well, in part by chance"


@dataclass(frozen=True)
class Mixture:
    """Shares of the donors (d), the series they make (t), and how far it lies from the treated before and after."""

    shares: np.ndarray
    series: np.ndarray
    rmspe_before: float
    rmspe_after: float

    @property
    def ratio(self) -> float:
        """RMSPE after over RMSPE before; infinite where the fit before is perfect and the one after is not."""
        if self.rmspe_before > 0:
            return self.rmspe_after / self.rmspe_before
        return np.inf if self.rmspe_after > 0 else 1.0


@public(once=True, infinite=False, ordered=True)
def synthetic_control(
    frame: pl.DataFrame,
    outcome: str,
    *,
    confidence: float = 0.95,
    model: str = "synthetic_control",
    **options: Unpack[Treated],
) -> pl.DataFrame:
    """One row ``effect`` after the start on average, ``event_time`` per wave: treated mean less synthetic mean.

    The mixture has shares w ≥ 0, Σw = 1, that minimise the squared distance to the treated areas' (weighted) mean in
    the waves before the start (Abadie, Diamond & Hainmueller 2010, outcomes before as predictors, all alike). Rows
    ``donor_weight`` (``group``: the area), ``synthetic`` (``wave``), ``fit`` (``rmspe_before``, ``rmspe_after``,
    ``rmspe_ratio``). Row ``test`` ``placebo``: the rank of the treated among all areas by RMSPE ratio, each donor
    taken as treated in turn with the other donors, as a p-value (rank / number); no standard error is made. ``by``
    (default: ``unit``) are the areas; several treated areas of one start are taken together. Areas without every wave
    are left out as donors, and counted.

    Raises ModelError for several starts, fewer than two waves before the start, or fewer than two donors.

    >>> import polars as pl
    >>> from pipeline.models import synthetic_control
    >>> areas = pl.DataFrame({
    ...     "area": ["A"] * 4 + ["B"] * 4 + ["C"] * 4, "wave": [1, 2, 3, 4] * 3,
    ...     "trust": [2.0, 3.0, 4.0, 6.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0, 5.0, 6.0],
    ... })
    >>> table = synthetic_control(areas, "trust", start={"A": 4}, by="area", unit="area")
    >>> table.filter(component="effect")["estimate"].round(6).to_list()
    [1.0]
    """
    by = options.get("by") or options.get("unit", "person_id")
    chosen: Treated = {**options, "unit": by, "design": "cross_sections", "cluster": None}
    data = adoption(frame, outcome, **chosen)
    require_controls(data)
    if len(data.cohorts) > 1:
        raise ModelError(
            f"several starts ({described(data.cohorts.tolist(), data.when)}): a synthetic control has one",
            where="start",
            todo="Choose the areas of one start, or use `group_time_effects`.",
        )
    data, without = _shared_waves(data)
    names, series, treated, left_out = _series(data)
    before = data.times < data.cohorts[0] - data.anticipation
    if before.sum() < FEWEST_BEFORE:
        raise ModelError(
            "one wave before the start: every mixture of areas above and below fits it",
            where="start",
            todo="Choose more waves before.",
        )
    donors = series[~treated]
    if len(donors) < 2:
        raise ModelError("fewer than two areas to mix", where=by, count=len(donors), todo="Add areas not treated.")
    own = _treated_mean(data)
    found = mixture(own, donors, before)
    ratios = np.array([found.ratio, *placebo_ratios(donors, before)])
    loose = len(donors) > before.sum()
    lacking = f"areas without every wave left out as donors: {left_out:,}" if left_out else None
    notes = [data.note, without, LOOSE if loose else None, lacking]
    basis = data.basis("no standard error: see the placebo rank", confidence)
    rows = _rows(data, found, own, before, [name for name, one in zip(names, treated, strict=True) if not one])
    rows[0]["note"] = joined(*notes)
    rank, many = int(np.sum(ratios >= ratios[0] * (1 - 1e-9))), len(ratios)
    words = f"rank {rank} of {many} by RMSPE ratio; no p-value can be below {1 / many:.2g}"
    rows.append({**_blank(Term("test", "placebo", note=words)), "p_value": rank / many, "statistic": found.ratio})
    made = [{**basis.row(Term("", "")), **row} for row in rows]
    return table(made, data, basis, model=model, family="synthetic_control")


def mixture(own: np.ndarray, donors: np.ndarray, before: np.ndarray) -> Mixture:
    """The simplex weights of ``donors`` (d × t) closest to ``own`` (t) in the waves ``before`` (mask).

    min ‖A w‖², w on the simplex, A the donors' distances: non-negative least squares of (0, 1) on (A, 1') has its
    solution in the direction of w, for any length of it the same w is best.
    """
    from scipy.optimize import nnls

    distance = (donors - own)[:, before].T
    size = np.sqrt(np.mean(distance**2)) or 1.0
    stacked = np.vstack([distance / size, np.ones(len(donors))])
    found, _ = nnls(stacked, np.concatenate([np.zeros(int(before.sum())), [1.0]]), maxiter=100 * len(donors))
    shares = found / found.sum()
    series = shares @ donors
    gap = own - series
    return Mixture(
        shares, series, float(np.sqrt(np.mean(gap[before] ** 2))), float(np.sqrt(np.mean(gap[~before] ** 2)))
    )


def placebo_ratios(donors: np.ndarray, before: np.ndarray) -> list[float]:
    """The RMSPE ratio of each donor, mixed of the other donors."""
    place = np.arange(len(donors))
    return [mixture(donors[one], donors[place != one], before).ratio for one in place]


def _series(data: Adoption) -> tuple[list[str], np.ndarray, np.ndarray, int]:
    """Names of the areas that have every wave, their (weighted) mean series (areas × waves), which are treated."""
    total, mass = _sums(data, data.unit, data.n_units)
    full = np.asarray((mass > 0).all(axis=1))
    treated = _treated(data)
    kept = full | treated
    names = [level_name(name) for name in data.unit_names]
    series = np.divide(total, mass, out=np.full_like(total, np.nan), where=mass > 0)
    return (
        [name for name, keep in zip(names, kept, strict=True) if keep],
        series[kept],
        treated[kept],
        int((~kept).sum()),
    )


def _sums(data: Adoption, group: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    waves = len(data.times)
    cell = group * waves + data.wave
    total = np.bincount(cell, data.weight * data.outcome, groups * waves)
    return total.reshape(groups, waves), np.bincount(cell, data.weight, groups * waves).reshape(groups, waves)


def _shared_waves(data: Adoption) -> tuple[Adoption, str | None]:
    """The waves that every treated area has, and how many others were left out."""
    mass = _sums(data, data.unit, data.n_units)[1]
    shared = (mass[_treated(data)] > 0).all(axis=0)
    if shared.all():
        return data, None
    if not (data.times[shared] >= data.cohorts[0]).any():
        raise ModelError("the treated areas share no wave after the start", where="waves", todo="Choose other waves.")
    return data.rows(shared[data.wave]), f"{int((~shared).sum())} waves left out that not every treated area has"


def _treated(data: Adoption) -> np.ndarray:
    """Which units are treated."""
    return ~data.is_never[np.searchsorted(data.unit, np.arange(data.n_units))]


def _treated_mean(data: Adoption) -> np.ndarray:
    """The mean of treated areas' means by wave, each area counting alike."""
    total, mass = _sums(data, data.unit, data.n_units)
    treated = _treated(data)
    return np.asarray((total[treated] / mass[treated]).mean(axis=0))


def _blank(term: Term) -> Row:
    return {"component": term.component, "term": term.term, "wave": term.wave, "group": term.group, "note": term.note}


def _rows(data: Adoption, found: Mixture, own: np.ndarray, before: np.ndarray, donors: Sequence[str]) -> list[Row]:
    gap = own - found.series
    start = data.cohorts[0]
    rows: list[Row] = [{**_blank(Term("effect", TERM)), "estimate": float(gap[~before].mean())}]
    for time, value, mixed in zip(data.times, gap, found.series, strict=True):
        rows.append({**_blank(Term("event_time", TERM, group=name_of(time - start))), "estimate": float(value)})
        rows.append({**_blank(Term("synthetic", TERM, wave=data.when.label(time))), "estimate": float(mixed)})
    rows += [
        {**_blank(Term("donor_weight", TERM, group=name)), "estimate": float(share)}
        for name, share in zip(donors, found.shares, strict=True)
    ]
    fits = (("rmspe_before", found.rmspe_before), ("rmspe_after", found.rmspe_after), ("rmspe_ratio", found.ratio))
    rows += [{**_blank(Term("fit", name)), "estimate": value if np.isfinite(value) else None} for name, value in fits]
    return rows


def fit(name: str, spec: InterventionSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    frame, given = treatment(spec, panel, rows)
    return synthetic_control(frame, str(spec.outcome), confidence=spec.confidence, model=name, **given)
