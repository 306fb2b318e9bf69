"""Bounds if trends bend by at most so much: R's HonestDiD on a published event study, closed forms, and coverage.

HonestDiD takes the quantiles of folded normals from a million draws (an error of one in a thousand), and looks for the
shortest interval on a grid; ours are exact, so that no interval may be longer than its by more than the former.
"""

import json

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.stats import norm
from shared import SHIPPED

from pipeline.errors import ModelError
from pipeline.models import event_study
from pipeline.models.interventions.pretrends import Path, average_weights, first_weights
from pipeline.models.interventions.smoothness import _problem, folded_quantile, smooth_bounds, smooth_breakdown

R = json.loads((SHIPPED / "honest_did" / "benzarti_carloni.json").read_text(encoding="utf-8"))
PUBLISHED = Path(np.array(R["event"], float), np.array(R["estimates"]), np.array(R["covariance"]), float(R["omitted"]))
ONE = Path(np.array([-2.0, 0.0]), np.array([0.1, 1.0]), np.array([[0.04, 0.01], [0.01, 0.09]]), -1.0)
UNEVEN = Path(np.array([-6.0, -4.0, -1.0, 2.0]), np.array([0.1, 0.0, 0.2, 0.9]), 0.01 * (np.eye(4) + 0.5), -3.0)


def half(path: Path, weights: np.ndarray, bend: float) -> float:
    found = smooth_bounds(path, weights, bend)
    return (found.conf_high - found.conf_low) / 2


@pytest.mark.parametrize("row", R["intervals"], ids=lambda row: f"M={row['bend']}")
def test_a_published_event_study(row):
    theirs = (row["high"] - row["low"]) / 2
    ours = half(PUBLISHED, first_weights(PUBLISHED), row["bend"])
    assert ours == pytest.approx(theirs, rel=2e-3)
    assert ours < theirs * 1.0015
    found = smooth_bounds(PUBLISHED, first_weights(PUBLISHED), row["bend"])
    assert (found.conf_low, found.conf_high) == pytest.approx((row["low"], row["high"]), abs=1e-3)


@pytest.mark.parametrize("path", [PUBLISHED, UNEVEN], ids=["published", "uneven"])
@pytest.mark.parametrize("bend", [0.004, 0.02, 0.05])
def test_no_other_combination_of_leads_has_a_shorter_interval(path, bend):
    problem = _problem(path, average_weights(path))

    def length(z: np.ndarray) -> float:
        one = problem.fixed + problem.free @ z
        return problem.error(one) * folded_quantile(bend * problem.bias(one) / problem.error(one), 0.05)

    start = np.random.default_rng(1).normal(size=problem.free.shape[1])
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000, "maxfev": 4000}
    best = minimize(length, start, method="Nelder-Mead", options=options).fun
    assert half(path, average_weights(path), bend) < best * (1 + 1e-6)


def test_with_one_lead_it_is_the_line_through_it():
    """The lead is one wave before the omitted one: the effect plus the lead, whose bend adds M."""
    error = np.sqrt(0.04 + 0.09 + 0.02)
    straight = smooth_bounds(ONE, first_weights(ONE), 0.0)
    assert (straight.conf_low, straight.conf_high) == pytest.approx((1.1 - 1.959964 * error, 1.1 + 1.959964 * error))
    bent = smooth_bounds(ONE, first_weights(ONE), 0.5)
    assert (bent.lower, bent.upper) == pytest.approx((0.6, 1.6))
    c = (bent.conf_high - 1.1) / error
    assert norm.cdf(c - 0.5 / error) - norm.cdf(-c - 0.5 / error) == pytest.approx(0.95)
    most = smooth_breakdown(ONE, first_weights(ONE))
    assert smooth_bounds(ONE, first_weights(ONE), most).conf_low == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("slope", [-3.0, 0.0, 40.0])
def test_no_straight_difference_in_trends_moves_it(slope):
    for path in (PUBLISHED, UNEVEN):
        tilted = Path(path.event, path.estimates + slope * (path.event - path.omitted), path.covariance, path.omitted)
        for bend in (0.0, 0.02):
            one, other = (smooth_bounds(each, average_weights(path), bend) for each in (path, tilted))
            assert (other.conf_low, other.conf_high) == pytest.approx((one.conf_low, one.conf_high), abs=1e-7)


@pytest.mark.parametrize("path", [PUBLISHED, UNEVEN], ids=["published", "uneven"])
@pytest.mark.parametrize("bend", [0.0, 0.01, 0.08])
def test_it_covers_at_its_rate_at_the_worst_bends(path, bend):
    """The estimate is linear in leads and lags: what the worst bends add to it is its bias, and no more than that."""
    weights = average_weights(path)

    def centre(estimates: np.ndarray) -> float:
        found = smooth_bounds(Path(path.event, estimates, path.covariance, path.omitted), weights, bend)
        return (found.conf_low + found.conf_high) / 2

    combination = np.array([centre(unit) for unit in np.eye(len(path.event))])
    times = np.sort(np.append(path.event, path.omitted))
    middles = (times[1:] + times[:-1]) / 2
    worst = 0.0
    for sign in np.ndindex(*[2] * (len(middles) - 1)):
        slopes = np.concatenate([[0.7], 0.7 + np.cumsum((np.array(sign) * 2 - 1) * bend * np.diff(middles))])
        course = np.concatenate([[0.0], np.cumsum(slopes * np.diff(times))])
        course -= course[times == path.omitted]
        worst = max(worst, float(combination @ course[np.searchsorted(times, path.event)]))
    error, reach = np.sqrt(combination @ path.covariance @ combination), half(path, weights, bend)
    covered = norm.cdf((reach - worst) / error) - norm.cdf((-reach - worst) / error)
    assert covered == pytest.approx(0.95, abs=1e-4)


def panel() -> pl.DataFrame:
    """Eighty people in six waves, half treated in the fifth; their trends differ by a straight 0.2 a wave; effect 1."""
    draw, rows = np.random.default_rng(3), []
    for person in range(80):
        level = draw.normal()
        for wave in range(1, 7):
            own = person % 2 * (0.2 * wave + (wave >= 5))
            rows.append({"person_id": person, "wave": wave, "start": 5 if person % 2 else None, "y": level + own})
    frame = pl.DataFrame(rows, schema_overrides={"start": pl.Int64})
    return frame.with_columns(y=pl.col("y") + pl.Series(0.3 * draw.normal(size=480)))


def test_an_event_study_shows_them():
    table = event_study(panel(), "y", start="start", bends=[0.05, 0.0, 0.1])
    rows = table.filter(component="smooth_bounds", term="first_effect")
    assert rows["group"].to_list() == ["0", "0.05", "0.1"]
    straight = rows.row(0, named=True)
    assert straight["conf_low"] < 1 < straight["conf_high"]
    assert table.filter(component="event_time", group="0")["estimate"][0] > 1.1
    widths = (rows["conf_high"] - rows["conf_low"]).to_list()
    assert widths == sorted(widths)
    assert table.filter(component="smooth_breakdown").height == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bends": [-0.1]}, "a bend is a number of zero or more"),
        ({"bends": [0.1], "estimator": "imputation"}, "has no bounds"),
    ],
)
def test_refuses(options, says):
    with pytest.raises(ModelError, match=says):
        event_study(panel(), "y", start="start", **options)


def test_a_line_needs_two_waves_before():
    with pytest.raises(ValueError, match="two neighbouring waves"):
        smooth_bounds(Path(np.array([0.0]), np.ones(1), np.eye(1), -1.0), np.ones(1), 0.1)
