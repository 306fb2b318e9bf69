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
    said = "read them together with those of the model with random intercepts"
    assert all(note.endswith(said) for note in of(made, "lag")["note"])


def test_a_failed_gate_withholds_the_lags_with_the_reason(panel: pl.DataFrame, study: Study) -> None:
    """Answers without lasting differences: the variance of an intercept falls below zero."""
    mean = pl.col("contact_quantity").mean().over("person_id")
    alike = panel.with_columns(contact_quantity=pl.col("contact_quantity") - mean)
    made = fit_declared("lagged", spec("riclpm", lags="equal", times=(0, 1, 2, 3)), alike, study)
    lags = of(made, "lag")
    assert lags["estimate"].null_count() == lags.height == 4
    assert all(note.startswith("withheld: ") for note in lags["note"])
    assert all("`random_intercepts: bounded` or `zero` is a way on" in note for note in lags["note"])


@pytest.mark.parametrize("kind", ["bounded", "zero"])
def test_a_random_intercept_may_be_bounded_or_zero(panel: pl.DataFrame, study: Study, kind: str) -> None:
    mean = pl.col("contact_quantity").mean().over("person_id")
    alike = panel.with_columns(contact_quantity=pl.col("contact_quantity") - mean)
    declared = spec("riclpm", lags="equal", times=(0, 1, 2, 3), random_intercepts={"contact_quantity": kind})
    made = fit_declared("lagged", declared, alike, study)
    assert of(made, "lag")["estimate"].null_count() == 0
    assert of(made, "between", outcome="contact_quantity", term="variance")["estimate"].to_list() == [0.0]
    said = "at its bound" if kind == "bounded" else "variance fixed at zero"
    assert all(said in note for note in of(made, "lag")["note"])


def test_the_test_of_random_intercepts_is_of_the_declared_model(panel: pl.DataFrame, study: Study) -> None:
    options = {"lags": "equal", "times": (0, 1, 2, 3), "estimator": "ML"}
    made = fit_declared("lagged", spec("riclpm", **options), panel, study)
    without = fit_declared("mixed", spec("clpm", **options), panel, study)
    fits = [of(table, "fit", term="chi_square")["estimate"][0] for table in (without, made)]
    assert of(made, "test", term="random_intercepts")["estimate"][0] == pytest.approx(fits[0] - fits[1], rel=1e-6)
    assert "against lags equal" in of(made, "test")["note"][0]


def test_a_declared_wave_that_did_not_ask_a_construct(panel: pl.DataFrame, study: Study) -> None:
    unasked = panel.with_columns(pl.when(pl.col("wave") != "w02").then("outgroup_liking"))
    declared = spec("riclpm", lags="equal", residuals="equal", waves=WAVES, times=(0, 1, 2, 3), ladder=False)
    made = fit_declared("lagged", declared, unasked, study)
    lag = of(made, "lag", outcome="outgroup_liking", term="contact_quantity").row(0, named=True)
    assert abs(lag["estimate"] - LAG[1, 0]) < 3.5 * lag["std_error"]
    assert "outgroup_liking was not asked at wave 2" in lag["note"]


def test_covariates_lose_nobody(panel: pl.DataFrame, study: Study) -> None:
    """Age is unknown of a tenth; a covariate that varies is missing with its wave."""
    gaps = panel.with_columns(
        is_woman=pl.when(pl.col("person_id").cast(pl.Int64) % 10 > 0).then("is_woman"),
        belonging=pl.when(pl.col("contact_quantity").is_not_null()).then(pl.struct("person_id", "wave").hash(1) % 5),
    )
    declared = {"lags": "equal", "ladder": False, "times": (0, 1, 2, 3)}
    plain = fit_declared("plain", spec("riclpm", **declared), gaps, study)
    for more in ({"covariates": ("is_woman",)}, {"time_varying": ("belonging",)}):
        made = fit_declared("held", spec("riclpm", **declared, **more), gaps, study)
        assert made["n_persons"].max() >= plain["n_persons"].max()
        assert of(made, "sample", term="persons_left_out")["estimate"].to_list() == [0.0]


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
    assert partly["note"] == "freed: intercept of neighbourhood_integrated_w03"
    assert of(made, "invariance", term="persons_left_out")["estimate"].to_list() == [0.0]


@pytest.mark.parametrize("ordinal", [False, True])
def test_a_scale_that_fits_nowhere_is_not_compared(
    panel: pl.DataFrame, answers: pl.DataFrame, study: Study, ordinal: bool
) -> None:
    """Two of the four items measure something else."""
    other = np.random.default_rng(3).normal(size=PEOPLE * 3)
    odd = answers.with_columns((1.8 + pl.Series(other) + 0.4 * pl.col(item)).alias(item) for item in ITEMS[2:])
    if ordinal:
        odd = odd.with_columns(pl.col(ITEMS).round().clip(2, 4))
    declared = {"constructs": ("belonging",), "ordinal": ordinal}
    made = fit_declared("alike", spec("invariance", **declared), panel, study, odd)
    holds = of(made, "configural", term="holds").row(0, named=True)
    assert (holds["estimate"], "configural model does not fit" in holds["note"]) == (0.0, True)
    assert of(made, "metric").is_empty()
    assert of(made, "invariance", term="means_comparable")["estimate"].to_list() == [0.0]
    anyway = spec("invariance", **declared, criterion={"configural": None})
    assert not of(fit_declared("alike", anyway, panel, study, odd), "thresholds" if ordinal else "metric").is_empty()


def test_ordered_items_take_weights_and_incomplete_answers(
    panel: pl.DataFrame, answers: pl.DataFrame, study: Study
) -> None:
    coded = answers.with_columns(
        pl.when(pl.Series(np.random.default_rng(k).random(len(answers))) > 0.1).then(pl.col(item).round().clip(1, 5))
        .alias(item) for k, item in enumerate(ITEMS)
    )  # fmt: skip
    people = panel.with_columns(design_weight=1 + pl.col("person_id").hash(1) % 4)
    made, plain = (
        fit_declared("factors", spec("cfa", constructs=("belonging",), ordinal=True, **more), people, study, coded)
        for more in ({"weights": "design_weight"}, {})
    )
    assert of(made, "loading")["n_persons"].min() > 0.99 * PEOPLE
    assert not np.allclose(of(made, "loading")["estimate"], of(plain, "loading")["estimate"], rtol=1e-4)


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
