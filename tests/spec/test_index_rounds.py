"""Arms with calendars of their own, and the same data written with one calendar, give the same but for the wave."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from test_index_areas import RANGES, declared, panel
from test_index_replicates import weight_set

from pipeline.errors import CohesionError
from pipeline.index import (
    area_changes,
    area_covariates,
    area_table,
    in_weight_set,
    index_changes,
    index_coherence,
    index_monitor,
    index_replicates,
    index_uncertainty,
    person_scores,
    tension_monitor,
    with_rank_intervals,
)
from pipeline.tables import AreaChanges, AreaPairs, Areas, AreaSensitivity, Coherence, Monitor, MonitorNext

ROUNDS = {"south": {"w01": "w02", "w02": "w03", "w03": "w05"}}
OWN = {to: wave for wave, to in ROUNDS["south"].items()}
WAVES = ("w01", "w02", "w03", "w04", "w05")
COMPARED = {"base_wave": None, "comparison": {"arm": "south", "label": "South"}}
FAST = {"replicates": 60, "choices": {"weights": ["equal", "pca"], "left_out": "domain"}}


def one_calendar() -> pl.DataFrame:
    """The areas c and g were asked in three of five waves; others in all, and a falls in the last."""
    frame = panel(waves=WAVES)
    south = pl.col("area_code").is_in(["c", "g"])
    fell = (pl.col("area_code") == "a") & (pl.col("wave") == "w05")
    frame = frame.filter(~south | pl.col("wave").is_in(list(OWN)))
    lower = {name: pl.when(fell).then(pl.col(name) * 0.4).otherwise(name) for name in ("people", "council", "talks")}
    return frame.with_columns(arm=pl.when(south).then(pl.lit("south")).otherwise(pl.lit("north")), **lower)


def shifted() -> pl.DataFrame:
    """The same people; the south counts its waves by itself."""
    own = pl.col("wave").replace(OWN)
    return one_calendar().with_columns(wave=pl.when(pl.col("arm") == "south").then(own).otherwise("wave"))


def tables(frame: pl.DataFrame, **said: object) -> dict[str, pl.DataFrame]:
    """Every table of the areas of a declared index."""
    known = said.pop("covariates", ())
    given = {**COMPARED, "uncertainty": FAST, **said}
    index = declared(**given)
    made = person_scores(frame, index, RANGES)
    people = (made.index, made.indicators, made.design)
    if index.uncertainty.weights:
        weights, scales = weight_set(one_calendar())
        people = (*in_weight_set(*people[:2], weights, WAVES), made.design)
        replicated = index_replicates(index, *people, replicate_weights=weights, scales=scales)
    else:
        replicated = index_replicates(index, *people)
    measures = area_covariates(people[0], frame, known) if known else None
    areas = area_table(index, *people, area_measures=measures, replicated=replicated)
    found = index_uncertainty(index, areas, *people, replicated=replicated)
    changes = index_changes(index, *people, replicated=replicated)
    groups = frame.select("person_id", "wave", group=pl.col("person_id").str.slice(-1).cast(pl.Int64) % 2)
    watched = index_monitor(index, changes, *people, None, groups)
    return {
        "areas": with_rank_intervals(areas, found.intervals),
        "area_pairs": found.pairs,
        "area_sensitivity": found.sensitivity,
        "area_changes": changes,
        "monitor": watched.monitor,
        "monitor_next": watched.following,
        "coherence": index_coherence(index, *people[:2]),
    }


CONTRACTS = {
    "areas": Areas, "area_pairs": AreaPairs, "area_sensitivity": AreaSensitivity, "area_changes": AreaChanges,
    "monitor": Monitor, "monitor_next": MonitorNext, "coherence": Coherence,
}  # fmt: skip
INDICES = {
    "of persons": {"monitor": {"window": 2, "early": ["talks"], "groups": ["group"]}},
    "composed over areas": {"composed": "areas", "normalisation": {"method": "z_score"}},
    "by a weight set": {"uncertainty": {"weights": "stayers", "choices": FAST["choices"]}},
    "with covariates": {"small_areas": {"covariates": ["deprivation"]}, "covariates": ["deprivation"]},
    "of people within areas": {"small_areas": {"method": "unit"}},
}


ALSO = ("with covariates", "of people within areas")
CASES = [pytest.param(name, marks=pytest.mark.thorough if name in ALSO else ()) for name in INDICES]


@pytest.fixture(scope="module", params=CASES)
def both(request) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    said = INDICES[request.param]
    return tables(one_calendar(), **said), tables(shifted(), rounds=ROUNDS, **said)


def own_waves(table: pl.DataFrame) -> pl.DataFrame:
    """The table of one calendar with the waves that areas of the south count; what was a wave is called a round."""
    if "note" in table.columns:
        table = table.with_columns(pl.col("note").str.replace("interviewed in this wave", "interviewed in this round"))
    is_south = pl.col("area").is_in(["c", "g"])
    columns = [name for name in ("wave", "against") if name in table.columns]
    own = {name: pl.col(name).str.replace_many(list(OWN), list(OWN.values())) for name in columns}
    return table.with_columns(pl.when(is_south).then(value).otherwise(name).alias(name) for name, value in own.items())


@pytest.mark.parametrize("name", CONTRACTS)
def test_shifting_the_waves_of_an_arm_and_saying_so_changes_nothing_but_the_wave(both, name):
    common, with_rounds = (made[name] for made in both)
    CONTRACTS[name].validate(with_rounds)
    assert with_rounds.height > 0 or name == "monitor_next"
    assert_frame_equal(with_rounds, own_waves(common), abs_tol=1e-8)


def test_areas_of_one_round_are_ranked_and_areas_of_one_wave_are_not(both):
    ranked = both[1]["areas"].filter(pl.col("rank").is_not_null(), measure="index", round="w05")
    assert {"c", "g"} < set(ranked["area"])
    assert set(ranked.filter(pl.col("area").is_in(["c", "g"]))["wave"]) == {"w03"}
    assert sorted(ranked["rank"]) == list(range(1, ranked.height + 1))


def test_what_is_compared_was_asked_in_the_same_round(both):
    rows = both[1]["area_changes"].filter(area="a", measure="index", kind="comparison").sort("wave")
    assert rows.filter(pl.col("estimate").is_not_null())["wave"].to_list() == ["w02", "w03", "w05"]
    none = set(rows.filter(pl.col("estimate").is_null())["note"])
    assert none == {"nobody of the comparison was interviewed in this round"}
    before = both[1]["area_changes"].filter(area="c", measure="index", kind="previous_wave", wave="w03")
    assert before.select("against", "round", "against_round").row(0) == ("w02", "w05", "w03")


def test_a_round_shares_its_false_alarms_and_only_changes_over_the_same_rounds_are_exchangeable(both):
    monitor = both[1]["monitor"].filter(pl.col("signal") != "not_judged", round="w05", measure="index")
    assert set(monitor.select("against_round", "area").iter_rows()) >= {("w04", "a"), ("w03", "c"), ("w03", "g")}
    assert monitor["expected_false_alarms"].n_unique() == 1
    assert monitor.filter(area="a", against_round="w04")["signal"].to_list() == ["below"]


def test_without_rounds_the_waves_are_the_rounds(both):
    for name in ("areas", "area_changes", "monitor"):
        table = both[0][name]
        assert table["round"].equals(table["wave"], null_equal=True)


def people(waves: dict[str, list[str]], area: str = "", size: int = 12) -> pl.DataFrame:
    """People of arms with a measure that rises by one with each of the arm's waves."""
    return pl.concat(
        pl.DataFrame(
            {
                "person_id": [f"{arm}{number:02d}" for number in range(size)], "arm": arm, "wave": wave,
                "area": area or f"area of {arm}", "weight": 1.0,
                "trust": np.linspace(40, 51, size) + place + 10 * (arm == "south"),
            }
        )
        for arm, named in waves.items()
        for place, wave in enumerate(named)
    )  # fmt: skip


