"""A declared model calls its family with what it declares."""

from types import SimpleNamespace

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from shared import SHIPPED

from pipeline import models
from pipeline.errors import ModelError
from pipeline.models.logistic.attrition import stayers
from pipeline.specs import Model
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import load

PANEL = pl.read_csv(SHIPPED / "models" / "panel.csv").with_columns(arm=pl.lit("main"), design_weight="design_weight")
CONTACT = {"question": "?", "study": "example", "outcome": "trust", "exposures": ["contact"]}


def declared(family: str, **keys: object) -> Model:
    """A model of ``family``, of trust on contact where it takes them."""
    given = {key: value for key, value in CONTACT.items() if key in FAMILIES[family].keys}
    return load(FAMILIES[family].declaration).model_validate({**given, "family": family, **keys})


@pytest.mark.parametrize(
    "family",
    ["pooled", "fixed_effects", "random_effects", "first_difference", "within_between", "hausman", "mundlak"],
)
def test_a_declaration_is_the_function_called_by_hand(family):
    by_hand = getattr(models, family)(
        PANEL.filter(pl.col("wave").is_in(["w01", "w02", "w03"])),
        "trust",
        ["contact"],
        ["is_woman"][: family == "pooled"],
        model="mine",
    )
    covariates = ["is_woman"] if family == "pooled" else []
    made = models.fit("mine", declared(family=family, waves=["w01", "w02", "w03"], covariates=covariates), PANEL)
    assert_frame_equal(made, by_hand)


def test_persons_means_are_declared_without_waves():
    made = models.fit("mine", declared(family="between"), PANEL)
    assert_frame_equal(made, models.between(PANEL, "trust", ["contact"], model="mine"))


@pytest.mark.parametrize(
    ("family", "keys", "arguments"),
    [
        ("design_quantiles", {"outcomes": ["trust"]}, {"variables": ["trust"]}),
        ("design_changes", {"outcomes": ["trust"]}, {"variables": ["trust"]}),
        (
            "design_differences",
            {"outcomes": ["trust"], "group": "is_woman"},
            {"variables": ["trust"], "group": "is_woman"},
        ),
        ("design_regression", {}, {"outcome": "trust", "exposures": ["contact"]}),
    ],
)
def test_families_on_the_design_take_weights_strata_and_units_from_the_panel(family, keys, arguments):
    made = models.fit("mine", declared(family=family, lonely_psu="certainty", subset="domain", **keys), PANEL)
    design = {"weight": "design_weight", "strata": "stratum", "psu": "psu", "lonely_psu": "certainty"}
    by_hand = getattr(models, family)(PANEL, **arguments, **design, subset="domain", model="mine")
    assert_frame_equal(made, by_hand)


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("design_changes", "needs `outcomes`"),
        ("design_differences", "needs `outcomes` and `group`"),
        ("between", "needs `outcome` and `exposures`"),
    ],
)
def test_a_declaration_says_what_its_family_needs(family, message):
    with pytest.raises(ValueError, match=message):
        Model.model_validate({"question": "?", "study": "example", "family": family})


def test_options_reach_the_family():
    made = models.fit("mine", declared(family="fixed_effects", effects="person_and_wave", cluster="none"), PANEL)
    assert made["covariance"][0].startswith("classical")
    assert "wave" not in made["component"].to_list()
    weighted = models.fit("mine", declared(family="pooled", weights="design_weight", cluster="psu"), PANEL)
    assert weighted["covariance"][0].startswith("clustered by psu (12 clusters)")


def test_means_use_the_conventions_of_the_study_unless_the_model_says_otherwise():
    study = SimpleNamespace(about=SimpleNamespace(design=SimpleNamespace(lonely_psu="adjust", subset="domain")))
    made = models.fit("means", declared(family="design_means", outcomes=["trust"]), PANEL.with_columns(), study)
    assert "design of the whole wave" in made["covariance"][0]
    own = declared(
        family="design_means", outcomes=["trust"], lonely_psu="certainty", subset="answered", group="is_woman"
    )
    made = models.fit("means", own, PANEL, study)
    assert "design of those who answered" in made["covariance"][0]
    assert made["group"].to_list()[:2] == ["0", "1"]


