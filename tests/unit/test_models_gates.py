"""What cannot be estimated is refused or withheld, with a message a person can act on."""

import polars as pl
import pytest

from pipeline import models
from pipeline.errors import CohesionError, ModelError
from pipeline.models import (
    design_means,
    design_shares,
    first_difference,
    fixed_effects,
    hausman,
    logit,
    mundlak,
    pooled,
    random_effects,
    within_between,
)

FAMILIES = [pooled, fixed_effects, random_effects, first_difference, within_between, hausman, mundlak]
N_PERSONS = 12


def panel(**columns: object) -> pl.DataFrame:
    """Twelve persons in three waves; person 12 drops out after the first."""
    rows = [
        {
            "person_id": f"secret-{person}",
            "wave": f"w0{wave}",
            "contact": float((person * wave * 7) % 5),
            "trust": float((person * 3 + wave * 5) % 7),
            "is_woman": float(person % 2),
            "weight": 1.0 + person % 3,
        }
        for person in range(1, N_PERSONS + 1)
        for wave in ((1,) if person == N_PERSONS else (1, 2, 3))
    ]
    return pl.DataFrame(rows).with_columns(**columns)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_absent_column_is_named(family):
    with pytest.raises(ModelError, match="no column `belonging`"):
        family(panel(), "trust", ["belonging"])


@pytest.mark.parametrize("family", FAMILIES)
def test_no_complete_row(family):
    empty = panel(contact=pl.lit(None, dtype=pl.Float64))
    with pytest.raises(ModelError, match="no row has an answer"):
        family(empty, "trust", ["contact"])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_constant_outcome(family):
    with pytest.raises(ModelError, match="the outcome does not vary"):
        family(panel(trust=pl.lit(3.0)), "trust", ["contact"])


@pytest.mark.parametrize("family", [fixed_effects, first_difference, mundlak, within_between])
def test_an_exposure_that_never_changes_within_a_person(family):
    with pytest.raises(ModelError, match="is_woman never changes within a person"):
        family(panel(), "trust", ["is_woman"])


@pytest.mark.parametrize("family", FAMILIES)
def test_two_columns_that_say_the_same(family):
    doubled = panel(again=2 * pl.col("contact") + 1)
    with pytest.raises(ModelError, match="again"):
        family(doubled, "trust", ["contact", "again"])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("role", ["exposures", "covariates"])
def test_an_outcome_does_not_explain_itself(family, role):
    terms = (["trust"], []) if role == "exposures" else (["contact"], ["trust"])
    with pytest.raises(CohesionError, match=f"^{role}: `trust` is the outcome, and explained by itself"):
        family(panel(), "trust", *terms)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_person_twice_in_a_wave(family):
    with pytest.raises(ModelError, match="more than once in a wave") as caught:
        family(pl.concat([panel(), panel().head(2)]), "trust", ["contact"])
    assert caught.value.count == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_text_as_an_outcome(family):
    with pytest.raises(ModelError, match="must be a number"):
        family(panel(), "wave", ["contact"])


@pytest.mark.parametrize("family", [first_difference, within_between, random_effects])
def test_persons_seen_once(family):
    with pytest.raises(ModelError):
        family(panel().filter(wave="w01"), "trust", ["contact"], wave_effects=False)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_message_holds_an_id(family):
    for frame in (panel(trust=pl.lit(1.0)), pl.concat([panel(), panel()])):
        with pytest.raises(ModelError) as caught:
            family(frame, "trust", ["contact"])
        assert "secret" not in str(caught.value)


def test_few_clusters_are_noted():
    few = pooled(panel(area=pl.col("is_woman")), "trust", ["contact"], cluster="area")
    assert "only 2 clusters" in few.filter(term="contact")["note"][0]
    assert pooled(panel(), "trust", ["contact"]).filter(term="contact")["note"].to_list() == [None]


