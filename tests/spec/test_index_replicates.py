"""Replicates of a declared index: a weight set's, each computed by itself; and a bootstrap by the design."""

import numpy as np
import polars as pl
import pytest
from test_index_areas import RANGES, declared, one, panel

from pipeline.errors import CohesionError
from pipeline.index import (
    area_means,
    area_table,
    in_weight_set,
    index_changes,
    index_replicates,
    index_uncertainty,
    pairwise,
    person_scores,
    rank_sets,
    with_rank_intervals,
)
from pipeline.index.persons.area_means import placed
from pipeline.tables import AreaChanges, Areas

REPLICATES = 24


def weight_set(frame, seed=7, kind="jkn"):
    """Everybody but each fifth person, with weights and replicates, and their scales."""
    draw = np.random.default_rng(seed)
    people = frame["person_id"].unique(maintain_order=True)
    people = people.filter(pl.Series(np.arange(people.len()) % 5 != 0))
    weight = draw.gamma(5, 0.2, people.len())
    names = [f"r{number:04}" for number in range(1, REPLICATES + 1)]
    columns = {name: weight * draw.uniform(0.5, 1.5, people.len()) for name in names}
    scales = pl.DataFrame(
        {"replicate": names, "variance_factor": draw.uniform(0.5, 1, REPLICATES), "kind": kind,
         "degrees_of_freedom": 20}
    )  # fmt: skip
    return pl.DataFrame({"person_id": people, "panel_weight": weight, **columns}), scales


def by_set(waves=("w01", "w02"), kind="jkn", **more):
    index = declared(uncertainty={"weights": "stayers", **more.pop("uncertainty", {})}, **more)
    made = person_scores(panel(), index, RANGES)
    weights, scales = weight_set(made.index, kind=kind)
    scores, indicators = in_weight_set(made.index, made.indicators, weights, waves)
    return index, scores, indicators, weights, scales


def test_errors_by_a_weight_set_are_those_of_each_replicate_computed_by_itself():
    index, scores, indicators, weights, scales = by_set()
    made = index_replicates(index, scores, indicators, replicate_weights=weights, scales=scales)
    areas = area_table(index, scores, indicators, replicated=made)
    Areas.validate(areas)
    everything = scores.join(indicators.select("person_id", "wave", *index.indicators), on=["person_id", "wave"])
    measures, keys = list(index.measures), ["wave", "area", "measure"]

    def means(name):
        ratio = weights.select("person_id", _by=pl.col(name) / pl.col("panel_weight"))
        again = everything.join(ratio, on="person_id").with_columns(weight=pl.col("weight") * pl.col("_by"))
        return area_means(again, measures).sort(keys)

    each = np.array([means(name)["estimate"].to_numpy() for name in scales["replicate"]])
    factors = scales["variance_factor"].to_numpy()
    error = np.sqrt((factors[:, None] * (each - each.mean(axis=0)) ** 2).sum(axis=0))
    whole = means("panel_weight").with_columns(_error=error)
    joined = areas.filter("is_shown").join(whole, on=keys, suffix="_alone")
    assert joined.height == areas.filter("is_shown").height > 50
    assert joined["estimate"].to_list() == pytest.approx(joined["estimate_alone"].to_list(), abs=1e-9)
    assert joined["std_error"].to_list() == pytest.approx(joined["_error"].to_list(), abs=1e-9)
    change = index_changes(index, scores, indicators, replicated=made)
    AreaChanges.validate(change)
    row = change.filter(area="b", measure="index", kind="previous_wave").to_dicts()[0]
    rows = list(whole.select(keys).iter_rows())
    before, now = (each[:, rows.index((wave, "b", "index"))] for wave in ("w01", "w02"))
    moved = now - before
    assert row["std_error"] == pytest.approx(np.sqrt((factors * (moved - moved.mean()) ** 2).sum()), abs=1e-9)
    ratios = 100 * now / before
    assert row["ratio_error"] == pytest.approx(np.sqrt((factors * (ratios - ratios.mean()) ** 2).sum()), rel=0.02)


def test_people_and_waves_outside_the_set_are_not_in_it():
    index, scores, indicators, weights, scales = by_set(waves=("w02",), base_wave=None)
    assert set(scores["person_id"]) == set(weights["person_id"])
    assert scores["wave"].unique().to_list() == ["w02"] == indicators["wave"].unique().to_list()
    assert scores["weight"].mean() == pytest.approx(1)
    made = index_replicates(index, scores, indicators, replicate_weights=weights, scales=scales)
    areas = area_table(index, scores, indicators, replicated=made)
    found = index_uncertainty(index, areas, scores, indicators, replicated=made)
    assert set(areas["wave"]) == {"w02"} == set(found.intervals["round"])
    assert one(areas, "a", wave="w02")["n_persons"] == 160


