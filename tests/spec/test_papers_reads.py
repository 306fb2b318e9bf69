"""What a paper reads of the declarations: the concepts that it names, and of its study no more than it prints."""

from dataclasses import replace

import pytest

from pipeline.paths import Paths
from pipeline.specs import Project, load_project
from pipeline.specs.paper_reads import concepts_of, labels_of, model_reads, study_reads, weight_sets_of
from pipeline.specs.papers import Paper


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(Paths())


def paper(*models: str) -> Paper:
    return Paper(title="A paper", study="parallel_lives", models=models)


FRIENDS = ("pl_friends_fixed_effects",)


def test_a_paper_reads_the_concepts_of_its_models(project):
    assert set(concepts_of(paper(*FRIENDS), "Text.\n", project)) == {"outgroup_friends", "belonging", "left_leaning"}


def test_the_model_that_is_estimated_again_is_read_too(project):
    assert {"outgroup_friends", "belonging"} <= set(concepts_of(paper("pl_friends_how_sure"), "Text.\n", project))


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (":::table items openness", "openness"),
        (":::table reliability", "agreeableness"),
        (":::table variation left_leaning", "left_leaning"),
        (":::table variation", "is_woman"),
        (":::section participation top=8", "outgroup_friends"),
    ],
)
def test_its_tables_add_what_they_print(project, line, read):
    assert read in concepts_of(paper(*FRIENDS), f"Text.\n\n{line}\n", project)


def test_another_concepts_label_leaves_the_paper_alone(project):
    before = labels_of(paper(*FRIENDS), "Text.\n", project)
    for name in ("openness", "belonging"):
        renamed = project.concepts[name].model_copy(update={"label": "Renamed"})
        after = labels_of(paper(*FRIENDS), "Text.\n", replace(project, concepts={**project.concepts, name: renamed}))
        assert (after == before) is (name == "openness")


def test_questions_are_read_only_of_the_concepts_it_prints(project):
    paths = study_reads(paper(*FRIENDS), "Text.\n", project)
    measured = {path.split(".")[1] for path in paths if path.startswith("items.") and path.endswith(".wording")}
    belonging = {"feels_belonging", "part_of_neighbourhood", "sorry_to_leave"}
    assert measured == belonging | {"friends_other_group", "places_self_left"}


def test_only_weight_sets_of_its_models_are_read(project):
    weighted = paper(*FRIENDS, "pl_friends_fixed_effects_weighted")
    assert weight_sets_of(paper(*FRIENDS), project) == ()
    (name,) = weight_sets_of(weighted, project)
    assert f"weights.{name}.label" in study_reads(weighted, "Text.\n", project)


def test_of_a_model_only_what_describes_its_method_is_read(project):
    for model in project.models.values():
        reads = model_reads(model)
        assert {"question", "family"} <= set(reads)
        assert {read.split(".")[0] for read in reads} <= set(type(model).model_fields)