def test_no_variance_between_persons_gives_least_squares_with_a_note():
    """Outcomes that alternate around the same mean: persons differ less than chance would make them."""
    swinging = panel(
        trust=pl.col("wave").replace_strict({"w01": 1.0, "w02": 5.0, "w03": 3.0}) + pl.col("contact") / 100
    )
    chosen = swinging.filter(pl.col("person_id") != "secret-12")
    table = within_between(chosen, "trust", ["contact"], wave_effects=False)
    within = table.filter(component="within").row(0, named=True)
    alone = fixed_effects(chosen, "trust", ["contact"], wave_effects=False).filter(term="contact")["estimate"][0]
    assert within["estimate"] == pytest.approx(alone)
    assert within["note"].startswith("the variance between persons is estimated at zero")
    assert table.filter(component="variance", term="person")["estimate"].to_list() == [0.0]


def test_rows_left_out_are_counted():
    holes = panel(contact=pl.when(pl.col("person_id") == "secret-3").then(None).otherwise("contact"))
    table = pooled(holes, "trust", ["contact"])
    assert table.filter(term="rows_left_out")["estimate"].to_list() == [3.0]
    assert table["n_obs"].unique().to_list() == [panel().height - 3]
    assert table["n_persons"].unique().to_list() == [N_PERSONS - 1]


