"""What a test of the trends before could have seen, and bounds where they were not parallel, in closed forms."""

import numpy as np
import pytest
from scipy.stats import chi2, ncf, norm

from pipeline.models.interventions.pretrends import (
    Path,
    average_weights,
    breakdown,
    detectable_slope,
    first_weights,
    joint_test,
    relative_magnitudes,
    slope_seen,
)

ONE = Path(np.array([-2.0, 0.0]), np.array([0.1, 1.0]), np.diag([0.04, 0.09]), -1.0)
MORE = Path(
    np.array([-4.0, -3.0, -2.0, 0.0, 1.0]),
    np.array([0.02, -0.05, 0.03, 0.6, 0.9]),
    0.01 * (np.eye(5) + 0.5),
    -1.0,
)


def power_of(slope: float, path: Path) -> float:
    """The power of one lead's two-sided test against a slope, by the normal distribution."""
    shift = slope * (path.event[0] - path.omitted) / np.sqrt(path.covariance[0, 0])
    return float(norm.sf(1.959964 - shift) + norm.cdf(-1.959964 - shift))


@pytest.mark.parametrize("power", [0.5, 0.8])
def test_with_one_lead_both_tests_are_the_same(power):
    assert power_of(detectable_slope(ONE, power), ONE) == pytest.approx(power, abs=1e-6)
    assert power_of(slope_seen(ONE, power), ONE) == pytest.approx(power, abs=1e-3)


def test_a_joint_test_is_walds():
    lead, covariance = MORE.estimates[:3], MORE.covariance[:3, :3]
    wald = lead @ np.linalg.solve(covariance, lead)
    assert joint_test(MORE).p_value == pytest.approx(chi2.sf(wald, 3))
    few = Path(MORE.event, MORE.estimates, MORE.covariance, -1.0, df=9.0)
    slope = detectable_slope(few, 0.8)
    trend = np.array([-3.0, -2.0, -1.0]) * slope
    size = trend @ np.linalg.solve(covariance, trend)
    from scipy.stats import f

    assert ncf.sf(f.isf(0.05, 3, 9), 3, 9, size) == pytest.approx(0.8, abs=1e-6)


def test_more_power_needs_a_larger_slope():
    assert detectable_slope(MORE, 0.8) > detectable_slope(MORE, 0.5) > 0
    assert slope_seen(MORE, 0.8) > slope_seen(MORE, 0.5) > 0


@pytest.mark.parametrize("magnitude", [0.5, 1.0, 2.0])
def test_bounds_without_sampling_error(magnitude):
    """The largest step before is 0.08 a wave; the first effect is one step away, the second two."""
    first = relative_magnitudes(MORE, first_weights(MORE), magnitude)
    assert (first.lower, first.upper) == pytest.approx((0.6 - 0.08 * magnitude, 0.6 + 0.08 * magnitude))
    average = relative_magnitudes(MORE, average_weights(MORE), magnitude)
    assert (average.lower, average.upper) == pytest.approx((0.75 - 0.12 * magnitude, 0.75 + 0.12 * magnitude))
    assert average.conf_low < average.lower < average.upper < average.conf_high


def test_parallel_trends_give_the_usual_interval():
    found = relative_magnitudes(MORE, average_weights(MORE), 0.0)
    error = np.sqrt(average_weights(MORE) @ MORE.covariance @ average_weights(MORE))
    assert (found.conf_low, found.conf_high) == pytest.approx((0.75 - 1.959964 * error, 0.75 + 1.959964 * error))


def test_an_effect_breaks_down_where_its_interval_meets_zero():
    weights = average_weights(MORE)
    most = breakdown(MORE, weights)
    assert relative_magnitudes(MORE, weights, most * 0.999).conf_low > 0
    assert relative_magnitudes(MORE, weights, most * 1.001).conf_low < 0
    nothing = Path(MORE.event, MORE.estimates * 0.01, MORE.covariance, -1.0)
    assert breakdown(nothing, weights) == 0.0
