"""Participation as a table: who answered which waves in, what each person-wave is called out."""

import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.participation import (
    absences,
    accounting,
    partial_interviews,
    participation,
    patterns,
    places,
    response_rates,
    retention,
    transitions,
    transitions_by_arm,
)
from pipeline.tables import Absences, Participation, Patterns, ResponseRates, Transitions

WAVES = ["w01", "w02", "w03", "w04"]


def answers(people: dict[str, str], arm: str = "all") -> pl.DataFrame:
    rows = [
        (person, arm, wave)
        for person, pattern in people.items()
        for wave, one in zip(WAVES, pattern, strict=False)
        if one == "1"
    ]
    return pl.DataFrame(rows, schema=["person_id", "arm", "wave"], orient="row")


@pytest.mark.parametrize(
    ("pattern", "statuses"),
    [
        ("1111", ["entered", "stayed", "stayed", "stayed"]),
        ("1000", ["entered", "absent", "absent", "absent"]),
        ("1011", ["entered", "absent", "returned", "stayed"]),
        ("1001", ["entered", "absent", "absent", "returned"]),
        ("0110", ["not_yet", "entered", "stayed", "absent"]),
        ("0001", ["not_yet", "not_yet", "not_yet", "entered"]),
    ],
)
def test_pattern_becomes(pattern, statuses):
    table = participation(answers({"a": pattern}), {"all": WAVES}, study="s")
    assert table["status"].to_list() == statuses
    assert table["pattern"].to_list() == [pattern] * 4
    Participation.validate(table)


def test_keeps_the_order_of_first_appearance_and_each_arms_own_calendar():
    both = pl.concat([answers({"z": "11"}, "long"), answers({"a": "10"}, "short")])
    table = participation(both, {"short": WAVES[:2], "long": WAVES}, study="s")
    assert table["person_id"].to_list() == ["z"] * 4 + ["a"] * 2
    assert table.unique("person_id", maintain_order=True)["pattern"].to_list() == ["1100", "10"]
    assert patterns(table, by_arm=True).select("arm", "pattern", "count").rows() == [
        ("long", "1100", 1),
        ("short", "10", 1),
    ]


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (answers({"a": "1111"}).with_columns(wave=pl.lit("w09")).head(1), "outside the calendar"),
        (pl.concat([answers({"a": "1000"})] * 2), "more than once"),
        (pl.concat([answers({"a": "1000"}), answers({"a": "0100"}, "other")]), "more than one arm"),
    ],
    ids=["unknown-wave", "twice-in-a-wave", "two-arms"],
)
def test_refuses(frame, says):
    with pytest.raises(CohesionError, match=says):
        participation(frame, {"all": WAVES, "other": WAVES}, study="s")


def test_xtdescribe_shows_a_missed_wave_as_a_dot():
    table = participation(answers({"a": "1101", "b": "1101", "c": "1000"}), {"all": WAVES}, study="s")
    assert patterns(table, style="xtdescribe").rows() == [("11.1", 2, 2 / 3, 2 / 3), ("1...", 1, 1 / 3, 1.0)]


def test_patterns_by_cohort_are_shares_of_the_people_who_entered_together():
    table = participation(answers({"a": "1101", "b": "1000", "c": "0110", "d": "0110"}), {"all": WAVES}, study="s")
    found = patterns(table, by_arm=True, by_cohort=True, style="xtdescribe")
    Patterns.validate(found)
    assert found.select("cohort", "pattern", "share", "cumulative_share").rows() == [
        ("w01", "11.1", 0.5, 0.5),
        ("w01", "1...", 0.5, 1.0),
        ("w02", ".11.", 1.0, 1.0),
    ]


def test_retention_spells_out_each_denominator():
    table = participation(answers({"a": "1111", "b": "1000", "c": "1011", "d": "0110"}), {"all": WAVES}, study="s")
    rows = retention(table).to_dicts()
    assert [row["eligible"] for row in rows] == [3, 4, 4, 4]
    assert [row["wave_to_wave"] for row in rows] == [None, 1 / 3, 1.0, 2 / 3]
    assert [row["cumulative_retention"] for row in rows] == [1.0, 1 / 3, 2 / 3, 2 / 3]
    assert [row["continuous_retention"] for row in rows] == [1.0, 1 / 3, 1 / 3, 1 / 3]
    assert response_rates(table).select("cohort", "wave", "cumulative_retention").rows()[-3:] == [
        ("w02", "w02", 1.0),
        ("w02", "w03", 1.0),
        ("w02", "w04", 0.0),
    ]


