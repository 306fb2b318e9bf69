"""What was planned and what was done otherwise, computed from the plan, the declared models and their results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.specs.plan import Hypothesis, Plan, differences

EXPLORED = ("within", "coefficient", "lag", "difference", "change")
"""Components of models that test something: of one that no hypothesis names, results are exploratory."""


def planned(plan: Plan, models: Mapping[str, Any], results: pl.DataFrame) -> dict[str, str]:
    """The items ``plan`` and ``deviations`` of the methods annex of a paper with these models and their Estimates."""
    said = [*_changes(plan)]
    for key, one in plan.hypotheses.items():
        found = list(_deviations(one, models, results.filter(pl.col("model") == one.model)))
        said += [f"{_named(key)}: {'; '.join(found)}"] if found else []
    further = _unplanned(plan, models, results)
    if further:
        many = "1 model tests" if further == 1 else f"{further:,} models test"
        said.append(f"{many} what no hypothesis of the plan names; such results are exploratory")
    return {"plan": _plan(plan), "deviations": ". ".join(said) or "None: models and results are as planned"}


def _plan(plan: Plan) -> str:
    registered = plan.registered
    place = f" at {registered.url}" if registered.url else ""
    hypotheses = ". ".join(f"{_named(key)}: {one.statement.rstrip('.')}" for key, one in plan.hypotheses.items())
    note = f"{plan.note.strip().rstrip('.')}. " if plan.note else ""
    return f"{note}{plan.title}, fixed on {_day(registered.date)}{place} (hash {registered.hash}). {hypotheses}"


def _changes(plan: Plan) -> Iterator[str]:
    """Changes of the plan that are declared, and one that is not."""
    for one in plan.amendments:
        yield f"The plan was changed on {_day(one.date)} (hash {one.hash}): {one.reason.strip().rstrip('.')}"
    if plan.hash != plan.recorded:
        yield (
            f"The plan has been changed since its last record (hash {plan.recorded}; it is {plan.hash} now), and does "
            "not say when or why"
        )


def _deviations(one: Hypothesis, models: Mapping[str, Any], results: pl.DataFrame) -> Iterator[str]:
    """What differs in the declared model, and in what it was estimated on."""
    model = models.get(one.model)
    if model is None:
        yield f"planned, and not reported in this paper (model {one.model})"
        return
    yield from differences(one, model)
    if one.direction != "either":
        yield f"planned as a one-sided test ({one.direction}); the p-values printed are two-sided"
    tested = results.filter(pl.col("estimate").is_not_null(), pl.col("std_error").is_not_null())
    if tested.is_empty():
        yield "the result is withheld"
        return
    people: Any = tested["n_persons"].max()
    if one.least_persons is not None and people is not None and people < one.least_persons:
        yield f"{one.least_persons:,} people planned, {people:,} analysed"
    share = _left_out(results, tested)
    if one.most_left_out is not None and share is not None and share > one.most_left_out:
        yield f"at most {one.most_left_out:.0%} of the rows were to be left out; {share:.0%} were"


def _left_out(results: pl.DataFrame, tested: pl.DataFrame) -> float | None:
    """The share of the model's rows that are left out for a missing answer."""
    left = results.filter(pl.col("term") == "rows_left_out", pl.col("component") == "sample")["estimate"]
    used: Any = tested["n_obs"].max()
    if left.is_empty() or left[0] is None or not used:
        return None
    return float(left[0]) / (float(left[0]) + float(used))


def _unplanned(plan: Plan, models: Mapping[str, Any], results: pl.DataFrame) -> int:
    """How many models of the paper test something that is in no hypothesis."""
    named = {one.model for one in plan.hypotheses.values()}
    tested = set(results.filter(pl.col("component").is_in(EXPLORED), pl.col("p_value").is_not_null())["model"])
    return len(tested & set(models) - named)


def _named(key: str) -> str:
    """What readers call a hypothesis, which is declared by its key."""
    return f"Hypothesis “{key.replace('_', ' ')}”"


def _day(date: Any) -> str:
    return f"{date.day} {date:%B %Y}"