def test_replicates_that_are_declared_must_be_given():
    index, scores, indicators, weights, scales = by_set()
    with pytest.raises(CohesionError, match="replicates of `stayers` are not given"):
        area_table(index, scores, indicators)
    with pytest.raises(CohesionError, match="no weight set is declared"):
        index_replicates(declared(), scores, indicators, replicate_weights=weights, scales=scales)
    with pytest.raises(CohesionError, match="nobody with a score is in the weight set"):
        in_weight_set(scores, indicators, weights, ["w09"])
    with pytest.raises(CohesionError, match="more than one weight in the set"):
        in_weight_set(scores, indicators, pl.concat([weights, weights]), ["w02"])
    with pytest.raises(CohesionError, match="panel_weight: must be numbers"):
        in_weight_set(scores, indicators, weights.with_columns(pl.col("panel_weight").cast(pl.String)), ["w02"])


def test_an_area_that_some_replicates_have_nobody_of_is_not_ranked():
    index, scores, indicators, weights, scales = by_set(ranked={"n_effective": 0, "reliability": 0})
    gone = scores.filter(area="d").select("person_id").unique().with_columns(_out=pl.lit(True))
    weights = weights.join(gone, on="person_id", how="left", maintain_order="left").with_columns(
        r0003=pl.when(pl.col("_out").is_null()).then("r0003").otherwise(0.0)
    )
    made = index_replicates(index, scores, indicators, replicate_weights=weights.drop("_out"), scales=scales)
    areas = area_table(index, scores, indicators, replicated=made)
    row = one(areas, "d")
    assert (row["is_shown"], row["is_ranked"], row["std_error"]) == (True, False, None)
    assert row["reason"] == "nobody of it in some replicates: no error can be estimated"
    assert "d" not in index_uncertainty(index, areas, scores, indicators, replicated=made).intervals["area"]
    change = index_changes(index, scores, indicators, replicated=made).filter(area="d", kind="previous_wave")
    assert change["std_error"].null_count() == change.height
    assert change["note"].str.contains("some replicates have nobody").all()
    for compare in (lambda: pairwise(made), lambda: rank_sets(made, seed=1)):
        with pytest.raises(CohesionError, match="areas that some replicates have nobody of"):
            compare()


def test_fewer_than_two_areas_and_areas_that_are_not_there_are_refused():
    index = declared(uncertainty={"replicates": 50})
    scores = person_scores(panel(), index, RANGES)
    made = index_replicates(index, scores.index, scores.indicators)
    alone = pl.DataFrame({"area": ["a"], "wave": ["w01"]})
    strange = pl.DataFrame({"area": ["a", "z"], "wave": ["w01", "w01"]})
    for compare in (lambda only: pairwise(made, only=only), lambda only: rank_sets(made, seed=1, only=only)):
        with pytest.raises(CohesionError, match="fewer than 2 areas to compare"):
            compare(alone)
        with pytest.raises(CohesionError, match="areas and waves that have no estimate"):
            compare(strange)


def test_both_kinds_of_ranges_of_ranks_are_in_the_table():
    index = declared(uncertainty={"replicates": 100})
    made = person_scores(panel(), index, RANGES)
    areas = area_table(index, made.index, made.indicators, made.design)
    areas = with_rank_intervals(areas, index_uncertainty(index, areas, made.index, made.indicators).intervals)
    ranked = areas.filter("is_ranked")
    for name in ("rank_set_low", "rank_set_high", "rank_low", "rank_high"):
        assert ranked[name].null_count() == 0
        assert areas.filter(~pl.col("is_ranked"))[name].null_count() == areas.height - ranked.height
    assert (ranked["rank_set_low"] <= ranked["rank"]).all()
    assert (ranked["rank_set_high"] >= ranked["rank"]).all()
    assert (ranked["rank_set_high"] - ranked["rank_set_low"]).sum() >= (ranked["rank_high"] - ranked["rank_low"]).sum()


def stratified(clusters=6, seed=5):
    """Two waves with sampling units in strata that cross the areas: a unit's people live in one area."""
    frame = panel()
    draw = np.random.default_rng(seed)
    people = frame.select("person_id", "area_code").unique(maintain_order=True)
    unit = people["area_code"] + pl.Series(draw.integers(0, clusters, people.height)).cast(pl.String)
    units = unit.unique(maintain_order=True)
    home = pl.DataFrame({"psu": units, "stratum": [f"s{at % 3}" for at in range(units.len())]})
    design = people.select("person_id").with_columns(psu=unit).join(home, on="psu", maintain_order="left")
    lift = dict(zip(units, draw.normal(0, 6, units.len()), strict=True))
    by = design["psu"].replace_strict(lift, return_dtype=pl.Float64)
    lifted = people.select("person_id").with_columns(_by=by)
    frame = frame.join(lifted, on="person_id", maintain_order="left").with_columns(
        (pl.col(name) + pl.col("_by")).clip(0, 100) for name in ("people", "council", "talks")
    )
    return frame.join(design, on="person_id", maintain_order="left").drop("_by")


