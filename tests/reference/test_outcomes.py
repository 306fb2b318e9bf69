"""Models of ordered, unordered, yes-or-no and counted outcomes against R, on a simulated panel with gaps.

Judges: MASS, ordinal, nnet, survival, glm and sandwich (``data/outcomes/run.R``); survival on the panel of contact and
trust (``data/lme4/run.R``). All maximise to convergence, and so do we: held to 1e-7, not to the 1e-4 of iterative fits.
"""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline import models

R = json.loads((SHIPPED / "outcomes" / "reference.json").read_text(encoding="utf-8"))
LME4 = json.loads((SHIPPED / "lme4" / "reference.json").read_text(encoding="utf-8"))
PANEL = pl.read_csv(SHIPPED / "outcomes" / "panel.csv").with_columns(year="wave")
TRUST = pl.read_csv(SHIPPED / "lme4" / "trust_panel.csv").with_columns(year="wave")
SAME = 1e-7
TERMS = ["x"], ["age", "g"]


def numbers(table: pl.DataFrame, *components: str, column: str = "estimate") -> np.ndarray:
    return np.concatenate([table.filter(component=component)[column].to_numpy() for component in components])


def assert_same(table: pl.DataFrame, theirs: dict, *components: str, se: str = "se") -> None:
    assert numbers(table, *components) == pytest.approx(np.ravel(theirs["estimate"]), rel=SAME)
    assert numbers(table, *components, column="std_error") == pytest.approx(np.ravel(theirs[se]), rel=SAME)


@pytest.mark.parametrize(("errors", "cluster", "correction"), [
    ("model", None, "hc1"), ("cluster_hc1", "person_id", "hc1"), ("cluster_stata", "person_id", "stata"),
])  # fmt: skip
@pytest.mark.parametrize("link", ["logistic", "probit"])
@pytest.mark.parametrize("outcome", ["y5", "y0"])
def test_ordered(outcome, link, errors, cluster, correction):
    theirs = R[f"ordered_{outcome}_{link}"]
    chosen = {"link": "probit" if link == "probit" else "logit", "cluster": cluster, "correction": correction}
    ours = models.ordered_logit(PANEL, outcome, *TERMS, **chosen)
    assert_same(ours, theirs[errors], "threshold", "coefficient")
    assert numbers(ours, "fit")[0] == pytest.approx(theirs["logLik"], rel=1e-10)


def test_ordered_effects_and_predictions_of_each_category():
    ours = models.ordered_logit(PANEL, "y5", *TERMS, cluster=None, predict_at={"x": [4], "g": ["c"]})
    slope = ours.filter(component="marginal_effect", term="x")
    step = ours.filter(component="marginal_effect", term="g", group="b")
    for rows, theirs in ((slope, "x"), (step, "gb"), (ours.filter(component="prediction"), "at_x4_gc")):
        assert rows["outcome"].to_list() == [f"y5_{answer}" for answer in range(1, 6)]
        assert rows["estimate"].to_numpy() == pytest.approx(R["ordered_ame"][theirs]["estimate"], rel=1e-6)
        assert rows["std_error"].to_numpy() == pytest.approx(R["ordered_ame"][theirs]["se"], rel=1e-5)


def test_proportional_odds_by_brant():
    tests = models.ordered_logit(PANEL, "y5", *TERMS, cluster=None).filter(component="test")
    assert tests["statistic"].to_list() == pytest.approx([R["brant"]["all"], *R["brant"]["each"].values()], rel=1e-8)
    assert tests["df"].to_list() == [12, 3, 3, 3, 3]


def test_ordered_with_weights():
    ours = models.ordered_logit(PANEL, "y5", ["x"], ["age"], weights="weight")
    assert numbers(ours, "threshold", "coefficient") == pytest.approx(R["ordered_weighted"]["estimate"], rel=SAME)


@pytest.mark.parametrize(("errors", "cluster"), [("se", None), ("se_cluster_stata", "person_id")])
def test_multinomial(errors, cluster):
    theirs = R["multinomial"]
    ours = models.multinomial_logit(PANEL, "vote", *TERMS, cluster=cluster, correction="stata")
    flat = np.ravel(theirs[errors]).reshape(2, -1)
    for place, category in enumerate(theirs["levels"]):
        rows = ours.filter(outcome=f"vote_{category}")
        assert numbers(rows, "intercept", "coefficient") == pytest.approx(theirs["estimate"][place], rel=1e-6)
        assert numbers(rows, "intercept", "coefficient", column="std_error") == pytest.approx(flat[place], rel=1e-6)
    assert numbers(ours, "fit")[0] == pytest.approx(theirs["logLik"], rel=1e-10)


