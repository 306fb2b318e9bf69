"""Deviations from a plan are computed from what is declared and what was estimated, and from the plan's own changes."""

from __future__ import annotations

import polars as pl
import pytest
from pydantic import ValidationError

from pipeline.papers.planned import planned
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.specs.models import declare
from pipeline.specs.plan import Plan
from pipeline.specs.report import Model
from pipeline.tables import estimates

HYPOTHESIS = {
    "statement": "People with more contact trust more",
    "model": "trust",
    "family": "fixed_effects",
    "outcome": "trust",
    "exposures": ["contact"],
    "waves": ["w01", "w02"],
}
MODEL = {
    "question": "?",
    "study": "s",
    "family": "fixed_effects",
    "outcome": "trust",
    "exposures": ["contact"],
    "waves": ["w01", "w02"],
}
RESULTS = estimates(
    [
        {"component": "coefficient", "term": "contact", "estimate": 0.2, "std_error": 0.1, "p_value": 0.05,
         "n_obs": 800, "n_persons": 400},
        {"component": "sample", "term": "rows_left_out", "estimate": 200.0, "n_obs": 800, "n_persons": 400},
    ],
    model="trust", family="fixed_effects", outcome="trust",
)  # fmt: skip


def plan(hypothesis: dict | None = None, **keys: object) -> Plan:
    content = {"h1": HYPOTHESIS | (hypothesis or {})}
    first = Plan.model_validate(
        {"title": "A plan", "registered": {"date": "2026-01-01", "hash": "0" * 16}, "hypotheses": content}
    )
    said = {"title": "A plan", "registered": {"date": "2026-01-01", "hash": first.hash}, "hypotheses": content}
    return Plan.model_validate(said | keys)


def deviations(declared: Plan, model: dict | None = None, results: pl.DataFrame = RESULTS) -> str:
    return planned(declared, {"trust": declare(**(MODEL | (model or {})))}, results)["deviations"]


def test_what_is_done_as_planned_is_no_deviation():
    assert deviations(plan()) == "None: models and results are as planned"


@pytest.mark.parametrize(
    ("hypothesis", "model", "said"),
    [
        ({}, {"waves": ["w01", "w02", "w03"]}, "waves planned as w01, w02, analysed as w01, w02, w03"),
        ({}, {"waves": []}, "waves planned as w01, w02, analysed as none named"),
        ({}, {"covariates": ["age"]}, "covariates planned as none named, analysed as age"),
        ({"covariates": ["age", "sex"]}, {"covariates": ["sex", "age"]}, None),
        ({"exposures": ["contact", "age"]}, {}, "exposures planned as age, contact, analysed as contact"),
        ({"outcome": "liking"}, {}, "outcome planned as liking, analysed as trust"),
        ({"family": "pooled"}, {}, "family planned as pooled, analysed as fixed_effects"),
        ({"weights": "set"}, {}, "weights planned as set, analysed as none"),
        ({"alpha": 0.01}, {}, "level of significance planned as 0.01, analysed as 0.05"),
        ({"alpha": 0.01}, {"confidence": 0.99}, None),
        ({"direction": "positive"}, {}, "one-sided test (positive)"),
        ({"least_persons": 401}, {}, "401 people planned, 400 analysed"),
        ({"least_persons": 400}, {}, None),
        ({"most_left_out": 0.1}, {}, "at most 10% of the rows were to be left out; 20% were"),
        ({"most_left_out": 0.2}, {}, None),
        ({"smallest_effect": 0.1}, {}, "no equivalence test against the smallest effect"),
        ({"smallest_effect": 0.1}, {"smallest_effect": [{"term": "contact", "effect": 0.1}]}, None),
        ({"model": "other"}, {}, "planned, and not reported in this paper (model other)"),
    ],
)
def test_each_difference_is_said(hypothesis, model, said):
    found = deviations(plan(hypothesis), model)
    if said is None:
        assert found == "None: models and results are as planned"
    else:
        assert said in found


def test_the_delivered_weight_is_what_a_family_on_the_design_takes_where_nothing_is_said():
    regression = {"family": "design_regression"}
    assert deviations(plan({**regression, "weights": "design_weight"}), regression).startswith("None")
    assert deviations(plan(regression), {**regression, "weights": "design_weight"}).startswith("None")
    said = deviations(plan(regression), {**regression, "weights": "set"})
    assert "weights planned as design_weight, analysed as set" in said


def test_a_change_of_the_plan_is_a_deviation():
    first = plan()
    changed = plan({"alpha": 0.01}, registered={"date": "2026-01-01", "hash": first.hash})
    assert "has been changed since its last record" in deviations(changed, {"confidence": 0.99})
    amended = plan(
        {"alpha": 0.01},
        registered={"date": "2026-01-01", "hash": first.hash},
        amendments=[{"date": "2026-02-03", "hash": changed.hash, "reason": "Several tests"}],
    )
    found = deviations(amended, {"confidence": 0.99})
    assert found == f"The plan was changed on 3 February 2026 (hash {changed.hash}): Several tests"


def test_words_around_the_hypotheses_do_not_change_the_hash():
    assert plan(note="A note", title="Another title").hash == plan().hash
    assert plan({"statement": "Another"}).hash != plan().hash


def test_models_beyond_the_plan_are_exploratory():
    more = pl.concat([RESULTS, RESULTS.with_columns(model=pl.lit("more"))])
    models = {name: Model.model_validate(MODEL) for name in ("trust", "more")}
    assert "1 model tests what no hypothesis of the plan names" in planned(plan(), models, more)["deviations"]


def test_amendments_come_in_order():
    with pytest.raises(ValidationError, match="in the order of their dates"):
        plan(amendments=[{"date": "2025-02-03", "hash": "0" * 16, "reason": "?"}])


def test_the_plans_of_the_studies_are_as_recorded():
    project = load_project(Paths(REPOSITORY))
    plans = {key: study.plan for key, study in project.studies.items() if study.plan is not None}
    assert plans
    assert all(one.hash == one.recorded for one in plans.values())
