"""One headline result, estimated in every defensible way, side by side, and how far it is from tipping over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from pipeline.errors import ModelError
from pipeline.imputation.pool_estimates import pool_estimates, pooled_fmi
from pipeline.imputation.tipping import curve_of, tipping_point
from pipeline.subsamples import balanced, complete_cases, from_the_start
from pipeline.tables import estimates

Fit = Callable[[pl.DataFrame, bool], pl.DataFrame]
"""From a panel, and whether to weight it, to the Estimates table of the model."""

DISTINCT = 0.99
"""A version that keeps more of the rows than this is no version of its own."""


@dataclass(frozen=True)
class Which:
    """Which row of the Estimates is the headline. Names left out may be anything, as long as one row fits."""

    term: str
    component: str | None = None
    outcome: str | None = None
    wave: str | None = None
    group: str | None = None

    def rows(self) -> pl.Expr:
        """Which rows fit."""
        return pl.all_horizontal(pl.col(name) == value for name, value in vars(self).items() if value is not None)

    def of(self, table: pl.DataFrame) -> dict[str, object]:
        """The row. Raises ModelError if none or several fit."""
        rows = table.filter(self.rows())
        if rows.height != 1:
            told = ", ".join(f"{name} {value}" for name, value in vars(self).items() if value is not None)
            raise ModelError(f"{rows.height} results fit {told}", where="result", todo="Name one.")
        return rows.row(0, named=True)


def sensitivity(
    fit: Fit,
    panel: pl.DataFrame,
    which: Which,
    *,
    concepts: Sequence[str],
    completed: Sequence[pl.DataFrame] = (),
    weighted: bool = False,
    confidence: float = 0.95,
    model: str = "sensitivity",
    imputation: str = "",
) -> pl.DataFrame:
    """One row per version of a result: unweighted, weighted, complete-case, balanced, from the start, imputed.

    ``panel``: the model's rows, one per person and wave. ``concepts``: the columns the model reads. ``completed``: the
    panel with its gaps filled, once per imputation. Component ``version``, the version's name in ``group``
    (``tables.VERSIONS``); ``missing_information`` is the imputed version's fraction of it. A version
    with next to all rows is left out; one that cannot be estimated is withheld with the reason in ``note``.
    """
    missing: list[float] = []
    versions: dict[str, Callable[[], pl.DataFrame]] = {
        name: partial(fit, *sample) for name, sample in _samples(panel, concepts, weighted).items()
    }
    if completed:

        def pooled() -> pl.DataFrame:
            results = [fit(one, False) for one in completed]
            missing.append(pooled_fmi([table.filter(which.rows()) for table in results]))
            return pool_estimates(results, name=imputation, confidence=confidence)

        versions["imputed"] = pooled
    rows = [_attempt(name, which, run) for name, run in versions.items()]
    outcome = next((row["outcome"] for row in rows if "outcome" in row), which.outcome or "")
    told = {"component": "missing_information", "term": which.term, "group": "imputed"}
    rows += [told | {"estimate": share} for share in missing]
    return estimates([{"outcome": outcome} | row for row in rows], model=model, family="sensitivity")


def _samples(panel: pl.DataFrame, concepts: Sequence[str], weighted: bool) -> dict[str, tuple[pl.DataFrame, bool]]:
    """Version → its rows, and whether they are weighted."""
    found = {"unweighted": (panel, False)}
    if weighted:
        found["weighted"] = (panel, True)
    smaller = {
        "complete_case": complete_cases(panel, concepts),
        "balanced": balanced(panel, concepts),
        "from_the_start": from_the_start(panel),
    }
    return found | {name: (frame, False) for name, frame in smaller.items() if frame.height < DISTINCT * panel.height}


def _attempt(version: str, which: Which, run: Callable[[], pl.DataFrame]) -> dict[str, object]:
    head: dict[str, object] = {"component": "version", "group": version, "term": which.term}
    try:
        row = which.of(run())
    except ModelError as error:
        return head | {"note": error.what}
    return row | head | {"wave": row["wave"]}


def shifted(
    panel: pl.DataFrame, completed: pl.DataFrame, concept: str, delta: float, per: str | None = None
) -> pl.DataFrame:
    """A completed panel with every imputed value of ``concept`` moved by ``delta``, or by delta for a unit of ``per``.

    ``per`` is centred on its mean where ``concept`` is imputed, so that only the association moves. Values are not cut
    at the ends of the scale: the shift is of the average. van Buuren (2018), section 3.8.
    """
    given = panel.select("person_id", "wave", _given=pl.col(concept).is_not_null())
    marked = completed.join(given, on=["person_id", "wave"], how="left", maintain_order="left")
    imputed = ~pl.col("_given").fill_null(False) & pl.col(concept).is_not_null()
    step = pl.lit(delta)
    if per is not None:
        step = delta * (pl.col(per) - pl.col(per).filter(imputed).mean())
    return marked.with_columns(pl.when(imputed).then(pl.col(concept) + step).otherwise(concept).alias(concept)).drop(
        "_given"
    )


def tipping(
    fit: Fit,
    panel: pl.DataFrame,
    which: Which,
    completed: Sequence[pl.DataFrame],
    *,
    concept: str,
    deltas: Sequence[float],
    per: str | None = None,
    confidence: float = 0.95,
    model: str = "sensitivity",
) -> pl.DataFrame:
    """One row per delta (component ``tipping_curve``, the delta in ``group``) and the ``tipping_point``.

    The imputed values of ``concept`` are moved as ``shifted`` says, and the result pooled again. The tipping point is
    the delta nearest zero at which the interval comes to hold zero (or no longer does); ``note`` says where there is
    none. It is in the unit of ``concept`` (for one unit of ``per``).
    """

    def at(delta: float) -> Mapping[str, object]:
        moved = [fit(shifted(panel, one, concept, delta, per), False) for one in completed]
        return which.of(pool_estimates(moved, confidence=confidence))

    curve, rows = curve_of(at, deltas)
    head = {"term": which.term, "outcome": rows[0]["outcome"]}
    found = [
        {**row, **head, "component": "tipping_curve", "group": f"{delta:g}"}
        for delta, row in zip(deltas, rows, strict=True)
    ]
    point = tipping_point(curve)
    ends = f"{min(deltas):g} to {max(deltas):g}"
    told = f"the interval keeps its side from {ends}" if point is None else None
    moved = f"imputed {concept} moved" + (f" for each unit of {per}" if per else "")
    last = head | {"component": "tipping_point", "estimate": point, "note": told, "covariance": moved}
    return estimates([*found, last], model=model, family="sensitivity")
