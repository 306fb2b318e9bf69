"""How made-up people answer: expectations, shares and bounds are those asked for."""

import numpy as np
import polars as pl
import pytest

from pipeline.sample.answers import AnswerScale, bounded, category, split_shares
from pipeline.sample.nonresponse import leave_out
from pipeline.sample.presence import take_part

MANY = 200_000


@pytest.mark.parametrize("expected", [1.1, 1.6, 2.5, 3.0, 4.4])
@pytest.mark.parametrize("items", [1, 4])
def test_the_expected_answer_is_what_was_asked_for_even_near_the_floor(expected, items):
    scale = AnswerScale(1, 5, items=items, shared=0.6, own=0.5)
    answers = scale.draw(np.full(MANY, expected), np.random.default_rng(1))
    assert answers.shape == (MANY, items)
    assert set(np.unique(answers)) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    means = answers.mean(axis=1)
    assert means.mean() == pytest.approx(expected, abs=5 * means.std() / np.sqrt(MANY))


def test_answers_to_one_scale_go_together_as_far_as_what_is_shared():
    scale = AnswerScale(0, 10, items=2, shared=2.0, own=1.0)
    first, second = scale.draw(np.full(MANY, 5.0), np.random.default_rng(2)).T
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(4 / (5 + 1 / 12), abs=0.01)  # rounding adds 1/12


def test_categories_have_the_shares_asked_for():
    latent = np.random.default_rng(3).standard_normal((MANY, 2))
    low, high = np.array([0.3, 0.5]), np.array([0.4, 0.1])
    answers = category(latent, split_shares(low, high))
    assert np.allclose((answers <= 2).mean(axis=0), low, atol=0.006)
    assert np.allclose((answers >= 4).mean(axis=0), high, atol=0.006)


def test_levels_stay_within_their_bounds_and_rise_with_the_trait():
    levels = bounded(np.linspace(-6, 6, 50), 1.2, 4.5, middle=-0.3, slope=0.8)
    assert levels.min() > 1.2
    assert levels.max() < 4.5
    assert (np.diff(levels) > 0).all()


def test_waves_have_their_number_of_responses_with_gaps_and_late_entrants():
    rng = np.random.default_rng(4)
    present = take_part(np.full((3000, 4), 0.4), rng, responses=[800, 800, 1000, 900])
    assert present.sum(axis=0).tolist() == [800, 800, 1000, 900]
    patterns = {"".join("1" if wave else "0" for wave in person) for person in present}
    assert {"1011", "1001", "0100", "0010", "1111"} <= patterns
    first = present.argmax(axis=1)[present.any(axis=1)]
    assert (np.diff(first) >= 0).all()  # people enter in the order of the pool


def test_entrants_can_be_given_instead_of_responses():
    present = take_part(np.full((60, 3), 1.0), np.random.default_rng(5), entrants=[40, 15, 5])
    first = present.argmax(axis=1)
    assert [int((first == wave).sum()) for wave in range(3)] == [40, 15, 5]


def test_answers_are_left_out_by_chance_and_each_has_a_reason():
    reasons = leave_out(["a", "b"], 50_000, np.random.default_rng(6), share=0.04, more={"b": 0.2})
    shares = {item: float((found != "").mean()) for item, found in reasons.items()}
    assert shares["a"] == pytest.approx(0.04, abs=0.004)
    assert shares["b"] == pytest.approx(0.2, abs=0.01)
    assert set(pl.Series(reasons["a"].astype(str)).unique()) == {"", "refused", "dont_know", "blank"}
