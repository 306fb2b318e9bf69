"""Choices of method, ranks, pairs, rank sets and sensitivity: what must hold whatever the data."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import (
    Recipe,
    coherence,
    method_draws,
    method_effects,
    pairwise,
    rank_intervals,
    rank_sets,
    removals,
    replicated_index,
    sensitivity,
)
from pipeline.index.uncertainty.choices import Run, factors, run_of
from pipeline.index.uncertainty.ranks import ranked
from pipeline.parallel import runs_with
from pipeline.tables import AreaPairs, AreaSensitivity

DOMAINS = {"trust": ["people", "police", "council"], "belonging": ["home", "pride"], "voting": ["vote"]}
CHOICES = {
    "normalisation": ["own_range", "z_score"],
    "weights": ["equal", "random"],
    "across": ["arithmetic", "geometric"],
    "left_out": ["domain"],
    "perturbation": 0.3,
}


def survey(seed=1, n=160, waves=("w01",), gap=8.0):
    rng = np.random.default_rng(seed)
    area = np.arange(n) % 4
    parts = []
    for wave in waves:
        person = rng.normal(0, 10, n) + gap * area
        names = [name for members in DOMAINS.values() for name in members]
        columns = {name: np.clip(40 + person + rng.normal(0, 12, n), 1, 100) for name in names}
        head = {"person_id": [f"p{at}" for at in range(n)], "wave": [wave] * n, "area": [f"A{at}" for at in area]}
        parts.append(pl.DataFrame({**head, "weight": rng.uniform(0.5, 1.5, n), **columns}))
    return pl.concat(parts)


@pytest.fixture(scope="module")
def made():
    return replicated_index(survey(waves=("w01", "w02")), Recipe(DOMAINS), replicates=80, seed=2)


@pytest.fixture(scope="module")
def drawn(made):
    return method_draws(made, CHOICES, draws=60, seed=3)


def test_a_draw_is_the_index_of_its_recipe(made, drawn):
    for at in (0, 17, 59):
        run: Run = run_of(made.recipe, drawn.factors, drawn.picks[at])
        if run.perturbed is None:
            other = replicated_index(survey(waves=("w01", "w02")), run.recipe, replicates=80, seed=2)
            place = other.place("index")
            np.testing.assert_allclose(drawn.scores[at], other.estimates[:, place], rtol=1e-10)
            deviation = other.replicates[:, :, place] - other.replicates[:, :, place].mean(axis=0)
            expected = other.estimates[:, place] + deviation * np.sqrt(80 / 79)
            np.testing.assert_allclose(drawn.joint[at], expected, rtol=1e-5)


def test_random_weights_are_drawn_only_where_they_are_chosen(drawn):
    place = [factor.name for factor in drawn.factors].index("weights")
    for picks in drawn.picks:
        run = run_of(drawn.made.recipe, drawn.factors, picks)
        assert (run.perturbed is not None) == (drawn.factors[place].options[picks[place]] == "random")
        assert run.recipe.lowest == (1.0 if run.recipe.across == "geometric" else 0.0)


def test_without_choices_that_matter_draws_are_the_replicates(made):
    one = method_draws(made, {"across": ["arithmetic"]}, draws=50, seed=1)
    assert rank_intervals(one).equals(rank_intervals(made))


def test_ranks_lie_in_their_intervals_and_far_areas_are_told_apart(drawn):
    table = rank_intervals(drawn)
    assert (table["rank_low"] <= table["rank"]).all()
    assert (table["rank"] <= table["rank_high"]).all()
    first = table.filter(area="A3", wave="w01").row(0, named=True)
    assert (first["rank"], first["rank_high"]) == (1.0, 1.0)


def test_pairs_are_every_pair_once_and_their_probability_has_the_sign_of_the_difference(drawn):
    table = pairwise(drawn)
    assert table.height == 2 * 6
    far = table.filter(pl.col("difference").abs() > 4 * pl.col("std_error"))
    assert ((far["probability"] > 0.9) == (far["difference"] > 0)).all()
    AreaPairs.validate(table.rename({"wave": "round"}).select(list(AreaPairs.columns())), cast=True)


def test_only_areas_that_are_named_are_ranked(made):
    only = pl.DataFrame({"area": ["A0", "A2"], "wave": ["w02", "w02"]})
    table = rank_intervals(made, "trust", only=only)
    assert table.select("wave", "area", "rank").rows() == [("w02", "A0", 2.0), ("w02", "A2", 1.0)]
    assert rank_sets(made, only=only, seed=1)["area"].to_list() == ["A0", "A2"]


def test_a_rank_set_is_wider_for_all_areas_than_for_one_and_without_steps(made):
    joint, single = rank_sets(made, seed=1), rank_sets(made, seed=1, simultaneous=False)
    plain = rank_sets(made, seed=1, stepdown=False)
    width = {
        name: (t["rank_high"] - t["rank_low"]).sum() for name, t in zip("jsp", (joint, single, plain), strict=True)
    }
    assert width["s"] <= width["j"] <= width["p"]


def test_sensitivity_is_exact_where_the_grid_is_small(made):
    table = sensitivity(made, {key: CHOICES[key] for key in ("normalisation", "across", "left_out")}, seed=1)
    assert table["conf_low"].null_count() == table.height
    assert table["n_draws"].unique().to_list() == [16]
    total = table.filter(kind="first_order", measure="index").group_by("wave", "area").agg(pl.col("value").sum())
    assert (total["value"] <= 1 + 1e-9).all()
    AreaSensitivity.validate(table.rename({"wave": "round"}).select(list(AreaSensitivity.columns())), cast=True)


def test_sensitivity_by_draws_agrees_with_the_exact_one(made):
    choices = {key: CHOICES[key] for key in ("normalisation", "across", "left_out")}
    exact = sensitivity(made, choices, seed=1).filter(measure="index", kind="total_order")
    estimated = sensitivity(made, {**choices, "weights": ["equal", "random"], "perturbation": 1e-6}, size=4000, seed=1)
    both = exact.join(estimated, on=["kind", "wave", "area", "measure", "choice"], suffix="_estimated")
    assert (both["value"] - both["value_estimated"]).abs().max() < 0.06


def test_sampling_is_one_more_input(made):
    table = sensitivity(made, {"across": ["arithmetic", "geometric"]}, sampling=True, size=100, seed=1)
    assert table.filter(choice="sampling", kind="total_order", measure="index")["value"].min() > 0.3


def test_leaving_out_changes_scores_as_the_recipe_without_it(made):
    table = removals(made).filter(measure="index", choice="police", wave="w01")
    other = replicated_index(survey(waves=("w01", "w02")), Recipe(DOMAINS, left_out="police"), replicates=5, seed=2)
    place = made.place("index")
    change = (other.estimates[:, other.place("index")] - made.estimates[:, place])[:4]
    np.testing.assert_allclose(table["value"], change, atol=1e-10)
    assert set(removals(made)["choice"]) == {*DOMAINS, *(name for members in DOMAINS.values() for name in members)}


def test_effects_name_every_option_that_was_drawn(drawn):
    found = set(method_effects(drawn)["choice"])
    assert {"normalisation: z_score", "weights: random", "across: geometric", "left_out: voting"} <= found


def backwards(function, pieces, shared):
    """A runner of pieces that takes them in another order."""
    made = [function(*shared, *piece) for piece in reversed(pieces)]
    return made[::-1]


def test_results_do_not_depend_on_who_runs_the_pieces(made, drawn):
    with runs_with(backwards):
        again = method_draws(made, CHOICES, draws=60, seed=3)
    assert again.joint.tobytes() == drawn.joint.tobytes()


def test_half_samples_become_normal_draws():
    frame = survey(n=40)
    people = frame["person_id"]
    names = [f"r{at}" for at in range(16)]
    signs = np.random.default_rng(1).choice([0.0, 2.0], size=(40, 16))
    weights = pl.DataFrame({"person_id": people, "panel_weight": 1.0}).hstack(pl.DataFrame(signs, schema=names))
    scales = pl.DataFrame({"replicate": names, "variance_factor": 1 / 16, "kind": "brr", "degrees_of_freedom": 16})
    made = replicated_index(frame, Recipe(DOMAINS), replicate_weights=weights, scales=scales)
    table = pairwise(made, seed=1).filter(area="A0", other="A1").row(0, named=True)
    from scipy.stats import norm

    assert table["probability"] == pytest.approx(norm.cdf(table["difference"] / table["std_error"]), abs=0.02)
    with pytest.raises(CohesionError, match="no random draws"):
        sensitivity(made, {"across": ["arithmetic", "geometric"]}, sampling=True, seed=1)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({}, "no choices"),
        ({"colour": ["red"]}, "no choice of method"),
        ({"across": ["median"]}, "is no across"),
        ({"left_out": ["hope"]}, "neither a domain nor"),
        ({"perturbation": 2}, "no share"),
        ({"weights": ["random"]}, "need a perturbation"),
        ({"treatment": ["winsorise"]}, "treatment: winsorise"),
    ],
)
def test_choices_that_are_none_are_refused(choices, words):
    with pytest.raises(CohesionError, match=words):
        factors(Recipe(DOMAINS), choices, 1)


def test_ties_share_the_better_rank():
    assert ranked(np.array([[2.0, 2.0, 1.0, np.nan]])).tolist()[0][:3] == [1.0, 1.0, 3.0]


def test_coherence_is_one_table_of_every_check():
    table = coherence(survey(n=600), DOMAINS, smallest=100)
    assert set(table["check"]) == {"alpha", "omega", "within_domain", "between_domains", "icc1", "icc2", "invariance"}
    assert table.filter(check="alpha", measure="voting")["note"].item() == "a single item has no alpha"
    whole = table.filter(pl.col("area").is_null(), pl.col("other").is_null(), check="invariance", measure="trust")
    assert whole["value"].item() <= 0.25
    means = table.filter(pl.col("area").is_not_null(), check="invariance", measure="trust").sort("area")["value"]
    assert means.is_sorted()
