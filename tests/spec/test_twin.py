"""Invented people: as the study's people in all they answer and leave out, and near to no single one of them."""

import polars as pl
import pytest
from twin_panel import COLUMNS, ITEMS, MISSING, WAVES, panel

from pipeline.errors import CohesionError
from pipeline.twin import distance, privacy, synthetic_twin
from pipeline.twin.synthesise import OUTCOMES

KNOWN = ("woman", "job", "stratum", "trust", "belong", "contact", "help", "follow")
"""What an intruder would know of a person."""


@pytest.fixture(scope="module")
def study() -> dict[str, pl.DataFrame]:
    return panel(1)


@pytest.fixture(scope="module")
def twin(study) -> dict[str, pl.DataFrame]:
    return synthetic_twin(study, COLUMNS, seed=3)


def test_it_has_the_columns_the_waves_and_about_the_people_of_the_study(study, twin):
    assert list(twin) == list(WAVES)
    for wave, frame in study.items():
        assert set(twin[wave].columns) == set(frame.columns)
        assert abs(twin[wave].height - frame.height) < 0.02 * frame.height


def test_it_is_near_in_missing_codes_codes_attrition_associations_and_stability(study, twin):
    near = distance(study, twin, COLUMNS)
    assert near.missing < 0.02
    assert near.codes < 0.04
    assert near.participation < 0.02
    assert near.associations < 0.05
    assert near.largest_association < 0.15
    assert near.stability < 0.08


def test_answers_that_are_left_out_together_are_left_out_together(twin):
    for frame in twin.values():
        routed = frame.filter(pl.col("follow") == "-1")
        assert routed.height > 100
        assert routed["follow_more"].unique().to_list() == ["-1"]


def test_who_leaves_depends_on_answers_as_in_the_study(study, twin):
    def gap(waves: dict[str, pl.DataFrame]) -> float:
        first = waves["w01"].filter(~pl.col("trust").is_in(MISSING))
        stayed = first["person_id"].is_in(waves["w03"]["person_id"].implode())
        values = first["trust"].cast(pl.Float64)
        return float(values.filter(stayed).mean() - values.filter(~stayed).mean())  # type: ignore[operator]

    assert gap(study) > 0.15
    assert gap(twin) == pytest.approx(gap(study), abs=0.15)


def test_what_lasts_does_not_change(twin):
    for column in ("woman", "psu", "stratum"):
        seen = pl.concat([frame.select("person_id", column) for frame in twin.values()]).unique()
        assert seen["person_id"].is_unique().all()


def test_codes_without_an_order_are_given_again_as_often(study, twin):
    def again(waves: dict[str, pl.DataFrame]) -> float:
        both = waves["w01"].join(waves["w02"].select("person_id", pl.col("job").alias("later")), on="person_id")
        return float((both["job"] == both["later"]).mean())  # type: ignore[arg-type]

    assert again(study) > 0.4
    assert again(twin) == pytest.approx(again(study), abs=0.05)


def test_sampling_units_are_as_many_and_as_alike(study, twin):
    def between(frame: pl.DataFrame) -> float:
        values = frame.filter(~pl.col("trust").is_in(MISSING)).select("psu", pl.col("trust").cast(pl.Float64))
        means = values.group_by("psu").agg(pl.col("trust").mean(), pl.len())
        return float(means["trust"].var()) / float(values["trust"].var())  # type: ignore[arg-type]

    assert abs(twin["w01"]["psu"].n_unique() - study["w01"]["psu"].n_unique()) <= 4
    assert not set(twin["w01"]["psu"]) & set(study["w01"]["psu"])
    assert between(twin["w01"]) == pytest.approx(between(study["w01"]), abs=0.12)


def test_what_few_people_have_is_not_kept(study, twin):
    assert (study["w01"]["trust"] == "6").sum() == 3
    assert not any((frame["trust"] == "6").any() for frame in twin.values())
    real, made = (
        waves["w01"].filter(pl.col("income") != "-9")["income"].cast(pl.Float64) for waves in (study, twin)
    )  # fmt: skip
    assert real.min() < made.min()  # type: ignore[operator]
    assert made.max() < real.max()  # type: ignore[operator]


def test_a_seed_names_a_twin(study, twin):
    again = synthetic_twin(study, COLUMNS, seed=3)
    other = synthetic_twin(study, COLUMNS, seed=4)
    assert all(again[wave].equals(twin[wave]) for wave in WAVES)
    assert not other["w01"].equals(twin["w01"])


def test_it_is_near_to_no_single_person(study, twin):
    """Against as many other people of the same population, who were not used."""
    found = privacy(study["w01"], panel(2)["w01"], twin["w01"], KNOWN)
    assert found.ratio > 0.9
    assert found.copies <= found.by_chance + 0.02
    assert 0.45 < found.membership < 0.55


def test_a_copy_of_the_study_is_found_out(study):
    found = privacy(study["w01"], panel(2)["w01"], study["w01"], KNOWN)
    assert found.copies == 1.0
    assert found.membership > 0.9


def test_field_reports_go_with_the_courses(study):
    everybody = sorted(set(study["w01"]["person_id"]))
    rows = []
    for wave in WAVES:
        here = set(study[wave]["person_id"])
        rows += [
            (person, wave, "complete" if person in here else "refused" if int(person[1:]) % 3 else "dead")
            for person in everybody
        ]
    outcomes = pl.DataFrame(rows, schema=["person_id", "wave", "outcome"], orient="row")
    made = synthetic_twin(study, COLUMNS, outcomes=outcomes, seed=1)
    reported = made[OUTCOMES]
    later = reported.filter(pl.col("wave") == "w03")
    real = outcomes.filter(pl.col("wave") == "w03")
    for outcome in ("refused", "dead"):
        share = (later["outcome"] == outcome).mean()
        assert share == pytest.approx((real["outcome"] == outcome).mean(), abs=0.05)
    dead = set(reported.filter((pl.col("wave") == "w02") & (pl.col("outcome") == "dead"))["person_id"])
    assert dead
    assert not dead & set(made["w03"]["person_id"])


@pytest.mark.parametrize(
    ("waves", "said"),
    [
        ({"w01": panel(1)["w01"].head(20)}, "fewer than 30"),
        ({"w01": pl.concat([panel(1)["w01"].head(40)] * 2)}, "each person once"),
        ({"w01": panel(1)["w01"].with_columns(pl.lit(1).alias("trust"))}, "is not a column of text"),
        ({"w01": panel(1)["w01"].drop("person_id")}, "person_id"),
    ],
    ids=["few", "twice", "numbers", "nobody"],
)
def test_what_is_no_panel_is_refused(waves, said):
    with pytest.raises(CohesionError, match=said):
        synthetic_twin(waves, COLUMNS)


def test_a_panel_of_few_answers_gives_a_twin_of_what_many_share():
    few = {"w01": panel(1)["w01"].head(40).select("person_id", *ITEMS)}
    made = synthetic_twin(few, COLUMNS, seed=1)
    assert made["w01"].height == 40
    for item in ITEMS:
        assert set(made["w01"][item].drop_nulls()) <= set(few["w01"][item])