def test_the_dead_leave_the_denominator_and_the_withdrawn_only_what_is_issued():
    table = participation(answers({"a": "1111", "b": "1100", "c": "1000", "d": "1010"}), {"all": WAVES}, study="s")
    report = pl.DataFrame(
        {
            "person_id": ["b", "c", "d", "d", "a"],
            "wave": ["w03", "w02", "w02", "w04", "w04"],
            "outcome": ["dead", "withdrawn", "no_contact", "refused", "partial"],
        }
    )
    assert retention(table, report)["eligible"].to_list() == [4, 4, 3, 3]
    counted = accounting(table, report)
    assert counted["issued"].to_list() == [4, 3, 2, 2]
    assert counted["dead"].to_list() == [0, 0, 1, 1]
    assert counted["withdrawn"].to_list() == [0, 1, 1, 1]
    assert counted.row(3, named=True)["partial"] == 1
    ResponseRates.validate(response_rates(table, report))  # its rules hold the sums


def field_report(rows: list[tuple[str, str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["person_id", "arm", "wave", "outcome"], orient="row")


REPORT = field_report(
    [
        ("never", "all", "w01", "refused"),
        ("never", "all", "w02", "withdrawn"),
        ("gap", "all", "w02", "no_contact"),
        ("gap", "all", "w03", "complete"),
        ("moves", "all", "w02", "moved"),
        ("stays", "all", "w03", "partial"),
        ("ill", "all", "w03", "other"),
        ("ill", "all", "w04", "not_issued"),
    ]
)


@pytest.mark.parametrize(
    ("person", "outcomes"),
    [
        ("stays", ["complete", "complete", "partial", "complete"]),
        ("gap", ["complete", "no_contact", "lost", "complete"]),
        ("moves", ["complete", "moved", "moved", "complete"]),
        ("ill", ["complete", "complete", "other", "not_issued"]),
        ("vanishes", ["complete", None, None, None]),
        ("late", [None, "complete", "complete", None]),
        ("never", ["refused", "withdrawn", "withdrawn", "withdrawn"]),
    ],
)
def test_outcome_becomes(person, outcomes):
    people = {"stays": "1111", "gap": "1001", "moves": "1001", "ill": "1100", "vanishes": "1000", "late": "0110"}
    table = participation(answers(people), {"all": WAVES}, study="s", outcomes=REPORT)
    assert table.filter(person_id=person)["outcome"].to_list() == outcomes
    Participation.validate(table)


def test_response_rates_by_cohort_count_those_who_never_answered():
    people = {"stays": "1111", "gap": "1001", "moves": "1001", "ill": "1100", "vanishes": "1000", "late": "0110"}
    table = participation(answers(people), {"all": WAVES}, study="s", outcomes=REPORT)
    assert "0000" not in patterns(table)["pattern"]
    rates = response_rates(table)
    ResponseRates.validate(rates)
    everyone = rates.filter(cohort="all")
    assert everyone["listed"].to_list() == [7] * 4
    assert everyone["not_yet"].to_list() == [1, 0, 0, 0]
    assert everyone["eligible"].to_list() == [6, 6, 6, 7]
    assert everyone["issued"].to_list() == [6, 5, 5, 5]
    assert everyone["response_rate_1"].to_list() == [5 / 6, 3 / 6, 1 / 6, 3 / 7]
    assert everyone["response_rate_2"].to_list() == [5 / 6, 3 / 6, 2 / 6, 3 / 7]
    assert everyone["response_rate_issued"].to_list() == [5 / 6, 3 / 5, 2 / 5, 3 / 5]
    assert everyone["outcome_known"].to_list() == pytest.approx([1.0, 1 / 2, 2 / 3, 0.0])
    late = rates.filter(cohort="w02")
    assert late.select("wave", "eligible", "cumulative_retention").rows() == [
        ("w02", 1, 1.0),
        ("w03", 1, 1.0),
        ("w04", 1, 0.0),
    ]


@pytest.mark.parametrize(
    ("first", "second", "is_partial"),
    [
        (1.0, 2.0, False),
        (1.0, "refused", False),
        ("blank", "refused", True),
        ("routed_out", 2.0, False),
        ("routed_out", "dont_know", True),
        ("proxy", "proxy", False),
    ],
)
def test_an_interview_is_partial_by_the_declared_share(first, second, is_partial):
    cells = {}
    for item, cell in (("first", first), ("second", second)):
        cells[item] = [cell if isinstance(cell, float) else None]
        cells[f"{item}_reason"] = [cell if isinstance(cell, str) else None]
    kinds = {"first": pl.Float64, "second": pl.Float64, "first_reason": pl.String, "second_reason": pl.String}
    frame = pl.DataFrame({"person_id": ["a"], "wave": ["w01"], **cells}, schema_overrides=kinds)
    assert partial_interviews(frame, ["first", "second"], below=0.5).height == is_partial


@pytest.mark.parametrize(
    ("person", "wave", "outcome", "says"),
    [
        ("a", "w02", "on holiday", "outcomes are not one of"),
        ("a", "w02", "dead", "after they are reported dead"),
        ("x", "w02", "dead", "no person and wave"),
    ],
)
def test_refuses_a_field_report(person, wave, outcome, says):
    table = participation(answers({"a": "1011"}), {"all": WAVES}, study="s")
    report = pl.DataFrame({"person_id": [person], "wave": [wave], "outcome": [outcome]})
    with pytest.raises(CohesionError, match=says):
        retention(table, report)


def test_missing_is_a_place_to_go():
    panel = pl.DataFrame(
        {
            "person_id": ["a", "a", "b", "c", "c"],
            "wave": ["w01", "w02", "w01", "w01", "w02"],
            "contact": ["low", "high", "low", "low", None],
        }
    )
    table = transitions(panel, "contact", ["w01", "w02"]).filter(origin="low")
    assert dict(table.select("destination", "count").rows()) == {"high": 1, "low": 0, "missing": 2}
    assert transitions(panel, "contact", ["w01", "w02"], missing=False).filter(origin="low", destination="high")[
        "share"
    ].to_list() == [1.0]


def test_units_are_told_apart_within_their_stratum_and_arms_by_their_calendar():
    rows = [
        (f"{arm}{stratum}{unit}{person}", arm, wave, stratum, unit, float((person + number) % 3))
        for arm in ("long", "short")
        for stratum in ("north", "south")
        for unit in ("1", "2")
        for person in range(6)
        for number, wave in enumerate(WAVES[:2] if arm == "short" else WAVES)
    ]
    panel = pl.DataFrame(rows, schema=["person_id", "arm", "wave", "stratum", "psu", "trust"], orient="row")
    table = transitions_by_arm(panel, "trust", {"long": WAVES, "short": WAVES[:2], "once": WAVES[:1]})
    Transitions.validate(table)
    assert set(table["clustered_by"]) == {"psu"}
    assert set(table["clusters"]) == {4}
    assert table.group_by("arm", maintain_order=True).agg(pl.col("count").sum()).rows() == [("long", 72), ("short", 24)]
    assert table["destination"].unique(maintain_order=True).to_list() == ["0", "1", "2", "missing"]


def test_a_measure_of_many_values_is_followed_in_thirds_of_the_first_wave():
    panel = pl.DataFrame({"wave": ["w01"] * 9 + ["w02"] * 3, "trust": [*map(float, range(1, 10)), 0.0, 3.67, 99.0]})
    found = places(panel, "trust", "w01").to_list()
    thirds = ["lowest third", "middle third", "highest third"]
    assert found[:9] == [third for third in thirds for _ in range(3)]
    assert found[9:] == thirds


def test_absences_say_why_people_were_away_and_how_many_came_back():
    people = {"back": "1101", "later": "1001", "gone": "1000", "late": "0100", "proxied": "1011"}
    report = field_report(
        [
            ("back", "all", "w03", "refused"),
            ("later", "all", "w02", "no_contact"),
            ("later", "all", "w03", "refused"),
            ("gone", "all", "w02", "dead"),
            ("proxied", "all", "w02", "proxy"),
            ("never", "all", "w02", "refused"),
        ]
    )
    table = participation(answers(people), {"all": WAVES}, study="s", outcomes=report)
    found = absences(table)
    Absences.validate(found)
    assert found.select("wave", "reason", "absent", "came_back", "came_back_next").rows() == [
        ("w02", "dead", 1, 0, 0),
        ("w02", "no_contact", 1, 1, 0),
        ("w02", "proxy", 1, 1, 1),
        ("w03", "refused", 2, 2, 2),
        ("w03", "dead", 1, 0, 0),
        ("w03", "unknown", 1, 0, 0),
        ("w04", "dead", 1, 0, 0),
        ("w04", "unknown", 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("here", "counts"),
    [
        ("1", {"achieved": 1, "by_proxy": 1, "proxy": 0, "complete": 0}),
        ("0", {"achieved": 0, "by_proxy": 0, "proxy": 1}),
    ],
    ids=["with-a-row", "without"],
)
def test_a_proxy_is_achieved_where_the_data_have_a_row_and_a_reason_where_they_have_none(here, counts):
    report = pl.DataFrame({"person_id": ["a"], "arm": ["all"], "wave": ["w02"], "outcome": ["proxy"]})
    table = participation(answers({"a": f"1{here}00"}), {"all": WAVES}, study="s", outcomes=report)
    rates = response_rates(table)
    ResponseRates.validate(rates)
    row = rates.filter(cohort="all", wave="w02").row(0, named=True)
    assert {name: row[name] for name in counts} == counts
    assert row["response_rate_1"] == 0.0
    assert row["response_rate_2"] == float(here)
