"""Claims that compare two levels of the same people in one wave: their covariance is not zero, and is not stored."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import PaperError
from pipeline.models import design_means, design_shares
from pipeline.papers.claims import judge
from pipeline.papers.prose.difference import against
from pipeline.papers.prose.overlap import correlation_bounds
from pipeline.papers.results import Results
from pipeline.tables import estimates

PEOPLE = 400
SHARES = {"agrees": (0.0, 1.0), "disagrees": (0.0, 1.0), "likes": (0.0, 1.0), "trust": (1.0, 5.0), "hope": (1.0, 5.0)}


def people(seed: int = 4, agree: float = 0.45, disagree: float = 0.35) -> pl.DataFrame:
    """One wave: a question whose answers exclude each other, and two scales of which one is nearly the other."""
    draw = np.random.default_rng(seed)
    answer = draw.choice(3, PEOPLE, p=[agree, disagree, 1 - agree - disagree])
    trust = np.clip(np.round(3 + draw.normal(size=PEOPLE)), 1, 5)
    return pl.DataFrame(
        {
            "person_id": [f"p{k}" for k in range(PEOPLE)], "wave": "w01", "arm": "a", "answer": answer,
            "sex": draw.choice(["f", "m"], PEOPLE),
            "agrees": (answer == 0).astype(float), "disagrees": (answer == 1).astype(float),
            "likes": (draw.random(PEOPLE) < agree).astype(float),
            "trust": trust, "hope": np.clip(6 - trust + (draw.random(PEOPLE) < 0.1), 1, 5),
        }
    ).with_columns(less=pl.col("agrees") - pl.col("disagrees"))  # fmt: skip


def results(frame: pl.DataFrame, *more: pl.DataFrame) -> Results:
    means = design_means(frame, ["agrees", "disagrees", "likes", "trust", "hope", "less"], model="means")
    return Results(estimates(pl.concat([means, *more])), ranges=SHARES)


@pytest.mark.parametrize("seed", range(4))
def test_shares_that_exclude_each_other_have_the_error_of_their_difference(seed: int) -> None:
    """The interval is that of the difference, made a measure of its own: svymean(~I(agrees - disagrees))."""
    found = results(people(seed))
    one, other, less = (found.est("means", name) for name in ("agrees", "disagrees", "less"))
    bounds = correlation_bounds(one, other)
    assert bounds is not None
    assert against(one, other, bounds[0]) == pytest.approx((less.low, less.high), abs=1e-9)


def test_categories_of_one_question_are_compared_so_too() -> None:
    shares = design_shares(people(), {"answer": {"yes": [0], "no": [1]}}, model="shares")
    found = results(people(), shares)
    one, other, less = found.est("shares", "yes"), found.est("shares", "no"), found.est("means", "less")
    bounds = correlation_bounds(one, other)
    assert bounds is not None
    assert against(one, other, bounds[0]) == pytest.approx((less.low, less.high), abs=1e-9)


def test_a_claim_that_only_a_covariance_of_zero_supports_is_refused() -> None:
    """Shares of .45 and .37 of 400 people: 1.96 standard errors of independent shares apart, not of exclusive ones."""
    frame = people(2, 0.45, 0.37)
    found = results(frame)
    one, other = found.est("means", "agrees"), found.est("means", "disagrees")
    assert one.known() - other.known() > 0
    low, _ = against(one, other)
    exact, _ = against(one, other, -1.0)
    problem = judge(one, "greater_than", other)
    assert (problem == "") is (found.est("means", "less").low > 0)  # type: ignore[operator]
    assert low > exact


@pytest.mark.parametrize(("one", "other"), [("trust", "hope"), ("hope", "trust")])
def test_scales_whose_covariance_could_decide_say_what_is_needed(one: str, other: str) -> None:
    frame = people().with_columns(hope=pl.col("hope") - pl.col("hope").mean() + pl.col("trust").mean() + 0.16)
    found = results(frame)
    greater = "greater_than" if found.est("means", one).known() > found.est("means", other).known() else "less_than"
    problem = judge(found.est("means", one), greater, found.est("means", other))
    assert "depends on the covariance" in problem
    assert "make their difference a measure of its own" in problem


@pytest.mark.parametrize(("shift", "says"), [(1.0, "less_than"), (-1.0, "greater_than")])
def test_what_holds_whatever_the_covariance_is_no_problem(shift: float, says: str) -> None:
    found = results(people().with_columns(hope=pl.col("trust") + shift))
    assert judge(found.est("means", "trust"), says, found.est("means", "hope")) == ""
    assert "not different from" in judge(found.est("means", "trust"), "not_different_from", found.est("means", "hope"))


def test_equal_means_of_one_wave_are_not_called_so_without_their_covariance() -> None:
    found = results(people())
    assert "depends on the covariance" in judge(
        found.est("means", "agrees"), "not_different_from", found.est("means", "likes")
    )


def test_groups_and_waves_are_other_people() -> None:
    frame = pl.concat([people(), people(7).with_columns(wave=pl.lit("w02"))])
    by_sex = design_means(frame, ["trust"], by=("wave", "sex"), model="by_sex")
    found = Results(estimates(pl.concat([design_means(frame, ["trust"], model="means"), by_sex])), ranges=SHARES)
    women, men = (found.est("by_sex", "trust", wave="w01", group=sex) for sex in ("f", "m"))
    assert correlation_bounds(women, men) is None
    assert correlation_bounds(found.est("means", "trust", wave="w01"), found.est("means", "trust", wave="w02")) is None
    assert correlation_bounds(women, found.est("means", "trust", wave="w01")) == (-1.0, 1.0)  # a part of them


def test_a_result_is_no_different_from_itself() -> None:
    one = results(people()).est("means", "trust")
    assert judge(one, "not_different_from", one) == ""
    with pytest.raises(PaperError):
        judge(one, "greater_than")
