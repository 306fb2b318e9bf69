"""Tests that draw clusters, against least squares fitted again for every draw."""

from itertools import permutations, product

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.models.covariances import randomisation_test, wild_cluster_bootstrap

VALUES = {"rademacher": (-1, 1), "webb": tuple(sign * np.sqrt(s) for sign in (-1, 1) for s in (0.5, 1.0, 1.5))}


def dummies(groups):
    return (groups[:, None] == np.unique(groups)[None, :]).astype(float)


class Refitted:
    """Weighted least squares with dummies for every absorbed effect, and clustered variances."""

    def __init__(self, matrix, weights, effects, ways):
        columns = [matrix, *(dummies(one)[:, 1 if place else 0 :] for place, one in enumerate(effects))]
        self.design, self.weights = np.column_stack(columns), weights
        self.design[:, 1:] /= np.abs(self.design[:, 1:]).max(axis=0)
        self.bread = np.linalg.pinv((self.design * weights[:, None]).T @ self.design)
        signs = [1] if len(ways) == 1 else [1, 1, -1]
        codes = [*ways, *([ways[0] * 1000 + ways[1]] if len(ways) == 2 else [])]
        self.ways = [(np.unique(one, return_inverse=True)[1], sign) for one, sign in zip(codes, signs, strict=True)]

    def coefficients(self, outcome):
        return self.bread @ (self.design.T @ (self.weights * outcome))

    def tested(self, outcome, null=0.0):
        """The t statistic of the first column."""
        found = self.coefficients(outcome)
        scores = self.design * (self.weights * (outcome - self.design @ found))[:, None]
        variance = 0.0
        for codes, sign in self.ways:
            sums = np.zeros((codes.max() + 1, self.design.shape[1]))
            np.add.at(sums, codes, scores)
            variance += sign * len(sums) / (len(sums) - 1) * ((sums @ self.bread[0]) ** 2).sum()
        return (found[0] - null) / np.sqrt(variance) if variance >= 0 else np.nan

    def wild(self, outcome, drawn, values, *, null=0.0, restricted=True):
        """The shares of draws as extreme as the data, and more extreme."""
        if restricted:
            others = self.design[:, 1:] * np.sqrt(self.weights)[:, None]
            rest = (outcome - null * self.design[:, 0]) * np.sqrt(self.weights)
            fitted = null * self.design[:, 0] + self.design[:, 1:] @ np.linalg.lstsq(others, rest, rcond=None)[0]
            centre = null
        else:
            found = self.coefficients(outcome)
            fitted, centre = self.design @ found, found[0]
        codes = np.unique(drawn, return_inverse=True)[1]
        draws = product(values, repeat=codes.max() + 1)
        found = [self.tested(fitted + np.array(draw)[codes] * (outcome - fitted), centre) for draw in draws]
        sizes = np.abs([one for one in found if not np.isnan(one)])
        size = abs(self.tested(outcome, null))
        return np.mean(sizes >= size * (1 - 1e-9)), np.mean(sizes > size * (1 + 1e-9))


def sample(seed, effects):
    generator = np.random.default_rng(seed)
    n, n_clusters = 90, 5
    cluster = np.append(generator.integers(0, n_clusters - 1, n - 1), n_clusters - 1)  # the last has one row
    columns = [generator.normal(size=n) + cluster * 0.2, generator.normal(size=n) * 1e6 + 1e7]
    outcome = (
        0.3 * columns[0] + columns[1] / 1e6 + generator.normal(size=n_clusters)[cluster] + generator.normal(size=n)
    )
    persons = generator.integers(0, 12, n)
    groups = {
        "nothing": [],
        "persons in clusters": [cluster * 10 + generator.integers(0, 4, n)],
        "persons who move": [persons],
        "persons and waves": [persons, generator.integers(0, 3, n)],
    }[effects]
    matrix = np.column_stack(columns if groups else [*columns, np.ones(n)])
    return outcome, matrix, cluster, generator.uniform(0.5, 2, n), groups


EFFECTS = ("nothing", "persons in clusters", "persons who move", "persons and waves")


@pytest.mark.parametrize("restricted", [True, False], ids=["restricted", "unrestricted"])
@pytest.mark.parametrize("weighted", [True, False], ids=["weighted", "unweighted"])
@pytest.mark.parametrize("effects", EFFECTS)
def test_every_draw_is_that_of_a_refit(effects, weighted, restricted):
    outcome, matrix, cluster, weights, groups = sample(len(effects), effects)
    weights = weights if weighted else np.ones(len(outcome))
    refitted = Refitted(matrix, weights, groups, [cluster])
    options = {"weights": weights, "absorb": np.column_stack(groups) if groups else None, "restricted": restricted}
    labels = np.array([f"area {one}" for one in cluster])
    expected = refitted.wild(outcome, cluster, VALUES["rademacher"], restricted=restricted)
    found = wild_cluster_bootstrap(outcome, matrix, 0, labels, **options)
    strict = wild_cluster_bootstrap(outcome, matrix, 0, labels, **options, ties="left_out")
    assert (found.n_draws, found.enumerated) == (32, True)
    assert (found.p_value, strict.p_value) == pytest.approx(expected, abs=1e-12)
    if restricted:
        assert "5 clusters have 32 distinct draws, 16 up to sign; p is no smaller than 0.062" in found.note


def test_the_interval_holds_what_is_not_rejected():
    outcome, matrix, cluster, weights, _ = sample(4, "nothing")
    refitted = Refitted(matrix, weights, [], [cluster])
    found = wild_cluster_bootstrap(outcome, matrix, 0, cluster, weights=weights, confidence=0.8)
    for end, outwards in ((found.conf_low, -1), (found.conf_high, 1)):
        within, beyond = (
            refitted.wild(outcome, cluster, VALUES["rademacher"], null=end + outwards * step)[0]
            for step in (-1e-6, 1e-6)
        )
        assert within > 0.2 >= beyond


