"""No key of index.yaml does nothing: another value of each changes a table, or is a text that profiles print."""

from typing import Any, get_args

import polars as pl
import pytest
from pydantic import BaseModel
from test_index_areas import DOMAINS, RANGES, declared, panel

from pipeline.index import area_table, index_changes, index_monitor, index_replicates, index_uncertainty, person_scores
from pipeline.specs.index import Index

CHOSEN = {"draws": 50, "replicates": 50, "choices": {"weights": ["equal", "random"]}}
AREAS = {"composed": "areas", "uncertainty": {"replicates": 50}}
OUTLYING = {"method": "winsorise", "winsorised": 1, "skew": 0.1, "kurtosis": -2.0}
BENCHMARK = {"measure": "trust", "value": 50, "label": "UK", "source": "x", "wording": "same", "mode": "same"}


def with_talks(**said):
    return {**DOMAINS, "contact": {"label": "Contact", "indicators": {"talks": said}}}


FIGURES = {
    "domains": ({}, {"domains": {"trust": DOMAINS["trust"]}}, "scores"),
    "domains.indicators.direction": ({}, {"domains": with_talks(direction="lower")}, "scores"),
    "domains.indicators.range": ({}, {"domains": with_talks(range=[0, 200])}, "scores"),
    "domains.indicators.goalposts": (
        {"domains": {"c": {"label": "C", "indicators": {"talks": {"goalposts": [0, 100]}}}},
         "normalisation": {"method": "goalposts"}},
        {"domains": {"c": {"label": "C", "indicators": {"talks": {"goalposts": [20, 80]}}}}}, "scores"),
    "domains.indicators.reference": (
        {"domains": {"c": {"label": "C", "indicators": {"talks": {"reference": 50}}}},
         "normalisation": {"method": "distance"}},
        {"domains": {"c": {"label": "C", "indicators": {"talks": {"reference": 80}}}}}, "scores"),
    "area": ({}, {"area": "deprivation"}, "scores"),
    "arms": ({}, {"arms": ["other"]}, "scores"),
    "waves": ({}, {"waves": ["w01"]}, "scores"),
    "rounds": ({}, {"rounds": {"other": {"w01": "w02", "w02": "w03", "w03": "w04"}}}, "areas"),
    "composed": ({"aggregation": {"index": "geometric"}, "normalisation": {"bounds": [1, 100]}}, AREAS, "areas"),
    "outliers.method": (AREAS, {"outliers": OUTLYING}, "areas"),
    "outliers.winsorised": ({**AREAS, "outliers": OUTLYING}, {"outliers": {**OUTLYING, "winsorised": 3}}, "areas"),
    "outliers.skew": ({**AREAS, "outliers": OUTLYING}, {"outliers": {**OUTLYING, "skew": 9}}, "areas"),
    "outliers.kurtosis": ({**AREAS, "outliers": OUTLYING}, {"outliers": {**OUTLYING, "kurtosis": 99}}, "areas"),
    "normalisation.method": ({}, {"normalisation": {"method": "percentile"}}, "scores"),
    "normalisation.bounds": ({}, {"normalisation": {"bounds": [0, 10]}}, "scores"),
    "normalisation.mean_sd": (
        {**AREAS, "normalisation": {"method": "z_score"}}, {"normalisation": {"method": "z_score", "mean_sd": [0, 1]}},
        "areas"),
    "normalisation.cap": (
        {"domains": {"c": {"label": "C", "indicators": {"talks": {"reference": 50}}}},
         "normalisation": {"method": "distance"}}, {"normalisation": {"method": "distance", "cap": True}}, "scores"),
    "weights.method": ({}, {"weights": {"method": "pca"}}, "scores"),
    "weights.domains": ({}, {"weights": {"method": "declared", "domains": {"trust": 3}}}, "scores"),
    "weights.indicators": ({}, {"weights": {"method": "declared", "indicators": {"people": 3}}}, "scores"),
    "weights.budget": ({}, {"weights": {"method": "budget", "budget": {"x": {"trust": 3, "contact": 1}}}}, "scores"),
    "aggregation.domains": (
        {"normalisation": {"bounds": [1, 100]}}, {"aggregation": {"domains": "harmonic"}}, "scores"),
    "aggregation.index": ({"normalisation": {"bounds": [1, 100]}}, {"aggregation": {"index": "harmonic"}}, "scores"),
    "coverage.indicators": ({}, {"coverage": {"indicators": 1}}, "scores"),
    "coverage.domains": ({}, {"coverage": {"domains": 1}}, "scores"),
    "base_wave": ({}, {"base_wave": "w02"}, "changes"),
    "comparison.areas": ({}, {"comparison": {"areas": ["a"]}}, "changes"),
    "comparison.arm": ({}, {"comparison": {"arm": "other"}}, "changes"),
    "comparison.label": ({"comparison": {"areas": ["a"]}}, {"comparison": {"areas": ["a"], "label": "N"}}, "changes"),
    **{
        f"benchmarks.{key}": ({"benchmarks": [BENCHMARK]}, {"benchmarks": [{**BENCHMARK, key: value}]}, "changes")
        for key, value in {"measure": "contact", "value": 40, "std_error": 1, "label": "GB", "waves": ["w02"]}.items()
    },
    "confidence": ({}, {"confidence": 0.9}, "areas"),
    "smallest_shown": ({}, {"smallest_shown": 40}, "areas"),
    "ranked.n_effective": ({}, {"ranked": {"n_effective": 0}}, "areas"),
    "ranked.reliability": ({}, {"ranked": {"reliability": 0.9999}}, "areas"),
    "uncertainty.seed": ({"uncertainty": CHOSEN}, {"uncertainty": {**CHOSEN, "seed": 1}}, "ranks"),
    "uncertainty.draws": ({"uncertainty": CHOSEN}, {"uncertainty": {**CHOSEN, "draws": 60}}, "ranks"),
    "uncertainty.replicates": ({"uncertainty": CHOSEN}, {"uncertainty": {**CHOSEN, "replicates": 60}}, "ranks"),
    "uncertainty.perturbed": ({"uncertainty": CHOSEN}, {"uncertainty": {**CHOSEN, "perturbed": 0.9}}, "ranks"),
    **{
        f"uncertainty.choices.{key}": (
            {"uncertainty": CHOSEN}, {"uncertainty": {**CHOSEN, "choices": {**CHOSEN["choices"], key: value}}}, "ranks")
        for key, value in {"weights": ["equal", "pca"], "normalisation": ["z_score"], "aggregation": ["geometric"],
                           "left_out": "domain"}.items()
    },
    "small_areas.method": ({}, {"small_areas": {"method": "none"}}, "areas"),
    "small_areas.transform": ({}, {"small_areas": {"transform": "log"}}, "areas"),
    "small_areas.benchmarked": ({}, {"small_areas": {"benchmarked": False}}, "areas"),
    "monitor.false_alarms": ({}, {"monitor": {"false_alarms": 0.5}}, "monitor"),
    "monitor.window": ({}, {"monitor": {"window": 2}}, "monitor"),
    "monitor.fall": ({}, {"monitor": {"fall": 1}}, "monitor"),
    "monitor.rule": ({}, {"monitor": {"rule": "family_wise"}}, "monitor"),
    "monitor.sides": ({}, {"monitor": {"sides": "both"}}, "monitor"),
    "monitor.common": ({}, {"monitor": {"common": "kept"}}, "monitor"),
    "monitor.usual": ({}, {"monitor": {"usual": "earlier_waves"}}, "monitor"),
    "monitor.fewest_people": ({}, {"monitor": {"fewest_people": 100}}, "monitor"),
    "monitor.fewest_areas": ({}, {"monitor": {"fewest_areas": 9}}, "monitor"),
    "monitor.measures": ({}, {"monitor": {"measures": ["trust"]}}, "monitor"),
    "monitor.early": ({}, {"monitor": {"early": ["talks"]}}, "monitor"),
}  # fmt: skip
ELSEWHERE = {
    "labels", "monitor.groups", "within_days",
    "title", "description", "assumed", "reason", "domains.label", "domains.description", "domains.indicators.label",
    "domains.indicators.assumed", "domains.indicators.reason", "domains.assumed", "domains.reason",
    "benchmarks.source", "benchmarks.wording", "benchmarks.mode", "benchmarks.assumed", "benchmarks.reason",
    "smallest_difference", "uncertainty.weights", "small_areas.covariates", "small_areas.margins",
    "small_areas.census",
}  # fmt: skip
"""Texts; what is refused at any other value; and what other tests vary: weight sets, covariates, margins, groups,
names of areas, profiles, how far apart rounds may begin."""


