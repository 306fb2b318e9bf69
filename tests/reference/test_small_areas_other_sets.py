"""Fay–Herriot on small-area sets of 5 to 60 areas, 0 to 3 covariates and any scale (``small_areas/other_areas.R``)."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.index import fay_herriot
from pipeline.index.small_areas.area_variance import AreaLevel

SETS = json.loads((SHIPPED / "small_areas" / "other_areas.json").read_text(encoding="utf-8"))


def same(ours, theirs, rel=1e-8):
    assert np.ravel(ours) == pytest.approx(np.ravel(theirs), rel=rel)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("method", ["reml", "ml", "fh"])
def test_every_number(name, method):
    told = SETS[name]
    frame = pl.DataFrame({"area": [f"a{place:02}" for place in range(len(told["estimate"]))]}).with_columns(
        *(pl.Series(f"x{place}", values) for place, values in enumerate(told["covariates"])),
        estimate=pl.Series(told["estimate"]),
        variance=pl.Series(told["variance"]),
    )
    names = [f"x{place}" for place in range(len(told["covariates"]))]
    made, expected = fay_herriot(frame, variance="variance", covariates=names, method=method), told["fits"][method]
    same(made.variance, expected["variance"])
    same(made.coefficients["estimate"], expected["beta"])
    same(made.coefficients["std_error"], expected["std_error"])
    same(made.areas["shrunken"], expected["eblup"])
    same(made.areas["shrunken_error"] ** 2, expected["mse"])
    same((made.log_likelihood, made.bic), (expected["loglike"], expected["bic"]))


def test_an_area_that_is_known_almost_exactly_does_not_take_the_whole_likelihood():
    """ML's likelihood is higher still at zero, where the fit goes through that area; sae's scoring stays here, too."""
    y = np.array([[1.071, 1.608, 1.992, 5.462, 3.185, 0.958, 0.223, 1.547, 1.56, 1.4, 2.315, 0.835]])
    sampling = np.array([1e-6, 0.766, 0.872, 1.073, 1.408, 0.702, 1.398, 1.445, 1.161, 1.129, 0.562, 0.706])
    model = AreaLevel(np.full((12, 1), 12**-0.5), sampling)
    found = model.variances(y, "ml")
    assert found == pytest.approx(0.5552097991444142, rel=1e-9)
    assert model.parts(np.zeros(1), y).height("ml") > model.parts(found, y).height("ml")
