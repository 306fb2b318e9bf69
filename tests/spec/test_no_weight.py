"""A wave without a weight is named: by the check, and by a change that cannot be estimated, with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import design_changes, design_means
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.check_no_weight import waves_without_weight
from pipeline.specs.figures import Figure
from pipeline.specs.models import declare
from pipeline.specs.project import Project, Study

BUAT = "beyond_us_and_them"


def panel(people: int = 40) -> pl.DataFrame:
    """The first wave has no weight; all answer the second, three quarters the third."""
    rows = [
        (f"p{one:02}", wave, float((one * number) % 5), None if wave == "w01" else 1.0)
        for number, wave in enumerate(("w01", "w02", "w03"), 1)
        for one in range(people)
        if wave != "w03" or one % 4
    ]
    return pl.DataFrame(rows, schema=["person_id", "wave", "trust", "design_weight"], orient="row")


def test_a_change_from_a_wave_without_a_weight_says_so() -> None:
    two = panel().filter(pl.col("wave") != "w02")
    with pytest.raises(ModelError, match="w01 has no weight") as caught:
        design_changes(two, ["trust"], weight="design_weight")
    assert "base: {wave: …}" in str(caught.value)
    assert "nobody answered" not in str(caught.value)


def test_nobody_answered_is_said_where_that_is_so() -> None:
    nobody = panel().with_columns(trust=pl.lit(None, pl.Float64))
    with pytest.raises(ModelError, match="nobody answered"):
        design_means(nobody.filter(pl.col("wave") != "w01"), ["trust"], weight="design_weight")


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (lambda one: one % 4, "30 of 40 people answered in both waves"),
        (lambda one: True, "the same 40 people answered in both waves"),
        (lambda one: one < 36, "nearly all of the people answered in both waves"),
        (lambda one: one < 4, "few of the people answered in both waves"),
    ],
)
def test_a_change_says_how_many_answered_both_waves(kept: Any, said: str) -> None:
    frame = panel().filter(pl.col("wave") == "w02")
    who = pl.Series([bool(kept(one)) for one in range(40)])
    later = frame.filter(who).with_columns(wave=pl.lit("w03"), trust=pl.col("trust") + 1)
    (note,) = design_changes(pl.concat([frame, later]), ["trust"], weight="design_weight")["note"]
    assert said in note


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(Paths())


def without(study: Study, *waves: str) -> Study:
    """The study, of whose waves these have no weight."""
    changed = {
        wave: one.model_copy(update={"columns": one.columns.model_copy(update={"weight": "none"})})
        for wave, one in study.waves.items()
        if wave in waves
    }
    return replace(study, waves={**study.waves, **changed})


@pytest.mark.parametrize(
    ("keys", "waves", "said"),
    [
        ({}, ["w01"], "there is none in w01"),
        ({"weights": "design_weight"}, ["w01"], "there is none in w01"),
        ({"weights": "three_waves"}, ["w01"], None),
        ({"waves": ["w02", "w03"]}, ["w01"], None),
        ({}, [], None),
        ({}, [f"w0{number}" for number in range(1, 9)], None),
    ],
)
def test_check_names_the_waves_of_a_model_that_have_no_weight(
    project: Project, keys: dict[str, Any], waves: list[str], said: str | None
) -> None:
    model = declare(question="?", study=BUAT, family="design_means", outcomes=("outgroup_trust",), **keys)
    figure = Figure(study=BUAT, kind="trend", title="A figure", models=("means",), outcomes=("outgroup_trust",))
    study = without(project.studies[BUAT], *waves)
    changed = replace(project, studies={BUAT: study}, models={"means": model}, figures={"trust": figure})
    found = list(waves_without_weight(changed))
    if said is None:
        assert found == []
    else:
        (one,) = found
        assert said in one
        assert "(figure trust)" in one