def test_an_interval_without_end_has_none():
    outcome, matrix, cluster, weights, _ = sample(4, "nothing")
    found = wild_cluster_bootstrap(outcome, matrix, 0, np.minimum(cluster, 3), weights=weights, confidence=0.95)
    assert (found.conf_low, found.conf_high) == (None, None)  # of 16 draws the smallest p is 0.125


def test_webb_draws_and_two_ways_are_those_of_a_refit():
    outcome, matrix, cluster, weights, groups = sample(7, "persons who move")
    few, other = np.minimum(cluster, 2), np.random.default_rng(1).integers(0, 9, len(cluster))
    refitted = Refitted(matrix, weights, groups, [few, other])
    for values in ("rademacher", "webb"):
        found = wild_cluster_bootstrap(
            outcome, matrix, 0, (other, few), weights=weights, absorb=groups[0], distribution=values
        )
        assert found.p_value == pytest.approx(refitted.wild(outcome, few, VALUES[values])[0], abs=1e-12)


def test_random_draws_agree_with_all_of_them():
    outcome, matrix, cluster, weights, _ = sample(9, "nothing")
    twelve = cluster * 3 + np.arange(len(cluster)) % 3
    exact = wild_cluster_bootstrap(outcome, matrix, 0, twelve, weights=weights, draws=2**15)
    drawn = wild_cluster_bootstrap(outcome, matrix, 0, twelve, weights=weights, draws=4_999)
    assert (exact.enumerated, drawn.enumerated) == (True, False)
    assert drawn.p_value == pytest.approx(exact.p_value, abs=0.02)
    again = wild_cluster_bootstrap(outcome, matrix, 0, twelve, weights=weights, draws=4_999)
    assert again == drawn
    assert wild_cluster_bootstrap(outcome, matrix, 0, twelve, weights=weights, draws=999, seed=2) != drawn


@pytest.mark.parametrize("treated", [[1], [0, 2, 3, 4]], ids=["one treated", "all but one treated"])
def test_one_treated_cluster_is_refused(treated):
    outcome, matrix, cluster, weights, _ = sample(4, "nothing")
    matrix[:, 0] = np.isin(cluster, treated)
    with pytest.raises(ModelError, match=r"one of 5 clusters alone differs in it.*Use randomisation inference"):
        wild_cluster_bootstrap(outcome, matrix, 0, cluster, weights=weights)


def test_two_treated_clusters_are_a_caution():
    outcome, matrix, cluster, weights, _ = sample(4, "nothing")
    matrix[:, 0] = np.isin(cluster, [1, 3]) * (np.arange(len(cluster)) % 2)
    found = wild_cluster_bootstrap(outcome, matrix, 0, cluster, weights=weights)
    assert "2 treated clusters of 5: prefer randomisation inference" in found.note


@pytest.mark.parametrize("statistic", ["t", "coefficient"])
@pytest.mark.parametrize("kind", ["constant", "started later", "persons who move", "a dose", "one treated"])
def test_every_assignment_is_that_of_a_refit(kind, statistic):
    outcome, matrix, cluster, weights, groups = sample(11, "persons who move" if kind.startswith("pers") else "nothing")
    later = (np.arange(len(cluster)) % 2).astype(float)
    values = {"a dose": [0.0, 1.0, 1.0, 2.5, 3.0], "one treated": [0.0, 1, 0, 0, 0]}.get(kind, [0.0, 1, 0, 1, 0])
    profile = np.ones(len(cluster)) if kind in ("constant", "a dose") else later
    assigned, others = np.array(values), matrix[:, 1:]
    if kind != "constant":
        others = np.column_stack([others, later])
    outcome = outcome + 0.8 * assigned[cluster] * profile

    def fitted(one):
        refit = Refitted(np.column_stack([one[cluster] * profile, others]), weights, groups, [cluster])
        return refit.tested(outcome) if statistic == "t" else refit.coefficients(outcome)[0]

    every = np.abs([fitted(np.array(one)) for one in set(permutations(values))])
    expected = np.mean(every >= abs(fitted(assigned)) * (1 - 1e-9))
    found = randomisation_test(
        outcome, np.column_stack([assigned[cluster] * profile, others]), 0, cluster,
        weights=weights, absorb=groups[0] if groups else None, profile=profile, statistic=statistic,
    )  # fmt: skip
    assert (found.n_draws, found.p_value) == (len(every), pytest.approx(expected, abs=1e-12))


def test_a_treatment_of_persons_is_no_treatment_of_clusters():
    outcome, matrix, cluster, _, _ = sample(4, "nothing")
    with pytest.raises(ModelError, match="the treatment changes within clusters"):
        randomisation_test(outcome, matrix, 0, cluster)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": -1.0}, "weights are positive"),
        ({"outcome": np.nan}, "outcome: missing or infinite values"),
        ({"clusters": None}, "rows without a group"),
        ({"draws": 5}, "too few draws"),
        ({"distribution": "mammen"}, "not a distribution of draws"),
        ({"tested": 3}, "the matrix has no column 3"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_not_understood_is_refused(change, message):
    outcome, matrix, cluster, weights, _ = sample(4, "nothing")
    given = {"outcome": outcome.astype(object), "matrix": matrix, "tested": 0, "clusters": cluster.astype(object)}
    given["weights"] = weights.astype(object)
    for name, value in change.items():
        if isinstance(given.get(name), np.ndarray):
            given[name][3] = value
        else:
            given[name] = value
    with pytest.raises(ModelError, match=message):
        wild_cluster_bootstrap(**given)