def errors(frame, **more):
    index = declared(uncertainty={"replicates": 4000, "seed": 4}, **more)
    made = person_scores(frame, index, RANGES)
    areas = area_table(index, made.index, made.indicators, made.design)
    replicated = index_replicates(index, made.index, made.indicators, made.design)
    joined = areas.filter(pl.col("is_shown"), pl.col("std_error") > 0).join(
        replicated.table(), on=["area", "wave", "measure"], suffix="_drawn"
    )
    return joined, replicated


def test_the_bootstrap_has_the_errors_of_the_design():
    joined, replicated = errors(stratified())
    assert joined["std_error_drawn"].to_list() == pytest.approx(joined["std_error"].to_list(), rel=0.12)
    assert replicated.resamples.merged == 0
    assert not replicated.absent().any()


def test_strata_of_one_unit_are_drawn_from_together_and_counted():
    own = pl.col("psu").is_in(["a0", "b1", "c2"])
    frame = stratified().with_columns(stratum=pl.when(own).then(pl.col("psu")).otherwise("stratum"))
    joined, replicated = errors(frame)
    assert replicated.resamples.merged == 3
    assert joined["std_error_drawn"].to_list() == pytest.approx(joined["std_error"].to_list(), rel=0.25)
    again = frame.with_columns(stratum=pl.when(pl.col("psu") == "a0").then(pl.lit("alone")).otherwise(pl.lit("s")))
    assert errors(again)[1].resamples.merged == 1


def test_placed_people_keep_their_stratum_within_the_arm():
    rows = placed(person_scores(stratified(), declared(), RANGES).index, None)
    assert set(rows["_stratum"]) == {"main|"}


AREAS = {
    "min_max": {"normalisation": {"method": "min_max"}},
    "z_score": {"normalisation": {"method": "z_score", "mean_sd": [100, 15]}},
    "percentile": {"normalisation": {"method": "percentile"}},
    "geometric": {"normalisation": {"method": "own_range", "bounds": [1, 10]}, "aggregation": {"index": "geometric"}},
    "bounds": {"normalisation": {"method": "own_range", "bounds": [0, 10]}, "weights": {"method": "pca"}},
}


@pytest.mark.parametrize("case", AREAS)
def test_changes_of_an_index_composed_over_areas_are_those_of_its_areas(case):
    index = declared(
        composed="areas", uncertainty={"replicates": 60}, comparison={"areas": ["a"], "label": "North"}, **AREAS[case]
    )
    made = person_scores(panel(), index, RANGES)
    replicated = index_replicates(index, made.index, made.indicators, made.design)
    areas = area_table(index, made.index, made.indicators, made.design, replicated=replicated)
    found = index_changes(index, made.index, made.indicators, made.design, replicated=replicated)
    AreaChanges.validate(found)
    for measure in ("index", "trust", "talks"):
        now, before = (one(areas, "b", measure, wave)["estimate"] for wave in ("w02", "w01"))
        row = found.filter(area="b", measure=measure, kind="previous_wave").to_dicts()[0]
        assert row["estimate"] == pytest.approx(now - before, abs=1e-9)
        assert row["ratio"] == pytest.approx(100 * now / before, rel=1e-9)
        assert row["conf_low"] < row["estimate"] < row["conf_high"]
        against = found.filter(area="b", measure=measure, kind="comparison", wave="w01").to_dicts()[0]
        assert against["estimate"] == pytest.approx(before - one(areas, "a", measure)["estimate"], abs=1e-9)
    table = {row["area"]: row for row in areas.filter(measure="index", wave="w01").to_dicts()}
    uncertain = index_uncertainty(index, areas, made.index, made.indicators, replicated=replicated)
    pair = uncertain.pairs.filter(round="w01", measure="index", area="a", other="b").to_dicts()[0]
    assert pair["difference"] == pytest.approx(table["a"]["estimate"] - table["b"]["estimate"], abs=1e-9)


def test_what_both_waves_asked_is_composed_again_in_every_replicate():
    frame = panel().with_columns(council=pl.when(pl.col("wave") == "w01").then("council"))
    index = declared(composed="areas", uncertainty={"replicates": 60})
    made = person_scores(frame, index, RANGES)
    replicated = index_replicates(index, made.index, made.indicators)
    row = index_changes(index, made.index, made.indicators, replicated=replicated).filter(
        area="b", measure="trust", kind="previous_wave"
    ).to_dicts()[0]  # fmt: skip
    means = area_table(index, made.index, made.indicators, replicated=replicated)
    people = [one(means, "b", "people", wave)["estimate"] for wave in ("w01", "w02")]
    assert row["estimate"] == pytest.approx(people[1] - people[0], abs=1e-9)
    assert row["common_indicators"] == 1
