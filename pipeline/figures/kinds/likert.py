"""Answers from disagreement to agreement as bars around their middle, by wave or group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.answer_labels import answer_labels
from pipeline.figures.answer_shares import Category, Row, categories_of, data_of, rows_of, waves_in_order
from pipeline.figures.calendar import arm_titles, wave_titles
from pipeline.figures.likert_plot import draw_likert
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

Names = Mapping[tuple[str | None, str | None], str]


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The shares of each answer to one measure; ``spec.groups`` names and chooses groups."""
    estimates = material.of(spec).filter(pl.col("component") == "share")
    outcomes = spec.outcomes or tuple(estimates["outcome"].unique(maintain_order=True))
    if len(outcomes) != 1:
        raise PaperError("a diverging figure draws one measure", count=len(outcomes), todo="Name it under `outcomes`.")
    own = estimates.filter(pl.col("outcome") == outcomes[0])
    labels = answer_labels(study, outcomes[0], spec.labels)
    middle = getattr(spec.options, "middle", None)
    arms = getattr(material.models.get(spec.models[0]), "arms", ())
    names = _names(spec, study, own, tuple(getattr(spec.options, "waves", ())), arms)
    shared: Arguments = {"labels": labels, "names": names, "middle": middle}
    categories = categories_of(labels, middle)
    data = data_of(rows_of(own, categories, names), categories, material.confidence(spec))
    return Picture(alt_likert(own, **shared), partial(likert, own, **shared), data=data)


def _names(spec: FigureSpec, study: Study, shares: pl.DataFrame, chosen: Sequence[str], drawn: Sequence[str]) -> Names:
    """(group, wave) → the row's label, groups first, each with its waves in order."""
    present = dict.fromkeys(shares.select("group", "wave").iter_rows())
    arms = arm_titles(study)
    groups: dict[str | None, str] = {one: arms.get(one, one or "") for one, _ in present}
    if spec.groups:
        groups = dict[str | None, str](spec.groups.items())
    titles, waves = wave_titles(study), [wave for wave in waves_in_order(shares) if not chosen or wave in chosen]
    several = len({group for group, _ in present if group in groups}) > 1
    found: dict[tuple[str | None, str | None], str] = {}
    for group, name in groups.items():
        for wave in (wave for wave in waves if (group, wave) in present):
            own = next(
                (
                    title
                    for (arm, one), title in titles.items()
                    if one == wave and arm in (group, *(drawn if len(drawn) == 1 else ()))
                ),
                None,
            )
            when = own or study.waves[wave].title
            found[group, wave] = when if not several else name if len(waves) == 1 else f"{name}, {when}"
    return found


@public(infinite=False)
@styled
def likert(
    shares: pl.DataFrame,
    *,
    labels: Mapping[float, str],
    names: Names,
    title: str,
    subtitle: str = "",
    source: str = "",
    middle: Sequence[float] | None = None,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """A bar for each group and wave: the shares of answers below the middle left of a line, those above right of it.

    ``shares``: rows of ``Estimates`` with component ``share`` of one outcome, a ``term`` for each value
    (``design_shares``). ``labels``: value → answer, from the lowest up. ``names``: (group, wave) → label, in the order
    to be drawn. ``middle``: the values that belong to neither side; by default the middle one of an odd number.
    Intervals are in the data behind the figure.

    Shares of fewer than ten people are not printed, and neither is a single other one of the row; rows of fewer than
    ten people are left out. Raises ``PaperError`` if nothing is left or a value has no label.
    """
    categories = categories_of(labels, middle)
    rows = rows_of(shares, categories, names)
    return draw_likert(Heading(title, subtitle, source, note, _key(rows), synthetic), rows, categories, width)


def _key(rows: Sequence[Row]) -> str:
    fewest, most = min(row.people for row in rows), max(row.people for row in rows)
    base = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    return f"Bold: the sum of each side, before rounding. Answers of {base} people (unweighted) in each row."


@public(infinite=False)
def alt_likert(
    shares: pl.DataFrame,
    *,
    labels: Mapping[float, str],
    names: Names,
    middle: Sequence[float] | None = None,
) -> str:
    """What ``likert`` with these arguments shows: who chose the upper answers, where most and least, and at the end."""
    categories = categories_of(labels, middle)
    rows = rows_of(shares, categories, names)
    upper, lower = (_joined(categories, side) for side in (1, -1))
    parts = [f"Diverging stacked bars of the shares of answers, {len(rows)} rows."]
    ranked = sorted(rows, key=lambda row: row.total(categories, 1))
    if len(rows) > 1:
        high, low, last = ranked[-1], ranked[0], rows[-1]
        parts.append(
            f"{upper}: highest {high.total(categories, 1):.0f}% ({high.label}), "
            f"lowest {low.total(categories, 1):.0f}% ({low.label}), in the last row {last.total(categories, 1):.0f}% "
            f"({last.label})."
        )
    for row in rows:
        sums = (f"{words} {row.total(categories, side):.0f}%" for words, side in ((upper, 1), (lower, -1)))
        parts.append(f"{row.label}: {', '.join(sums)}.")
    return " ".join(parts)


def _joined(categories: Sequence[Category], side: int) -> str:
    own = [category.label for category in categories if category.side == side]
    return " or ".join(own[::-1] if side > 0 else own)
