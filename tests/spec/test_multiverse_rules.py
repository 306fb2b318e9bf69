"""A multiverse: the grid is known and checked before anything runs, and each cell is what its family gives."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from pipeline.errors import ModelError
from pipeline.imputation.completed import fit_imputed
from pipeline.imputation.panel import completed_panel
from pipeline.imputation.pooling import pool
from pipeline.models import fit, multiverse
from pipeline.models.weighting import Weighting
from pipeline.specs.models import declare
from pipeline.specs.multiverse import Multiverse
from pipeline.weights.replicates import Replicates

HEAD = {"question": "?", "study": "s", "family": "multiverse", "of": "m", "result": {"term": "x"}}
WAVES = ["w01", "w02", "w03"]


def declared(**keys: object) -> Multiverse:
    return Multiverse.model_validate(HEAD | keys)


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    """150 people in three waves, a fifth of the rows missing: y rises by 0.4 with x within a person."""
    rng = np.random.default_rng(8)
    level = rng.normal(size=150).repeat(3)
    a = rng.normal(size=450)
    x = level + 0.5 * a + rng.normal(size=450)
    frame = pl.DataFrame(
        {
            "person_id": np.arange(150).repeat(3).astype(str),
            "arm": ["main"] * 450,
            "wave": WAVES * 150,
            "x": x,
            "y": 0.4 * x + level + 0.2 * a + rng.normal(size=450),
            "a": a,
            "b": rng.normal(size=450),
            "area_code": (np.arange(150) % 12).repeat(3).astype(str),
        }
    )
    frame = frame.filter(pl.Series(rng.random(450) < 0.8))
    return frame.with_columns(b=pl.when(pl.Series(rng.random(frame.height) < 0.1)).then(None).otherwise("b"))


def cell(table: pl.DataFrame, term: str) -> dict[str, object]:
    return table.filter(component="cell", term=term).row(0, named=True)


def test_cells_are_all_combinations_less_those_without_sense():
    made = declared(
        choices={"family": ["pooled", "fixed_effects"], "subsets": ["a", "b"], "in_or_out": ["c"]},
        without=[{"family": "pooled", "c": "with"}, {"family": "fixed_effects", "subsets": ["a", "a + b"]}],
    )
    assert (len(made.grid), len(made.cells)) == (16, 8)
    assert made.choices.values["subsets"] == ("none", "a", "b", "a + b")
    assert {"subsets": "a", "c": "without", "family": "pooled"} in made.cells


MISTAKES = {
    "one value": ({"choices": {"family": ["pooled"]}}, "a choice has two values or more"),
    "twice": ({"choices": {"family": ["pooled", "pooled"]}}, "stands here twice"),
    "same set": ({"choices": {"waves": {"a": WAVES, "b": WAVES}}}, "same set"),
    "nothing": ({"choices": {}}, "needs `of`, `result` and `choices`|names no choice"),
    "unknown choice": ({"choices": {"in_or_out": ["a"]}, "without": [{"b": "with"}]}, "no choice here"),
    "unknown value": ({"choices": {"in_or_out": ["a"]}, "without": [{"a": "perhaps"}]}, "no value of it"),
    "excludes all": ({"choices": {"in_or_out": ["a"]}, "without": [{"a": ["with", "without"]}]}, "0 cells"),
    "outliers": ({"choices": {"outliers": ["none", "cut 3"]}}, "no treatment of outliers"),
    "draws": ({"choices": {"in_or_out": ["a"]}, "draws": 10}, "99 `draws` or more"),
    "imputed without a set": ({"choices": {"missing": ["answered", "imputed"]}}, "both, or neither"),
    "a component of one family": (
        {"choices": {"family": ["pooled", "fixed_effects"]}, "result": {"term": "x", "component": "between"}},
        "not a result of each family",
    ),
}


@pytest.mark.parametrize(("keys", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_wrong_grid_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        declared(**keys)


def test_cells_by_another_family_are_what_it_gives(panel):
    table = multiverse(panel, "y", ["x"], choices={"family": ["within_between", "between", "random_effects"],
                                                   "missing": ["answered", "balanced"]})  # fmt: skip
    for family, component in (
        ("within_between", "within"),
        ("between", "coefficient"),
        ("random_effects", "coefficient"),
    ):
        model = declare(family=family, outcome="y", exposures=("x",))
        own = fit("m", model, panel).filter(component=component, term="x").row(0, named=True)
        row = cell(table, f"missing: answered; family: {family}")
        assert [row[name] for name in ("estimate", "std_error", "p_value", "n_obs")] == pytest.approx(
            [own[name] for name in ("estimate", "std_error", "p_value", "n_obs")]
        )


@pytest.mark.parametrize("family", ["pooled", "fixed_effects", "two_way", "first_difference"])
def test_weighted_cells_have_the_errors_of_the_replicates(panel, family):
    people = panel.select("person_id").unique(maintain_order=True).sort("person_id")
    rng = np.random.default_rng(2)
    full = rng.uniform(0.5, 2, people.height)
    each = full[:, None] * rng.multinomial(people.height, np.full(people.height, 1 / people.height), 40).T
    replicates = Replicates(full, each, 1 / 40, np.ones(40), "bootstrap", 39)
    weighting = Weighting("set", tuple(WAVES), people.with_columns(panel_weight=pl.Series(full)), replicates)
    table = multiverse(
        panel, "y", ["x"], ["a"], weightings={"set": weighting},
        choices={"weights": ["none", "set"], "family": [family, "between" if family == "pooled" else "pooled"]},
        without=[{"weights": "set", "family": "between"}] if family == "pooled" else [],
    )  # fmt: skip
    kind, effects = ("fixed_effects", "person_and_wave") if family == "two_way" else (family, "person")
    model = declare(family=kind, outcome="y", exposures=("x",), covariates=("a",), weights="set")
    model = model.model_copy(update={"effects": effects})
    own = fit("m", model, panel, None, weighting).filter(component="coefficient", term="x").row(0, named=True)
    row = cell(table, f"weights: set; family: {family}")
    for name in ("estimate", "std_error", "df", "n_obs"):
        assert row[name] == pytest.approx(own[name], rel=1e-8), name
    assert row["covariance"] == own["covariance"]


def test_imputed_cells_are_pooled_over_the_completed_panels(panel):
    gaps = panel.filter(pl.col("b").is_null()).select("person_id", "wave")
    rng = np.random.default_rng(4)
    cells = pl.concat(
        gaps.with_columns(
            imputation=pl.lit(index, pl.Int64), concept=pl.lit("b"), value=pl.Series(rng.normal(size=gaps.height))
        )
        for index in (1, 2, 3, 4)
    )
    completed = [completed_panel(panel, cells, index) for index in (1, 2, 3, 4)]
    table = multiverse(
        panel, "y", ["x"], ["b"], choices={"missing": ["answered", "imputed"]}, completed=completed, pool=pool
    )
    model = declare(family="fixed_effects", outcome="y", exposures=("x",), covariates=("b",))
    own = fit_imputed(lambda frame: fit("m", model, frame), panel, cells).filter(component="coefficient", term="x")
    row = cell(table, "missing: imputed")
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "n_obs"):
        assert row[name] == pytest.approx(own[name].item(), rel=1e-8), name


def test_a_cell_that_cannot_be_estimated_is_withheld_with_its_reason(panel):
    frame = panel.with_columns(lasting=pl.col("person_id").cast(pl.Float64), none=pl.lit(None, pl.Float64))
    choices = {"covariates": {"no": [], "lasting": ["lasting"], "none": ["none"], "same": ["a", "twice"]}}
    table = multiverse(frame.with_columns(twice=2 * pl.col("a") - 1), "y", ["x"], choices=choices, draws=99)
    notes = dict(table.filter(component="cell").select("term", "note").iter_rows())
    assert notes["covariates: no"] is None
    assert "lasting" in notes["covariates: lasting"]
    assert "no row has an answer" in notes["covariates: none"]
    assert "twice cannot be separated" in notes["covariates: same"]
    counts = dict(table.filter(component="multiverse").select("term", "estimate").iter_rows())
    assert (counts["cells"], counts["cells_withheld"], counts["cells_excluded"]) == (4, 3, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "z"}, "no column `z`"),
        ({"choices": {"in_or_out": ["z"]}}, "no column `z`"),
        ({"choices": {"weights": ["none", "z"]}}, "no column `z`"),
        ({"choices": {"waves": {"a": ["w01", "w09"], "b": ["w08", "w09"]}}}, "no cell.*no wave"),
    ],
)
def test_what_the_panel_does_not_have_is_refused(panel, change, message):
    given = {"outcome": "y", "choices": {"in_or_out": ["a"]}} | change
    with pytest.raises(ModelError, match=message):
        multiverse(panel, given["outcome"], ["x"], choices=given["choices"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"choices": {}}, "names no choice"),
        ({"choices": {"family": ["pooled"]}}, "`choices.family`: a choice has two values or more"),
        ({"choices": {"famly": ["pooled", "between"]}}, "`choices.famly`: is not an option here"),
        ({"choices": {"family": ["pooled", "olss"]}}, "`choices.family.1`: input should be 'pooled'"),
        ({"choices": {"outliers": ["none", "drop 3"]}}, "`drop 3` is no treatment of outliers"),
        ({"draws": 5}, "99 `draws` or more"),
        ({"draws": -1}, "`draws`: input should be greater"),
        ({"without": [{"family": "between"}]}, "`without` names `family`"),
        ({"family": "ols"}, "no model family is called `ols`"),
    ],
)
def test_a_wrong_grid_of_a_frame_is_refused_in_one_message(panel, change, message):
    with pytest.raises(ModelError, match=message):
        multiverse(panel, "y", ["x"], **{"choices": {"in_or_out": ["a"]}, **change})


def test_cells_without_sense_are_withheld(panel):
    """Not the outcome explained by itself, nor the exposure twice."""
    table = multiverse(panel, "y", ["x"], choices={"subsets": ["x", "y"]})
    found = table.filter(component="cell").select("term", "estimate", "note")
    assert found.filter(pl.col("estimate").is_not_null())["term"].to_list() == ["subsets: none"]
    assert set(found["note"].drop_nulls()) == {
        "`x` would stand in the model twice",
        "`y` would stand in the model twice",
    }


def test_a_p_value_of_zero_is_significant(panel):
    frame = panel.with_columns(y=50 * pl.col("x") + 0.01 * pl.col("y"))
    table = multiverse(frame, "y", ["x"], choices={"family": ["pooled", "fixed_effects"]})
    assert table.filter(component="cell")["p_value"].to_list() == [0.0, 0.0]
    assert table.filter(term="share_significant")["estimate"].item() == 1.0


@pytest.mark.parametrize("family", ["logit", "ordered_logit", "within_between", "random_effects"])
def test_the_result_of_any_family_is_its_coefficient(panel, family):
    frame = panel.with_columns(y=(pl.col("y") > 0).cast(pl.Int64) if family.endswith("logit") else pl.col("y"))
    model = declare(family=family, outcome="y", exposures=("x",), covariates=("a",))
    component = "within" if family == "within_between" else "coefficient"
    own = fit("m", model, frame).filter(component=component, term="x").row(0, named=True)
    row = cell(multiverse(frame, "y", ["x"], choices={"subsets": ["a"]}, family=family), "subsets: a")
    for name in ("estimate", "std_error", "p_value"):
        assert row[name] == pytest.approx(own[name], rel=1e-8)


def test_text_cannot_be_an_outcome_or_exposure(panel):
    with pytest.raises(ModelError, match="must be a number"):
        multiverse(panel, "y", ["area_code"], choices={"family": ["pooled", "fixed_effects"]})


def test_the_order_of_rows_changes_nothing(panel):
    choices = {"subsets": ["a", "b"], "family": ["pooled", "two_way"], "outliers": ["none", "winsorised 2"]}
    one, other = (
        multiverse(frame, "y", ["x"], choices=choices)
        for frame in (panel, panel.sample(fraction=1, shuffle=True, seed=3))
    )
    assert one["estimate"].to_list() == pytest.approx(other["estimate"].to_list(), rel=1e-10)


def test_standardised_estimates_are_in_standard_deviations(panel):
    choices = {"exposure": ["x", "x10"], "family": ["pooled", "within_between"]}
    table = multiverse(panel.with_columns(x10=10 * pl.col("x") + 3), "y", ["x"], choices=choices, standardised=True)
    found = table.filter(component="cell")["estimate"].to_list()
    assert found[:2] == pytest.approx(found[2:])


def test_an_effect_is_found_and_its_absence_is_not(panel):
    choices = {"subsets": ["a", "b"], "family": ["pooled", "fixed_effects", "two_way", "first_difference"]}
    found = multiverse(panel, "y", ["x"], choices=choices, draws=199)
    assert found.filter(component="joint_test")["p_value"].max() == pytest.approx(0.005)
    shuffled = panel.with_columns(x=pl.col("x").shuffle(seed=6))
    tests = multiverse(shuffled, "y", ["x"], choices=choices, draws=199).filter(component="joint_test")
    assert tests["p_value"].min() > 0.05
    again = multiverse(shuffled, "y", ["x"], choices=choices, draws=199).filter(component="joint_test")
    assert again["p_value"].to_list() == tests["p_value"].to_list()
