"""A contrast is a sum of a regression's terms: read as written, tested with the covariance of the coefficients."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import between, design_regression, fixed_effects, logit, mundlak, pooled, within_between
from pipeline.models.dispatch import fit
from pipeline.specs.contrasts import read_contrast
from pipeline.specs.report import Model


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("negative - positive", [(1, "negative"), (-1, "positive")]),
        ("-a+b", [(-1, "a"), (1, "b")]),
        ("1/2 a + 1/2*b", [(0.5, "a"), (0.5, "b")]),
        ("education[3] - education[2]", [(1, "education[3]"), (-1, "education[2]")]),
        ("`a * b` + 2 wave[w03]", [(1, "a * b"), (2, "wave[w03]")]),
    ],
)
def test_a_contrast_is_a_sum_of_terms(text, parts):
    assert [(part.times, part.words) for part in read_contrast("c", text).parts] == parts


@pytest.mark.parametrize("text", ["", "a b", "a *", "a - a", "a / b", "0 a", "1/0 a", "a > b"])
def test_what_is_no_sum_of_terms_is_refused(text):
    with pytest.raises(ValueError, match=r"`.*`"):
        read_contrast("c", text)


def panel(n=120, waves=4, seed=3):
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n), waves)
    good, bad = rng.normal(size=(2, n * waves)) + np.repeat(rng.normal(size=(2, n)), waves, axis=1)
    trust = 0.3 * good - 0.6 * bad + np.repeat(rng.normal(size=n), waves) + rng.normal(size=n * waves)
    frame = pl.DataFrame({
        "person_id": [f"p{one}" for one in person], "wave": [f"w{1 + k:02}" for k in range(waves)] * n,
        "good": good, "bad": bad, "trust": trust, "high": (trust > 0).astype(float), "weight": 1 + person % 3,
    })  # fmt: skip
    return frame.sample(fraction=0.9, seed=1)


@pytest.mark.parametrize(
    ("family", "outcome", "options"),
    [
        (pooled, "trust", {}),
        (pooled, "trust", {"weights": "weight"}),
        (fixed_effects, "trust", {}),
        (fixed_effects, "trust", {"repeated": True}),
        (logit, "high", {}),
        (design_regression, "trust", {"weight": "weight"}),
    ],
)
def test_a_difference_is_what_the_other_coding_of_the_terms_estimates(family, outcome, options):
    """b1 x1 + b2 x2 = (b1 − b2) x1 + b2 (x1 + x2): the coefficient of x1 is then the contrast."""
    frame = panel().with_columns(both=pl.col("good") + pl.col("bad"))
    made = family(frame, outcome, ["good", "bad"], contrasts={"gap": "good - bad"}, **options)
    judge = family(frame, outcome, ["good", "both"], **options).filter(term="good", component="coefficient")
    found = made.filter(component="contrast")
    for column in ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"):
        assert found[column][0] == pytest.approx(judge[column][0], rel=1e-8), column
    assert made.filter(component="test", term="contrasts").is_empty()


@pytest.mark.parametrize("family", [within_between, mundlak])
def test_effects_within_and_between_are_contrasted_each(family):
    made = family(panel(), "trust", ["good", "bad"], contrasts={"gap": "good - bad", "sum": "good + bad"})
    kinds = ["within", "between"] if family is within_between else ["within", "contextual"]
    assert made.filter(component="contrast")["group"].to_list() == [kind for _ in "ab" for kind in kinds]
    for kind in kinds:
        good, bad = (made.filter(component=kind, term=name)["estimate"][0] for name in ("good", "bad"))
        gap = made.filter(component="contrast", term="gap", group=kind)["estimate"][0]
        assert gap == pytest.approx(good - bad, rel=1e-9)
    tests = made.filter(component="test", term="contrasts")
    assert tests["df"].to_list() == [2.0, 2.0]
    assert tests["group"].to_list() == kinds


def test_several_contrasts_are_tested_together_and_redundant_ones_are_not():
    one = pooled(panel(), "trust", ["good", "bad"], contrasts={"a": "good", "b": "bad"})
    other = pooled(panel(), "trust", ["good", "bad"], contrasts={"a": "good + bad", "b": "good - 3 bad"})
    joint = [made.filter(term="contrasts")["statistic"][0] for made in (one, other)]
    assert joint[0] == pytest.approx(joint[1], rel=1e-9)
    tied = pooled(panel(), "trust", ["good", "bad"], contrasts={"a": "good", "b": "2 good"})
    assert tied.filter(term="contrasts").is_empty()


def test_levels_and_waves_can_be_contrasted():
    frame = panel().with_columns(place=pl.col("person_id").str.slice(-1))
    made = pooled(
        frame, "trust", ["good"], ["place"], contrasts={"p": "place[4] - place[2]", "w": "wave[w03]-wave[w02]"}
    )
    place = made.filter(term="place")
    gap = place.filter(group="4")["estimate"][0] - place.filter(group="2")["estimate"][0]
    assert made.filter(component="contrast", term="p")["estimate"][0] == pytest.approx(gap)
    waves = made.filter(component="wave")["estimate"]
    assert made.filter(component="contrast", term="w")["estimate"][0] == pytest.approx(waves[1] - waves[0])


@pytest.mark.parametrize(("text", "says"), [("good - glad", "`glad`"), ("good[3]", "good"), ("good good", "sum of")])
def test_a_contrast_of_what_the_model_does_not_have_is_refused(text, says):
    with pytest.raises(ModelError, match=says):
        between(panel(), "trust", ["good", "bad"], contrasts={"gap": text})


def test_a_declared_contrast_is_estimated():
    declared = Model(
        question="?", study="s", family="fixed_effects", outcome="trust", exposures=("good", "bad"),
        contrasts={"gap": "bad - good"},
    )  # fmt: skip
    made = fit("m", declared, panel())
    assert made.filter(component="contrast")["term"].to_list() == ["gap"]
    with pytest.raises(ValueError, match=r"hausman.*takes no `contrasts`"):
        Model(**declared.model_dump(exclude_unset=True) | {"family": "hausman"})
