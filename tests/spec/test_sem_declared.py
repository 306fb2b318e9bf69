"""What a declared structural model puts into the table of estimates, on small made-up panels."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.paths import REPOSITORY, Paths
from pipeline.sem.declared import fit_declared
from pipeline.specs import StructuralModel, Study, load_project

PEOPLE, WAVES = 900, ("w01", "w02", "w03", "w04")
LAG = np.array([[0.3, 0.2], [0.0, 0.2]])  # contact on itself and on liking; liking on contact and on itself


@pytest.fixture(scope="module")
def study() -> Study:
    return load_project(Paths(REPOSITORY)).studies["elsoc"]


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    """Two measures of a random-intercept process, four waves, a fifth of the answers missing."""
    rng = np.random.default_rng(20260101)
    stable = rng.multivariate_normal([3.0, 3.5], [[0.5, 0.2], [0.2, 0.4]], PEOPLE)
    within = rng.normal(size=(PEOPLE, 2))
    parts = []
    for number, wave in enumerate(WAVES):
        within = within @ LAG.T + rng.normal(size=(PEOPLE, 2)) if number else within
        seen = np.where(rng.random((PEOPLE, 2)) < 0.2, np.nan, stable + within)
        parts.append(
            pl.DataFrame({"contact_quantity": seen[:, 0], "outgroup_liking": seen[:, 1]}).with_columns(
                person_id=pl.int_range(PEOPLE).cast(pl.String), wave=pl.lit(wave), arm=pl.lit("main"),
                is_woman=(pl.int_range(PEOPLE) % 2).cast(pl.Float64),
            )
        )  # fmt: skip
    return pl.concat(parts).with_columns(pl.col("contact_quantity", "outgroup_liking").fill_nan(None))


@pytest.fixture(scope="module")
def answers() -> pl.DataFrame:
    """Four items of one scale at three waves; the second rises by itself at the last wave."""
    rng = np.random.default_rng(7)
    lasting = rng.normal(size=PEOPLE)
    parts = []
    for wave in WAVES[:3]:
        factor = 0.8 * lasting + 0.6 * rng.normal(size=PEOPLE)
        items = {
            item: 3 + factor + 0.8 * rng.normal(size=PEOPLE) + (1.2 if (wave, item) == ("w03", ITEMS[1]) else 0.0)
            for item in ITEMS
        }
        parts.append(
            pl.DataFrame(items).with_columns(person_id=pl.int_range(PEOPLE).cast(pl.String), wave=pl.lit(wave))
        )
    return pl.concat(parts)


ITEMS = ("neighbourhood_ideal", "neighbourhood_integrated", "neighbourhood_identity", "neighbourhood_part_of_me")


def spec(family: str, **options: object) -> StructuralModel:
    constructs = options.pop("constructs", ("contact_quantity", "outgroup_liking"))
    return StructuralModel(question="?", study="elsoc", family=family, constructs=constructs, **options)


def of(table: pl.DataFrame, component: str, **names: object) -> pl.DataFrame:
    rows = table.filter(pl.col("component") == component)
    for column, value in names.items():
        rows = rows.filter(pl.col(column) == value)
    return rows


def test_lags_come_by_outcome_and_term_and_the_ladder_with_them(panel: pl.DataFrame, study: Study) -> None:
    made = fit_declared("lagged", spec("riclpm", lags="equal", times=(0, 1, 2, 3)), panel, study)
    lags = {(row["outcome"], row["term"]): row for row in of(made, "lag").iter_rows(named=True)}
    names = ("contact_quantity", "outgroup_liking")
    for i, outcome in enumerate(names):
        for j, term in enumerate(names):
            row = lags[outcome, term]
            assert abs(row["estimate"] - LAG[i, j]) < 3.5 * row["std_error"]
            assert row["wave"] is None
            assert row["note"] is None  # evenly spaced: nothing to warn of
    assert of(made, "lag_rescaled").is_empty()
    assert of(made, "ladder")["outcome"].unique(maintain_order=True).to_list()[:2] == ["CLPM", "RI-CLPM"]
    assert of(made, "test", term="random_intercepts")["p_value"][0] < 0.001


def test_free_lags_have_their_waves(panel: pl.DataFrame, study: Study) -> None:
    made = fit_declared("lagged", spec("riclpm", ladder=False, times=(0, 1, 2, 3)), panel, study)
    assert of(made, "lag", outcome="outgroup_liking", term="outgroup_liking")["wave"].to_list() == ["w02", "w03", "w04"]


def test_unequal_times_are_told_and_both_lags_shown(panel: pl.DataFrame, study: Study) -> None:
    made = fit_declared("lagged", spec("riclpm", lags="equal", ladder=False, times=(0, 1, 2, 4)), panel, study)
    assert set(of(made, "lag")["note"]) == {
        "waves lie 1.0 to 2.0 years apart, and a lag belongs to the time between its waves"
    }
    assert of(made, "lag_rescaled")["wave"].unique().sort().to_list() == ["w02", "w03", "w04"]


def test_a_model_without_random_intercepts_warns(panel: pl.DataFrame, study: Study) -> None:
    made = fit_declared("mixed", spec("clpm", lags="equal", times=(0, 1, 2, 3)), panel, study)
    assert all(note.endswith("read the model with random intercepts beside it") for note in of(made, "lag")["note"])


def test_a_failed_gate_withholds_the_lags_with_the_reason(panel: pl.DataFrame, study: Study) -> None:
    """Answers without lasting differences: the variance of an intercept falls below nought."""
    mean = pl.col("contact_quantity").mean().over("person_id")
    alike = panel.with_columns(contact_quantity=pl.col("contact_quantity") - mean)
    made = fit_declared("lagged", spec("riclpm", lags="equal", times=(0, 1, 2, 3)), alike, study)
    lags = of(made, "lag")
    assert lags["estimate"].null_count() == lags.height == 4
    assert all(note.startswith("withheld: ") for note in lags["note"])


def test_groups_have_their_own_rows(panel: pl.DataFrame, study: Study) -> None:
    made = fit_declared("lagged", spec("riclpm", lags="equal", group="is_woman", ladder=False), panel, study)
    assert of(made, "lag")["group"].unique().sort().to_list() == ["0.0", "1.0"]


def test_growth_tells_the_slope_and_the_course(panel: pl.DataFrame, study: Study) -> None:
    rising = panel.with_columns(
        pl.col("outgroup_liking") + 0.5 * pl.col("wave").str.slice(1).cast(pl.Int64), pl.col("contact_quantity")
    )
    one = spec("growth", constructs=("outgroup_liking",), times=(0, 1, 2, 3))
    made = fit_declared("growing", one, rising, study)
    slope = of(made, "growth", term="slope").row(0, named=True)
    assert abs(slope["estimate"] - 0.5) < 3.5 * slope["std_error"]
    course = of(made, "mean")
    assert course["wave"].to_list() == list(WAVES)
    assert np.diff(course["estimate"].to_numpy()) == pytest.approx(slope["estimate"], abs=1e-6)


def test_a_shifted_item_fails_the_scalar_step_and_is_found(
    panel: pl.DataFrame, answers: pl.DataFrame, study: Study
) -> None:
    made = fit_declared("alike", spec("invariance", constructs=("belonging",)), panel, study, answers)
    assert of(made, "metric", term="holds")["estimate"][0] == 1
    assert of(made, "scalar", term="holds")["estimate"][0] == 0
    assert of(made, "invariance", term="means_comparable")["estimate"][0] == 0
    partly = of(made, "invariance", term="means_partially_comparable").row(0, named=True)
    assert partly["estimate"] == 1
    assert partly["note"] == "let go: intercept of neighbourhood_integrated_w03"


def test_reliability_and_factors_by_wave(panel: pl.DataFrame, answers: pl.DataFrame, study: Study) -> None:
    made = fit_declared("reliable", spec("reliability", constructs=("belonging",)), panel, study, answers)
    alphas = of(made, "reliability", term="alpha")
    assert alphas["wave"].to_list() == list(WAVES[:3])
    assert alphas["estimate"].to_numpy() == pytest.approx(4 * 1 / (4 + 0.64), abs=0.03)  # k ρ / (1 + (k − 1) ρ)
    made = fit_declared("factors", spec("cfa", constructs=("belonging",)), panel, study, answers)
    assert of(made, "loading", wave="w02")["term"].to_list() == list(ITEMS)


def test_what_cannot_be_asked_is_told_with_the_model(panel: pl.DataFrame, study: Study) -> None:
    with pytest.raises(ModelError, match=r"model lagged.*2 waves are too few: random intercepts need 3"):
        fit_declared("lagged", spec("riclpm", waves=("w01", "w02")), panel, study)
