"""Mistakes in declared interventions are named with their file and line before anything is built."""

import re
from pathlib import Path

import pytest
from test_declarations_mistakes import line_of, problems, project  # noqa: F401

MODEL = "models/contact_and_trust.yaml"
BASE = """question: Did belonging change life satisfaction?
study: example
family: {family}
outcome: life_satisfaction
"""


@pytest.mark.parametrize(
    ("family", "lines", "says"),
    [
        ("event_study", "start: w01\ntreated: belonging\n", "yaml:5: the model has no wave before `w01`"),
        ("event_study", "start: w09\ntreated: belonging\n", "`w09` is not a wave of this model"),
        ("event_study", "start: w02\n", "nothing says who is treated"),
        ("event_study", "start: w02\ntreated: belongin\n", "did you mean `belonging`"),
        ("event_study", "start: {north: w02}\n", "name the column of the groups in `by`"),
        ("event_study", "start: {north: w02}\nby: region\n", "`region` is not a column of the panel"),
        ("event_study", "start: {north: w02}\nby: area_code\ntreated: belonging\n", "leave `treated` out"),
        ("event_study", "omitted: 1\nstart: w02\ntreated: belonging\n", "omitted"),
        ("event_study", "waves: [w01]\nstart: w01\ntreated: belonging\n", "a change needs two"),
        ("event_study", "start: w02\ntreated: belonging\ncontrol: not_yet\n", "takes no `control`"),
        ("event_study", "start: w02\ntreated: belonging\nestimator: imputation\ndraws: 999\n", "takes no `draws`"),
        ("event_study", "reaches: 4\nstart: w02\ntreated: belonging\n", "`reaches` is the level of the score"),
        ("event_study", "reaches: four\ntreated: belonging\n", "reaches"),
        ("synthetic_control", "reaches: 4\ntreated: belonging\n", "takes no `reaches`"),
        ("event_study", "bends: [-0.1]\nstart: w02\ntreated: belonging\n", "bends"),
        ("event_study", "bends: [0.1]\nstart: w02\ntreated: belonging\nestimator: imputation\n", "has no bounds"),
        ("group_time_effects", "bends: [0.1]\nstart: w02\ntreated: belonging\n", "takes no `bends`"),
        ("event_study", "", "needs `outcome`"),
        ("event_study", "start: 2020-06\ntreated: belonging\ncalendar: months\nunit: area\n", "`area` is not a column"),
        ("event_study", "start: w02\ntreated: belonging\ncalendar: months\n", "`w02` is no month"),
        ("event_study", "start: w02\ntreated: belonging\ndesign: cross_sections\n", "`unit` is the area"),
        ("difference_in_differences", "start: w02\ntreated: belonging\nmost_lags: 2\n", "takes no `most_lags`"),
        ("synthetic_control", "start: w01\ntreated: belonging\n", "no wave before `w01`: every mixture of areas"),
        ("synthetic_control", "start: w02\ntreated: belonging\ncluster: psu\n", "takes no `cluster`"),
        ("interrupted_time_series", "interruptions: {event: w01}\n", "the model has no wave before `w01`"),
        ("interrupted_time_series", "", "needs `outcome` and `interruptions`"),
        (
            "interrupted_time_series",
            "interruptions: {event: w02}\nerror_lags: 2\n",
            "`errors` and `error_lags` are for",
        ),
    ],
)
def test_a_mistake_is_named(project: Path, family: str, lines: str, says: str) -> None:  # noqa: F811
    (project / "reports" / MODEL).write_text(BASE.format(family=family) + lines)
    found = problems(project)
    assert any(f"reports/{MODEL}" in problem for problem in found)
    assert re.search(says, "\n".join(found)), found