def test_changes_of_plain_frames_take_the_rounds_as_an_argument():
    frame = people({"north": ["w01", "w02", "w03"], "south": ["w01", "w02"]})
    rounds = {"south": {"w01": "w02", "w02": "w03"}}
    made = area_changes(frame, ["trust"], comparison_arm="south", rounds=rounds).filter(kind="comparison")
    assert made.select("wave", "round", "estimate", "note").rows() == [
        ("w01", "w01", None, "nobody of the comparison was interviewed in this round"),
        ("w02", "w02", pytest.approx(-9), None),
        ("w03", "w03", pytest.approx(-9), None),
    ]
    by_name = area_changes(frame, ["trust"], comparison_arm="south").filter(kind="comparison")
    assert by_name["estimate"].to_list() == [pytest.approx(-10), pytest.approx(-10), None]
    assert by_name["note"].to_list()[2] == "nobody of the comparison was interviewed in this wave"


def test_plain_changes_without_rounds_are_judged_by_their_waves():
    frame = people({"north": ["w01", "w02"], "south": ["w01", "w02"]})
    changes = area_changes(frame, ["trust"]).with_columns(std_error=pl.lit(0.5), n_persons=pl.lit(50))
    plain = tension_monitor(changes.drop("round", "against_round"))
    assert_frame_equal(plain, tension_monitor(changes))


def test_an_area_in_arms_of_different_calendars_is_refused():
    frame = people({"north": ["w01", "w02"], "south": ["w01", "w02"]}, area="town")
    with pytest.raises(CohesionError, match=r"`town` lies in arms of different calendars: `w0\d` \(round `w02`\)"):
        area_changes(frame, ["trust"], rounds={"south": {"w01": "w02", "w02": "w03"}})
    head = one_calendar().with_columns(area_code=pl.lit("a"))
    with pytest.raises(CohesionError, match="lies in arms of different calendars"):
        tables(head, rounds=ROUNDS)


def test_people_interviewed_twice_in_a_round_are_refused():
    index = declared(**{**COMPARED, "base_wave": "w01"}, rounds=ROUNDS)
    made = person_scores(shifted(), index, RANGES)
    same = pl.when(pl.col("arm") == "south").then(pl.lit("p1")).otherwise("person_id").alias("person_id")
    scores, indicators = (
        frame.with_columns(same).sort("arm", descending=True).unique(["person_id", "wave"], keep="first")
        for frame in (made.index, made.indicators)
    )
    with pytest.raises(CohesionError, match="interviewed in two waves of one round"):
        area_table(index, scores, indicators)


def test_rounds_need_to_know_the_arms():
    frame = people({"north": ["w01", "w02"]}).drop("arm")
    with pytest.raises(CohesionError, match="rounds are of arms, and the scores have no such column"):
        area_changes(frame, ["trust"], rounds=ROUNDS)