def test_the_reference_category_changes_sides_and_no_probability():
    first, second = (models.multinomial_logit(PANEL, "vote", *TERMS, base_category=base) for base in (1, 7))
    one = first.filter(component="coefficient", outcome="vote_7", term="x")["estimate"][0]
    assert second.filter(component="coefficient", outcome="vote_1", term="x")["estimate"][0] == pytest.approx(-one)
    effects = [t.filter(component="marginal_effect").sort("outcome", "term", "group") for t in (first, second)]
    assert effects[0]["estimate"].to_numpy() == pytest.approx(effects[1]["estimate"].to_numpy(), rel=1e-6)


def test_conditional_logit():
    ours = models.conditional_logit(PANEL, "b", ["x"], wave_effects=True)
    assert_same(ours, R["conditional"], "coefficient", "wave")
    assert numbers(ours, "fit")[0] == pytest.approx(R["conditional"]["logLik"][1], rel=1e-10)


def test_conditional_logit_of_agreement():
    theirs = LME4["trust_fe_logit"]
    ours = models.conditional_logit(TRUST, "agree", ["contact", "year"], person="id")
    for term, name in (("contact", "contact"), ("year", "wave")):
        row = ours.filter(component="coefficient", term=term).row(0, named=True)
        assert row["estimate"] == pytest.approx(theirs["coef"][name]["coef"], rel=SAME)
        assert row["std_error"] == pytest.approx(theirs["coef"][name]["se(coef)"], rel=SAME)
    asked = TRUST.group_by("id").agg(pl.col("agree").n_unique())["agree"]
    assert ours.filter(term="persons_without_change")["estimate"].to_list() == [(asked == 1).sum()]


def test_fixed_effects_ordered_logit():
    ours = models.fixed_effects_ordered_logit(PANEL, "y5", ["x", "year"])
    assert_same(ours, R["buc"], "coefficient", se="se_stata")
    assert ours["n_persons"][0] == R["buc"]["persons"]


@pytest.mark.parametrize(("errors", "cluster"), [("model", None), ("cluster", "person_id")])
@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
def test_counts(family, errors, cluster):
    ours = getattr(models, family)(PANEL, "count", *TERMS, exposure_time="time", cluster=cluster)
    assert_same(ours, R[family][errors], "intercept", "coefficient")
    assert numbers(ours, "fit")[0] == pytest.approx(R[family]["logLik"], rel=1e-10)
    if family == "negative_binomial":
        assert numbers(ours, "variance")[0] == pytest.approx(R[family]["theta"], rel=1e-7)
    if family == "negative_binomial" and cluster is None:
        assert numbers(ours, "variance", column="std_error")[0] == pytest.approx(R[family]["theta_se"], rel=1e-4)


def test_overdispersion():
    ours = models.poisson(PANEL, "count", *TERMS, exposure_time="time", cluster=None)
    theirs = R["poisson"]
    test = ours.filter(component="test").row(0, named=True)
    assert (test["statistic"], test["p_value"]) == pytest.approx(theirs["dispersion"][2:], rel=1e-8)
    spread = ours.filter(component="fit", term="pearson_dispersion")["estimate"][0]
    assert spread == pytest.approx(theirs["pearson"] / theirs["df"], rel=1e-10)
    assert "too small" in ours.filter(term="x")["note"][0]


def test_counts_with_weights():
    assert_same(
        models.poisson(PANEL, "count", ["x"], ["age"], weights="weight"),
        R["poisson"]["weighted"], "intercept", "coefficient",
    )  # fmt: skip


@pytest.mark.parametrize("cluster", [None, "person_id"])
def test_fixed_effects_poisson(cluster):
    theirs = R["fe_poisson"]
    ours = models.fixed_effects_poisson(PANEL, "count", ["x", "year"], exposure_time="time", cluster=cluster)
    several = np.sqrt(theirs["persons"] / (theirs["persons"] - 1))
    errors = theirs["se_model"] if cluster is None else np.array(theirs["se_raw"]) * several
    assert_same(ours, {"estimate": theirs["estimate"], "se": errors}, "coefficient")
    assert (ours["n_persons"][0], ours["n_obs"][0]) == (theirs["persons"], theirs["rows"])
