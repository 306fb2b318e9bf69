"""From estimates to lines of slopes along a moderator: where they differ from zero, and where the answers lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from pipeline.errors import PaperError
from pipeline.specs.rounding import places_of, to_places
from pipeline.specs.terms import small

Label = Callable[[str], str]


@dataclass(frozen=True)
class SlopeLine:
    """A slope at rising values of a moderator, with its interval; ``differs`` of each stretch between two values.

    ``ends``: where the region ends, among the values that are drawn. ``answers``: value and share of the answers there.
    """

    label: str
    by: str
    at: tuple[float, ...]
    slope: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    differs: tuple[bool, ...]
    ends: tuple[float, ...]
    answers: tuple[tuple[float, float], ...]
    people: int | None
    note: str

    def stretches(self) -> list[tuple[int, int, bool]]:
        """From which value to which the slope differs from zero, or does not."""
        found: list[tuple[int, int, bool]] = []
        for place, differs in enumerate(self.differs):
            if found and found[-1][2] == differs:
                found[-1] = (found[-1][0], place + 1, differs)
            else:
                found.append((place, place + 1, differs))
        return found

    @property
    def places(self) -> int:
        return places_of((self.low[0], self.high[0]), value=self.slope[0])

    def words(self) -> str:
        """The line in a sentence."""
        first, last = (to_places(value, self.places) for value in (self.slope[0], self.slope[-1]))
        start, end = (f"{value:.3g}" for value in (self.at[0], self.at[-1]))
        return f"{self.label}: from {first} where {small(self.by)} is {start} to {last} where it is {end}; {self.note}."


def slope_lines(estimates: pl.DataFrame, label: Label, terms: Sequence[str] = ()) -> list[SlopeLine]:
    """One line per term and moderator. Raises ``PaperError`` if there is none."""
    curves = estimates.filter(component="slope_curve").drop_nulls("estimate")
    curves = curves.filter(pl.col("term").is_in(list(terms))) if terms else curves
    if curves.is_empty():
        raise PaperError(
            "there are no slopes along a moderator to draw",
            todo="Declare `slopes` of a model with a product; those by a category are drawn as coefficients.",
        )
    split = curves.with_columns(
        by=pl.col("group").str.extract(r"^(.*)=[^=]*$", 1), at=pl.col("group").str.extract(r"=([^=]*)$", 1).cast(float)
    )
    parts = split.partition_by("model", "term", "by", maintain_order=True)
    return [_line(part.sort("at"), estimates, label) for part in parts]


def _line(curve: pl.DataFrame, estimates: pl.DataFrame, label: Label) -> SlopeLine:
    model, term, by = curve.select("model", "term", "by").row(0)
    own = estimates.filter(pl.col("model") == model, pl.col("term") == term, pl.col("group").str.starts_with(f"{by}="))
    region = own.filter(component="slope_region")
    first, last = curve["at"][0], curve["at"][-1]
    ends = region.filter(pl.col("group").is_in([f"{by}=lower", f"{by}=upper"]))["estimate"].drop_nulls()
    inside = tuple(sorted(end for end in ends if first < end < last))
    at = sorted({*curve["at"], *inside})
    values = {name: _interpolated(curve, name, at) for name in ("estimate", "conf_low", "conf_high")}
    bins = own.filter(component="moderator").drop_nulls("estimate")
    middles = [(a + b) / 2 for a, b in pairwise(at)]
    low, high = (_interpolated(curve, name, middles) for name in ("conf_low", "conf_high"))
    note = region["note"][0] if region.height else ""
    return SlopeLine(
        label(term),
        label(by),
        tuple(at),
        values["estimate"],
        values["conf_low"],
        values["conf_high"],
        tuple(a > 0 or b < 0 for a, b in zip(low, high, strict=True)),
        inside,
        tuple(
            (float(group.rpartition("=")[2]), share) for group, share in bins.select("group", "estimate").iter_rows()
        ),
        curve["n_persons"].min(),  # type: ignore[arg-type]
        str(note).split(";")[0],
    )


def _interpolated(curve: pl.DataFrame, name: str, at: Sequence[float]) -> tuple[float, ...]:
    import numpy as np

    return tuple(float(value) for value in np.interp(at, curve["at"].to_numpy(), curve[name].to_numpy()))
