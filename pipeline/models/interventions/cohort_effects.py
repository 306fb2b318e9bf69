"""Group-time effects: for each cohort and wave the effect on its treated, and how they are put together.

Callaway & Sant'Anna (2021), Journal of Econometrics 225, 200–230; R's ``did``: ``att_gt`` and ``aggte``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.interventions.adoption import Adoption
from pipeline.models.interventions.comparison_groups import require_controls
from pipeline.models.interventions.two_periods import Comparison, Found, Method, levels

Control = Literal["never", "not_yet"]
Base = Literal["varying", "universal"]
Kind = Literal["simple", "dynamic", "group", "calendar"]
Known = dict[tuple[float, bytes], Comparison]
"""Cohort and rows of the earlier wave → their comparison, which serves every later wave of the same units."""


@dataclass(frozen=True)
class CohortEffects:
    """Effects (c) of cohort ``start`` at ``time`` (c each), and each unit's influence on them (units × c).

    ``rows``: treated rows (c) that each rests on. ``withheld``: (start, time, why) of those that cannot be estimated.
    """

    data: Adoption
    start: np.ndarray
    time: np.ndarray
    effect: np.ndarray
    influence: np.ndarray
    rows: np.ndarray
    base: Base
    withheld: tuple[tuple[float, float, str], ...]

    @cached_property
    def cluster(self) -> np.ndarray:
        """The cluster of each unit, or of each row in cross-sections."""
        codes = self.data.unit if self.data.cluster is None else self.data.cluster
        if self.data.design == "cross_sections":
            return codes
        return np.asarray(codes[np.searchsorted(self.data.unit, np.arange(self.data.n_units))])

    @cached_property
    def sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """The share of units in the cohort of each effect (c), and its influence (units × c)."""
        start, weight = _units(self)
        member = (start[:, None] == self.start) * weight[:, None]
        share = member.mean(axis=0)
        return share, member - share

    @cached_property
    def summed(self) -> np.ndarray:
        """Influence summed by cluster, over the number of units (clusters × c): its cross-product is the covariance."""
        return by_cluster(self.influence, self.cluster)

    @property
    def is_after(self) -> np.ndarray:
        return np.asarray(self.time >= self.start - self.data.anticipation)


def by_cluster(influence: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Influence (n × c) summed by cluster, divided by n."""
    sums = np.column_stack([np.bincount(cluster, column) for column in influence.T])
    return np.asarray(sums / len(influence))


def cohort_effects(data: Adoption, control: Control, method: Method, base: Base) -> CohortEffects:
    """Each cohort's effect in each wave, compared with its last wave before the start.

    ``control`` "never": those never treated; "not_yet": also those treated later than both waves. ``base`` "varying":
    before the start, each wave against the one before it. A pair of waves takes the units that answered both.
    Raises ModelError if there is nobody to compare with.
    """
    require_controls(data)
    if control == "never" and not data.is_never.any():
        raise ModelError(
            "nobody is never treated", where="control", todo="Compare with those not treated yet: `control: not_yet`."
        )
    cells, withheld, found, rows = [], [], [], []
    known: Known = {}
    for start in data.cohorts:
        for time in data.times:
            against = _base(data, start, time, base)
            if against is None or against == time:
                continue
            made = _named(data, start, time, against, control, method, known)
            if isinstance(made, str):
                withheld.append((float(start), float(time), made))
                continue
            cells.append((start, time))
            found.append(made[0])
            rows.append(made[1])
    if not found or not any(time >= start - data.anticipation for start, time in cells):
        why = withheld[0][2] if withheld else "no wave before the start"
        raise ModelError(f"no effect can be estimated: {why}", where=data.outcome_name, todo="Choose other waves.")
    pairs = np.array(cells)
    return CohortEffects(
        data,
        pairs[:, 0],
        pairs[:, 1],
        np.array([one.effect for one in found]),
        np.column_stack([one.influence for one in found]),
        np.array(rows),
        base,
        tuple(withheld),
    )


def _base(data: Adoption, start: float, time: float, base: Base) -> float | None:
    """The wave that ``time`` is compared with: the last one before the start; or the one before ``time``, before it."""
    times, limit = data.times, start - data.anticipation
    earlier = times[times < (time if base == "varying" and time < limit else limit)]
    return float(earlier[-1]) if earlier.size else None


def _named(
    data: Adoption, start: float, time: float, against: float, control: Control, method: Method, known: Known
) -> tuple[Found, int] | str:
    """One effect, or why there is none. Raises ModelError naming the cohort and the two waves that are compared."""
    try:
        return _one(data, start, time, against, control, method, known)
    except ModelError as error:
        name = data.when.label
        compared = f"those first treated in {name(start)}, {name(against)} and {name(time)}"
        raise ModelError(f"{error.what} ({compared})", where=error.where, todo=error.todo) from error


def _one(
    data: Adoption, start: float, time: float, against: float, control: Control, method: Method, known: Known
) -> tuple[Found, int] | str:
    """One effect with the influence of every unit, and the treated rows it rests on; or why there is none."""
    if data.design == "cross_sections":
        return _of_levels(data, start, time, against, control, method)
    now, then = (data.places[:, np.searchsorted(data.times, when)] for when in (time, against))
    own, others = _compared(data, data.start_of_unit, start, max(time, against), control)
    both = np.flatnonzero((own | others) & (now >= 0) & (then >= 0))
    now, then, treated = now[both], then[both], own[both]
    if why := _few(treated):
        return why
    early = then if against < time else now
    key = (start, early.tobytes())
    if key not in known:
        x = np.column_stack([np.ones(len(both)), data.covariates[early]])
        known[key] = Comparison(treated.astype(float), x, _mean_one(data.weight_of(early)))
    found = known[key].effect(data.outcome[now] - data.outcome[then], method)
    return _spread(found, both, data.n_units, int(treated.sum()))


