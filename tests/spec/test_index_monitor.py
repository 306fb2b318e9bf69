"""The tension monitor: limits, signals, declared rates, small areas, what is not judged, and what to look at next."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import index_changes, index_monitor, next_looks, tension_monitor
from pipeline.specs.index import Index

AREAS = 14
PEOPLE = np.array([12, 15, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 300, 9])


def changes(seed: int = 1, *, common: float = 0.0, measures: tuple[str, ...] = ("trust",), fall: float = 0.0):
    """One row per area and measure; the area ``a12``, of 300 people, falls by ``fall``."""
    draw = np.random.default_rng(seed)
    frames = []
    for measure in measures:
        errors = 20 / np.sqrt(PEOPLE)
        moved = common + draw.normal(0, errors)
        moved[12] -= fall
        frames.append(
            pl.DataFrame(
                {
                    "study": "s",
                    "area": [f"a{place:02d}" for place in range(AREAS)],
                    "measure": measure,
                    "kind": "previous_wave",
                    "wave": "w02",
                    "against": "w01",
                    "estimate": moved,
                    "std_error": errors,
                    "df": PEOPLE - 1.0,
                    "n_persons": PEOPLE,
                    "note": None,
                },
                schema_overrides={"note": pl.String},
            ).with_columns(
                pl.when(pl.col("n_persons") >= 10).then(name).alias(name)
                for name in ("estimate", "std_error", "n_persons")
            ).with_columns(note=pl.when(pl.col("estimate").is_null()).then(pl.lit("fewer than 10 people on one side")))
        )  # fmt: skip
    return pl.concat(frames)


def row(made: pl.DataFrame, **of: object) -> dict:
    found = made.filter(**of)
    assert found.height == 1
    return found.row(0, named=True)


def test_a_fall_far_beyond_its_limit_is_a_signal_and_the_others_are_within() -> None:
    made = tension_monitor(changes(fall=12.0), spread={"trust": 20.0}, labels={"a12": "Twelve"})
    assert made.filter(signal="below")["area"].to_list() == ["a12"]
    signal = row(made, area="a12")
    assert signal["fall"] < signal["limit_low"] < signal["centre"]
    assert signal["label"] == "Twelve"
    assert "it says nothing of why" in signal["note"]
    assert set(made.filter(~pl.col("area").is_in(["a12"]))["signal"]) == {"within", "not_judged"}


def test_small_areas_have_wide_limits_and_little_power() -> None:
    made = tension_monitor(changes(), spread={"trust": 20.0}).filter(signal="within").sort("n_persons")
    width = (made["centre"] - made["limit_low"]).to_numpy()
    assert (np.diff(width) < 0).all()
    assert (np.diff(made["power"].to_numpy()) > 0).all()


@pytest.mark.parametrize(
    ("people", "signal", "note", "shown"),
    [
        (9, "not_judged", "fewer than 10 people on one side", False),
        (12, "not_judged", "fewer than 20 people on one side", True),
        (25, "within", "within what sampling and the usual differences between areas explain", True),
    ],
)
def test_areas_of_few_people_are_not_judged_and_of_fewer_not_shown(people, signal, note, shown) -> None:
    place = PEOPLE.tolist().index(people)
    made = row(tension_monitor(changes()), area=f"a{place:02d}")
    assert (made["signal"], made["note"], made["fall"] is not None) == (signal, note, shown)
    assert (made["n_persons"] is not None) == shown
    assert (made["limit_low"] is not None) == (signal != "not_judged")


def test_few_areas_are_not_judged() -> None:
    made = tension_monitor(changes().filter(pl.col("area") > "a08"))
    assert set(made["signal"]) == {"not_judged"}
    assert "4 areas with enough people, and 6 are needed to know how much areas usually differ" in set(made["note"])


def test_a_common_change_is_removed_or_kept() -> None:
    fell = changes(common=-30.0)
    removed = tension_monitor(fell)
    kept = tension_monitor(fell, common="kept", false_alarms=0.5, rule="expected")
    assert "below" not in set(removed["signal"])
    assert removed["centre"].drop_nulls().mean() == pytest.approx(-30, abs=3)
    assert set(kept["centre"].drop_nulls()) == {0.0}


def test_an_area_is_judged_by_what_the_others_did() -> None:
    first, second = (row(tension_monitor(changes(fall=fall)), area="a12") for fall in (0.0, 40.0))
    assert (first["centre"], first["between"]) == (second["centre"], second["between"])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("expected", 0.2), ("family_wise", 26 * (1 - 0.8 ** (1 / 26))), ("false_discovery", 0.2)],
)
def test_the_rate_is_shared_by_all_that_is_judged_in_a_wave(rule, expected) -> None:
    made = tension_monitor(changes(measures=("trust", "ties")), rule=rule, false_alarms=0.2, fewest_people=10)
    judged = made.filter(pl.col("signal") != "not_judged")
    assert judged.height == 26
    assert judged["expected_false_alarms"].unique().to_list() == [pytest.approx(expected)]


def test_false_discovery_lets_more_through_where_many_fell() -> None:
    fell = changes().with_columns(
        estimate=pl.when(pl.col("area").is_in(["a10", "a11", "a12"])).then(-8.0).otherwise(pl.col("estimate") / 3)
    )
    few = tension_monitor(fell, rule="family_wise", false_alarms=0.05).filter(signal="below").height
    many = tension_monitor(fell, rule="false_discovery", false_alarms=0.05).filter(signal="below").height
    assert many >= few


def test_rises_are_signals_only_where_both_sides_are_asked() -> None:
    rose = changes(fall=-15.0)
    falls, both = tension_monitor(rose), tension_monitor(rose, sides="both")
    assert set(falls["signal"]) == {"within", "not_judged"}
    assert falls["limit_high"].null_count() == falls.height
    assert both.filter(signal="above")["area"].to_list() == ["a12"]
    centre = row(both, area="a12")
    assert centre["limit_high"] - centre["centre"] == pytest.approx(centre["centre"] - centre["limit_low"])


def test_early_signs_are_judged_with_a_rate_of_their_own_and_say_so() -> None:
    both = changes(measures=("trust", "early"))
    alone, beside = tension_monitor(changes()), tension_monitor(both, early=["early"])
    assert beside.filter(measure="trust")["limit_low"].to_list() == alone["limit_low"].to_list()
    assert beside.filter(measure="early", signal="within")["note"][0].startswith("early sign from a few questions")


def test_the_order_of_rows_and_other_measures_changes_nothing() -> None:
    frame = changes(measures=("trust", "ties"))
    first = tension_monitor(frame)
    assert first.equals(tension_monitor(frame.sample(fraction=1.0, shuffle=True, seed=3)))
    assert not first.equals(tension_monitor(frame, seed=2))


def test_what_fell_most_is_looked_at_next() -> None:
    monitor = tension_monitor(changes(fall=12.0))
    questions = pl.concat(
        changes(seed=place + 2).with_columns(
            measure=pl.lit(f"q{place}"),
            estimate=pl.when(pl.col("area") == "a12").then(-float(place)).otherwise(pl.col("estimate")),
        )
        for place in range(5)
    )
    made = next_looks(monitor, questions, {"trust": [f"q{place}" for place in range(5)]})
    assert made.select("area", "part", "rank", "what").rows() == [
        ("a12", "indicator", 1, "q4"),
        ("a12", "indicator", 2, "q3"),
        ("a12", "indicator", 3, "q2"),
    ]
    within = changes(fall=3.0).with_columns(group=pl.lit("Age: under 35"))
    with_groups = next_looks(monitor, questions, {"trust": ["q1"]}, group_changes=within)
    assert with_groups.filter(part="group")["what"].to_list() == ["Age: under 35"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"false_alarms": 1.5}, "is not between 0 and 1"),
        ({"fall": -0.3}, "is not above 0"),
        ({"fewest_areas": 3}, "of fewer than 4 areas"),
        ({"smallest": 5}, "fewer than 10 people may not be shown"),
        ({"kind": "benchmark"}, "no change of the kind `benchmark`"),
        ({"rule": "bonferroni"}, "is not an option"),
        ({"sides": "rises"}, "is not an option"),
        ({"draws": 10}, "is no number of draws"),
    ],
)
def test_what_is_not_understood_is_refused(options, message) -> None:
    with pytest.raises(CohesionError, match=message):
        tension_monitor(changes(), **options)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda frame: frame.drop("std_error"), "no column `std_error`"),
        (lambda frame: pl.concat([frame, frame.head(1)]), "several changes of one measure"),
        (lambda frame: frame.with_columns(estimate=float("inf")), "infinite values"),
    ],
)
def test_frames_that_do_not_fit_are_refused(broken, message) -> None:
    with pytest.raises(CohesionError, match=message):
        tension_monitor(broken(changes()))


def declared(**monitor: object) -> Index:
    """An index of one domain of three indicators."""
    domains = {"trust": {"label": "Trust", "indicators": ["q0", "q1", "q2"]}}
    return Index.model_validate({"title": "Index", "area": "area", "domains": domains, "monitor": monitor})


def people(waves: int = 3) -> pl.DataFrame:
    """Eight areas of 30 people; in a0 the first question falls in the last wave."""
    draw = np.random.default_rng(5)
    level = draw.normal(50, 10, 240)
    frames = []
    for wave in range(waves):
        frame = pl.DataFrame(
            {
                "person_id": [f"p{number}" for number in range(240)],
                "study": "s",
                "arm": "main",
                "wave": f"w0{wave + 1}",
                "fieldwork_start": dt.date(2024, 1 + wave, 1),
                "area": [f"a{number % 8}" for number in range(240)],
                "weight": 1.0,
                **{f"q{item}": level + draw.normal(0, 5, 240) for item in range(3)},
            }
        )
        fell = (pl.col("area") == "a0") & (wave == waves - 1)
        frames.append(frame.with_columns(q0=pl.when(fell).then(pl.col("q0") - 40).otherwise("q0")))
    made = pl.concat(frames).with_columns(trust=pl.mean_horizontal("q0", "q1", "q2"))
    return made.with_columns(index="trust")


def test_a_declared_monitor_judges_measures_and_early_signs_and_says_what_to_look_at() -> None:
    index, frame = declared(early=["q0"]), people()
    made = index_monitor(index, index_changes(index, frame, frame), frame, frame, labels={"a0": "Zero"})
    signals = made.monitor.filter(signal="below")
    assert signals.select("label", "measure", "wave").unique().sort("measure").rows() == [
        ("Zero", "early_signs", "w03"),
        ("Zero", "index", "w03"),
        ("Zero", "trust", "w03"),
    ]
    assert set(made.following.filter(rank=1)["what"]) == {"q0"}
    assert set(made.monitor["against"]) == {"w01", "w02"}


def test_a_window_adds_slow_courses() -> None:
    index, frame = declared(window=2), people()
    made = index_monitor(index, index_changes(index, frame, frame), frame, frame)
    slow = made.monitor.filter(against="w01 to w02", measure="trust")
    assert slow.height == 8
    assert slow.filter(signal="below")["area"].to_list() == ["a0"]
