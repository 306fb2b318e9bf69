"""What cannot be evaluated is refused with its reason, and what was left out is counted."""

import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import (
    difference_in_differences,
    event_study,
    group_time_effects,
    imputation_effects,
    interrupted_time_series,
    synthetic_control,
)

EVALUATIONS = [difference_in_differences, event_study, group_time_effects, imputation_effects]
WAVES = ["w01", "w02", "w03", "w04", "w06"]


def panel(starts: dict[str, str | None], people: int = 8) -> pl.DataFrame:
    """People of areas A, B …, in five waves with a gap at w05; ``starts``: area → its start."""
    rows = [
        {
            "person_id": f"secret-{area}{person}",
            "area": area,
            "wave": wave,
            "first": start,
            "on": int(start is not None and wave >= start),
            "x": float((person * 7 + place * 5) % 11),
            "trust": float((person * 3 + place * 5 + ord(area)) % 7 + (person * place) % 3),
        }
        for area, start in starts.items()
        for person in range(people)
        for place, wave in enumerate(WAVES)
    ]
    return pl.DataFrame(rows, schema_overrides={"first": pl.String})


STARTS = {"A": "w03", "B": "w03", "C": "w04", "G": "w04", "D": None, "E": None, "F": None}
MIXED = panel(STARTS)


@pytest.mark.parametrize("evaluate", EVALUATIONS)
@pytest.mark.parametrize(
    ("starts", "says"),
    [
        ({"A": None, "B": None}, "nobody is treated in these waves"),
        ({"A": "w01", "B": "w01"}, "everybody is treated from the first wave on"),
        ({"A": "w01", "B": None}, "the treated are treated from the first wave on"),
        ({"A": "w03", "B": "w03"}, "everybody is treated at once"),
    ],
    ids=["nobody", "everybody-always", "treated-always", "at-once"],
)
def test_who_is_treated(evaluate, starts, says):
    with pytest.raises(ModelError, match=says):
        evaluate(panel(starts), "trust", start="first")


@pytest.mark.parametrize("evaluate", EVALUATIONS)
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"start": {"A": "w09"}, "by": "area"}, "no wave `w09` is in the data"),
        ({"start": {"A": "w05"}, "by": "area"}, "no wave `w05` is in the data"),
        ({"start": {"Z": "w03"}, "by": "area"}, "`area` has no `Z`"),
        ({"start": {"A": "w03"}}, "which column holds it"),
        ({"start": "w07", "treated": "on"}, "no wave `w07`"),
        ({"start": "w03"}, "nothing says who is treated"),
        ({}, "nothing says who is treated from when"),
        ({"start": "first", "unit": "area"}, "more than once in a wave"),
        ({"start": "first", "anticipation": -1.0}, "anticipation"),
        ({"start": "x"}, "the start changes within a person"),
        ({"start": "first", "weights": "none"}, "no column `none`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_starts(evaluate, options, says):
    with pytest.raises(ModelError, match=says):
        evaluate(MIXED, "trust", **options)


@pytest.mark.parametrize("evaluate", EVALUATIONS)
def test_a_treatment_that_switches_off(evaluate):
    off = MIXED.with_columns(on=pl.when(pl.col("wave") == "w06").then(0).otherwise(pl.col("on")))
    with pytest.raises(ModelError, match=r"switches off again.*\(32\)"):
        evaluate(off, "trust", treated="on")
    assert evaluate(MIXED, "trust", treated="on").height


@pytest.mark.parametrize("evaluate", EVALUATIONS)
def test_one_treated_cluster(evaluate):
    with pytest.raises(ModelError, match="one treated cluster") as caught:
        evaluate(MIXED, "trust", start={"A": "w03"}, by="area")
    assert "synthetic_control" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("evaluate", EVALUATIONS)
def test_units_that_were_always_treated_are_left_out_and_counted(evaluate):
    always = pl.concat([MIXED, panel({"H": "w01"})])
    ours, without = evaluate(always, "trust", start="first"), evaluate(MIXED, "trust", start="first")
    same = [table.filter(component="effect")["estimate"].to_list() for table in (ours, without)]
    assert same[0] == pytest.approx(same[1])
    assert "8 persons treated from the first wave on left out" in ours.filter(component="effect")["note"][0]


def _day(column: str) -> pl.Expr:
    return pl.format("2020-{}-01", pl.col(column).str.tail(2)).str.to_date()


@pytest.mark.parametrize("evaluate", EVALUATIONS)
@pytest.mark.parametrize("kind", ["names", "numbers", "mapping", "switch", "many-ids", "units", "dates"])
def test_a_start_may_be_given_in_many_ways(evaluate, kind):
    """By names or numbers of waves, by area, by a 0/1; whatever ids and units are: the same."""
    expected = evaluate(MIXED, "trust", start="first", by="area")
    number = pl.col("wave").str.tail(1).cast(pl.Int64)
    given = {
        "names": (MIXED, {"start": "first"}),
        "numbers": (MIXED.with_columns(wave=number, first=pl.col("first").str.tail(1).cast(pl.Float64))
                    .with_columns(pl.col("first").fill_null(0)), {"start": "first"}),
        "mapping": (MIXED, {"start": {area: start for area, start in STARTS.items() if start}}),
        "switch": (MIXED, {"treated": "on"}),
        "many-ids": (MIXED.sample(fraction=1, shuffle=True, seed=1).with_columns(person_id=pl.col("person_id").hash()),
                     {"start": "first"}),
        "dates": (MIXED.with_columns(wave=_day("wave"), first=_day("first")), {"start": "first"}),
        "units": (MIXED.with_columns(trust=pl.col("trust") * 1e6), {"start": "first"}),
    }  # fmt: skip
    frame, options = given[kind]
    found = evaluate(frame, "trust", by="area", **options)
    scale = 1e6 if kind == "units" else 1.0
    for name in ("estimate", "std_error"):
        ours, theirs = (table.filter(component="effect", term="treated")[name].to_list() for table in (found, expected))
        assert ours == pytest.approx([value * scale for value in theirs])


def test_event_times_count_a_wave_that_is_missing():
    table = event_study(MIXED, "trust", start="first").filter(component="event_time")
    assert table["group"].to_list() == ["-3", "-2", "-1", "0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("omitted", "says"), [(-9.0, "the omitted period -9 is no wave before"), (1.0, "the omitted period 1 is no wave")]
)
def test_the_omitted_period_is_a_wave_before(omitted, says):
    with pytest.raises(ModelError, match=says):
        event_study(MIXED, "trust", start="first", omitted=omitted)


@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        ("group_time", {"lags": 2}),
        ("group_time", {"omitted": -2}),
        ("imputation", {"omitted": -2}),
        ("sun_abraham", {"control": "not_yet"}),
        ("two_way", {"adjustment": "regression"}),
        ("imputation", {"control": "not_yet"}),
    ],
)
def test_an_option_is_not_passed_over(estimator, options):
    with pytest.raises(ModelError, match=f"the estimator `{estimator}` takes no `{next(iter(options))}`"):
        event_study(MIXED, "trust", start="first", estimator=estimator, **options)


