"""The tension monitor: limits, signals, declared rates, small areas, what is not judged, and what to look at next."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm, spearmanr

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
    assert spearmanr(width, made["n_persons"]).statistic < -0.9
    assert width[0] > 2 * width[-1]
    assert spearmanr(made["power"], made["n_persons"]).statistic > 0.9


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


@pytest.mark.parametrize("areas", [["a09", "a11", "a12"], ["a10", "a12"], ["a12"]], ids=["three", "two", "one"])
def test_few_areas_are_judged_against_sampling_alone_and_the_note_says_so(areas) -> None:
    few = changes(fall=12.0).filter(pl.col("area").is_in(areas))
    made = tension_monitor(few, rule="family_wise")
    signal = row(made, area="a12")
    assert (signal["signal"], signal["between"]) == ("below", None)
    assert "cannot show how much areas usually differ" in signal["note"]
    assert ("no common change is taken off" in signal["note"]) == (len(areas) < 3)
    assert (signal["centre"] == 0.0) == (len(areas) < 3)
    centre_error = 0.0 if len(areas) < 3 else 1 / sum(1 / (20 / np.sqrt(n)) ** 2 for n in (120, 200))
    usual = norm.isf(1 - 0.95 ** (1 / len(areas))) * np.sqrt(signal["std_error"] ** 2 + centre_error)
    assert signal["centre"] - signal["limit_low"] == pytest.approx(usual, rel=0.06)


def waves(last: list[str], earlier: int = 4, between: float = 6.0) -> pl.DataFrame:
    """Areas that differ in ``earlier`` pairs of waves, and those of ``last`` in one more."""
    draw = np.random.default_rng(9)
    frames = []
    for wave in range(2, earlier + 3):
        moved = pl.Series(draw.normal(0, between, AREAS))
        frame = changes(seed=wave).with_columns(
            pl.col("estimate") + moved, wave=pl.lit(f"w{wave}"), against=pl.lit(f"w{wave - 1}")
        )
        frames.append(frame if wave < earlier + 2 else frame.filter(pl.col("area").is_in(last)))
    return pl.concat(frames)


def test_few_areas_are_judged_by_how_much_areas_differed_in_earlier_waves() -> None:
    three = ["a10", "a11", "a12"]
    made = tension_monitor(waves(three, earlier=9))
    last = made.filter(wave="w11")
    assert last.height == 3
    assert last["between"].to_list() == pytest.approx([6.0] * 3, rel=0.25)
    assert all("areas in this and earlier waves" in note for note in last["note"])
    alone = tension_monitor(waves(three, earlier=9).filter(wave="w11"))
    assert (alone["limit_low"] > last["limit_low"]).all()


def test_earlier_waves_make_a_monitor_of_few_areas_more_powerful() -> None:
    areas = [f"a{place:02d}" for place in range(5, AREAS)]
    frame = waves(areas, between=0.0).filter(pl.col("area").is_in(areas))
    power = {
        usual: tension_monitor(frame, spread={"trust": 20.0}, usual=usual, fewest_people=10).filter(wave="w6")["power"]
        for usual in ("this_wave", "earlier_waves")
    }
    assert power["earlier_waves"].mean() > power["this_wave"].mean() + 0.05


def test_a_signal_is_no_part_of_what_later_waves_are_judged_by() -> None:
    frame = waves([f"a{place:02d}" for place in range(AREAS)], between=0.0)
    fell = frame.with_columns(estimate=pl.when(wave="w3", area="a12").then(-40.0).otherwise(pl.col("estimate")))
    made = tension_monitor(fell, usual="earlier_waves")
    assert made.filter(signal="below").select("wave", "area").rows() == [("w3", "a12")]
    assert made.filter(wave="w6")["between"].max() < 1.5


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


def test_every_key_of_the_declaration_reaches_the_monitor() -> None:
    frame = people()
    frame = frame.with_columns(
        pl.when(pl.col("area") == "a1", pl.col("wave") == "w03").then(pl.col(name) + 40).otherwise(name).alias(name)
        for name in ("trust", "index")
    )

    def made(**keys: object) -> pl.DataFrame:
        index = declared(**keys)
        return index_monitor(index, index_changes(index, frame, frame), frame, frame).monitor

    assert "above" not in set(made()["signal"])
    assert "a1" in made(sides="both").filter(signal="above")["area"].to_list()
    assert set(made(common="kept")["centre"].drop_nulls()) == {0.0}
    assert set(made(fewest_people=31)["signal"]) == {"not_judged"}
    assert made(fewest_areas=12)["between"].null_count() > 0
    assert any("earlier waves" in note for note in made(usual="earlier_waves")["note"])
    assert made(rule="family_wise", false_alarms=0.4)["expected_false_alarms"].max() > 0.4


def test_the_groups_that_fell_are_looked_at_next() -> None:
    frame = people()
    groups = frame.select(
        "person_id", "wave", age_group=(pl.col("person_id").str.slice(1).cast(pl.Int64) // 8) % 2 + 1.0
    )
    old = pl.Series(groups["age_group"] == 2)
    fell = (pl.col("area") == "a0") & (pl.col("wave") == "w03") & old
    frame = frame.with_columns(
        pl.when(fell).then(pl.col(name) - 30).otherwise(name).alias(name) for name in ("trust", "index")
    )
    index = declared(groups=["age_group"])
    made = index_monitor(
        index,
        index_changes(index, frame, frame),
        frame,
        frame,
        groups=groups,
        group_labels={"age_group": {"": "Age group", "1": "Under 50", "2": "50 and over"}},
    )
    first = made.following.filter(part="group", rank=1, wave="w03")
    assert set(first["what"]) == {"Age group: 50 and over"}
    assert first["n_persons"].min() >= 10
    with pytest.raises(CohesionError, match="no column `age_group`"):
        index_monitor(index, index_changes(index, frame, frame), frame, frame, groups=groups.drop("age_group"))
