"""The table of areas: what is shown, who is ranked, and where small areas are shrunk to."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import (
    area_covariates,
    area_table,
    index_changes,
    index_coherence,
    index_uncertainty,
    person_scores,
    with_rank_intervals,
)
from pipeline.specs.index import Index
from pipeline.tables import AreaChanges, AreaPairs, Areas, AreaSensitivity, Coherence

SIZES = {"a": 200, "b": 200, "c": 200, "d": 60, "e": 25, "f": 9, "g": 150}
LEVEL = {"a": 40, "b": 50, "c": 60, "d": 45, "e": 90, "f": 5, "g": 70}
DOMAINS = {
    "trust": {"label": "Trust", "indicators": ["people", "council"]},
    "contact": {"label": "Contact", "indicators": ["talks"]},
}
RANGES = dict.fromkeys(("people", "council", "talks"), (0, 100))


def declared(**more):
    given = {"title": "Index", "area": "area", "domains": DOMAINS, "base_wave": "w01", **more}
    return Index.model_validate(given)


def panel(seed=3, waves=("w01", "w02")):
    draw = np.random.default_rng(seed)
    area = [name for name, size in SIZES.items() for _ in range(size)]
    level = np.array([LEVEL[name] for name in area], dtype=float)
    own = draw.normal(0, 8, len(area))
    parts = []
    for place, wave in enumerate(waves):
        values = {
            name: np.clip(level + own + 2 * place + draw.normal(0, 8, len(area)), 0, 100)
            for name in ("people", "council", "talks")
        }
        head = {"study": "s", "arm": "main", "wave": wave, "fieldwork_start": dt.date(2024, 1 + place, 1)}
        parts.append(
            pl.DataFrame(
                {
                    "person_id": [f"p{number}" for number in range(len(area))], "area_code": area,
                    "deprivation": [float(ord(name)) for name in area], **values,
                }
            ).with_columns(pl.lit(value).alias(name) for name, value in head.items())
        )  # fmt: skip
    return pl.concat(parts)


def table(index=None, **more):
    index = index or declared()
    made = person_scores(panel(), index, RANGES)
    return area_table(index, made.index, made.indicators, made.design, **more)


def one(frame, area, measure="index", wave="w01"):
    return frame.filter(area=area, measure=measure, wave=wave).to_dicts()[0]


def test_every_measure_of_every_area_and_wave_has_a_row():
    made = table(labels={"a": "North"})
    Areas.validate(made)
    assert made.height == 7 * 2 * 6
    assert dict(made.select("measure", "level").unique().iter_rows()) == declared().measures
    assert one(made, "a")["label"] == "North"
    assert one(made, "b")["label"] == "b"


def test_fewer_people_than_may_be_shown_have_no_number():
    row = one(table(), "f")
    assert (row["is_shown"], row["is_ranked"], row["reason"]) == (False, False, "fewer than 10 people")
    numbers = {"estimate", "std_error", "conf_low", "n_persons", "n_effective", "reliability", "shrunken", "rank"}
    assert {row[name] for name in numbers} == {None}


def test_a_small_area_is_shown_and_not_ranked():
    row = one(table(), "e")
    assert (row["is_shown"], row["is_ranked"], row["rank"]) == (True, False, None)
    assert row["reason"] == "effective n below 30"
    assert row["estimate"] is not None


def test_an_unreliable_area_is_not_ranked():
    row = one(table(declared(ranked={"n_effective": 0, "reliability": 0.9999})), "d")
    assert (row["is_ranked"], row["reason"]) == (False, "reliability below 0.9999")


def test_ranks_are_of_those_that_are_ranked():
    made = table().filter(measure="index", wave="w01", is_ranked=True).sort("rank")
    assert made["area"].to_list() == ["g", "c", "b", "d", "a"]
    assert made["rank"].to_list() == [1, 2, 3, 4, 5]


def test_an_interval_of_ranks_holds_the_rank():
    given = pl.DataFrame(
        {
            "wave": ["w01"] * 2,
            "area": ["g", "e"],
            "measure": ["index"] * 2,
            "rank_low": [2.0, 1.0],
            "rank_high": [3.0, 9.0],
            "rank_set_low": [1.0, None],
            "rank_set_high": [2.0, None],
        }
    )
    made = with_rank_intervals(table(), given)
    assert (one(made, "g")["rank_low"], one(made, "g")["rank_high"]) == (1, 3)
    assert one(made, "e")["rank_low"] is None
    assert one(made, "a")["rank_low"] is None


def test_small_areas_are_shrunk_more():
    made = table(declared(ranked={"n_effective": 0, "reliability": 0}))
    middle = made.filter(measure="index", wave="w01", is_shown=True)["estimate"].mean()
    pull = {
        name: (one(made, name)["estimate"] - one(made, name)["shrunken"]) / (one(made, name)["estimate"] - middle)
        for name in ("a", "e")
    }
    assert 0 < pull["a"] < pull["e"] < 0.2
    assert one(made, "a")["reliability"] > one(made, "e")["reliability"]


def test_covariates_are_those_of_the_areas_people():
    index = declared(small_areas={"covariates": ["deprivation"]})
    made = person_scores(panel(), index, RANGES)
    known = area_covariates(made.index, panel(), ["deprivation"])
    with pytest.raises(CohesionError, match="deprivation: must be numbers"):
        area_covariates(made.index, panel().with_columns(deprivation=pl.lit("high")), ["deprivation"])
    assert known.filter(area="c", wave="w02")["deprivation"].item() == ord("c")
    with_them = area_table(index, made.index, made.indicators, area_measures=known)
    assert with_them["shrunken"].null_count() == with_them["estimate"].null_count()
    with pytest.raises(CohesionError, match="covariates of the small-area model are not given"):
        area_table(index, made.index, made.indicators)


def test_without_a_method_there_is_no_small_area_estimate():
    made = table(declared(small_areas={"method": "none"}))
    assert made["shrunken"].null_count() == made.height
    assert one(made, "a")["reliability"] > 0.5


def test_changes_and_the_comparison_as_declared():
    index = declared(comparison={"areas": ["a"], "label": "The north"})
    made = person_scores(panel(), index, RANGES)
    found = index_changes(index, made.index, made.indicators, made.design)
    AreaChanges.validate(found)
    row = found.filter(area="b", measure="index", kind="previous_wave").to_dicts()[0]
    assert row["estimate"] == pytest.approx(2, abs=1.5)
    assert row["against"] == "w01"
    apart = found.filter(area="b", measure="index", kind="comparison", wave="w01").to_dicts()[0]
    assert apart["estimate"] == pytest.approx(one(table(), "b")["estimate"] - one(table(), "a")["estimate"], abs=1e-9)
    few = found.filter(area="f")["estimate"]
    assert few.null_count() == few.len()


def test_nothing_depends_on_the_order_of_people_or_on_how_they_are_called():
    index = declared()
    other = (
        panel()
        .sample(fraction=1, shuffle=True, seed=8)
        .with_columns(person_id=pl.col("person_id").str.replace("p", "z"))
    )
    made, again = (person_scores(frame, index, RANGES) for frame in (panel(), other))
    one, two = (area_table(index, each.index, each.indicators, each.design) for each in (made, again))
    for name in ("estimate", "std_error", "shrunken"):
        assert two[name].to_list() == pytest.approx(one[name].to_list(), abs=1e-9)
    assert two.select("area", "rank", "reason").rows() == one.select("area", "rank", "reason").rows()


def test_what_choices_of_method_and_sampling_do_to_ranks():
    choices = {"weights": ["equal", "random"], "aggregation": ["arithmetic", "geometric"]}
    index = declared(uncertainty={"draws": 50, "replicates": 60, "seed": 5, "choices": choices})
    made = person_scores(panel(), index, RANGES)
    areas = area_table(index, made.index, made.indicators, made.design)
    found = index_uncertainty(index, areas, made.index, made.indicators, made.design)
    AreaPairs.validate(found.pairs)
    AreaSensitivity.validate(found.sensitivity)
    ranked = with_rank_intervals(areas, found.intervals).filter(measure="index", is_ranked=True)
    assert ranked["rank_low"].null_count() == 0
    assert (ranked["rank_low"] <= ranked["rank"]).all()
    assert (ranked["rank"] <= ranked["rank_high"]).all()
    assert not {"e", "f"} & {*found.pairs["area"], *found.pairs["other"], *found.sensitivity["area"]}
    sure = found.pairs.filter(round="w01", measure="index", area="a", other="c")
    assert sure["probability"].item() < 0.01
    assert sure["difference"].item() == pytest.approx(
        one(areas, "a")["estimate"] - one(areas, "c")["estimate"], abs=0.2
    )


def test_coherence_leaves_out_areas_of_too_few_people():
    index = declared()
    made = person_scores(panel(), index, RANGES)
    found = index_coherence(index, made.index, made.indicators)
    Coherence.validate(found)
    areas = found.filter(pl.col("check") == "icc2")["area"]
    assert "f" not in areas.to_list()
    assert "e" in areas.to_list()
    assert {"alpha", "within_domain", "between_domains"} <= set(found["check"])


def test_an_area_of_one_sampling_unit_is_not_ranked():
    index = declared()
    made = person_scores(panel(), index, RANGES)
    design = made.index.select("person_id", "wave", psu=pl.col("area") + pl.col("person_id").str.slice(-1))
    design = design.with_columns(psu=pl.when(pl.col("psu").str.starts_with("a")).then(pl.lit("a")).otherwise("psu"))
    row = one(area_table(index, made.index, made.indicators, design), "a")
    assert (row["is_shown"], row["is_ranked"], row["std_error"]) == (True, False, None)
    assert row["reason"] == "all of one sampling unit: no error can be estimated"


def test_an_index_composed_over_areas():
    index = declared(composed="areas", normalisation={"method": "min_max"}, uncertainty={"replicates": 50})
    made = person_scores(panel(), index, RANGES)
    found = area_table(index, made.index, made.indicators, made.design)
    means = {name: found.filter(measure=name, wave="w01", is_shown=True) for name in ("people", "council", "talks")}
    assert one(found, "a", "talks")["estimate"] == pytest.approx(40, abs=3)
    row = one(found, "e")
    assert row["estimate"] == pytest.approx(100, abs=1)
    assert row["std_error"] is not None
    assert means["people"].height == 6


def test_a_wave_of_few_areas_has_no_small_area_estimates():
    frame = panel().filter((pl.col("wave") == "w01") | pl.col("area_code").is_in(["a", "b", "c"]))
    made = person_scores(frame, declared(), RANGES)
    found = area_table(declared(), made.index, made.indicators)
    assert found.filter(wave="w02")["shrunken"].null_count() == 3 * 6
    assert one(found, "a")["shrunken"] is not None
    assert one(found, "a", wave="w02")["reason"] == "too few areas for a reliability"


def test_a_measure_that_is_the_same_of_everybody_has_no_small_area_estimate():
    made = person_scores(panel().with_columns(talks=pl.lit(50.0)), declared(), RANGES)
    found = area_table(declared(), made.index, made.indicators)
    assert found.filter(measure="contact")["shrunken"].null_count() == 7 * 2
    assert one(found, "a", "contact")["std_error"] == 0
