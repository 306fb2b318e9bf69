"""The Estimates table of a mediation model: each effect with the interval that was asked for, and its cautions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.models.inference import Basis, inference, joined
from pipeline.models.mechanisms.effects import Effect
from pipeline.models.mechanisms.equations import Stacked
from pipeline.models.mechanisms.resampling import bca_interval, percentile_interval, two_sided_share

TOO_SKEWED = "the simulated interval does not hold the estimate, and is withheld"
NEAR_ZERO = "withheld: the interval of the total effect holds zero: a share of it has no meaning"
PRODUCT, INDIRECT = ":", "indirect_effect"
INDEX = "index of moderated mediation: by how much the indirect effect differs for one more of the moderator"
OPPOSED = "indirect and direct effects have opposite signs: a share of the total effect has no meaning"


@dataclass(frozen=True)
class Drawn:
    """Coefficients drawn (draws × K), in ``words`` for readers; ``without_each``: those of the jackknife, for BCa."""

    draws: np.ndarray
    words: str
    resampled: bool
    without_each: np.ndarray | None = None

    def interval(self, effect: Effect, estimate: float, confidence: float) -> tuple[float, float] | None:
        values = effect.value(self.draws)
        values = values[np.isfinite(values)]
        if self.without_each is None:
            return percentile_interval(values, confidence)
        return bca_interval(values, estimate, effect.value(self.without_each), confidence)


def effect_rows(
    effects: Sequence[Effect], fit: Stacked, drawn: Drawn, basis: Callable[[str], Basis], note: str | None
) -> list[dict[str, object]]:
    """One row per effect. Coefficients have t intervals unless clusters were drawn; products of them drawn ones."""
    rows = []
    for effect in effects:
        estimate = effect.at(fit.estimates)
        if effect.place is not None and not drawn.resampled:
            own, skewed = basis(f"{fit.described}; t intervals"), None
            error = float(np.sqrt(fit.covariance[effect.place, effect.place]))
            values = inference(estimate, error, fit.df[effect.level, effect.explained], own.confidence)
        else:
            own = basis(drawn.words if drawn.resampled else f"{fit.described}; {drawn.words}")
            values = _simulated(effect, estimate, fit, drawn, own.confidence)
            skewed = TOO_SKEWED if "conf_low" not in values else None
        notes = joined(note, fit.note, skewed)
        rows.append(
            own.row(effect.term, **values)
            | {"outcome": effect.outcome, "note": notes, "n_obs": fit.sizes.get(effect.level, own.n_obs)}
        )
    return [_named_index(row) for row in _with_cautions(rows)]


def _named_index(row: dict[str, object]) -> dict[str, object]:
    """The row; the indirect effect of a product is the index of moderated mediation (Hayes 2015)."""
    if PRODUCT not in str(row["term"]) or INDIRECT not in str(row["component"]):
        return row
    return row | {"note": "; ".join(filter(None, (INDEX, str(row["note"] or ""))))}


def _simulated(
    effect: Effect, estimate: float, fit: Stacked, drawn: Drawn, confidence: float
) -> dict[str, float | None]:
    """Delta-method or bootstrap standard error, simulated interval and p-value; neither if they miss the estimate."""
    gradient = effect.gradient(fit.estimates)
    error = float(np.sqrt(gradient @ fit.covariance @ gradient))
    values = effect.value(drawn.draws)
    if drawn.resampled:
        error = float(values.std(ddof=1))
    found: dict[str, float | None] = {"estimate": estimate, "std_error": error}
    interval = drawn.interval(effect, estimate, confidence)
    if interval is None or not interval[0] <= estimate <= interval[1]:
        return found
    p_value = None if drawn.without_each is not None else two_sided_share(values)
    return found | {"conf_low": interval[0], "conf_high": interval[1], "p_value": p_value}


def _with_cautions(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Shares of a total effect near zero are withheld; those of one made of opposed parts carry a warning."""
    found = {(row["component"], row["term"]): row for row in rows if row["group"] is None}
    return [_cautioned(row, found) if str(row["component"]).startswith("proportion_mediated") else row for row in rows]


def _cautioned(row: dict[str, object], found: Mapping[tuple[object, object], dict[str, object]]) -> dict[str, object]:
    suffix = str(row["component"]).removeprefix("proportion_mediated")
    total, direct, indirect = (
        found[f"{kind}{suffix}", row["term"]] for kind in ("total_effect", "direct_effect", "total_indirect_effect")
    )
    low, high = total.get("conf_low"), total.get("conf_high")
    product = float(str(direct["estimate"])) * float(str(indirect["estimate"]))
    if not isinstance(low, float) or not isinstance(high, float) or low <= 0 <= high:
        caution = NEAR_ZERO
    elif product < 0:
        caution = OPPOSED
    else:
        return row
    note = "; ".join(filter(None, (str(row["note"] or ""), caution)))
    empty: dict[str, object] = {"std_error": None, "p_value": None, "note": note}
    if caution == NEAR_ZERO:
        empty |= {"estimate": None, "conf_low": None, "conf_high": None}
    return row | empty
