"""The panel: which column a score gets, when it has none, and how area measures join it."""

import datetime as dt

import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.scales import panel, read_area_table, reliability, score_ranges
from pipeline.specs import Item, Scale, Study, StudyFile, Wave
from pipeline.tables import Reliability, panel_schema

AGREE = {"1": "Disagree", "2": "Neither", "3": "Agree"}
ITEMS = {
    "t1": {"codes": AGREE, "concept": "trust"},
    "t2": {"codes": AGREE},
    "t3": {"codes": AGREE},
    "minority": {"codes": {"1": "yes", "2": "no"}, "recode": {"1": 1, "2": 0}, "concept": "ethnic_minority"},
    "age": {"kind": "number", "range": (18, 110), "concept": "age"},
}
SCALES = {
    "trust": {"items": ["t1", "t2", "t3"], "reverse": ["t3"], "minimum_answered": 2},
    "all_three": {"items": ["t1", "t2", "t3"], "score": "sum", "concept": "trust_sum"},
}
AREAS = {
    "own_group_share": {"by": "ethnic_minority", "column": "share", "range": (0, 100), "unmatched": 1},
    "deprivation": {"column": "imd", "unmatched": 1},
}


def study(exceptions: dict | None = None) -> Study:
    about = StudyFile.model_validate(
        {"title": "S", "short_title": "S", "population": "p", "citation": "c", "licence": "l"}
        | {"arms": {"main": {"title": "m", "waves": ["w01", "w02"]}}}
        | {
            "areas": {
                key: {"table": f"{key}.csv", "vintage": "2021", "date": "2021-03-21", "source": "census", **measure}
                for key, measure in AREAS.items()
            }
        }
    )
    files = [{"arm": "main", "file": "f.csv", "format": "csv"}]
    wave = {"title": "w", "fieldwork": {"start": "2020-01-01", "end": "2020-02-01"}, "files": files}
    return Study(
        "s",
        about,
        {key: Item.model_validate({"label": key, "wording": key, **item}) for key, item in ITEMS.items()},
        {key: Scale.model_validate({"label": key, **scale}) for key, scale in SCALES.items()},
        {"w01": Wave.model_validate(wave), "w02": Wave.model_validate(wave | {"exceptions": exceptions or {}})},
    )


TABLES = {
    "own_group_share.csv": pl.DataFrame(
        {"area_code": ["E1", "E1", "E2"], "ethnic_minority": [0, 1, 0], "share": [80.0, 20.0, 90.0]}
    ),
    "deprivation.csv": pl.DataFrame({"area_code": ["E1", "E2"], "imd": [31, 12]}),
}


def answers() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person_id": ["a", "b", "c", "a"],
            "study": ["s"] * 4,
            "arm": ["main"] * 4,
            "wave": ["w01", "w01", "w01", "w02"],
            "fieldwork_start": [dt.date(2020, 1, 1)] * 4,
            "interview_date": pl.Series([None] * 4, dtype=pl.Date),
            "design_weight": [1.0] * 4,
            "stratum": pl.Series([None] * 4, dtype=pl.String),
            "psu": pl.Series([None] * 4, dtype=pl.String),
            "area_code": ["E1", "E1", "E9", None],
            "t1": [1.0, 3.0, 2.0, None],
            "t2": [2.0, 3.0, None, None],
            "t3": [3.0, None, None, None],
            "minority": [0.0, 1.0, 0.0, 0.0],
            "age": [20.0, 30.0, 40.0, 21.0],
        }
    )


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("trust", [4 / 3, 3.0, None, None]),
        ("trust_sum", [6.0, None, None, None]),
        ("ethnic_minority", [0.0, 1.0, 0.0, 0.0]),
        ("age", [20.0, 30.0, 40.0, 21.0]),
        ("own_group_share", [80.0, 20.0, None, None]),
        ("deprivation", [31.0, 31.0, None, None]),
    ],
    ids=["mean-not-asked-in-w02", "sum-under-its-concept", "single-item", "number", "area-by-group", "area"],
)
def test_column(score, expected):
    assert panel(study(), answers(), TABLES)[score].to_list() == pytest.approx(expected)


def test_rows_and_columns_are_those_declared():
    made = panel(study(), answers(), TABLES)
    assert made["person_id"].to_list() == answers()["person_id"].to_list()
    assert made.columns[-6:] == list(study().scores)
    panel_schema(score_ranges(study())).validate(made)


def test_score_ranges():
    assert score_ranges(study()) == {
        "trust": (1, 3),
        "trust_sum": (3, 9),
        "ethnic_minority": (0, 1),
        "age": (18, 110),
        "own_group_share": (0, 100),
        "deprivation": (None, None),
    }
    assert score_ranges(study({"age": {"reason": "older people too", "range": (16, 120)}}))["age"] == (16, 120)


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({}, "own_group_share.csv: has no columns area_code, share, ethnic_minority"),
        (
            TABLES | {"deprivation.csv": pl.DataFrame({"area": ["E1"]})},
            "deprivation.csv: has no columns area_code, imd",
        ),
        (
            TABLES | {"deprivation.csv": pl.DataFrame({"area_code": ["E1", "E1"], "imd": [1, 2]})},
            "deprivation.csv: names an area twice",
        ),
    ],
    ids=["absent", "other-columns", "area-twice"],
)
def test_an_area_table_that_does_not_fit_is_refused(tables, expected):
    with pytest.raises(CohesionError, match=expected):
        panel(study(), answers(), tables)


def test_area_codes_stay_text(tmp_path):
    (tmp_path / "areas.csv").write_text("# a note\narea_code,imd\n007,1.5\n")
    assert read_area_table(tmp_path / "areas.csv")["area_code"].to_list() == ["007"]
    with pytest.raises(CohesionError, match="is missing"):
        read_area_table(tmp_path / "none.csv")


def test_reliability_where_all_items_were_answered():
    found = reliability(answers(), study())
    Reliability.validate(found)
    assert found.select("wave", "scale", "n_items", "n_persons", "alpha", "note").rows() == [
        ("w01", "trust", 3, 1, None, "fewer than two complete rows"),
        ("w01", "all_three", 3, 1, None, "fewer than two complete rows"),
    ]
