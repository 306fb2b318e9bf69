"""Persons' scores of an index, and means of areas, by closed forms worked out here."""

import datetime as dt
import math
from statistics import fmean, stdev

import numpy as np
import polars as pl
import pytest
from scipy.stats import t as student

from pipeline.errors import CohesionError
from pipeline.index import area_means, person_scores
from pipeline.models import design_means
from pipeline.specs.index import Index
from pipeline.tables import IndexMethods, index_schema, indicators_schema

HEAD = {"study": "s", "arm": "a", "wave": "w01", "fieldwork_start": dt.date(2024, 1, 1)}
DOMAINS = {
    "trust": {"label": "Trust", "indicators": ["people", "council"]},
    "contact": {"label": "Contact", "indicators": {"talks": {}, "unease": {"direction": "lower"}}},
}
RANGES = {"people": (0, 10), "council": (1, 5), "talks": (1, 5), "unease": (1, 3)}
ANSWERS = {
    "people": [10.0, 5.0, None, None],
    "council": [3.0, None, None, 1.0],
    "talks": [1.0, 2.0, 5.0, None],
    "unease": [1.0, 3.0, None, None],
}


def panel(**columns):
    frame = pl.DataFrame({"person_id": list("pqrs"), **ANSWERS, "place": [1.0, 1.0, 2.0, None], **columns})
    return frame.with_columns(pl.lit(value).alias(name) for name, value in HEAD.items() if name not in columns)


def declared(**more):
    return Index.model_validate({"title": "Index", "area": "place", "domains": DOMAINS, **more})


def scored(frame=None, given=None, **more):
    return person_scores(panel() if frame is None else frame, declared(**more), RANGES, given)


def test_a_person_is_scored_where_half_is_answered():
    made = scored()
    assert made.indicators["unease"].to_list() == [100, 0, None, None]
    assert made.index["trust"].to_list() == [75, 50, None, 0]
    assert made.index["contact"].to_list() == [50, 12.5, 100, None]
    assert made.index["index"].to_list() == [62.5, 31.25, 100, 0]
    assert made.index["area"].to_list() == ["1", "1", "2", None]
    index_schema(["trust", "contact"]).validate(made.index)
    indicators_schema(list(ANSWERS)).validate(made.indicators)
    IndexMethods.validate(made.methods)


def test_a_stricter_coverage_leaves_out_more():
    made = scored(coverage={"indicators": 1, "domains": 1})
    assert made.index["trust"].to_list() == [75, None, None, None]
    assert made.index["index"].to_list() == [62.5, None, None, None]


def test_declared_weights_count_within_what_is_answered():
    made = scored(weights={"method": "declared", "domains": {"trust": 3}, "indicators": {"people": 4}})
    assert made.index["trust"][0] == pytest.approx((4 * 100 + 50) / 5)
    assert made.index["trust"][1] == 50
    assert made.index["index"][0] == pytest.approx((3 * 90 + 50) / 4)


def test_budget_weights_are_those_of_the_people_who_gave_points():
    budget = {"Ada": {"trust": 3, "contact": 1}, "Grace": {"trust": 1, "contact": 1}}
    made = scored(weights={"method": "budget", "budget": budget})
    assert made.index["index"][0] == pytest.approx(0.625 * 75 + 0.375 * 50)


def test_a_geometric_mean_onto_1_to_100():
    made = scored(normalisation={"bounds": [1, 100]}, aggregation={"domains": "geometric", "index": "harmonic"})
    trust, contact = math.sqrt(100 * 50.5), math.sqrt(1 * 100)
    assert made.index["trust"][0] == pytest.approx(trust)
    assert made.index["index"][0] == pytest.approx(2 / (1 / trust + 1 / contact))


def test_z_scores_are_over_everybody():
    made = scored(normalisation={"method": "z_score", "mean_sd": [50, 10]})
    talks = [1.0, 2.0, 5.0]
    assert made.indicators["talks"].to_list()[:3] == pytest.approx(
        [50 + 10 * (one - fmean(talks)) / stdev(talks) for one in talks]
    )


def test_weights_of_a_wave_without_any_are_one():
    given = pl.DataFrame({"person_id": list("pqr"), "wave": "w01", "scaled_weight": [2.0, 1.0, None]})
    assert scored(given=given).index["weight"].to_list() == [2, 1, None, None]
    empty = given.with_columns(scaled_weight=pl.lit(None, pl.Float64))
    assert scored(given=empty).index["weight"].to_list() == [1] * 4


