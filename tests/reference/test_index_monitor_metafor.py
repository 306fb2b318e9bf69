"""The variance between areas' changes by REML, and without each area, against R's metafor 3.8: 1e-6.

Judge: ``rma(method = "REML")``, ``data/between_areas/run.R``.
"""

import json

import numpy as np
import pytest
from shared import SHIPPED

from pipeline.index.monitor.between import fitted, left_out

R = json.loads((SHIPPED / "between_areas" / "reference.json").read_text(encoding="utf-8"))
NAMES = ("tau2", "tau2_error", "common", "common_error")


def numbers(made) -> np.ndarray:
    """The rows of metafor's results."""
    return np.column_stack([made.tau2[0], made.tau2_error[0], made.common[0], np.sqrt(made.common_variance[0])])


@pytest.mark.parametrize("case", R)
def test_the_fit_is_that_of_metafor(case):
    changes, variances = (np.array(R[case][name])[None] for name in ("changes", "variances"))
    expected = [R[case]["all"][name] for name in NAMES]
    np.testing.assert_allclose(numbers(fitted(changes, variances))[0], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("case", R)
def test_so_is_each_fit_without_an_area(case):
    changes, variances = (np.array(R[case][name])[None] for name in ("changes", "variances"))
    expected = [[one[name] for name in NAMES] for one in R[case]["without"]]
    np.testing.assert_allclose(numbers(left_out(changes, variances)), expected, rtol=1e-5, atol=1e-7)
