"""A specification curve is readable at 200 cells, on a page and on a phone; a forest plot pools as metafor does."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from pipeline.errors import PaperError
from pipeline.figures import alt_forest, alt_specification_curve, forest_plot, lint, specification_curve
from pipeline.figures.findings import PHONE, PRINT
from pipeline.figures.kinds.forest_plot import pool
from pipeline.specs.multiverse import label
from pipeline.tables import estimates

GRID = [
    {"waves": waves, "missing": missing, "subsets": subset, "family": family, "age": age}
    for waves in ("all five waves", "before the uprising")
    for missing in ("answered", "balanced", "imputed", "complete_case", "from_the_start")
    for subset in ("none", "education", "mood", "education + mood", "trust")
    for family in ("fixed_effects", "within_between")
    for age in ("with", "without")
]


def cells(around: float, n: int = 200) -> pl.DataFrame:
    draw = np.random.default_rng(3)
    rows = []
    for cell in GRID[:n]:
        value = around + 0.1 * float(draw.normal())
        ends = {"conf_low": value - 0.12, "conf_high": value + 0.12, "std_error": 0.06}
        rows.append({"component": "cell", "term": label(cell), "estimate": value, "n_persons": 900} | ends)
    rows[1] |= {"estimate": None, "conf_low": None, "conf_high": None}
    return estimates(rows, model="m", family="multiverse", outcome="y")


@pytest.mark.parametrize("around", [0.0, 0.5, -0.1], ids=["both sides", "above zero", "mostly below"])
@pytest.mark.parametrize(("width", "medium"), [(6.56, PRINT), (3.6, PHONE)], ids=["page", "phone"])
def test_two_hundred_cells_can_be_read(around, width, medium):
    assert lint(specification_curve(cells(around), title="A result", synthetic=True, width=width), medium) == []


@pytest.mark.parametrize("n", [3, 12, 61])
def test_few_cells_can_be_read(n):
    assert lint(specification_curve(cells(0.1, n), title="A result", width=3.6), PHONE) == []


def test_the_words_name_range_and_medians_by_choice():
    words = alt_specification_curve(cells(0.5), labels={"mood": "Life satisfaction"})
    assert words.startswith("Specification curve of 199 analyses of one result")
    assert "Waves: All five waves" in words
    assert "Life satisfaction" in words
    assert "Within–between" in words


def test_fewer_than_two_cells_are_no_curve():
    with pytest.raises(PaperError, match="no analyses to draw"):
        specification_curve(cells(0.5, 2), title="A result")


def groups(values: list[float], errors: list[float]) -> pl.DataFrame:
    rows = [
        {"component": "coefficient", "term": "contact", "group": f"group {place}", "estimate": value,
         "std_error": error, "conf_low": value - 2 * error, "conf_high": value + 2 * error, "n_persons": 100}
        for place, (value, error) in enumerate(zip(values, errors, strict=True))
    ]  # fmt: skip
    return estimates(rows, model="m", family="pooled", outcome="y")


def test_pooled_as_statsmodels_pools():
    values, errors = [0.2, 0.5, -0.1, 0.4], [0.1, 0.05, 0.2, 0.12]
    judge = combine_effects(np.array(values), np.array(errors) ** 2, method_re="dl")
    table = judge.summary_frame()
    for how, row in (("common", "fixed effect"), ("random", "random effect")):
        found = pool(groups(values, errors), how)
        assert found.estimate == pytest.approx(table.loc[row, "eff"], rel=1e-10)
        assert found.std_error == pytest.approx(table.loc[row, "sd_eff"], rel=1e-10)
    assert found.tau_squared == pytest.approx(judge.tau2, abs=1e-12)


def test_results_that_vary_less_than_chance_have_one_effect():
    """As metafor does; statsmodels goes on with a variance below zero."""
    frame = groups([0.2, 0.21, 0.19], [0.1, 0.05, 0.2])
    assert pool(frame, "random") == pool(frame, "common")
    assert pool(frame, "random").tau_squared == pool(frame, "random").i_squared == 0


@pytest.mark.parametrize(("width", "medium"), [(6.56, PRINT), (3.6, PHONE)], ids=["page", "phone"])
def test_a_forest_can_be_read(width, medium):
    frame = groups([0.2, 0.5, -0.1, 0.4], [0.1, 0.05, 0.2, 0.12])
    assert lint(forest_plot(frame, title="A result", pooled="random", width=width), medium) == []
    assert "Pooled (random effects): 0.30" in alt_forest(frame, pooled="random")


def test_results_of_the_same_people_are_not_pooled():
    frame = groups([0.2, 0.5], [0.1, 0.05]).with_columns(group=pl.lit(None, pl.String))
    with pytest.raises(PaperError, match="same people"):
        pool(frame, "common")