def test_order_of_rows_and_names_of_persons_change_nothing():
    renamed = panel(person_id=pl.col("person_id").str.reverse()).sample(fraction=1.0, shuffle=True, seed=4)
    for family in FAMILIES:
        one, other = family(panel(), "trust", ["contact"]), family(renamed, "trust", ["contact"])
        assert one["term"].to_list() == other["term"].to_list()
        for left, right in zip(one["estimate"], other["estimate"], strict=True):
            assert left is right is None or left == pytest.approx(right, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_units_change_nothing_but_the_unit(family):
    """No column may pass for redundant beside another that is many times larger."""
    levels = panel(trust=pl.col("trust") + pl.col("person_id").str.slice(7).cast(pl.Float64))
    small, large = (
        family(levels.with_columns(contact=unit * pl.col("contact")), "trust", ["contact"]).filter(term="contact")
        for unit in (1.0, 1e8)
    )
    for left, right in zip(small.iter_rows(named=True), large.iter_rows(named=True), strict=True):
        assert left["estimate"] == pytest.approx(1e8 * right["estimate"], rel=1e-7)
        assert left["std_error"] == pytest.approx(1e8 * right["std_error"], rel=1e-7)


def test_categories_have_a_named_reference():
    schooled = panel(
        school=pl.when(pl.col("person_id").str.ends_with("2")).then(pl.lit("much")).otherwise(pl.lit("little"))
    )
    table = pooled(schooled, "trust", ["contact"], ["school"])
    assert table.filter(term="school").select("group", "note").rows() == [("much", "against little")]
    numbered = pooled(panel(), "trust", ["contact"], ["is_woman"], categorical=["is_woman"])
    assert numbered.filter(term="is_woman").select("group", "note").rows() == [("1", "against 0")]


def test_a_logit_needs_zeros_and_ones():
    with pytest.raises(ModelError, match="coded 0 and 1"):
        logit(panel(), "trust", ["contact"])


def test_complete_separation_is_refused():
    separated = panel(left=(pl.col("contact") > 2).cast(pl.Float64))
    with pytest.raises(ModelError, match="separate the two outcomes"):
        logit(separated, "left", ["contact"])


def test_a_category_that_decides_the_outcome_is_refused():
    """Quasi-complete separation: the odds of one category are infinite, those of the others are not."""
    decided = panel(
        often=pl.when(pl.col("contact") == 4).then(pl.lit("often")).otherwise(pl.lit("seldom")),
        left=pl.when(pl.col("contact") == 4).then(1.0).otherwise((pl.col("trust") > 3).cast(pl.Float64)),
    )
    with pytest.raises(ModelError, match="separate the two outcomes"):
        logit(decided, "left", ["often"])


def test_clusters_of_a_logit_are_counted():
    voted = panel(voted=(pl.col("trust") > 3).cast(pl.Float64), town=pl.lit(1))
    few = logit(voted, "voted", ["contact"], cluster="is_woman").filter(term="contact")
    assert few["note"].to_list() == ["only 2 clusters: read the standard errors with care"] * 3
    with pytest.raises(ModelError, match="one cluster"):
        logit(voted, "voted", ["contact"], cluster="town")


def test_a_difference_belongs_to_one_cluster():
    moving = panel(area=pl.col("person_id") + pl.when(pl.col("wave") == "w03").then(pl.lit("b")).otherwise(pl.lit("a")))
    with pytest.raises(ModelError, match="persons change area") as caught:
        first_difference(moving, "trust", ["contact"], cluster="area")
    assert caught.value.count == N_PERSONS - 1


def test_a_term_that_rises_with_the_waves_is_named():
    older = panel(age=pl.col("is_woman") * 10 + pl.col("wave").str.slice(2).cast(pl.Float64))
    with pytest.raises(ModelError, match="age cannot be separated"):
        fixed_effects(older, "trust", ["contact", "age"], effects="person_and_wave")


def test_lonely_units_fail_where_that_is_the_rule():
    lonely = panel(stratum=pl.when(pl.col("person_id") == "secret-1").then(pl.lit("a")).otherwise(pl.lit("b")))
    with pytest.raises(ModelError, match="strata with one sampling unit") as caught:
        design_means(lonely, ["trust"], strata="stratum", psu="person_id", lonely_psu="fail")
    assert caught.value.count == 1
    table = design_means(lonely, ["trust"], strata="stratum", psu="person_id", lonely_psu="certainty")
    assert "1 lonely (certainty" in table["covariance"][0]


def test_one_unit_gives_a_mean_without_a_standard_error():
    table = design_means(panel(town=pl.lit(1)), ["trust"], psu="town")
    assert table["std_error"].to_list() == [None, None, None]
    assert table["note"].unique().to_list() == ["no degrees of freedom for a standard error"]


def test_weights_below_zero_are_refused():
    with pytest.raises(ModelError, match="below zero"):
        design_means(panel(weight=pl.lit(-1.0)), ["trust"], weight="weight")
    with pytest.raises(ModelError, match="below zero"):
        pooled(panel(weight=pl.lit(-1.0)), "trust", ["contact"], weights="weight")


@pytest.mark.parametrize("nothing", [0.0, None])
def test_rows_that_weigh_nothing_are_left_out_and_noted(nothing):
    light = panel(weight=pl.when(pl.col("person_id") == "secret-1").then(nothing).otherwise("weight"))
    table = design_means(light, ["trust"], weight="weight")
    assert table["note"][0] == "3 rows without a weight left out"
    assert table["n_persons"].to_list() == [11, 10, 10]


def test_a_wave_that_did_not_ask_has_no_row():
    unasked = panel(trust=pl.when(pl.col("wave") == "w02").then(None).otherwise("trust"))
    assert design_means(unasked, ["trust"])["wave"].to_list() == ["w01", "w03"]


def test_shares_take_numbers_whatever_their_type():
    table = design_shares(panel(), {"is_woman": {"women": [1], "men": [0]}}, by=())
    assert table["estimate"].sum() == pytest.approx(1.0)
    with pytest.raises(ModelError, match="of another kind"):
        design_shares(panel(), {"is_woman": {"women": ["yes"]}})


def test_an_outcome_that_is_explained_without_remainder():
    exact = panel(trust=2 * pl.col("contact") + pl.col("wave").str.slice(2).cast(pl.Float64))
    with pytest.raises(ModelError, match="explain the outcome without remainder"):
        within_between(exact, "trust", ["contact"])


@pytest.mark.parametrize("family", ["pooled", "fixed_effects", "random_effects", "within_between", "mixed", "gee"])
@pytest.mark.parametrize("role", ["exposure", "covariate"])
def test_a_term_that_is_the_same_for_everybody_is_refused_by_its_own_name(family, role):
    panel = pl.DataFrame(
        {
            "person_id": [f"p{row // 3}" for row in range(30)],
            "wave": [f"w{1 + row % 3:02d}" for row in range(30)],
            "trust": [float(row * row % 7) for row in range(30)],
            "contact": [float(row * 3 % 11) for row in range(30)],
            "invested": [1.0] * 29 + [0.0],
        }
    )
    elsewhere = panel.with_columns(contact=pl.when(pl.col("invested") == 1).then("contact"))
    terms = (["invested"], ["contact"]) if role == "exposure" else (["contact"], ["invested"])
    with pytest.raises(ModelError, match="invested: has the same value in every row"):
        getattr(models, family)(elsewhere, "trust", *terms)
