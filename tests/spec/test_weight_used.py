"""What is printed of a model's weight is the weight that its estimates take, declared or by default of its family."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assets.engine.workspace import Workspace
from assets.nodes.redelivery import printed_means
from assets.nodes.stamps import made
from assets.provenance.way import Way
from pipeline.papers.coverage import Coverage, method_of
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.families import FAMILIES
from pipeline.specs.models import AnyModel, declare
from pipeline.specs.project import Project
from pipeline.specs.weight_used import weight_in_words, weight_used
from pipeline.specs.weights import DELIVERED

BUAT = "beyond_us_and_them"
MEANS = {"family": "design_means", "outcomes": ("outgroup_trust",)}
OTHERS: dict[str, dict[str, Any]] = {
    "means": MEANS,
    "within": {"family": "within_between", "outcome": "outgroup_trust", "exposures": ("contact_quantity",)},
    "later": {**MEANS, "weights": "three_waves"},
}
TESTS = [{"model": "means", "term": "w01"}, {"model": "within", "term": "contact_quantity"}]


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(Paths())


def declared(**keys: Any) -> AnyModel:
    return declare(question="Why?", study=BUAT, **keys)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (MEANS, "weights as delivered"),
        ({**MEANS, "weights": "design_weight"}, "weights as delivered"),
        ({**MEANS, "weights": "three_waves"}, "weight set three_waves"),
        (OTHERS["within"], "unweighted"),
        ({"family": "design_changes", "outcomes": ("outgroup_trust",)}, "weights as delivered"),
        ({"family": "design_association", "outcomes": ("outgroup_trust",), "group": "arm"}, "weights as delivered"),
        ({"family": "corrections", "tests": TESTS}, "weights as delivered and unweighted"),
        ({"family": "sensitivity", "of": "within", "weights": "three_waves", "result": {"term": "contact_quantity"}},
         "unweighted and weight set three_waves"),
    ],
)  # fmt: skip
def test_the_weight_in_words_is_that_of_the_estimates(project: Project, keys: dict[str, Any], words: str) -> None:
    others = {name: declared(**own) for name, own in OTHERS.items()}
    model = declared(**keys)
    assert weight_in_words(model, project.studies[BUAT], others) == words
    assert made({"m": model}, project.studies[BUAT], others)["m"].weight == words


def test_without_a_weight_in_its_waves_a_design_family_is_unweighted(project: Project) -> None:
    study = project.studies[BUAT]
    none = study.about.columns.model_copy(update={"weight": None})
    without = replace(study, about=study.about.model_copy(update={"columns": none}))
    assert weight_used(declared(**MEANS), study) == DELIVERED
    assert weight_used(declared(**MEANS), without) is None


def test_every_family_on_the_design_says_so_in_its_record() -> None:
    """Who takes the delivered weight by default is a fact of the record, and each such method has words without it."""
    for name, family in FAMILIES.items():
        assert not family.on_design or family.weighted, name
    model = declared(family="design_association", outcomes=("outgroup_trust",), group="arm")
    said = method_of(model, Coverage({"arm": ("w01",)}, frozenset(), {}))
    assert "weights" not in said
    assert "weighted table" not in said
    assert said.endswith("; unweighted")


@pytest.fixture
def workspace(project: Project) -> Workspace:
    return Workspace(Paths(), replace(project, models={"means": declared(**MEANS)}))


def test_the_way_back_names_the_delivered_weight_and_its_column(workspace: Workspace, monkeypatch: Any) -> None:
    monkeypatch.setattr("assets.provenance.places.Places.model", lambda *_: "")
    level = Way(workspace).model("means")
    assert level.data["weights"] == "weights as delivered"
    assert any(line.startswith("weight as delivered, column ") for line in level.lines)


def test_a_redelivery_names_the_weight_of_printed_means(workspace: Workspace) -> None:
    assert printed_means(workspace, workspace.project.studies[BUAT]) == {"outgroup_trust": "weights as delivered"}