def _of_levels(
    data: Adoption, start: float, time: float, against: float, control: Control, method: Method
) -> tuple[Found, int] | str:
    """The same from rows of different people."""
    own, others = _compared(data, data.start, start, max(time, against), control)
    chosen = np.flatnonzero((own | others) & ((data.time == time) | (data.time == against)))
    after = (data.time[chosen] == time).astype(float)
    x = np.column_stack([np.ones(len(chosen)), data.covariates[chosen]])
    return _few(own[chosen]) or _spread(
        levels(data.outcome[chosen], after, own[chosen].astype(float), x, _mean_one(data.weight_of(chosen)), method),
        chosen, data.n_obs, int((own[chosen] & (after == 1)).sum()),
    )  # fmt: skip


def _compared(
    data: Adoption, starts: np.ndarray, start: float, last: float, control: Control
) -> tuple[np.ndarray, np.ndarray]:
    """Which of ``starts`` are of the cohort, and which of those it is compared with."""
    own = starts == start
    others = starts > data.times[-1]
    if control == "not_yet":
        others = others | ((starts > last + data.anticipation) & ~own)
    return own, others


def _few(own: np.ndarray) -> str | None:
    """Why two groups cannot be compared, if they cannot."""
    if not own.any():
        return "none of the treated answered both waves"
    return "nobody untreated answered both waves" if own.all() else None


def _mean_one(weight: np.ndarray) -> np.ndarray:
    return np.asarray(weight / weight.mean())


def _spread(found: Found, place: np.ndarray, n: int, rows: int) -> tuple[Found, int]:
    """The influence among all units: those that were not compared have none."""
    whole = np.zeros(n)
    whole[place] = found.influence * (n / len(place))
    return Found(found.effect, whole), rows


@dataclass(frozen=True)
class Together:
    """Averages (m) for ``keys`` (event times, starts or times; NaN: overall, first), with influence (units × m)."""

    keys: np.ndarray
    effect: np.ndarray
    influence: np.ndarray
    rows: np.ndarray


def aggregate(found: CohortEffects, kind: Kind) -> Together:
    """The effects together, weighted by the size of cohorts (in weights), whose estimation counts in the errors.

    "simple": all after the start; "dynamic": by event time; "group": by cohort; "calendar": by wave. The first is the
    overall one: of "dynamic" and "calendar" the plain mean of those after the start, of "group" by size.
    """
    size, influence = found.sizes
    after = found.is_after
    if kind == "simple":
        effect, each = _weighted(found, after[:, None], size, influence)
        return Together(np.array([np.nan]), effect, each, found.rows[after].sum()[None])
    key = {"dynamic": found.time - found.start, "group": found.start, "calendar": found.time}[kind]
    chosen = np.ones(len(key), bool) if kind == "dynamic" else after
    keys = np.unique(key[chosen])
    of_key = chosen[:, None] & (key[:, None] == keys)
    sized = (np.ones_like(size), None) if kind == "group" else (size, influence)
    effect, each = _weighted(found, of_key, *sized)
    rows = found.rows @ of_key
    lasting = keys >= -found.data.anticipation if kind == "dynamic" else np.ones(len(keys), bool)
    if kind == "group":
        share, of_share = _shares(found, keys)
    else:
        share, of_share = lasting / lasting.sum(), np.zeros_like(each)
    overall = float(share @ effect)
    return Together(
        np.concatenate([[np.nan], keys]),
        np.concatenate([[overall], effect]),
        np.column_stack([each @ share + of_share @ effect, each]),
        np.concatenate([[rows[lasting].sum()], rows]),
    )


def _units(found: CohortEffects) -> tuple[np.ndarray, np.ndarray]:
    """Start and weight of each unit (of each row in cross-sections), weights of mean one."""
    data = found.data
    if data.design == "cross_sections":
        return data.start, data.weight
    first = np.searchsorted(data.unit, np.arange(data.n_units))
    return data.start[first], _mean_one(data.weight[first])


def _weighted(
    found: CohortEffects, chosen: np.ndarray, size: np.ndarray, influence: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Means (m) of the ``chosen`` effects (c × m) by size, and their influence: through effects, and through sizes.

    ``influence`` (units × c) is that on the sizes; None: they are known.
    """
    share = np.where(chosen, size[:, None], 0.0)
    total = share.sum(axis=0)
    share = share / total
    mean = found.effect @ share
    each = found.influence @ share
    if influence is not None:
        each = each + influence @ np.where(chosen, (found.effect[:, None] - mean) / total, 0.0)
    return np.asarray(mean), np.asarray(each)


def _shares(found: CohortEffects, cohorts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    start, weight = _units(found)
    member = (start[:, None] == cohorts) * weight[:, None]
    size = member.mean(axis=0)
    total, influence = size.sum(), member - size
    return size / total, influence / total - np.outer(influence.sum(axis=1), size) / total**2
