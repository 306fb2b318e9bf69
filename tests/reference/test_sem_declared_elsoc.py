"""The declared model of protest gives the figures that ELSOC researchers stored; its trust scale is held apart."""

import polars as pl
import pyreadstat
import pytest
from shared import shared

from pipeline.paths import REPOSITORY, Paths
from pipeline.sem.declared import fit_declared
from pipeline.specs import load_project

WAVES = ("W01_2016", "W02_2017", "W03_2018", "W04_2019", "W05_2021")
VARIABLES = {
    "c08_02": "protest", "c08_04": "online_expression",
    "c05_01": "trusts_government", "c05_02": "trusts_parties", "c05_07": "trusts_congress",
}  # fmt: skip
LAGS = {
    ("protest", "protest"): ("cx2", "cx1"),
    ("online_expression", "online_expression"): ("cy2", "cy1"),
    ("online_expression", "protest"): ("cy2", "cx1"),
    ("protest", "online_expression"): ("cx2", "cy1"),
}
"""(outcome, term) → the stored model's names."""
LADDER = {"configural": (97.847, 50), "metric": (115.670, 58), "scalar": (303.984, 66)}
"""Level → lavaan's scaled χ² and its degrees of freedom."""


@pytest.fixture(scope="module")
def panel():
    """One row per person and wave, from the deposited files; negative codes are missing."""
    parts = []
    for number, wave in enumerate(WAVES, start=1):
        file = shared("real", "elsoc", "waves", f"ELSOC_{wave}.sav")
        table = pyreadstat.read_sav(str(file), output_format="polars", usecols=["idencuesta", *VARIABLES])[0]
        values = [
            pl.when(pl.col(code) >= 0).then(pl.col(code)).cast(pl.Float64).alias(name)
            for code, name in VARIABLES.items()
        ]
        parts.append(table.select(pl.col("idencuesta").cast(pl.String).alias("person_id"), *values).with_columns(
            wave=pl.lit(f"w0{number}"), arm=pl.lit("main")
        ))  # fmt: skip
    return pl.concat(parts)


@pytest.fixture(scope="module")
def project():
    return load_project(Paths(REPOSITORY))


@pytest.fixture(scope="module")
def lagged(panel, project):
    spec = project.models["elsoc_protest_and_expression"]
    return fit_declared("lagged", spec, panel, project.studies["elsoc"])


def test_lags_and_fit_are_those_of_the_stored_model(lagged):
    file = shared("real", "elsoc", "oracle", "riclpm_collective_action_estimates.xlsx")
    stored = pl.read_excel(file, sheet_name="d2").filter(pl.col("op") == "~")
    for (outcome, term), (lhs, rhs) in LAGS.items():
        theirs = stored.filter(pl.col("lhs") == lhs, pl.col("rhs") == rhs).row(0, named=True)
        is_lag = (pl.col("component") == "lag") & (pl.col("outcome") == outcome) & (pl.col("term") == term)
        ours = lagged.filter(is_lag).row(0, named=True)
        assert ours["estimate"] == pytest.approx(theirs["est"], abs=1e-5)
        assert ours["std_error"] == pytest.approx(theirs["se"], rel=1e-4)
    fit = {row["term"]: row for row in lagged.filter(pl.col("component") == "fit").iter_rows(named=True)}
    measures = pl.read_excel(
        shared("real", "elsoc", "oracle", "riclpm_collective_action_gof.xlsx"), sheet_name="gof"
    ).filter(pl.col("model") == "d2").row(0, named=True)  # fmt: skip
    assert fit["chi_square"]["df"] == measures["df"]
    for ours, theirs in (("chi_square", "X2"), ("cfi", "CFI"), ("tli", "TLI"), ("rmsea", "RMSEA"), ("bic", "BIC")):
        assert fit[ours]["estimate"] == pytest.approx(measures[theirs], rel=1e-4)
    assert lagged["n_persons"].unique().to_list() == [2927]


def test_unequal_spacing_is_told_and_both_lags_are_shown(lagged):
    lags = lagged.filter(pl.col("component") == "lag")
    assert all("a lag belongs to the time between its waves" in note for note in lags["note"])
    rescaled = lagged.filter(pl.col("component") == "lag_rescaled")
    assert rescaled["wave"].unique().sort().to_list() == ["w02", "w03", "w04", "w05"]


def test_trust_in_politics_fails_scalar_invariance_as_lavaan_finds(panel, project):
    """lavaan 0.6-14 on the same people (MLR, FIML, an item's residuals covary over waves) gives these scaled χ²."""
    spec = project.models["elsoc_invariance"].model_copy(update={"constructs": ("political_trust",)})
    items = panel.select("person_id", "wave", "trusts_government", "trusts_parties", "trusts_congress")
    heads = panel.select("person_id", "wave", "arm")
    made = fit_declared("alike", spec, heads, project.studies["elsoc"], items)
    squares = made.filter(pl.col("term") == "chi_square", pl.col("component").is_in(list(LADDER)))
    found = {row["component"]: (row["estimate"], row["df"]) for row in squares.iter_rows(named=True)}
    assert found == {level: (pytest.approx(square, abs=1e-3), df) for level, (square, df) in LADDER.items()}
    concluded = made.filter(pl.col("term") == "means_comparable").row(0, named=True)
    assert concluded["estimate"] == 0
    assert concluded["note"].startswith("scalar invariance fails: CFI falls by 0.02")
