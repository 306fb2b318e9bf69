"""A start of each person's own: the first wave in which a score reaches a level, as a small table."""

import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import event_study, group_time_effects, imputation_effects
from pipeline.models.interventions.reached import FIRST, first_reached

WAVES = ["w01", "w02", "w03", "w04"]


def answers(course: list[float | None], **columns: object) -> pl.DataFrame:
    rows = {"person_id": ["a"] * len(course), "wave": WAVES[: len(course)], "protest": course}
    other = {"person_id": ["b"] * 4, "wave": WAVES, "protest": [1.0] * 4}
    frame = [pl.DataFrame(one, schema_overrides={"protest": pl.Float64}) for one in (rows, other)]
    return pl.concat(frame).with_columns(**columns)


@pytest.mark.parametrize(
    ("course", "start"),
    [
        ([1, 1, 2, 1], "w03"),
        ([1, 3, 1, 2], "w02"),
        ([1, 1, 1, 1], None),
        ([2, 1, 1, 1], "w01"),
        ([None, 2, 1, 1], "w01"),
        ([1, None, 2, 1], "w03"),
        ([1, 1.9, None, None], None),
    ],
    ids=["first-time", "stays-although-it-falls", "never", "from-the-start", "first-answer-has-it", "gap", "below"],
)
@pytest.mark.parametrize("numbered", [False, True])
def test_a_person_starts(course, start, numbered):
    frame = answers(course)
    if numbered:
        frame = frame.with_columns(pl.col("wave").str.slice(1).cast(pl.Int64))
    found = first_reached(frame.sample(fraction=1, shuffle=True, seed=1), "protest", 2, "person_id", "wave")
    mine = found.filter(person_id="a")[FIRST].unique().to_list()
    assert mine == [start if start is None or not numbered else int(start[1:])]
    assert found.filter(person_id="b")[FIRST].null_count() == 4


def panel() -> pl.DataFrame:
    """Forty people in four waves; a quarter reaches 2 in the second, a quarter in the third, and trust falls by 1."""
    rows = []
    for person in range(40):
        start = {0: 2, 1: 3}.get(person % 4, 9)
        for wave in range(1, 5):
            rows.append(
                {
                    "person_id": f"p{person}",
                    "wave": f"w0{wave}",
                    "protest": 2.0 if wave == start else 1.0,
                    "start": None if start == 9 else f"w0{start}",
                    "trust": person % 7 + 0.1 * wave - (wave >= start) + ((person * 7 + wave * 5) % 11) / 50,
                }
            )
    return pl.DataFrame(rows, schema_overrides={"start": pl.String})


@pytest.mark.parametrize("evaluate", [event_study, group_time_effects, imputation_effects])
def test_it_is_the_start_that_a_column_would_give(evaluate):
    reached, given = evaluate(panel(), "trust", treated="protest", reaches=2), evaluate(panel(), "trust", start="start")
    assert reached.equals(given)
    assert reached.filter(component="effect")["estimate"][0] == pytest.approx(-1, abs=0.1)


def test_who_never_answered_is_left_out():
    unknown = panel().with_columns(
        protest=pl.when(pl.col("person_id").is_in(["p2", "p3"])).then(None).otherwise("protest")
    )
    table = group_time_effects(unknown, "trust", treated="protest", reaches=2)
    assert table["n_persons"][0] == 38
    assert table.filter(term="rows_left_out")["estimate"][0] == 8


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"treated": "protest", "reaches": 9}, "nobody is treated"),
        ({"treated": "protest", "reaches": 1}, "everybody is treated from the first wave on"),
        ({"reaches": 2}, "the level of a score `treated`"),
        ({"treated": "protest", "reaches": 2, "start": "w02"}, "the level of a score `treated`"),
        ({"treated": "person_id", "reaches": 2}, "must be a number"),
        ({"treated": "absent", "reaches": 2}, "no column `absent`"),
    ],
    ids=["nobody", "everybody", "no-score", "two-starts", "a-name", "absent"],
)
def test_refuses(options, says):
    with pytest.raises(ModelError, match=says):
        group_time_effects(panel(), "trust", **options)


def test_refuses_a_score_that_differs_within_a_unit_and_wave():
    frame = panel().with_columns(area=pl.lit("A"))
    with pytest.raises(ModelError, match=r"reaches 2 in some rows of a unit \(`area`\) and wave"):
        group_time_effects(frame, "trust", treated="protest", reaches=2, unit="area", design="cross_sections")