DATES = {"w01": "2020-03", "w02": "2020-06", "w03": "2020-09", "w04": "2021-01", "w06": "2021-11"}


def first_effects(frame: pl.DataFrame, wave: str = "wave") -> list[tuple[str, float]]:
    table = group_time_effects(frame, "trust", start="first", wave=wave, draws=99)
    return table.filter(component="cohort_effect").select("group", "estimate").rows()


def test_a_start_may_lie_in_a_wave_that_is_not_here():
    """Between waves, before or after them: by its name as by its number, and called as the waves are."""
    between = panel({**STARTS, "C": "w05", "G": "w05"})
    number = pl.col("first").str.slice(1).cast(pl.Int64)
    assert first_effects(between) == first_effects(between.with_columns(number))
    assert [name for name, _ in first_effects(between)] == ["w03", "w05"]
    later = between.filter(pl.col("wave") > "w03")
    assert first_effects(later) == first_effects(later.with_columns(number))
    renamed = between.with_columns(
        month=pl.col("wave").replace(DATES), first=pl.col("first").replace(DATES | {"w05": "2021-06"})
    )
    assert [name for name, _ in first_effects(renamed, "month")] == ["2020-09", "2021-06"]
    assert [value for _, value in first_effects(renamed, "month")] == [value for _, value in first_effects(between)]
    for wrong in ("2021-13", "w5b", "x05"):
        with pytest.raises(ModelError, match="no wave"):
            first_effects(renamed.with_columns(first=pl.lit(wrong)), "month")


def test_a_start_by_date_needs_waves_that_are_dates():
    days = MIXED.with_columns(
        day=pl.col("wave").replace(DATES).add("-15").str.to_date(),
        first=pl.col("first").replace(DATES).add("-15").str.to_date(),
    )
    assert [name for name, _ in first_effects(days, "day")] == ["2020-09-15", "2021-01-15"]
    assert first_effects(days.with_columns(pl.col("first").cast(pl.Datetime)), "day") == first_effects(days, "day")
    for wave in ("wave", "number"):
        with pytest.raises(ModelError, match="the start is a date, and waves are none"):
            first_effects(days.with_columns(number=pl.col("wave").str.slice(1).cast(pl.Int64)), wave)


