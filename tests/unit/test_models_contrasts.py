"""Changes and differences on a design: who ties the waves together, and what is refused."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import design_changes, design_differences, design_means, design_quantiles, design_regression
from pipeline.weights.replicates import Replicates

TOGETHER = pl.DataFrame(
    {
        "person_id": ["a", "b", "c", "d"] * 2,
        "wave": ["w01"] * 4 + ["w02"] * 4,
        "trust": [1.0, 2.0, 3.0, 5.0, 2.0, 3.0, 4.0, 6.0],
        "is_woman": [0, 0, 1, 1] * 2,
        "stratum": ["n", "n", "s", "s"] * 2,
        "psu": ["1", "2", "1", "2"] * 2,
    }
)


def test_everyone_moving_alike_is_a_change_without_error():
    change = design_changes(TOGETHER, ["trust"]).row(0, named=True)
    assert change["estimate"] == pytest.approx(1.0)
    assert change["std_error"] == pytest.approx(0.0, abs=1e-12)


def test_other_people_in_the_second_wave_have_the_errors_of_both():
    strangers = TOGETHER.with_columns(person_id=pl.col("person_id") + pl.col("wave"))
    change = design_changes(strangers, ["trust"]).row(0, named=True)
    each = design_means(strangers, ["trust"], by=("wave",))["std_error"]
    # each wave's mean is a domain of eight persons here, hence 8/7 · 3/4 of its own variance
    expected = np.sqrt((each**2).sum() * (8 / 7) / (4 / 3))
    assert change["std_error"] == pytest.approx(expected)


def test_a_person_who_moves_keeps_the_unit_of_the_first_wave():
    moved = TOGETHER.with_columns(psu=pl.when(pl.col("wave") == "w02").then(pl.lit("9")).otherwise("psu"))
    design = {"strata": "stratum", "psu": "psu"}
    assert design_changes(moved, ["trust"], **design).equals(design_changes(TOGETHER, ["trust"], **design))


def test_pairs_by_default_are_neighbours_and_first_to_last():
    longer = pl.concat([TOGETHER, TOGETHER.filter(wave="w02").with_columns(wave=pl.lit("w03"))])
    assert design_changes(longer, ["trust"])["term"].to_list() == ["w01_to_w02", "w02_to_w03", "w01_to_w03"]


def test_the_reference_can_be_chosen():
    table = design_differences(TOGETHER, ["trust"], "is_woman", reference=1, by=())
    assert table.select("term", "estimate").rows() == [("0_minus_1", pytest.approx(-2.5))]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: design_differences(TOGETHER.filter(is_woman=1), ["trust"], "is_woman"), "one group"),
        (lambda: design_differences(TOGETHER, ["trust"], "is_woman", reference=7), "not among the groups"),
        (lambda: design_changes(TOGETHER.filter(wave="w01"), ["trust"]), "one wave"),
        (lambda: design_changes(TOGETHER, ["trust"], pairs=[("w07", "w08")]), "nobody answered"),
        (lambda: design_regression(TOGETHER, "trust", ["is_woman", "wave"], psu="psu"), "cannot be separated"),
        (lambda: design_regression(TOGETHER, "trust", ["is_woman"], psu="psu"), "degrees of freedom"),
        (lambda: design_means(TOGETHER, ["trust"], lonely_psu="shrug"), "is not an option"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ModelError, match=message):
        call()


def test_replicates_of_another_sample_are_refused():
    other = Replicates(np.ones(3), np.ones((3, 2)), 1.0, np.ones(2), "jk1", 1)
    with pytest.raises(ModelError, match="another number of rows"):
        design_means(TOGETHER, ["trust"], replicates=other)


def test_a_quantile_at_the_end_of_the_scale_has_no_interval():
    row = design_quantiles(TOGETHER, ["trust"], [0.8], by=()).row(0, named=True)
    assert (row["estimate"], row["conf_low"], row["conf_high"]) == (5.0, None, None)
    assert "too close to the end" in row["note"]
