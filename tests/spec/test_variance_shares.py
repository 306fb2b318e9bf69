"""Standardised effects and shares of variance: what plm and lm give on deviations and means."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import between, fixed_effects, variance_shares
from pipeline.models.dispatch import fit
from pipeline.specs.mediation import VarianceShares

PANEL = Path(__file__).parents[1] / "reference" / "data" / "mediation"


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return pl.read_csv(PANEL / "panel.csv")


def value(table: pl.DataFrame, component: str, term: str, column: str = "estimate") -> float:
    return table.filter(component=component, term=term)[column][0]


def test_one_exposure_alone_is_a_correlation(panel):
    table = variance_shares(panel, "compliance", ["anger"], wave_effects=False, draws=1000)
    people = panel.group_by("person_id").agg(pl.col("anger", "compliance").mean())
    changes = panel.select(pl.col(name) - pl.col(name).mean().over("person_id") for name in ("anger", "compliance"))
    for level, frame in (("within", changes), ("between", people)):
        r = np.corrcoef(frame["anger"], frame["compliance"])[0, 1]
        assert value(table, f"standardised_{level}", "anger") == pytest.approx(r, rel=1e-9)
        assert value(table, f"explained_{level}", "anger") == pytest.approx(r**2, rel=1e-9)


def test_shares_are_those_of_r(panel):
    """plm's within and between R² with and without the exposure, by their residual sums of squares (run.R)."""
    table = variance_shares(panel, "compliance", ["anger", "anxiety"], ["age"], draws=1000)
    judge = json.loads((PANEL / "reference.json").read_text(encoding="utf-8"))["shares"]
    for level in ("within", "between"):
        for term in ("anger", "exposures"):
            share = value(table, f"explained_{level}", term)
            assert share == pytest.approx(judge[level][term], rel=1e-8), (level, term)
            assert value(table, f"explained_{level}", term, "conf_low") <= share


def test_standardised_effects_keep_the_test_of_the_coefficient(panel):
    table = variance_shares(panel, "compliance", ["anger", "anxiety"], ["age"], draws=1000)
    own = fixed_effects(panel, "compliance", ["anger", "anxiety"]).filter(term="anger")
    assert value(table, "standardised_within", "anger", "p_value") == pytest.approx(own["p_value"][0], rel=1e-8)
    means = between(panel, "compliance", ["anger", "anxiety"], ["age"]).filter(term="anger")["estimate"][0]
    assert np.sign(means) == np.sign(value(table, "standardised_between", "anger"))


def test_units_change_nothing(panel):
    one = variance_shares(panel, "compliance", ["anger"], draws=1000)
    other = variance_shares(
        panel.with_columns(pl.col("anger") * 1e6 + 1e7, pl.col("compliance") / 1e3), "compliance", ["anger"], draws=1000
    )
    numbers = [table.filter(pl.col("term") == "anger")["estimate"].to_numpy() for table in (one, other)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-6)


def test_what_never_changes_is_refused(panel):
    with pytest.raises(ModelError, match="age never changes within a person"):
        variance_shares(panel, "compliance", ["age"])
    with pytest.raises(ValueError, match="one wave"):
        VarianceShares(question="?", study="s", family="variance_shares", outcome="y", exposures=["x"], waves=["w01"])


def test_a_declared_model(panel):
    declared = VarianceShares(
        question="?", study="s", family="variance_shares", outcome="compliance", exposures=["anger"], draws=1000
    )
    made = fit("m", declared, panel)
    assert {"explained_within", "standardised_between"} <= set(made["component"])
