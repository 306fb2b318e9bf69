"""Replicates of an index against the same computed naively: person by person, replicate by replicate."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.recipe import Recipe
from pipeline.index.uncertainty.replicated import replicated_index

DOMAINS = {"trust": ["people", "police", "council"], "belonging": ["home", "pride"], "voting": ["vote"]}
INDICATORS = [name for members in DOMAINS.values() for name in members]


def survey(seed=1, n=90, waves=("w01",), missing=0.15):
    rng = np.random.default_rng(seed)
    area = rng.choice(["A", "B", "C"], n)
    parts = []
    for wave in waves:
        columns = {name: np.round(rng.uniform(5, 100, n) / 5) * 5 for name in INDICATORS}
        for values in columns.values():
            values[rng.random(n) < missing] = np.nan
        head = {"person_id": [f"p{at:03}" for at in range(n)], "wave": [wave] * n, "area": area}
        parts.append(pl.DataFrame({**head, "weight": rng.uniform(0.5, 2, n), **columns}))
    return pl.concat(parts)


def mean(values, weights, kind, coverage):
    there = np.isfinite(values)
    if not there.any() or there.mean() < coverage:
        return np.nan
    x, w = values[there], np.asarray(weights)[there]
    if kind == "geometric":
        return np.exp((w * np.log(x)).sum() / w.sum())
    if kind == "harmonic":
        return w.sum() / (w / x).sum()
    return (w * x).sum() / w.sum()


def normalise(columns, weights, kind, lowest):
    made = columns.copy()
    for at in range(columns.shape[1]):
        there = np.isfinite(columns[:, at])
        x, w = columns[there, at], weights[there]
        if kind == "z_score":
            middle = (w * x).sum() / w.sum()
            made[there, at] = 50 + 10 * (x - middle) / np.sqrt((w * (x - middle) ** 2).sum() / w.sum())
        elif kind == "percentile":
            made[there, at] = [100 * (w[x < one].sum() + w[x == one].sum() / 2) / w.sum() for one in x]
        elif kind == "min_max":
            low, high = x[w > 0].min(), x[w > 0].max()
            made[there, at] = 100 * (x - low) / (high - low)
    if lowest:
        made = np.maximum(made, lowest) if kind == "z_score" else lowest + (100 - lowest) / 100 * made
    return made


def loadings(columns, weights):
    complete = np.isfinite(columns).all(axis=1)
    x, w = columns[complete], weights[complete]
    covariance = np.cov(x.T, aweights=w)
    spread = np.sqrt(np.diag(covariance))
    return np.abs(np.linalg.eigh(covariance / np.outer(spread, spread))[1][:, -1])


def naive(frame, weights, recipe):
    """Areas × (domains, index), of people with these weights."""
    raw = frame.select(INDICATORS).to_numpy()
    columns = normalise(raw, weights, recipe.normalisation, recipe.lowest)
    domains, own = [], []
    for members in recipe.kept.values():
        places = [INDICATORS.index(name) for name in members]
        inner = [recipe.weight(name) for name in members]
        if recipe.weights == "pca" and len(members) > 1:
            inner = loadings(raw[:, places], weights)
        domains.append([mean(row, inner, recipe.within, recipe.coverage) for row in columns[:, places]])
        own.append([mean(row, np.ones(len(places)), "arithmetic", recipe.coverage) for row in raw[:, places]])
    domains = np.array(domains).T
    outer = [recipe.weight(name) for name in recipe.kept]
    if recipe.weights == "pca":
        outer = loadings(np.array(own).T, weights)
    index = np.array([mean(row, outer, recipe.across, recipe.domain_coverage) for row in domains])
    found = []
    for area in ("A", "B", "C"):
        here = (frame["area"] == area).to_numpy()
        found.append([mean(column[here], weights[here], "arithmetic", 0) for column in [*domains.T, index]])
    return np.array(found)


RECIPES = {
    "own range": {},
    "declared weights": {"weights": "declared", "declared": {"trust": 2.0, "police": 3.0, "vote": 0.5}},
    "budget": {"weights": "budget", "budget": {"trust": 0.5, "belonging": 0.3, "voting": 0.2}},
    "every question answered": {"coverage": 1.0, "domain_coverage": 1.0},
    "one question is enough": {"coverage": 0.0, "domain_coverage": 0.0},
    "z-scores": {"normalisation": "z_score"},
    "observed range": {"normalisation": "min_max"},
    "percentiles": {"normalisation": "percentile"},
    "geometric over domains": {"across": "geometric", "lowest": 1.0},
    "geometric z-scores": {"across": "geometric", "normalisation": "z_score", "lowest": 1.0},
    "harmonic in domains": {"within": "harmonic", "lowest": 1.0},
    "geometric percentiles in domains": {"within": "geometric", "normalisation": "percentile", "lowest": 2.0},
    "principal components": {"weights": "pca"},
    "principal components of z-scores": {"weights": "pca", "normalisation": "z_score"},
    "an indicator left out": {"left_out": "home"},
    "an indicator of z-scores left out": {"left_out": "police", "normalisation": "z_score"},
    "a domain left out": {"left_out": "trust", "normalisation": "min_max"},
    "the only indicator of a domain left out": {"left_out": "vote"},
}


@pytest.mark.parametrize("options", RECIPES.values(), ids=RECIPES.keys())
def test_every_replicate_is_what_its_people_give(options):
    frame, recipe = survey(), Recipe(DOMAINS, **options)
    made = replicated_index(frame, recipe, replicates=4, seed=3)
    rows = made.rows.frame
    weights = rows["weight"].to_numpy()
    width = len(recipe.kept) + 1
    np.testing.assert_allclose(made.estimates[:, :width], naive(rows, weights, recipe), rtol=1e-10)
    for at in range(4):
        varied = weights * made.resamples.multiples[made.rows.person, at]
        np.testing.assert_allclose(made.replicates[at, :, :width], naive(rows, varied, recipe), rtol=1e-10)


def test_results_depend_neither_on_order_nor_on_pseudonyms_nor_on_the_workers():
    frame, recipe = survey(waves=("w01", "w02")), Recipe(DOMAINS, normalisation="z_score")
    names = {name: f"{(at * 37) % 90:03}q" for at, name in enumerate(sorted(frame["person_id"].unique()))}
    other = frame.with_columns(pl.col("person_id").replace_strict(names)).sample(fraction=1, shuffle=True, seed=4)
    one, two = (replicated_index(each, recipe, replicates=150, seed=3) for each in (frame, other))
    assert one.replicates.tobytes() == two.replicates.tobytes()
    assert one.table().equals(two.table())


def test_the_waves_of_a_person_vary_together():
    frame = survey(waves=("w01", "w02"))
    made = replicated_index(frame, Recipe(DOMAINS), replicates=10, seed=3)
    rows = made.rows.frame.with_columns(at=pl.Series(made.rows.person))
    assert rows.group_by("person_id").agg(pl.col("at").n_unique())["at"].to_list() == [1] * 90


def test_clusters_are_drawn_whole():
    frame = survey().with_columns(household=pl.col("person_id").str.slice(1).cast(pl.Int64) // 3, arm=pl.lit("all"))
    made = replicated_index(frame, Recipe(DOMAINS), replicates=10, seed=3, psu="household", stratum="arm")
    rows = made.rows.frame.select("household").with_columns(
        pl.Series("times", made.resamples.multiples[made.rows.person, 0])
    )
    assert rows.group_by("household").agg(pl.col("times").n_unique())["times"].max() == 1
    assert made.resamples.degrees_of_freedom == 9  # of ten replicates; there are thirty households


def replicate_tables(frame, kind="jkn"):
    people = frame["person_id"].unique(maintain_order=True)
    count = len(people)
    multiples = np.full((count, count), count / (count - 1))
    np.fill_diagonal(multiples, 0.0)
    columns = {f"r{at:03}": 2.0 * multiples[:, at] for at in range(count)}
    weights = pl.DataFrame({"person_id": people, "panel_weight": [2.0] * count, **columns})
    scales = pl.DataFrame({"replicate": list(columns), "variance_factor": (count - 1) / count, "kind": kind})
    return weights, scales.with_columns(degrees_of_freedom=pl.lit(count - 1))


def test_a_jackknife_has_the_variance_of_a_mean_in_closed_form():
    frame = survey(missing=0.0).with_columns(area=pl.lit("A"), weight=pl.lit(1.0))
    weights, scales = replicate_tables(frame)
    made = replicated_index(frame, Recipe(DOMAINS), replicate_weights=weights, scales=scales.sample(90, seed=1))
    row = made.table().filter(measure="voting").row(0, named=True)
    assert row["std_error"] == pytest.approx(frame["vote"].std() / np.sqrt(90), rel=1e-10)
    assert row["n_effective"] == pytest.approx(90)


def test_an_area_of_one_person_has_an_estimate_and_no_error():
    frame = survey(missing=0.0).with_columns(
        area=pl.when(pl.col("person_id") == "p000").then(pl.lit("Z")).otherwise("area")
    )
    row = replicated_index(frame, Recipe(DOMAINS), replicates=20, seed=1).table().filter(area="Z", measure="index")
    assert row["estimate"].null_count() == 0
    assert row["std_error"].null_count() == 1


REFUSED = {
    "no seed": ({}, {"seed": None}, "declared seed"),
    "scales alone": ({}, {"scales": pl.DataFrame({"a": [1]})}, "come together"),
    "absent column": ({}, {"area": "district"}, "has no column district"),
    "text": ({"vote": pl.lit("yes")}, {}, "must be numbers"),
    "nobody answered": ({"vote": pl.lit(None, pl.Float64)}, {}, "has no answers"),
    "negative weight": ({"weight": pl.lit(-1.0)}, {}, "below zero"),
    "no area": ({"area": pl.lit(None, pl.String)}, {}, "no rows with an area"),
    "one replicate": ({}, {"replicates": 1}, "replicates"),
}


@pytest.mark.parametrize(("columns", "options", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(columns, options, words):
    with pytest.raises(CohesionError, match=words):
        replicated_index(survey().with_columns(**columns), Recipe(DOMAINS), **{"seed": 1, **options})


def test_refuses_people_without_replicate_weights():
    frame = survey()
    weights, scales = replicate_tables(frame)
    with pytest.raises(CohesionError, match=r"no replicate weights \(3\)"):
        replicated_index(frame, Recipe(DOMAINS), replicate_weights=weights.head(87), scales=scales)


def test_refuses_zeros_in_a_geometric_mean():
    with pytest.raises(CohesionError, match="zero or negative"):
        replicated_index(survey().with_columns(vote=pl.lit(0.0)), Recipe(DOMAINS, across="geometric"), seed=1)


WRONG = {
    "unknown mean": ({"across": "median"}, "is no across"),
    "indicator twice": ({"domains": {"a": ["x"], "b": ["x"]}}, "in two domains"),
    "weight of nothing": ({"declared": {"hope": 1.0}}, "weights for hope"),
    "negative weight": ({"declared": {"trust": -1.0}}, "negative"),
    "outliers of people": ({"treatment": "winsorise"}, "among areas"),
    "coverage above one": ({"coverage": 1.2}, "no share"),
    "left out of nothing": ({"left_out": "hope"}, "neither a domain nor"),
}


@pytest.mark.parametrize(("options", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_recipe_refuses(options, words):
    with pytest.raises(CohesionError, match=words):
        Recipe(**{"domains": DOMAINS, **options})
