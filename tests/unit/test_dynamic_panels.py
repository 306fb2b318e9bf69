"""Dynamic panel models: what they refuse before anything is fitted, what they withhold, and how lags go by time."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import chamberlain, difference_gmm, hausman_taylor, system_gmm
from pipeline.models.dynamic.estimate import dynamic_fit
from pipeline.models.dynamic.grid import panel_grid
from pipeline.models.dynamic.settings import Settings
from pipeline.models.dynamic.transforms import transformed, transposed


def simulated(persons=200, waves=6, rho=0.4, beta=0.5, seed=1, drift=0.0, ids=lambda one: f"p{one}"):
    """y_t = rho y_{t-1} + beta x_t + level + e_t, in equilibrium; ``drift``: how errors carry over to the next wave."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=persons)
    y, error, rows = level / (1 - rho) + rng.normal(size=persons), np.zeros(persons), []
    for wave in range(-10, waves):
        x = 0.5 * level + rng.normal(size=persons)
        error = drift * error + rng.normal(size=persons)
        y = rho * y + beta * x + level + error
        if wave >= 0:
            rows.append(pl.DataFrame({"person_id": np.arange(persons), "wave": f"w{wave + 1:02}", "y": y, "x": x}))
    frame = pl.concat(rows).with_columns(fixed=pl.col("person_id") % 3)
    return frame.with_columns(pl.col("person_id").map_elements(ids, return_dtype=pl.String)).sort("person_id", "wave")


def found(table, term):
    return table.filter(component="test", term=term).row(0, named=True)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: difference_gmm(p.filter(pl.col("wave") < "w03"), "y", ["x"]), "three waves or more"),
        (lambda p: system_gmm(p.filter(pl.col("wave") < "w03"), "y", ["x"]), "three waves or more"),
        (lambda p: difference_gmm(p, "y", ["fixed"]), "fixed never changes within a person"),
        (lambda p: difference_gmm(p, "y", ["z"]), "no column `z`"),
        (lambda p: difference_gmm(p.with_columns(y=pl.lit(1.0)), "y", ["x"]), "the outcome does not vary"),
        (lambda p: difference_gmm(p, "y", ["x"], outcome_lags=5), "nobody answered everything in 7 consecutive waves"),
        (lambda p: difference_gmm(p, "y", ["x"], outcome_lags=0), "the outcome of an earlier wave"),
        (lambda p: difference_gmm(p, "y", ["x"], predetermined=["z"]), "z is no term of the model"),
        (lambda p: difference_gmm(p, "y", ["x"], predetermined=["x"], endogenous=["x"]), "choose one"),
        (lambda p: difference_gmm(p, "y", ["x"], instrument_lags={"x": (1, 2)}), "neither the outcome"),
        (lambda p: difference_gmm(p, "y", ["x"], instrument_lags={"y": (3, 2)}), "from the first to the last"),
        (lambda p: difference_gmm(p, "y", ["x"], instrument_lags={"y": (1, 3)}), "its instruments begin at lag 2"),
        (lambda p: system_gmm(p, "y", ["x"], predetermined=["x"], instrument_lags={"x": (0, 3)}), "begin at lag 1"),
        (lambda p: difference_gmm(p, "y", ["x", "twice"]), "cannot be separated"),
        (lambda p: difference_gmm(p[:24], "y", ["x"], collapse=True), "too few persons to weight the moments"),
        (lambda p: difference_gmm(p, "y", ["x"], transformation="levels"), "not an option"),
        (lambda p: difference_gmm(pl.concat([p, p[:5]]), "y", ["x"]), "more than once in a wave"),
        (lambda p: difference_gmm(p.with_columns(x=pl.lit("a")), "y", ["x"]), "the same category"),
        (lambda p: hausman_taylor(p, "y", ["x", "fixed"], endogenous=["z"]), "z is endogenous, but no term"),
        (lambda p: hausman_taylor(p, "y", ["x", "fixed"], endogenous=["x", "fixed"]), "0 exogenous ones do"),
        (lambda p: hausman_taylor(p, "y", ["fixed"], endogenous=["fixed"], wave_effects=False), "no term changes"),
        (lambda p: chamberlain(p, "y", ["fixed"]), "fixed never changes within a person"),
        (lambda p: chamberlain(p.filter(pl.int_range(pl.len()) % 5 != 0), "y", ["x"]), "nobody is complete"),
    ],
)
def test_refuses_before_anything_is_fitted(call, says):
    frame = simulated().with_columns(twice=2 * pl.col("x"))
    with pytest.raises(ModelError, match=says):
        call(frame)


def test_a_period_is_a_number_in_the_name_of_a_wave():
    frame = simulated(waves=8)
    holed = difference_gmm(frame.filter(pl.col("wave") != "w04"), "y", ["x"])
    assert holed["n_obs"][0] == 3 * 200  # w03, w07, w08: w05 lacks the wave before it, and so w06 its change
    waves = holed.filter(component="wave").select("wave", "note").rows()
    assert waves == [("w03", "against w02"), ("w07", "against w06"), ("w08", "against w06")]
    assert difference_gmm(frame, "y", ["x"])["n_obs"][0] == 6 * 200
    with pytest.raises(ModelError, match="consecutive waves"):
        difference_gmm(frame.filter(pl.col("wave").is_in(["w01", "w02", "w04", "w06"])), "y", ["x"])


