"""Changes of areas: common indicators only, base wave = 100, refused benchmarks, few people, order of rows."""

import numpy as np
import polars as pl
import pytest
from scipy.special import stdtrit

from pipeline.errors import CohesionError
from pipeline.index import area_changes, mean_scores

DOMAINS = {"trust": ["q1", "q2"], "ties": ["q3"]}
MEASURES = ["trust", "ties", "index"]
BENCHMARK = {"label": "National survey", "measure": "trust", "value": 50.0, "std_error": 1.0}


def panel(people: int = 60, seed: int = 1) -> pl.DataFrame:
    """Two areas and three waves; ``q2`` not asked in the first wave, ``q3`` in the last; area b is small."""
    draw = np.random.default_rng(seed)
    level = draw.normal(60, 10, people)
    areas = ["b" if number < 12 else "a" for number in range(people)]
    frames = [
        pl.DataFrame(
            {
                "person_id": [f"p{number:03d}" for number in range(people)],
                "study": "s",
                "arm": ["other" if area == "b" else "main" for area in areas],
                "wave": f"w{wave}",
                "area": areas,
                "weight": draw.uniform(0.5, 2, people),
                **{f"q{item}": level + 2 * wave + draw.normal(0, 5, people) for item in (1, 2, 3)},
            }
        ).with_columns(
            q2=None if wave == 1 else pl.col("q2"), q3=None if wave == 3 else pl.col("q3")
        )
        for wave in (1, 2, 3)
    ]  # fmt: skip
    indicators = pl.concat(frames, how="vertical_relaxed")
    scored = mean_scores(DOMAINS)(indicators, ["q1", "q2", "q3"])
    return indicators.with_columns(scored)


def changes(frame: pl.DataFrame, **options: object) -> pl.DataFrame:
    return area_changes(frame, MEASURES, indicators=frame, domains=DOMAINS, **options)


def row(made: pl.DataFrame, **of: object) -> dict:
    found = made.filter(**of)
    assert found.height == 1, found
    return found.row(0, named=True)


def mean(frame: pl.DataFrame, column: str, wave: str, area: str = "a") -> float:
    own = frame.filter(wave=wave, area=area).drop_nulls(column)
    return float(np.average(own[column], weights=own["weight"]))


def test_a_domain_is_compared_on_what_both_waves_asked() -> None:
    frame = panel()
    made = row(changes(frame), area="a", measure="trust", kind="previous_wave", wave="w2")
    assert made["estimate"] == pytest.approx(mean(frame, "q1", "w2") - mean(frame, "q1", "w1"))
    assert (made["common_indicators"], made["study"]) == (1, "s")


def test_the_index_is_composed_again_on_what_both_waves_asked() -> None:
    frame = panel()
    made = row(changes(frame), area="a", measure="index", kind="base_wave", wave="w3", against="w1")
    assert made["estimate"] == pytest.approx(mean(frame, "q1", "w3") - mean(frame, "q1", "w1"))
    assert made["ratio"] == pytest.approx(100 * mean(frame, "q1", "w3") / mean(frame, "q1", "w1"))
    assert made["note"] == "on the 1 of 3 indicators that both sides were asked"


def test_the_wave_before_is_the_last_in_which_the_measure_was_asked() -> None:
    made = changes(panel()).filter(measure="ties", kind="previous_wave", area="a")
    assert made.select("wave", "against").rows() == [("w2", "w1")]


def test_nothing_in_common_is_no_number_and_says_so() -> None:
    frame = panel().with_columns(
        trust=pl.when(pl.col("wave") == "w1").then("q1").otherwise("q2"),
        q1=pl.when(pl.col("wave") == "w1").then("q1"),
    )
    made = row(changes(frame), area="a", measure="trust", kind="previous_wave", wave="w2")
    assert (made["estimate"], made["common_indicators"]) == (None, 0)
    assert made["note"] == "no indicator of this measure was asked on both sides"


def test_the_comparison_arm_is_compared_with_and_has_no_row_of_its_own() -> None:
    frame = panel()
    made = changes(frame, comparison_arm="other", kinds=["comparison", "comparison_change"])
    assert set(made["area"]) == {"a"}
    level = row(made, kind="comparison", measure="ties", wave="w1")
    assert level["estimate"] == pytest.approx(mean(frame, "q3", "w1") - mean(frame, "q3", "w1", "b"))
    moved = row(made, kind="comparison_change", measure="ties", wave="w2")
    own, theirs = (mean(frame, "q3", "w2", area) - mean(frame, "q3", "w1", area) for area in "ab")
    assert moved["estimate"] == pytest.approx(own - theirs)


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"wording": "different", "mode": "same"}, "not compared: the benchmark has another wording"),
        ({"wording": "same", "mode": "different"}, "not compared: the benchmark has another mode"),
        (
            {"wording": "different", "mode": "different"},
            "not compared: the benchmark has another wording and another mode",
        ),
    ],
)
def test_a_benchmark_of_other_wording_or_mode_is_refused_with_the_reason(said, note) -> None:
    made = changes(panel(), benchmarks=[BENCHMARK | said], kinds=["benchmark"])
    assert set(made["note"]) == {note}
    assert made["estimate"].null_count() == made.height > 0


