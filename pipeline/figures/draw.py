"""From a figure's declaration to the figure: one call for every kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.figures.picture import Material, Picture
from pipeline.figures.style import NARROW, WIDE
from pipeline.figures.titles import titled
from pipeline.options import known_options
from pipeline.specs.family import load
from pipeline.specs.figure_kinds import FIGURE_KINDS
from pipeline.specs.provenance import Provenance, after

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.models import AnyModel
    from pipeline.specs.project import Study


@dataclass(frozen=True)
class Drawing:
    """A figure, the text that stands in for it, its source, note and title, and the data behind it.

    ``at(width)`` draws it at another width.
    """

    alt: str
    source: str
    at: Callable[[float], Figure]
    note: str = ""
    title: str = ""
    data: pl.DataFrame | None = None
    provenance: Provenance | None = None

    @property
    def about(self) -> dict[str, str]:
        """What the metadata of its files say; nothing of a figure without provenance."""
        if self.provenance is None:
            return {}
        words = {"title": self.title, "description": self.alt, "source": self.source}
        return {name: text for name, text in {**words, **self.provenance.metadata()}.items() if text}

    @cached_property
    def figure(self) -> Figure:
        return self.at(WIDE)

    @cached_property
    def narrow(self) -> Figure:
        """The same figure for a phone."""
        return self.at(NARROW)


@known_options
def draw(
    spec: FigureSpec,
    study: Study,
    *,
    title: str | None = None,
    estimates: pl.DataFrame | None = None,
    participation: pl.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
    models: Mapping[str, AnyModel] | None = None,
    comparability: pl.DataFrame | None = None,
    panel: pl.DataFrame | None = None,
    pooling: Collection[str] = (),
    programme: pl.DataFrame | None = None,
    monitor: pl.DataFrame | None = None,
    provenance: Provenance | None = None,
    together: Collection[Collection[str]] = (),
) -> Drawing:
    """The figure that ``spec`` declares, with its alternative text.

    ``title``: its title with the bindings filled in (``papers.judge_figure``). ``estimates``: rows of ``Estimates``,
    also of other models. ``participation``: the ``Participation`` table. ``labels``: concept → label, of those that
    ``specs.concepts_of`` names. ``models``: the declared models of the figure, for their outcomes and level of
    confidence. ``comparability``: the ``Comparability`` table, so that a trend of a scale that failed scalar invariance
    says so, and so do associations of the models in ``pooling``, which have no term for each wave. ``panel``: the
    scores. ``programme``: the ``Programmes`` table; ``monitor``: that of the name. ``provenance``: where all of
    it comes from, for the footer and the metadata. ``together``: the titles of arms that its models take together.
    A kind reads only the tables and parts of declarations that its record in ``specs/figure_kinds.py`` names.

    Raises ``PaperError`` if a result that the figure draws is missing, or if its title compares levels of a scale that
    failed scalar invariance.
    """
    material = Material(
        estimates, participation, labels or {}, models or {}, comparability, panel, pooling, programme, monitor
    )
    picture: Picture = load(FIGURE_KINDS[spec.kind].function)(spec, study, material)
    source = study.about.source or study.about.title
    pooled = " ".join(f"Arms taken together: {_joined(arms)}." for arms in together)
    note = " ".join(filter(None, (spec.note, pooled, picture.caution)))
    synthetic = "Synthetic data." if study.about.synthetic else ""
    heading = titled(spec.title if title is None else title, picture)
    finding = heading if heading.endswith((".", "?", "!")) else f"{heading}."
    alt = " ".join(filter(None, (synthetic, finding, picture.alt, pooled, picture.caution)))
    footer = source if provenance is None else after(source, provenance.line())
    words = {"title": heading, "subtitle": spec.subtitle, "source": footer, "note": note}
    drawn = partial(picture.draw, **words, synthetic=study.about.synthetic)
    return Drawing(alt, source, lambda width: drawn(width=width), note, heading, picture.data, provenance)


def _joined(words: Collection[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