def test_rows_and_scores_do_not_depend_on_the_order_of_people():
    shuffled = scored(panel().sample(fraction=1, shuffle=True, seed=4)).index.sort("person_id")
    assert shuffled.equals(scored().index.sort("person_id"))


REFUSED = {
    "a score that is absent": (lambda: scored(panel().drop("talks")), "talks: the panel has no such score"),
    "values outside the range": (
        lambda: scored(panel(talks=[1.0, 9, 9, 2])),
        "talks: values outside its range of 1 to 5 (2)",
    ),
    "no range": (lambda: person_scores(panel(), declared(), {}), "people: has no range of its own"),
    "no area": (lambda: scored(panel().drop("place")), "place: the panel has no such column"),
    "an arm without people": (lambda: scored(arms=["b"]), "b: nobody in the panel is in this arm"),
    "text": (lambda: scored(panel(talks=["a"] * 4)), "talks: an indicator must be a number"),
    "waves that are numbers": (lambda: scored(panel().with_columns(wave=1)), "wave: must be text"),
    "weights of people who are numbers": (
        lambda: scored(given=pl.DataFrame({"person_id": [1], "wave": ["w01"], "scaled_weight": [1.0]})),
        "person_id: is String in one frame and Int64 in the other",
    ),
    "a person twice": (lambda: scored(pl.concat([panel(), panel()])), "a person more than once in a wave"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case):
    call, said = REFUSED[case]
    with pytest.raises(CohesionError) as caught:
        call()
    assert said in str(caught.value)


def sample(n=400, seed=7):
    draw = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "person_id": [f"p{k}" for k in range(n)],
            "arm": "a",
            "wave": "w01",
            "area": draw.choice(["n", "s", "e"], n),
            "weight": np.exp(draw.normal(0, 0.4, n)),
            "trust": np.where(draw.random(n) < 0.1, np.nan, draw.normal(50, 15, n)),
            "stratum": draw.choice(["1", "2"], n),
            "psu": draw.integers(0, 20, n).astype(str),
        }
    ).fill_nan(None)


@pytest.mark.parametrize("clustered", [True, False])
def test_means_and_errors_are_those_of_the_survey_design(clustered):
    frame = sample()
    design = frame.select("person_id", "wave", "stratum", "psu") if clustered else None
    made = area_means(frame.drop("stratum", "psu"), ["trust"], design)
    options = {"strata": "stratum", "psu": "psu"} if clustered else {}
    expected = design_means(frame, ["trust"], weight="weight", by=["wave", "area"], **options)
    found = made.sort("area")
    rows = expected.sort("group")
    assert found["estimate"].to_list() == pytest.approx(rows["estimate"].to_list(), abs=1e-8)
    assert found["std_error"].to_list() == pytest.approx(rows["std_error"].to_list(), abs=1e-8)


def test_kish_and_the_interval_of_a_small_area():
    frame = pl.DataFrame(
        {
            "person_id": list("abcd"), "arm": "a", "wave": "w01", "area": ["1", "1", "1", "2"],
            "weight": [1.0, 2.0, 1.0, 1.0], "trust": [0.0, 10.0, 20.0, 5.0],
        }
    )  # fmt: skip
    row, alone = area_means(frame, ["trust"]).to_dicts()
    z = [w * (y - 10) / 4 for w, y in ((1, 0), (2, 10), (1, 20))]
    error = math.sqrt(4 / 3 * sum(one**2 for one in z))
    assert row["n_effective"] == pytest.approx(16 / 6)
    assert row["std_error"] == pytest.approx(error)
    assert row["conf_high"] == pytest.approx(10 + student.ppf(0.975, 2) * error)
    assert (alone["estimate"], alone["std_error"], alone["conf_low"]) == (5, None, None)


def test_a_household_is_a_cluster_where_there_is_no_unit():
    frame = sample(60).with_columns(trust=pl.col("trust").fill_null(40.0)).drop("stratum", "psu")
    twins = pl.concat([frame, frame.with_columns(person_id=pl.concat_str(pl.lit("q"), "person_id"))])
    homes = twins.select("person_id", "wave", household_id=pl.col("person_id").str.replace("q", ""))
    one = area_means(frame, ["trust"])["std_error"].to_list()
    assert area_means(twins, ["trust"], homes)["std_error"].to_list() == pytest.approx(one, abs=1e-10)
