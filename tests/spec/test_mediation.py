"""Rules of mediation models: what is refused, what is noted, what does not change a result."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError, ModelError
from pipeline.models import mediation
from pipeline.models.dispatch import fit
from pipeline.models.mechanisms.structure import Structure
from pipeline.models.weighting import Weighting
from pipeline.specs.mediation import MediationModel
from pipeline.weights.replicates import replicate_weights

ASKED = {
    "question": "?", "study": "s", "family": "mediation", "outcome": "y", "exposures": ("x",), "mediators": ("m", "k"),
}  # fmt: skip


def panel(n=80, waves=4, seed=1, kept=0.9) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    usual = np.repeat(rng.normal(size=(3, n)), waves, axis=1)
    x, e, u = usual + rng.normal(size=(3, n * waves))
    m, k = 0.5 * x + e, 0.3 * x + u
    y = 0.2 * x - 0.4 * m + 0.3 * k + rng.normal(size=n * waves)
    frame = pl.DataFrame({
        "person_id": [f"p{one}" for one in np.repeat(np.arange(n), waves)],
        "wave": [f"w{1 + t:02}" for t in range(waves)] * n,
        "x": x, "m": m, "k": k, "y": y, "yes": (y > 0).astype(float), "fixed": usual[0], "one": 1.0,
        "area": np.repeat(np.arange(n) % 12, waves),
    })  # fmt: skip
    return frame.sample(fraction=kept, seed=2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mediators": ("m", "x")}, "`x` is a mediator: it cannot be an exposure too"),
        ({"mediators": ("m", "y")}, "`y` is a mediator: it cannot be the outcome too"),
        ({"covariates": ("m",)}, "cannot be a covariate too"),
        ({"mediators": ("m", "m")}, "names one twice"),
        ({"mediators": ()}, "needs `outcome`, `exposures` and `mediators`"),
        ({"mediators": ("m",), "order": "serial"}, "needs two or more"),
        ({"order": (("m",),)}, "each of the `mediators` once"),
        ({"levels": ("within",), "waves": ("w01",)}, "no change within people"),
        ({"levels": ("within", "within")}, "each once"),
        ({"categorical": ("x",)}, "not `categorical`"),
        ({"later": {"mediators": 2, "outcome": 1}}, "not measured before the mediators"),
        ({"later": {"mediators": 1, "outcome": 2}, "waves": ("w01", "w02")}, "looks 2 waves ahead"),
        ({"definition": "natural"}, "one exposure, one mediator"),
        ({"values": (1, 2)}, "`definition: natural`"),
        ({"definition": "natural", "mediators": ("m",), "values": (1, 1)}, "that differ"),
        ({"draws": 10}, "greater than or equal to 1000"),
        ({"cluster": "household_id", "interval": "bootstrap_bca"}, "one kind of cluster"),
        ({"effects": "person"}, "takes no `effects`"),
        ({"contrasts": {"a": "x"}}, "takes no `contrasts`"),
    ],
)
def test_a_wrong_declaration_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        MediationModel(**ASKED | change)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mediators": ["fixed"], "levels": ["within"]}, "fixed never changes within a person"),
        ({"exposures": ["fixed"], "levels": ["within", "between"]}, "fixed never changes within a person"),
        ({"mediators": ["one"]}, "one: has the same value in every row"),
        ({"mediators": ["one"], "levels": ["between"]}, "one: has the same value in every row"),
        ({"outcome": "yes"}, "coded 0 and 1"),
        ({"mediators": ["yes"]}, "coded 0 and 1"),
        ({"mediators": ["glad"]}, "no column `glad`"),
        ({"mediators": ["wave"]}, "must be a number"),
        ({"mediators": ["x"]}, "`x` has two roles"),
        ({"covariates": ["m"]}, "`m` has two roles"),
        ({"covariates": ["x"]}, "`x` has two roles"),
        ({"draws": 0}, "`draws=0` is no number of draws"),
        ({"draws": -3}, "`draws=-3` is no number of draws"),
        ({"order": "serial"}, "two or more mediators"),
        ({"levels": ["persons"]}, "levels are"),
        ({"later": (3, 4)}, "no wave 4 waves later"),
        ({"later": (1, 0)}, "not before the mediators"),
        ({"mediators": ["m"], "covariates": ["copy"]}, "cannot be separated"),
        ({"cluster": ("person_id", "area"), "interval": "bootstrap_percentile"}, "one kind of cluster"),
        ({"cluster": "one"}, "one cluster"),
    ],
)
def test_a_wrong_model_is_refused_in_one_sentence(change, says):
    given = {"outcome": "y", "exposures": ["x"], "mediators": ["m"]} | change
    with pytest.raises(CohesionError, match=says):
        mediation(panel().with_columns(copy=2 * pl.col("m") + 1), **given)


def test_one_wave_shows_no_change_within_people():
    with pytest.raises(ModelError, match="never changes within a person"):
        mediation(panel().filter(pl.col("wave") == "w02"), "y", ["x"], ["m"], levels=["within"])


@pytest.mark.parametrize(
    ("order", "paths"),
    [
        ("parallel", [("m",), ("k",), ("j",)]),
        ("serial", [("m",), ("k",), ("j",), ("m", "k"), ("m", "j"), ("k", "j"), ("m", "k", "j")]),
        ([["m", "k"], ["j"]], [("m",), ("k",), ("j",), ("m", "j"), ("k", "j")]),
    ],
)
def test_the_order_of_mediators_gives_the_paths(order, paths):
    found = Structure.of(["x"], ["m", "k", "j"], "y", order).paths
    assert sorted(found) == sorted(paths)


@pytest.mark.parametrize("interval", ["monte_carlo", "bootstrap_percentile", "bootstrap_bca"])
def test_a_seed_gives_the_same_interval_and_the_order_of_rows_does_not_matter(interval):
    options = {"levels": ["within", "between"], "interval": interval, "draws": 1000}
    one = mediation(panel(), "y", ["x"], ["m", "k"], **options)
    assert one.equals(mediation(panel(), "y", ["x"], ["m", "k"], **options))
    other = mediation(panel(), "y", ["x"], ["m", "k"], **options | {"seed": 2})
    effect = pl.col("component") == "total_indirect_effect_within"
    assert one.filter(effect)["estimate"][0] == other.filter(effect)["estimate"][0]
    assert one.filter(effect)["conf_low"][0] != other.filter(effect)["conf_low"][0]
    assert one.filter(effect)["conf_low"][0] == pytest.approx(other.filter(effect)["conf_low"][0], rel=0.15)


def test_units_scale_effects_and_nothing_else():
    small = mediation(panel(), "y", ["x"], ["m"], levels=["within"])
    frame = panel().with_columns(pl.col("x") * 1e6 + 1e8, pl.col("m") / 1e3)
    large = mediation(frame, "y", ["x"], ["m"], levels=["within"])
    for component in ("total_indirect_effect_within", "total_effect_within", "direct_effect_within"):
        one, other = (table.filter(component=component) for table in (small, large))
        for column in ("estimate", "std_error", "conf_low", "conf_high"):
            assert other[column][0] * 1e6 == pytest.approx(one[column][0], rel=1e-4)
    rho = [table.filter(component="sensitivity_rho_within")["estimate"][0] for table in (small, large)]
    assert rho[0] == pytest.approx(rho[1], rel=1e-6)


def test_the_order_of_time_is_noted_where_it_is_assumed_and_later_waves_are_by_calendar():
    frame = panel()
    notes = {
        later: mediation(frame, "y", ["x"], ["m"], later=later).filter(component="total_effect")["note"][0]
        for later in ((0, 0), (0, 1), (1, 1), (1, 2))
    }
    assert [note is None for note in notes.values()] == [False, False, False, True]
    moved = frame.select("person_id", "wave", "x").join(
        frame.select("person_id", "m", "y", wave="w0" + (pl.col("wave").str.slice(2).cast(int) - 1).cast(str)),
        on=["person_id", "wave"],
    )
    by_hand = mediation(moved, "y", ["x"], ["m"]).filter(component="total_effect")
    assert mediation(frame, "y", ["x"], ["m"], later=(1, 1)).filter(component="total_effect")["estimate"][0] == (
        pytest.approx(by_hand["estimate"][0], rel=1e-10)
    )


def test_a_share_of_nothing_is_withheld():
    rng = np.random.default_rng(5)
    x, e, u = rng.normal(size=(3, 400))
    m = x + e
    frame = pl.DataFrame({"person_id": range(400), "wave": "w01", "x": x, "m": m, "y": 0.5 * m - 0.5 * x + u})
    share = mediation(frame, "y", ["x"], ["m"]).filter(component="proportion_mediated")
    assert share["estimate"][0] is None
    assert "withheld" in share["note"][0]


def test_replicate_weights_give_the_errors():
    frame = panel()
    people = frame.select("person_id").unique(maintain_order=True).head(70)
    people = people.with_columns(panel_weight=pl.Series(np.random.default_rng(3).uniform(0.5, 2, 70)))
    drawn = replicate_weights(people, "bootstrap", weight="panel_weight", replicates=12, seed=1)
    weighting = Weighting("all", ("w01", "w02", "w03", "w04"), people, drawn)
    declared = MediationModel(**ASKED | {"weights": "all", "levels": ("within", "between")})
    made = fit("m", declared, frame, weighting=weighting)
    rows = frame.join(people, on="person_id", how="inner", maintain_order="left")
    plain = mediation(rows, "y", ["x"], ["m", "k"], levels=["within", "between"], weights="panel_weight")

    def effect(weights: np.ndarray, component: str) -> float:
        given = people.select("person_id", w=pl.Series(weights)).filter(pl.col("w") > 0)
        table = mediation(
            rows.join(given, on="person_id"), "y", ["x"], ["m", "k"], levels=["within", "between"], weights="w"
        )
        return table.filter(component=component)["estimate"][0]

    for component in ("path_within", "direct_effect_between"):
        row = made.filter(component=component, outcome="y", term="x")
        judge = plain.filter(component=component, outcome="y", term="x")
        assert row["estimate"][0] == pytest.approx(judge["estimate"][0], rel=1e-8)
    _, covariance = drawn.estimate(lambda weights: effect(weights, "direct_effect_between"))
    row = made.filter(component="direct_effect_between")
    assert row["std_error"][0] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-6)
    assert "replicate weights" in row["covariance"][0]


def test_declared_natural_effects():
    declared = MediationModel(
        **ASKED | {"outcome": "yes", "mediators": ("m",), "definition": "natural", "values": (0, 1), "draws": 1000}
    )
    made = fit("m", declared, panel())
    assert set(made.filter(component="indirect_effect")["group"]) == {"control", "treated"}
    assert made.filter(component="path", outcome="yes")["note"].str.contains("log odds").all()


@pytest.mark.parametrize("interval", ["bootstrap_percentile", "bootstrap_bca"])
def test_a_bootstrap_does_not_depend_on_the_order_of_rows_or_the_names_of_people(interval):
    one = mediation(panel(), "y", ["x"], ["m"], levels=["within", "between"], interval=interval, draws=1000)
    names = pl.concat_str(pl.lit("z"), pl.col("person_id").str.reverse()).alias("person_id")
    frame = panel().sample(fraction=1.0, shuffle=True, seed=8).with_columns(names)
    other = mediation(frame, "y", ["x"], ["m"], levels=["within", "between"], interval=interval, draws=1000)
    for column in ("estimate", "std_error", "conf_low", "conf_high"):
        known = one[column].is_not_null()
        assert one[column].filter(known).to_list() == pytest.approx(other[column].filter(known).to_list(), rel=1e-9)
