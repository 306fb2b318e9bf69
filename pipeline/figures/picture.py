"""What figures are drawn from, and what a kind of figure makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.errors import PaperError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.models import AnyModel


@dataclass(frozen=True)
class Material:
    """The tables a figure may read, and the declared models and labels of concepts that it prints.

    ``panel``: the scores, one row per person and wave; for kinds that are drawn from people and not from estimates.
    """

    estimates: pl.DataFrame | None
    participation: pl.DataFrame | None
    labels: Mapping[str, str]
    models: Mapping[str, AnyModel]
    comparability: pl.DataFrame | None = None
    panel: pl.DataFrame | None = None

    def of(self, spec: FigureSpec) -> pl.DataFrame:
        """The estimates of the figure's models. Raises ``PaperError`` if a model has none."""
        found = {} if self.estimates is None else self.estimates.partition_by("model", as_dict=True)
        missing = [model for model in spec.models if (model,) not in found]
        if missing:
            raise PaperError(f"the figure draws `{missing[0]}`, which has no estimates", todo="Build that model first.")
        return pl.concat([found[(model,)] for model in spec.models])

    def who_took_part(self) -> pl.DataFrame:
        """The participation table. Raises ``PaperError`` if there is none."""
        if self.participation is None:
            raise PaperError("the figure draws who took part, but there is no participation table")
        return self.participation

    def label(self, key: str, spec: FigureSpec) -> str:
        """The figure's own label, or else the concept's."""
        return spec.labels.get(key) or self.labels.get(key) or key.replace("_", " ")

    def confidence(self, spec: FigureSpec) -> float:
        """The level of the intervals, as the figure's first model declares it."""
        declared = self.models.get(spec.models[0])
        return declared.confidence if declared else 0.95


@dataclass(frozen=True)
class Picture:
    """A figure without its frame: the text that stands in for it, and how it is drawn.

    ``draw`` takes ``title``, ``subtitle``, ``source``, ``note``, ``synthetic`` and ``width`` (inches). ``caution`` is
    what the kind has to add to the note and to the alternative text.
    """

    alt: str
    draw: Callable[..., Figure]
    caution: str = ""


Arguments = dict[str, Any]
"""What the function that draws and the one that describes are both called with."""
