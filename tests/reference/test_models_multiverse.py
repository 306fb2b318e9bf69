"""Every cell of a multiverse is what plm and lm give one by one; draws of persons are fits of the persons drawn.

Judge: R (`data/multiverse/make.R`: lm with dummies, plm, all orders of the analysis of variance).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.models import multiverse
from pipeline.models.multiverses.cells import Fitting
from pipeline.models.multiverses.fits import Sharing
from pipeline.models.multiverses.joint import variance_shares
from pipeline.models.multiverses.rows import PLACE, rows_of
from pipeline.specs.multiverse import label
from pipeline.specs.multiverse_cells import Setting
from pipeline.specs.report import Model

DATA = Path(__file__).parent / "data" / "multiverse"
CHOICES = {
    "weights": ["none", "w"],
    "missing": ["answered", "balanced"],
    "subsets": ["a", "b"],
    "family": ["pooled", "fixed_effects", "two_way", "first_difference"],
    "standard_errors": ["person_id", "classical"],
    "outliers": ["none", "winsorised 2", "trimmed 2"],
}


@pytest.fixture(scope="module")
def judge() -> dict:
    return json.loads((DATA / "reference.json").read_text())


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    frame = pl.read_csv(DATA / "panel.csv")
    return frame.with_columns(
        person_id=pl.format("p{}", "person"), wave=pl.format("w{}", pl.col("wave").cast(pl.String).str.zfill(2))
    ).drop("person")


@pytest.fixture(scope="module")
def table(panel: pl.DataFrame) -> pl.DataFrame:
    return multiverse(panel, "y", ["x"], choices=CHOICES, draws=0)


def test_each_cell_is_what_lm_gives(table, judge):
    found = {row["term"]: row for row in table.filter(component="cell").iter_rows(named=True)}
    assert len(found) == len(judge["cells"]) == 384
    for cell in judge["cells"]:
        row = found[label({choice: cell[choice] for choice in CHOICES})]
        for name in ("estimate", "std_error", "df", "n_obs"):
            assert row[name] == pytest.approx(cell[name], rel=1e-8), (row["term"], name)
        assert row["p_value"] == pytest.approx(cell["p_value"], rel=1e-6)


@pytest.mark.parametrize("family", ["pooled", "fixed_effects", "two_way"])
def test_cells_are_those_of_plm(family, table, judge):
    term = label(
        {"weights": "none", "missing": "answered", "subsets": "a", "family": family, "standard_errors": "person_id",
         "outliers": "none"}
    )  # fmt: skip
    row = table.filter(component="cell", term=term).row(0, named=True)
    assert [row["estimate"], row["std_error"]] == pytest.approx(judge["plm"][family], rel=1e-8)


@pytest.mark.parametrize("family", ["pooled", "fixed_effects", "two_way", "first_difference"])
def test_a_draw_is_a_fit_of_the_persons_drawn(family, panel, judge):
    """The judge fits the drawn persons as so many persons; standard errors here keep the sample's n in n/(n − k)."""
    counts = np.loadtxt(DATA / "counts.csv", delimiter=",")
    place = panel["person_id"].str.slice(1).cast(pl.Int64) - 1
    model = Model(question="", study="s", family="fixed_effects", outcome="y", exposures=("x",), covariates=("a",))
    rows = rows_of(panel.with_columns(place.alias(PLACE)), Setting("", model, "x", None), ("x", "a"), (), (), None)
    fitted, effects = ("fixed_effects", "person_and_wave") if family == "two_way" else (family, "person")
    used = rows.answered(("x", "a"), "person_id")
    sharing = Sharing(rows, used, ("x", "a"), family=fitted, effects=effects, wave_effects=True)
    model = model.model_copy(update={"family": fitted, "effects": effects})
    under = Fitting(sharing, counts, ("x", "a")).done(Setting("", model, "x", None)).under
    estimates, errors = under.estimates, under.errors
    drawn = np.array(judge["drawn"][family])
    assert estimates == pytest.approx(drawn[:, 0], rel=1e-8)
    n, k = drawn[:, 2], len(sharing.data.terms)
    own = np.sqrt(sharing.data.n_obs / (sharing.data.n_obs - k)) / np.sqrt(n / (n - k))
    assert errors == pytest.approx(drawn[:, 1] * own, rel=1e-7)


def test_variance_shares_are_shapley_values_over_all_orders(judge):
    choices = ("family", "subsets", "missing", "outliers", "weights")
    cells = [
        cell
        for cell in judge["cells"]
        if cell["standard_errors"] == "person_id" and not (cell["family"] == "pooled" and cell["weights"] == "w")
    ]
    shares = variance_shares(
        [{choice: cell[choice] for choice in choices} for cell in cells],
        np.array([cell["estimate"] for cell in cells]),
    )
    assert {choice: shares[choice] for choice in choices} == pytest.approx(judge["shares"], abs=1e-9)
    assert sum(shares.values()) == pytest.approx(1.0)