@pytest.mark.parametrize("adjustment", ["doubly_robust", "regression", "weighting"])
@pytest.mark.parametrize("design", [{}, {"design": "cross_sections", "unit": "area"}], ids=["panel", "cross-sections"])
def test_covariates_may_have_any_unit(adjustment, design):
    found = [
        group_time_effects(
            MIXED.with_columns(x=change), "trust", ["x"], start="first", adjustment=adjustment, draws=99, **design
        ).filter(component="group_time")
        for change in (pl.col("x"), pl.col("x") * 1e9, pl.col("x") * 1e-9, pl.col("x") + 1e7)
    ]
    for column in ("estimate", "std_error"):
        for other in found[1:]:
            assert other[column].to_list() == pytest.approx(found[0][column].to_list(), rel=1e-6)


def test_covariates_that_are_alike_are_not_said_to_separate():
    twice = MIXED.with_columns(z=2 * pl.col("x"))
    with pytest.raises(
        ModelError, match=r"cannot be told from the others, .* \(those first treated in w03, w01 and w02"
    ):
        group_time_effects(twice, "trust", ["x", "z"], start="first")


@pytest.mark.parametrize(
    ("draws", "says"), [(-5, "50 or more"), (0, "50 or more"), (2.5, "50 or more"), (60, "99 draws or")]
)
def test_a_band_needs_draws(draws, says):
    with pytest.raises(ModelError, match=says):
        group_time_effects(MIXED, "trust", start="first", draws=draws)


def test_one_wave_before_says_nothing_of_trends():
    table = event_study(MIXED.filter(pl.col("wave") > "w01", ~pl.col("area").is_in(["C", "G"])), "trust", start="first")
    row = table.filter(term="pre_trend").row(0, named=True)
    assert row["p_value"] is None
    assert "one wave before the start only" in row["note"]


def test_leads_and_lags_need_never_treated():
    treated = MIXED.filter(pl.col("first").is_not_null())
    with pytest.raises(ModelError, match="everybody is treated in the end"):
        event_study(treated, "trust", start="first", estimator="two_way")
    with pytest.raises(ModelError, match="nobody is never treated"):
        group_time_effects(treated, "trust", start="first")
    assert group_time_effects(treated, "trust", start="first", control="not_yet").height
    assert event_study(treated, "trust", start="first").height
    assert imputation_effects(treated, "trust", start="first").height


def test_different_starts_are_warned_of():
    note = difference_in_differences(MIXED, "trust", start="first").filter(component="effect")["note"][0]
    assert "starts differ (2)" in note
    assert "group_time_effects" in note


@pytest.mark.parametrize(
    ("starts", "waves", "says"),
    [
        ({"A": "w03", "B": "w04", "C": None, "D": None}, WAVES, "several starts"),
        ({"A": "w03", "B": None}, WAVES, "fewer than two areas"),
        ({"A": "w02", "B": None, "C": None}, WAVES, "one wave before the start"),
    ],
)
def test_a_synthetic_control_needs(starts, waves, says):
    with pytest.raises(ModelError, match=says):
        synthetic_control(panel(starts), "trust", start="first", by="area")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"interruptions": {"event": "w09"}}, "no wave `w09`"),
        ({"interruptions": {}}, "no interruption"),
        ({"interruptions": {"event": "w02"}}, "1 time before `event`"),
        ({"interruptions": {"event": "w06"}}, "1 time after `event`"),
        ({"interruptions": {"event": "w03", "other": "w04"}}, "the course fits any series"),
    ],
)
def test_an_interrupted_series_needs(options, says):
    with pytest.raises(ModelError, match=says):
        interrupted_time_series(MIXED, "trust", unit="person_id", **options)


def test_a_series_has_one_row_a_time():
    with pytest.raises(ModelError, match="several rows in one time"):
        interrupted_time_series(MIXED, "trust", interruptions={"event": "w03"})


@pytest.mark.parametrize("evaluate", EVALUATIONS[1:])
def test_a_start_of_one_cluster_has_no_standard_error(evaluate):
    """Area C alone starts in w04: how such areas differ from each other cannot be seen."""
    table = evaluate(MIXED.filter(pl.col("area") != "G"), "trust", start="first", by="area")
    alone = table.filter(component="event_time", group="0").row(0, named=True)
    assert alone["std_error"] is None
    assert alone["estimate"] is not None
    assert "those first treated in w04 are one cluster (area)" in alone["note"]
    assert table.filter(component="event_time", group="3")["std_error"][0] is not None  # of two areas that are alike
    assert "withheld" in table.filter(term="pre_trend")["note"][0]