def test_the_error_of_a_benchmark_adds_to_the_areas() -> None:
    same = {"wording": "same", "mode": "same"}
    known = changes(panel(), benchmarks=[BENCHMARK | same], kinds=["benchmark"])
    exact = changes(panel(), benchmarks=[BENCHMARK | same | {"std_error": None}], kinds=["benchmark"])
    assert (known["std_error"] ** 2).to_list() == pytest.approx((exact["std_error"] ** 2 + 1).to_list())
    assert set(exact["note"]) == {"the benchmark is given without an error, and taken as exact"}


@pytest.mark.parametrize(("people", "shown"), [(9, False), (10, True)])
def test_fewer_than_ten_people_on_one_side_are_no_number(people, shown) -> None:
    frame = panel().filter(
        (pl.col("area") == "a") | (pl.col("wave") != "w2") | (pl.col("person_id") < f"p{people:03d}")
    )
    made = row(changes(frame), area="b", measure="ties", kind="previous_wave", wave="w2")
    values = ("estimate", "std_error", "conf_low", "ratio", "ratio_low", "n_persons")
    assert all((made[name] is not None) == shown for name in values)
    assert shown or made["note"] == "fewer than 10 people on one side"


@pytest.mark.parametrize("low", [0.02, 5.0, 60.0], ids=["base-near-zero", "small-base", "usual"])
def test_a_ratio_has_an_interval_above_zero_whose_ends_are_equally_far_as_factors(low) -> None:
    people = [f"p{number:02d}" for number in range(20)]
    spread = [low * (1 + 0.9 * (-1) ** number) for number in range(20)]
    frame = pl.DataFrame(
        {
            "person_id": people * 2,
            "wave": ["w1"] * 20 + ["w2"] * 20,
            "area": ["a"] * 40,
            "ties": [*spread, *([low + 1.0] * 10 + [low] * 10)],
        }
    )
    made = area_changes(frame, ["ties"], weight=None, kinds=["base_wave"]).to_dicts()[0]
    assert 0 < made["ratio_low"] < made["ratio"] < made["ratio_high"]
    factor = np.exp(stdtrit(made["df"], 0.975) * made["ratio_error"] / made["ratio"])
    assert made["ratio_high"] / made["ratio"] == pytest.approx(factor)
    assert made["ratio"] / made["ratio_low"] == pytest.approx(factor)


def test_rows_and_pseudonyms_in_another_order_change_nothing() -> None:
    frame = panel()
    mixed = frame.sample(fraction=1.0, shuffle=True, seed=4).with_columns(
        person_id=pl.col("person_id").str.reverse() + "x"
    )
    numbers = ["estimate", "std_error", "conf_low", "ratio_high"]
    first, second = (changes(one).select(numbers).to_numpy() for one in (frame, mixed))
    np.testing.assert_allclose(first, second, rtol=1e-10)


def test_two_waves_of_other_people_have_the_variances_of_both() -> None:
    frame = panel().with_columns(person_id=pl.col("person_id") + pl.col("wave"))
    made = row(changes(frame), area="a", measure="ties", kind="previous_wave", wave="w2")
    levels = changes(
        frame, benchmarks=[BENCHMARK | {"measure": "ties", "std_error": None, "wording": "same", "mode": "same"}]
    ).filter(kind="benchmark", area="a", measure="ties")
    assert made["std_error"] ** 2 == pytest.approx((levels["std_error"] ** 2).sum(), rel=1e-2)


def test_a_base_wave_that_an_area_lacks_is_said() -> None:
    frame = panel().filter((pl.col("area") == "a") | (pl.col("wave") != "w1"))
    made = changes(frame, base_wave="w1", kinds=["base_wave"]).filter(area="b", measure="trust")
    assert made["estimate"].null_count() == made.height == 2
    assert set(made["note"]) == {"nobody of the area has this measure in the base wave w1"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_wave": "w9"}, "no wave `w9`"),
        ({"kinds": ["trend"]}, "`trend` is no kind of change"),
        ({"comparison_arm": "nowhere"}, "nobody is in `nowhere`"),
        ({"comparison_arm": "other", "comparison_areas": ["b"]}, "both an arm and areas"),
        ({"benchmarks": [{"label": "x", "measure": "trust"}]}, "does not say its `value`"),
        ({"benchmarks": [BENCHMARK | {"wording": "like ours", "mode": "same"}]}, "`same` or `different`"),
        ({"benchmarks": [BENCHMARK | {"wording": "same", "mode": "same", "n": 3}]}, "no key `n`"),
        ({"weight": "heft"}, "no column `heft`"),
        ({"smallest": 3}, "fewer than 10 people may not be shown"),
        ({"strata": "person"}, "no column `person`"),
        ({"lonely_psu": "ignore"}, "is not an option"),
    ],
)
def test_what_is_not_understood_is_refused(options, message) -> None:
    with pytest.raises(CohesionError, match=message.replace("(", r"\(")):
        changes(panel(), **options)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda frame: frame.drop("area"), "no column `area`"),
        (lambda frame: pl.concat([frame, frame.head(1)]), "a person more than once in a wave"),
        (lambda frame: frame.with_columns(weight=-pl.col("weight")), "weights below zero"),
        (lambda frame: frame.with_columns(trust=pl.lit("high")), "a score must be a number"),
        (lambda frame: frame.with_columns(study=pl.col("arm")), "people of several studies"),
        (lambda frame: frame.with_columns(weight=0.0), "nobody has a weight"),
    ],
)
def test_frames_that_do_not_fit_are_refused(broken, message) -> None:
    frame = broken(panel())
    with pytest.raises(CohesionError, match=message):
        area_changes(frame, MEASURES)
