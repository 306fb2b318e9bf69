"""The kernel of repeated and large fits, judged by linearmodels and plm: equal to 1e-10."""

import json
from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from linearmodels.panel import PanelOLS
from shared import SHIPPED, shared

from pipeline import models
from pipeline.models.regression_data import regression_data
from pipeline.models.within.least_squares import absorbed_fit, effects_of

CLOSE = {"rel": 1e-10, "abs": 1e-12}


def panel(seed: int, n_persons: int = 60, n_waves: int = 5, answered: float = 0.7) -> pl.DataFrame:
    """An unbalanced panel with persons seen once, uneven weights, and areas that cross persons."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n_persons):
        usual = rng.normal()
        for wave in range(n_waves):
            contact, age = usual + rng.normal(), rng.normal(40, 15)
            trust = 0.3 * contact + 0.01 * age + usual + 0.2 * wave + rng.standard_t(4)
            rows.append((f"p{person}", f"w{wave:02}", contact, age, trust, rng.uniform(0.2, 3), f"a{rng.integers(12)}"))
    frame = pl.DataFrame(rows, schema=["person_id", "wave", "contact", "age", "trust", "w", "area"], orient="row")
    return frame.filter(pl.Series(rng.random(frame.height) < answered))


def columns(table: pl.DataFrame) -> dict[str, list[float]]:
    numbers = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "df"]
    return {name: table.drop_nulls("std_error")[name].drop_nulls().to_list() for name in numbers}


CASES = list(product(["person", "person_and_wave"], [None, "w"], ["person_id", "area", None], ["hc1", "stata", "none"]))


@pytest.mark.parametrize(("effects", "weights", "cluster", "correction"), CASES)
def test_fixed_effects_equal_linearmodels(effects, weights, cluster, correction):
    options = {"effects": effects, "weights": weights, "cluster": cluster, "correction": correction}
    args = (panel(1), "trust", ["contact"], ["age"])
    ours = models.fixed_effects(*args, **options, repeated=True)
    theirs = models.fixed_effects(*args, **options)
    for name, values in columns(theirs).items():
        assert columns(ours)[name] == pytest.approx(values, **CLOSE), name
    assert ours.select("term", "covariance", "note", "n_obs").equals(
        theirs.select("term", "covariance", "note", "n_obs")
    )


@pytest.mark.parametrize("family", ["pooled", "first_difference"])
@pytest.mark.parametrize(("weights", "wave_effects"), [(None, True), ("w", True), ("w", False)])
@pytest.mark.parametrize(("cluster", "correction"), [("person_id", "hc1"), ("person_id", "stata"), (None, "hc1")])
def test_other_linear_families_equal_linearmodels(family, weights, wave_effects, cluster, correction):
    function = getattr(models, family)
    options = {"weights": weights, "wave_effects": wave_effects, "cluster": cluster, "correction": correction}
    args = (panel(2), "trust", ["contact"], ["age"])
    ours, theirs = (function(*args, **options, repeated=repeated) for repeated in (True, False))
    for name, values in columns(theirs).items():
        assert columns(ours)[name] == pytest.approx(values, **CLOSE), name


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("correction", ["hc1", "stata", "none"])
@pytest.mark.parametrize("effects", ["person", "person_and_wave"])
def test_two_ways_of_clusters_equal_linearmodels(effects, correction, weights):
    frame = panel(3)
    data = regression_data(
        frame, "trust", ["contact", "age"], cluster="area", weights=weights, wave_effects=False, intercept=False
    )
    both = np.column_stack([data.person, data.clusters])
    waves = effects == "person_and_wave"
    ours = absorbed_fit(
        regression_data(
            frame, "trust", ["contact", "age"], cluster=("person_id", "area"), weights=weights, wave_effects=False,
            intercept=False,
        ),
        effects_of(data, waves=waves),
        correction,
    )  # fmt: skip
    index = pd.MultiIndex.from_arrays([data.person, data.wave])
    theirs = PanelOLS(
        pd.DataFrame({"y": data.outcome}, index=index),
        pd.DataFrame(data.matrix, index=index),
        weights=None if data.weights is None else pd.DataFrame({"w": data.weights}, index=index),
        entity_effects=True,
        time_effects=waves,
    ).fit(
        cov_type="clustered",
        clusters=pd.DataFrame(both, index=index),
        auto_df=False,
        count_effects=False,
        debiased=correction != "none",
        group_debias=correction == "stata",
    )
    left, counted = data.n_obs - 2, data.n_waves - 1 if waves and correction == "stata" else 0
    assert ours.estimates == pytest.approx(theirs.params.to_numpy(), **CLOSE)
    assert ours.covariance == pytest.approx(theirs.cov.to_numpy() * left / (left - counted), **CLOSE)


PLM = json.loads((SHIPPED / "plm" / "reference.json").read_text(encoding="utf-8"))
FIRMS = {"person": "firm", "wave": "year", "wave_effects": False}
LOGS = {"log_wage": "log(wage)", "log_capital": "log(capital)", "log_output": "log(output)"}


@pytest.mark.parametrize(
    ("family", "effects", "kind"),
    [
        ("fixed_effects", {"effects": "person"}, "within"),
        ("fixed_effects", {"effects": "person_and_wave"}, "within_twoways"),
        ("pooled", {}, "pooling"),
        ("first_difference", {}, "fd"),
    ],
)
def test_the_kernel_equals_plm_on_an_unbalanced_panel(family, effects, kind):
    firms = pl.read_csv(shared("reference", "plm", "empluk.csv"))
    firms = firms.with_columns(pl.col("emp", "wage", "capital", "output").log().name.prefix("log_"))
    function = getattr(models, family)
    ours = function(firms, "log_emp", list(LOGS), cluster=None, repeated=True, **FIRMS, **effects)
    theirs = PLM["empluk_unbalanced"][kind]
    for term, name in LOGS.items():
        found = ours.filter(term=term).row(0, named=True)
        assert found["estimate"] == pytest.approx(theirs["coef"][name]["estimate"], rel=1e-10)
        assert found["std_error"] == pytest.approx(theirs["coef"][name]["se"], rel=1e-10)


@pytest.mark.parametrize(("correction", "theirs"), [("hc1", "HC1"), ("none", "HC0"), ("stata", "sss")])
def test_clustered_errors_of_the_kernel_equal_plm(correction, theirs):
    grunfeld = pl.read_csv(shared("reference", "plm", "grunfeld.csv"))
    ours = models.fixed_effects(
        grunfeld, "inv", ["value", "capital"], cluster="firm", correction=correction, repeated=True, **FIRMS
    )
    for term, std_error in PLM["robust_se"]["within_individual"][f"vcovHC_arellano_{theirs}"].items():
        assert ours.filter(term=term)["std_error"][0] == pytest.approx(std_error, rel=1e-10)


def test_waves_that_no_person_links_are_absorbed():
    """Two halves of the panel, each with waves of its own: the wave effects of the halves have no common zero."""
    frame = panel(4, n_waves=6, answered=1.0)
    early = pl.col("wave") < "w03"
    half = pl.col("person_id").str.slice(1).cast(pl.Int64) < 30
    frame = frame.filter(early == half)
    ours = models.fixed_effects(frame, "trust", ["contact"], effects="person_and_wave", repeated=True)
    data = regression_data(frame, "trust", ["contact"], wave_effects=False, intercept=False)
    dummies = np.column_stack([np.eye(data.n_persons)[data.person], np.eye(data.n_waves)[data.wave]])
    expected = np.linalg.lstsq(np.column_stack([data.matrix, dummies]), data.outcome, rcond=None)[0][0]
    assert ours["estimate"][0] == pytest.approx(expected, rel=1e-10)