def test_every_other_wave_is_a_panel_of_its_own():
    frame = simulated(waves=9).filter(pl.col("wave").is_in(["w01", "w03", "w05", "w07", "w09"]))
    renamed = frame.with_columns((pl.col("wave").str.slice(1).cast(pl.Int64) + 1) // 2)
    first, second = difference_gmm(frame, "y", ["x"]), difference_gmm(renamed, "y", ["x"])
    assert first["estimate"].to_list() == second["estimate"].to_list()


@pytest.mark.parametrize("family", [difference_gmm, system_gmm])
def test_order_of_rows_names_of_people_and_units_do_not_matter(family):
    frame = simulated()
    frame = frame.filter(pl.int_range(pl.len()) % 17 != 0)
    base = family(frame, "y", ["x"], predetermined=["x"])
    shuffled = family(frame.sample(fraction=1.0, shuffle=True, seed=3), "y", ["x"], predetermined=["x"])
    assert shuffled["estimate"].drop_nulls().to_list() == pytest.approx(
        base["estimate"].drop_nulls().to_list(), rel=1e-9
    )
    scaled = family(frame.with_columns(pl.col("x") * 1e6, pl.col("y") * 1e-4), "y", ["x"], predetermined=["x"])
    ratio = scaled.filter(component="coefficient")["estimate"][0] / base.filter(component="coefficient")["estimate"][0]
    assert ratio == pytest.approx(1e-10, rel=1e-7)
    assert found(scaled, "hansen")["statistic"] == pytest.approx(found(base, "hansen")["statistic"], rel=1e-7)
    assert found(scaled, "ar2")["statistic"] == pytest.approx(found(base, "ar2")["statistic"], rel=1e-7)


def test_missing_answers_keep_the_answers_of_their_row_as_instruments():
    frame = simulated().with_columns(x=pl.when(pl.col("wave") == "w02").then(None).otherwise("x"))
    table = difference_gmm(frame, "y", ["x"])
    assert table["n_obs"][0] == 3 * 200  # w04 to w06; w01 and w02 are instruments all the same
    assert table.filter(component="fit", term="instruments")["estimate"][0] > 8


def test_gates_withhold_with_their_reason():
    crowded = simulated(persons=12, waves=6)
    table = difference_gmm(crowded, "y", ["x"], predetermined=["x"], withhold=True)
    rows = table.filter(pl.col("component").is_in(["persistence", "coefficient", "long_run"]))
    assert rows["estimate"].null_count() == rows.height > 0
    assert all("instruments for 12 persons" in note for note in rows["note"])
    assert found(table, "hansen")["p_value"] is None
    noted = difference_gmm(crowded, "y", ["x"], predetermined=["x"])
    assert noted.filter(component="persistence")["estimate"].null_count() == 0
    drifting = difference_gmm(simulated(persons=2_000, drift=0.6), "y", ["x"], withhold=True)
    assert "AR(2)" in drifting.filter(component="persistence")["note"][0]
    assert found(drifting, "ar2")["p_value"] < 0.05


def test_instruments_that_are_not_exogenous_are_rejected():
    rng = np.random.default_rng(4)
    frame = simulated(persons=3_000)
    frame = frame.with_columns(z=pl.col("y") + pl.Series(rng.normal(size=frame.height)))
    table = difference_gmm(frame, "y", ["x"], instruments=["z"], withhold=True)
    assert found(table, "hansen")["p_value"] < 0.01
    assert table.filter(component="coefficient")["note"][0].startswith("withheld: ")


def test_persistence_near_one_is_noted():
    table = difference_gmm(simulated(persons=4_000, rho=0.97, beta=0.0, waves=5), "y", collapse=False)
    own = table.filter(component="persistence").row(0, named=True)
    assert own["estimate"] < 0.9 or "weak instruments" in own["note"]


@pytest.mark.parametrize("how", ["difference", "deviations"])
def test_the_transpose_is_the_transpose(how):
    rng = np.random.default_rng(5)
    complete = rng.random((40, 7)) > 0.3
    x, z = rng.normal(size=(40, 7, 1)), rng.normal(size=(40, 7, 1))
    made = transformed(x, complete, how)
    z = np.where(made != 0, z, 0.0)
    left = (made * z).sum(axis=(1, 2))
    right = (np.where(complete[:, :, None], x, 0.0) * transposed(z, complete, how)).sum(axis=(1, 2))
    assert left == pytest.approx(right, abs=1e-12)


def test_lags_of_a_term_are_those_of_a_column_of_it():
    frame = simulated().sort("person_id", "wave").with_columns(before=pl.col("x").shift(1).over("person_id"))
    ours = dynamic_fit(panel_grid(frame, "y", ["x"]), ["x"], Settings(lags={"x": 1}))
    columns = dynamic_fit(panel_grid(frame, "y", ["x", "before"]), ["x", "before"], Settings())
    assert ours.reported.estimates == pytest.approx(columns.reported.estimates, rel=1e-9)
