"""Simple slopes as a figure: what is drawn, said in words, and readable on a page and on a phone."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline import figures, models
from pipeline.errors import PaperError
from pipeline.figures.slope_lines import slope_lines
from pipeline.specs.models import declare

PANEL = Path(__file__).parents[1] / "reference" / "data" / "terms" / "panel.csv"
LABELS = {"x": "Contact", "z": "Concern"}


def fitted(family: str, **further: object) -> pl.DataFrame:
    declared = {"exposures": ["x * z"], "slopes": [{"of": "x", "by": "z"}], **further}
    spec = declare(family=family, outcome="y", **declared)
    return models.fit("m", spec, pl.read_csv(PANEL))


@pytest.fixture(scope="module")
def split() -> pl.DataFrame:
    return fitted("within_between")


@pytest.mark.parametrize("width", [figures.WIDE, figures.NARROW])
def test_it_can_be_read_at_every_width(split: pl.DataFrame, width: float) -> None:
    drawn = figures.simple_slopes(split, title="Contact by concern", labels=LABELS, width=width, source="R")
    assert figures.lint(drawn) == []


def test_the_region_is_told_apart_without_colour(split: pl.DataFrame) -> None:
    drawn = figures.simple_slopes(split, title="Contact by concern", labels=LABELS)
    bands = [patch for patch in drawn.axes[0].patches if patch.get_zorder() == 2]
    assert [bool(band.get_hatch()) for band in bands] == [False, True]
    (line, _) = slope_lines(split, lambda key: key)
    assert [differs for *_, differs in line.stretches()] == [False, True]
    lower = split.filter(component="slope_region", term="within(x)", group="within(z)=lower")["estimate"][0]
    assert line.ends == (lower,)


def test_the_words_name_slope_moderator_and_region(split: pl.DataFrame) -> None:
    alt = figures.alt_simple_slopes(split, labels=LABELS)
    assert "Contact (within a person): from 0.10 where concern (within a person) is" in alt
    assert "the slope differs from zero above -0.9" in alt


def test_answers_are_counted_in_tens_of_people(split: pl.DataFrame) -> None:
    bins = split.filter(component="moderator")
    assert bins["n_persons"].min() >= 10  # type: ignore[operator]
    sums = bins.group_by("term").agg(pl.col("estimate").sum())
    assert sums["estimate"].to_list() == pytest.approx([1.0, 1.0])


def test_slopes_by_a_category_are_no_line() -> None:
    found = fitted("pooled", exposures=["x * g"], slopes=[{"of": "x", "by": "g"}])
    assert found.filter(component="simple_slope")["group"].to_list() == ["g=0", "g=1"]
    with pytest.raises(PaperError, match="no slopes along"):
        figures.simple_slopes(found, title="t")