def keys(model: type[BaseModel], place: str = "") -> list[str]:
    """Every key below a declaration, however deep: ``uncertainty.choices.weights``."""
    found = []
    for name, one in model.model_fields.items():
        inside = next((kind for kind in _kinds(one.annotation) if issubclass(kind, BaseModel)), None)
        here = f"{place}{name}"
        found += [here] if inside is None else keys(inside, f"{here}.")
    return found


def _kinds(annotation: Any) -> list[type]:
    if isinstance(annotation, type):
        return [annotation, *(kind for one in get_args(annotation) for kind in _kinds(one))]
    return [kind for one in get_args(annotation) for kind in _kinds(one)]


def test_every_key_is_held_by_a_test():
    found = {key for key in keys(Index) if not key.startswith("profile.")}
    assert found - set(FIGURES) - ELSEWHERE == set()
    assert (set(FIGURES) | ELSEWHERE) - found - {"domains"} == set()


def people():
    """Two arms, three waves; some people leave one question out."""
    frame = panel(waves=("w01", "w02", "w03"))
    number = pl.col("person_id").str.slice(1).cast(pl.Int64)
    return frame.with_columns(
        arm=pl.when(pl.col("area_code").is_in(["a", "b"])).then(pl.lit("other")).otherwise("arm"),
        council=pl.when(number % 7 > 0).then("council"),
        talks=pl.when(number % 11 > 0).then("talks"),
    )


def made_of(index: Index, what: str) -> list[pl.DataFrame]:
    made = person_scores(people(), index, RANGES)
    given = (made.index, made.indicators, made.design)
    if what == "scores":
        return [made.index]
    if what in ("changes", "monitor"):
        changes = index_changes(index, *given)
        return [changes] if what == "changes" else [index_monitor(index, changes, *given).monitor]
    replicated = index_replicates(index, *given)
    areas = area_table(index, *given, replicated=replicated)
    if what == "areas":
        return [areas]
    found = index_uncertainty(index, areas, *given, replicated=replicated)
    return [found.intervals, found.pairs, found.sensitivity]


@pytest.mark.thorough
@pytest.mark.parametrize("key", FIGURES)
def test_another_value_changes_a_table(key):
    base, edit, what = FIGURES[key]
    before, after = made_of(declared(**base), what), made_of(declared(**{**base, **edit}), what)
    assert any(not one.equals(other) for one, other in zip(before, after, strict=True))
