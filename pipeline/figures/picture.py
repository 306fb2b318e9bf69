"""What figures are drawn from, and what a kind of figure makes of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.specs.comparing import MARK, associated, compared, without_metric
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.terms import label_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.models import AnyModel


@dataclass(frozen=True)
class Material:
    """The tables a figure may read, and the declared models and labels of concepts that it prints.

    ``panel``: the scores, one row per person and wave; for kinds that are drawn from people and not from estimates.
    ``pooling``: the models that analyse several waves without a term for each. ``programme``: effects by area and wave;
    ``monitor``: changes of areas with their limits.
    """

    estimates: pl.DataFrame | None
    participation: pl.DataFrame | None
    labels: Mapping[str, str]
    models: Mapping[str, AnyModel]
    comparability: pl.DataFrame | None = None
    panel: pl.DataFrame | None = None
    pooling: Collection[str] = ()
    programme: pl.DataFrame | None = None
    monitor: pl.DataFrame | None = None

    def of(self, spec: FigureSpec) -> pl.DataFrame:
        """The estimates of the figure's models. Raises ``PaperError`` if a model has none."""
        found = {} if self.estimates is None else self.estimates.partition_by("model", as_dict=True)
        missing = [model for model in spec.models if (model,) not in found]
        if missing:
            raise PaperError(f"the figure draws `{missing[0]}`, which has no estimates", todo="Build that model first.")
        return _without_few(pl.concat([found[(model,)] for model in spec.models]))

    def marked(self, spec: FigureSpec, rows: pl.DataFrame) -> tuple[pl.DataFrame, str]:
        """The rows that a figure shows, with ``mark`` at those that compare levels where they may not; and why."""
        concluded = self.comparability
        failed = {} if concluded is None else _failed(concluded)
        unrelated = {} if concluded is None else without_metric(concluded.iter_rows(named=True))
        groups = {name: str(getattr(self.models.get(name), "group", None) or "") for name in spec.models}
        reasons = [
            _reasons(row, groups.get(row["model"], ""), row["model"] in self.pooling, failed)
            | _reasons_of_associations(row, groups.get(row["model"], ""), unrelated)
            for row in rows.iter_rows(named=True)
        ]
        marked = rows.with_columns(mark=pl.Series([MARK if found else "" for found in reasons], dtype=pl.String))
        why = {self.label(scale, spec): reason for found in reasons for scale, reason in found.items()}
        return marked, caution_of(why)

    def who_took_part(self) -> pl.DataFrame:
        """The participation table. Raises ``PaperError`` if there is none."""
        if self.participation is None:
            raise PaperError("the figure draws who took part, but there is no participation table")
        return self.participation

    def label(self, key: str, spec: FigureSpec) -> str:
        """The figure's own label, or else the concept's."""
        return label_of(key, {**self.labels, **{name: label for name, label in spec.labels.items() if label}})

    def confidence(self, spec: FigureSpec) -> float:
        """The level of the intervals, as the figure's first model declares it."""
        declared = self.models.get(spec.models[0])
        return declared.confidence if declared else 0.95


def _without_few(rows: pl.DataFrame) -> pl.DataFrame:
    """The estimates, those of few people without their values: no kind can draw them."""
    few = pl.coalesce("n_persons", "n_obs") < SMALLEST
    values = ("estimate", "std_error", "conf_low", "conf_high")
    return rows.with_columns(
        pl.when(few.fill_null(False)).then(None).otherwise(pl.col(name)).alias(name) for name in values
    )


@dataclass(frozen=True)
class Picture:
    """A figure without its frame: the text that stands in for it, and how it is drawn.

    ``draw`` takes ``title``, ``subtitle``, ``source``, ``note``, ``synthetic`` and ``width`` (inches). ``caution`` is
    what the kind has to add to the note and to the alternative text. ``data`` has one row for each value drawn, in
    words and cleared of what rests on too few people (``figures/data.py``).
    """

    alt: str
    draw: Callable[..., Figure]
    caution: str = ""
    data: pl.DataFrame | None = None


def _failed(comparability: pl.DataFrame) -> dict[tuple[str, str], str]:
    """(scale, over) → why its levels may not be compared over waves, or over a column of groups."""
    failed = comparability.filter(~pl.col("is_comparable")).select("scale", "over", "reason")
    return {(scale, over): reason for scale, over, reason in reversed(failed.rows())}


def _reasons(
    row: Mapping[str, Any], group: str, pools_waves: bool, failed: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    """Scale → why, of the scales whose levels a row compares although they may not be."""
    pairs = compared(row, group, pools_waves) if failed else ()
    return {scale: failed[scale, over] for scale, over in reversed(pairs) if (scale, over) in failed}


def _reasons_of_associations(
    row: Mapping[str, Any], group: str, unrelated: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    """Scale → why, of the scales whose associations by group or wave a row gives although they may not be compared."""
    pairs = associated(row, group) if unrelated else ()
    return {pair[0]: unrelated[pair] for pair in reversed(pairs) if pair in unrelated}


def caution_of(scales: Mapping[str, str]) -> str:
    """The warning about scales, by their labels, whose measurement differs; empty if there are none."""
    if not scales:
        return ""
    listed = "; ".join(f"{label} ({why})" for label, why in scales.items())
    what = "levels" if all(why.startswith("scalar") for why in scales.values()) else "levels and associations"
    return f"{MARK} Measurement differs, so that {what} should not be compared: {listed}."


Arguments = dict[str, Any]
"""What the function that draws and the one that describes are both called with."""
