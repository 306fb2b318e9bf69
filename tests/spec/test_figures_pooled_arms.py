"""A figure names the arms that its models take together, and only those."""

import pytest

from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.figures import Figure
from pipeline.specs.taken_together import arms_together

PROJECT = load_project(Paths())
STUDY = PROJECT.studies["beyond_us_and_them"]
TITLES = {key: arm.title for key, arm in STUDY.about.arms.items()}


def together(model: str, **changed: object) -> tuple:
    """The arms of a figure of one model, declared otherwise."""
    models = dict(PROJECT.models)
    models[model] = models[model].model_copy(update=changed)
    figure = Figure(study=STUDY.key, kind="coefficients", title="A figure", models=(model,))
    return arms_together(figure, models, STUDY)


def test_a_model_of_several_arms_names_them() -> None:
    arms = ("regions", "invested")
    assert together("buat_trust_pooled", arms=arms) == (tuple(TITLES[arm] for arm in TITLES if arm in arms),)


@pytest.mark.parametrize(
    "changed", [{"arms": ("regions",)}, {"group": "arm", "arms": ("regions", "invested")}], ids=["one arm", "by arm"]
)
def test_a_model_of_one_arm_or_by_arm_names_none(changed: dict) -> None:
    assert together("buat_means" if "group" in changed else "buat_trust_pooled", **changed) == ()


def test_arms_in_which_nothing_was_asked_are_not_named() -> None:
    asked = {file.arm for _, _, file in STUDY.files()} - {"activists"}
    study = STUDY
    item = study.scored_items()["place"]  # asked of all arms but one
    assert set(study.items[item].arms) == asked
    assert together("buat_trust_pooled", outcome="place", arms=()) == (
        tuple(title for arm, title in TITLES.items() if arm in asked),
    )


def test_another_version_of_a_model_speaks_of_the_same_arms() -> None:
    of = PROJECT.models["buat_trust_how_sure"].of
    same = Figure(study=STUDY.key, kind="coefficients", title="A figure", models=(of,))
    again = Figure(study=STUDY.key, kind="sensitivity", title="A figure", models=("buat_trust_how_sure",))
    assert arms_together(again, PROJECT.models, STUDY) == arms_together(same, PROJECT.models, STUDY)


def test_a_figure_of_people_names_the_arms_that_had_all_its_waves() -> None:
    declared = {"study": STUDY.key, "kind": "transitions", "title": "A figure", "outcomes": ("get_on_well",)}
    late = Figure(**declared, waves=("w07", "w08"))
    assert arms_together(late, {}, STUDY) == ()  # only the regions have eight waves
    early = Figure(**declared, waves=("w01", "w02"))
    assert arms_together(early, {}, STUDY) == (tuple(TITLES.values()),)
    assert arms_together(Figure(**declared, waves=("w01", "w02"), arm="regions"), {}, STUDY) == ()


def test_a_study_of_one_arm_names_none() -> None:
    lives = PROJECT.studies["parallel_lives"]
    assert all(
        arms_together(figure, PROJECT.models, lives) == ()
        for figure in PROJECT.figures.values()
        if figure.study == lives.key
    )