def test_attrition_is_the_logit_of_answering_later():
    spec = declared(family="attrition", from_wave="w01", to_wave="w05", exposures=["contact", "is_woman"])
    made = models.fit("left", spec, PANEL)
    first = PANEL.filter(wave="w01", contact=pl.col("contact"))
    later = set(PANEL.filter(wave="w05")["person_id"])
    by_hand = models.logit(
        first.with_columns(stayed=pl.Series([float(person in later) for person in first["person_id"]])),
        "stayed",
        ["contact", "is_woman"],
    )
    assert made["outcome"].unique().to_list() == ["answered_w05"]
    same = made.join(by_hand, on=["component", "term"], how="inner", maintain_order="left")
    assert same.height == by_hand.height
    assert same["estimate"].to_list() == pytest.approx(same["estimate_right"].to_list(), rel=1e-12)
    added = made.join(by_hand, on=["component", "term"], how="anti")["term"].to_list()
    assert added == ["response_rate", "r_indicator", "cv_probability", "auc", "r_indicator_adjusted"]


def test_attrition_has_a_model_for_each_wave_and_for_each_set_of_waves():
    keys = {"family": "attrition", "to_waves": "all", "sets": {"every": ["w02", "w03"]}}
    made = models.fit("left", declared(**keys, from_wave="w01"), PANEL)
    rate = made.filter(component="fit", term="response_rate")
    first = PANEL.filter(pl.col("wave") == "w01", pl.col("contact").is_not_null())["person_id"]
    later = {wave: set(PANEL.filter(wave=wave)["person_id"]) for wave in ("w02", "w03", "w04", "w05")}
    assert rate["outcome"].to_list() == [*(f"answered_{wave}" for wave in later), "answered_every"]
    assert rate["wave"].to_list() == [*later, None]
    expected = [sum(person in there for person in first) / first.len() for there in later.values()]
    assert rate["estimate"].to_list()[:4] == pytest.approx(expected)
    both = sum(person in later["w02"] and person in later["w03"] for person in first) / first.len()
    assert rate["estimate"].to_list()[4] == pytest.approx(both)


def test_the_latest_answers_are_each_persons_own_and_other_arms_calendars_are_left_out():
    rows = [("a", "w01", 1.0), ("a", "w02", 2.0), ("b", "w01", 3.0), ("a", "w03", 9.0), ("c", "w03", 9.0)]
    panel = pl.DataFrame(rows, schema=["person_id", "wave", "trust"], orient="row").with_columns(arm=pl.lit("long"))
    short = pl.DataFrame({"person_id": ["d"], "wave": ["w01"], "trust": [4.0], "arm": ["short"]})
    asked = stayers(pl.concat([panel, short]), "latest", ["w03"], "stayed")
    assert sorted(asked.select("person_id", "wave", "trust", "stayed").rows()) == [
        ("a", "w02", 2.0, 1.0),
        ("b", "w01", 3.0, 0.0),
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"family": "pooled", "waves": ["w01", "w09"]}, "model mine.*no wave w09"),
        ({"family": "pooled", "arms": ["elsewhere"]}, "model mine.*no arm elsewhere"),
        ({"family": "attrition", "from_wave": "w01", "to_wave": "w09"}, "model mine.*nobody answered in w09"),
        ({"family": "pooled", "exposures": ["belonging"]}, "model mine.*no column `belonging`"),
    ],
)
def test_a_mistake_names_the_model(keys, message):
    with pytest.raises(ModelError, match=message):
        models.fit("mine", declared(**keys), PANEL)


def test_gaps_are_declared():
    made = models.fit("mine", declared(family="first_difference", gaps="adjacent"), PANEL)
    by_hand = models.first_difference(PANEL, "trust", ["contact"], gaps="adjacent", model="mine", wave_effects=True)
    assert_frame_equal(made, by_hand)
    assert made["n_obs"][0] < models.fit("mine", declared(family="first_difference"), PANEL)["n_obs"][0]
