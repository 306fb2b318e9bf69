"""Further estimators of tau squared and effect sizes as metafor 3.8 (``data/programmes/further.R``)."""

import json

import polars as pl
import pytest
from shared import SHIPPED

from pipeline.errors import CohesionError
from pipeline.index import effect_sizes, meta_analysis

R = json.loads((SHIPPED / "programmes" / "further.json").read_text(encoding="utf-8"))
GIVEN = R["given"]
SIDES = {"mean_1": "m1", "mean_2": "m2", "sd_1": "s1", "sd_2": "s2", "n_1": "n1", "n_2": "n2"}
EVENTS = {"events_1": "e1", "n_1": "n1", "events_2": "e2", "n_2": "n2"}
CHANGE = {"mean_after": "m1", "sd_after": "s1", "mean_before": "m2", "sd_before": "s2", "n": "n1", "correlation": "r"}
COUNT, RELATION = {"events": "e2", "n": "n2"}, {"correlation": "r", "n": "n2"}
COLUMNS = {
    "SMDH": SIDES, "ROM": SIDES, "ROMC": CHANGE, "AS": EVENTS, "PETO": EVENTS, "PR": COUNT, "PLO": COUNT, "PLN": COUNT,
    "PAS": COUNT, "COR": RELATION, "ZCOR": RELATION, "MN": {"mean": "m1", "sd": "s1", "n": "n1"},
}  # fmt: skip


@pytest.mark.parametrize("measure", R["sizes"])
def test_effect_sizes(measure):
    made = effect_sizes(pl.DataFrame({name: GIVEN[key] for name, key in COLUMNS[measure].items()}), measure)
    assert made["estimate"].to_list() == pytest.approx(R["sizes"][measure]["yi"], rel=1e-9)
    assert made["variance"].to_list() == pytest.approx(R["sizes"][measure]["vi"], rel=1e-9)


@pytest.mark.parametrize("method", ["HE", "SJ", "EB", "HS"])
@pytest.mark.parametrize("number", R["fits"])
@pytest.mark.parametrize("moderated", [False, True])
def test_estimators(number, method, moderated):
    given = R["fits"][number]
    told = given["of"][method]["moderated" if moderated else "alone"]
    moderated = moderated and int(number) > 4
    frame = pl.DataFrame({"estimate": given["y"], "v": given["v"], "x": given["x"]})
    made = meta_analysis(
        frame, variance="v", method=method, moderators=["x"] if moderated else [], test="knha" if moderated else "z"
    )
    assert (made.tau2, made.tau2_error) == pytest.approx((told["tau2"], told["error"]), rel=1e-8, abs=1e-12)
    rows = made.coefficients
    for column, key in (("estimate", "b"), ("std_error", "se"), ("p_value", "p")):
        expected = told[key] if isinstance(told[key], list) else [told[key]]
        assert rows[column].to_list() == pytest.approx(expected, rel=1e-8)
    assert 100 * made.i2 == pytest.approx(told["I2"], rel=1e-8, abs=1e-9)


def test_a_correlation_of_three_people_has_no_error_and_opposed_means_no_ratio():
    with pytest.raises(CohesionError, match="4 people or more"):
        effect_sizes(pl.DataFrame({"correlation": [0.2], "n": [3]}), "ZCOR")
    opposed = pl.DataFrame({"mean_1": [1.0], "mean_2": [-1.0], "sd_1": [1.0], "sd_2": [1.0], "n_1": [9], "n_2": [9]})
    with pytest.raises(CohesionError, match="two means of one sign"):
        effect_sizes(opposed, "ROM")
