"""Mediation against lavaan, plm, sandwich and base R (tests/reference/data/mediation/run.R)."""

import json
from pathlib import Path

import polars as pl
import pytest

from pipeline.models import mediation
from pipeline.models.mechanisms.natural import natural_effects

HERE = Path(__file__).parent / "data" / "mediation"
SERIAL = {"order": "serial"}


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return pl.read_csv(HERE / "panel.csv")


@pytest.fixture(scope="module")
def judged() -> dict:
    return json.loads((HERE / "reference.json").read_text(encoding="utf-8"))


def found(table: pl.DataFrame, component: str, group: str | None = None) -> dict:
    chosen = table.filter(pl.col("component") == component, pl.col("group").eq_missing(pl.lit(group)))
    assert chosen.height == 1
    return chosen.row(0, named=True)


def fit(panel, mediators, **options):
    return mediation(panel, "compliance", ["belief"], mediators, ["age"], **options)


def test_serial_products_and_their_joint_clustered_errors(panel, judged):
    made, judge = fit(panel, ["anger", "anxiety"], order="serial", draws=100_000), judged["pooled"]
    rows = {path: found(made, "indirect_effect", path) for path in ("anger", "anxiety", "anger → anxiety")}
    rows |= {"indirect": found(made, "total_indirect_effect"), "total": found(made, "total_effect")}
    for name, row in rows.items():
        assert row["estimate"] == pytest.approx(judge["effects"][name], rel=1e-8)
        assert row["std_error"] == pytest.approx(judge["se"][name], rel=1e-6)
    direct = found(made, "direct_effect")
    assert direct["estimate"] == pytest.approx(judge["direct"], rel=1e-8)
    assert direct["std_error"] == pytest.approx(judge["direct_se"], rel=1e-8)
    assert rows["total"]["estimate"] == pytest.approx(judge["total_by_regression"], rel=1e-8)
    ends = (rows["anger"]["conf_low"], rows["anger"]["conf_high"])
    assert ends == pytest.approx(judge["interval_anger"], rel=0.01)  # both are simulated


def test_parallel_effects_of_one_wave_are_those_of_lavaan(panel, judged):
    one = panel.filter(pl.col("wave") == "w01")
    made, judge = fit(one, ["anger", "anxiety"], correction="none"), judged["lavaan"]
    rows = {
        "i1": found(made, "indirect_effect", "anger"),
        "i2": found(made, "indirect_effect", "anxiety"),
        "indirect": found(made, "total_indirect_effect"),
        "total": found(made, "total_effect"),
        "gap": found(made, "indirect_difference", "anger − anxiety"),
    }
    assert made["n_obs"][0] == judge["n"]
    for name, row in rows.items():
        assert row["estimate"] == pytest.approx(judge["est"][name], rel=1e-6), name
        assert row["std_error"] == pytest.approx(judge["se"][name], rel=1e-3), name
    classical = fit(one, ["anger", "anxiety"], cluster=None)
    ratio = found(classical, "indirect_effect", "anger")["std_error"] / judge["ml_se"]["i1"]
    n = judge["n"]  # by which maximum likelihood divides, and not by n less the three and five terms of the equations
    assert (n / (n - 3)) ** 0.5 < ratio < (n / (n - 5)) ** 0.5


def test_errors_clustered_over_waves_are_those_of_lavaan(panel, judged):
    made = fit(panel, ["anger"], correction="none", wave_effects=False)
    for name, component in (("i1", "total_indirect_effect"), ("total", "total_effect")):
        row = found(made, component)
        assert row["estimate"] == pytest.approx(judged["clustered"]["est"][name], rel=1e-6)
        factor = (150 / 149) ** 0.5  # lavaan's G/(G − 1)
        assert row["std_error"] * factor == pytest.approx(judged["clustered"]["se"][name], rel=1e-5)


def test_within_and_between_are_those_of_plm(panel, judged):
    made = fit(panel, ["anger", "anxiety"], levels=["within", "between"])
    for level in ("within", "between"):
        judge = judged[level]
        for path in ("anger", "anxiety"):
            row = found(made, f"indirect_effect_{level}", path)
            assert row["estimate"] == pytest.approx(judge[path], rel=1e-8)
        direct = found(made, f"direct_effect_{level}")
        assert direct["estimate"] == pytest.approx(judge["direct"], rel=1e-8)
        assert direct["std_error"] == pytest.approx(judge["direct_se"], rel=1e-8)


def test_weights_and_their_joint_errors(panel, judged):
    row = found(fit(panel, ["anger"], weights="weight"), "total_indirect_effect")
    assert row["estimate"] == pytest.approx(judged["weighted"]["indirect"], rel=1e-8)
    assert row["std_error"] == pytest.approx(judged["weighted"]["se"], rel=1e-8)


def test_sensitivity_to_an_unmeasured_confounder(panel, judged):
    made, judge = fit(panel, ["anger", "anxiety"]), judged["sensitivity"]
    rows = made.filter(term="anger")
    assert rows.filter(component="sensitivity_rho")["estimate"][0] == pytest.approx(judge["rho"], rel=1e-8)
    assert rows.filter(component="robustness_value")["estimate"][0] == pytest.approx(judge["rv"], rel=1e-8)
    plain = mediation(panel, "compliance", ["belief"], ["anger"], wave_effects=False)
    assert found(plain, "sensitivity_rho")["estimate"] == pytest.approx(judged["imai"]["rho"], rel=1e-8)


@pytest.mark.parametrize(
    ("case", "outcome", "mediator", "interaction"),
    [
        ("linear_logit", "vaccinated", "anger", False),
        ("logit_logit", "vaccinated", "worried", False),
        ("logit_linear", "compliance", "worried", True),
        ("linear_linear", "compliance", "anger", False),
    ],
)
def test_natural_effects_are_those_of_numerical_integration(panel, judged, case, outcome, mediator, interaction):
    made = natural_effects(
        panel, outcome, ["belief"], [mediator], ["age"], values=(2.0, 4.0), interaction=interaction, wave_effects=False
    )
    judge = judged["natural"][case]
    for name, kind in (("acme", "indirect_effect"), ("ade", "direct_effect")):
        for group in ("control", "treated"):
            row = found(made, kind, group)
            assert row["estimate"] == pytest.approx(judge[f"{name}_{group}"], rel=1e-6, abs=1e-9), (kind, group)
    assert found(made, "total_effect")["estimate"] == pytest.approx(judge["total"], rel=1e-6)
    if case == "logit_logit":
        path = made.filter(component="path", outcome="worried", term="belief")
        assert path["std_error"][0] == pytest.approx(judged["natural"]["path_se"], rel=1e-6)
