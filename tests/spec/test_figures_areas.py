"""Figures of areas and small multiples: sorted, suppressed under ten people, on one scale."""

import datetime as dt

import polars as pl
import pytest
from pydantic import ValidationError

from pipeline.errors import PaperError
from pipeline.figures import (
    NARROW,
    WIDE,
    alt_area_dots,
    alt_small_multiples,
    alt_tile_map,
    area_dots,
    small_multiples,
    tile_map,
)
from pipeline.figures.area_values import areas_of, data_of
from pipeline.figures.findings import PHONE, PRINT
from pipeline.figures.lint import lint
from pipeline.figures.tile_plot import SEQUENCE, classes_of
from pipeline.specs.study import StudyFile
from pipeline.tables import estimates

PLACES = {"k": "Kent", "s": "Scotland", "w": "Wales", "b": "Blackburn with Darwen", "u": "Unasked"}
TILES = {"k": (3, 2), "s": (1, 1), "w": (2, 1), "b": (2, 2), "u": (3, 1)}
LONG = "Agrees that people from different backgrounds who live in the local area get on well together"


def by_area(few: int = 9, wave: str = "w01") -> pl.DataFrame:
    rows = [
        {"group": group, "estimate": value, "conf_low": value - 0.05, "conf_high": value + 0.05, "n_persons": people}
        for group, value, people in (("k", 0.42, 300), ("s", 0.61, 120), ("w", 0.37, 10), ("b", 0.5, few))
    ]
    rows.append({"group": None, "estimate": 0.47, "conf_low": 0.45, "conf_high": 0.49, "n_persons": 439})
    return estimates(
        [row | {"wave": wave} for row in rows],
        model="m", family="design_means", component="mean", outcome="trust", term="trust",
    )  # fmt: skip


def test_areas_are_sorted_and_those_of_fewer_than_ten_people_have_no_value() -> None:
    areas = areas_of(by_area(), PLACES, percent=True)
    assert [(area.label, round(area.value)) for area in areas.shown] == [("Scotland", 61), ("Kent", 42), ("Wales", 37)]
    assert [(area.label, area.suppressed) for area in areas.hidden] == [
        ("Blackburn with Darwen", True),
        ("Unasked", False),
    ]
    assert areas.overall.value == pytest.approx(47)


def test_ten_people_are_enough() -> None:
    assert len(areas_of(by_area(few=10), PLACES).shown) == 4


def test_the_data_behind_name_what_is_suppressed_and_hold_none_of_it() -> None:
    data = data_of(areas_of(by_area(), PLACES, percent=True), 0.95)
    row = data.filter(pl.col("Area") == "Blackburn with Darwen").row(0, named=True)
    assert row["Note"] == "suppressed: fewer than 10 people"
    assert all(value is None for name, value in row.items() if name not in ("Area", "Note"))
    assert data.row(0)[:4] == ("Scotland", 61, 56, 66)


@pytest.mark.parametrize("alt", [alt_area_dots, alt_tile_map], ids=["dots", "tiles"])
def test_the_alternative_text_says_the_highest_the_lowest_all_and_what_is_not_shown(alt) -> None:
    said = alt(by_area(), labels=PLACES, percent=True)
    assert "Highest: Scotland, 61%. Lowest: Wales, 37%. All areas together: 47%." in said
    assert "Not shown, with under 10 people: Blackburn with Darwen." in said
    assert "Not known: Unasked." in said


def test_the_last_wave_is_drawn_unless_one_is_named() -> None:
    both = pl.concat([by_area(), by_area(wave="w02").with_columns(pl.col("estimate") * 1.05)])
    assert areas_of(both, PLACES).wave == "w02"
    assert areas_of(both, PLACES, wave="w01").wave == "w01"


def test_no_area_of_ten_people_is_said() -> None:
    with pytest.raises(PaperError, match="no area has an estimate of 10 or more people"):
        areas_of(by_area().with_columns(n_persons=pl.lit(9, dtype=pl.Int64)), PLACES)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (38, 61, ["30 to under 40%", "40 to under 50%", "50 to under 60%", "60 to under 70%"]),
        (40, 41, ["40.0 to under 40.5%", "40.5 to under 41.0%", "41.0 to under 41.5%"]),
        (50, 50, ["50 to under 51%"]),
    ],
)
def test_classes_have_round_limits_and_hold_every_value(low: float, high: float, labels: list[str]) -> None:
    rows = [{"group": g, "estimate": v / 100, "n_persons": 50} for g, v in (("k", low), ("s", high))]
    table = estimates(rows, model="m", family="f", component="mean", outcome="y", term="y", wave="w01")
    classes = classes_of(areas_of(table, {"k": "K", "s": "S"}, percent=True))
    assert list(classes.labels) == labels
    assert classes.colour(low) == classes.colours[0]
    assert set(classes.colours) <= set(SEQUENCE)


def test_two_areas_on_one_tile_are_refused() -> None:
    given = {"label": "A", "row": 1, "column": 1}
    minimal = {"title": "T", "short_title": "T", "population": "P", "citation": "C", "licence": "L"}
    minimal |= {"arms": {"main": {"title": "Main", "waves": ["w01"]}}}
    StudyFile(**minimal, tiles={"a": given, "b": given | {"column": 2}})
    with pytest.raises(ValidationError, match="`a` and `b` are both in row 1, column 1"):
        StudyFile(**minimal, tiles={"a": given, "b": given})
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        StudyFile(**minimal, tiles={"a": given | {"row": 0}})


DATES = {f"w{number:02}": dt.date(2015 + number, 5, 1) for number in range(1, 6)}


def courses(groups: int) -> pl.DataFrame:
    rows = [
        {"group": f"g{group}", "wave": wave, "estimate": value, "conf_low": value - 0.05, "conf_high": value + 0.05}
        for group in range(groups)
        for wave in DATES
        for value in [0.3 + 0.01 * group + (0.1 if wave == "w03" else 0.0)]
    ]
    same = {"model": "m", "family": "design_means", "component": "mean", "outcome": "trust", "term": "trust"}
    return estimates(rows, **same, n_persons=90)


def test_small_multiples_have_one_scale_and_can_come_by_the_last_value() -> None:
    labels = {f"g{group}": f"Group {group}" for group in range(4)}
    figure = small_multiples(courses(4), dates=DATES, title="T", groups=labels, percent=True, order="last")
    assert len({tuple(axes.get_ylim()) for axes in figure.axes}) == 1
    said = alt_small_multiples(courses(4), dates=DATES, groups=labels, percent=True, order="last")
    assert said.index("Group 3: from") < said.index("Group 0: from")
    assert "Highest at the end: Group 3 (33%); lowest: Group 0 (30%)." in said
    assert "Group 3: from 33% to 33%, peak 43% in May 2018." in said


@pytest.mark.parametrize(
    "label", ["Short", LONG, pytest.param("n" * 90, marks=pytest.mark.thorough)], ids=["short", "long", "unbroken"]
)
@pytest.mark.parametrize("name", ["dots", "many dots", "tiles", "multiples", "many multiples"])
def test_they_can_be_read_on_a_page_and_on_a_phone(name: str, label: str) -> None:
    words = {"title": label, "subtitle": label, "synthetic": True, "note": label}
    places = {key: f"{name} {label}" if label != "Short" else name for key, name in PLACES.items()}
    groups = {f"g{group}": f"{label} {group}" for group in range(24)}
    many = courses(24).filter(pl.col("wave") == "w05")
    for width, medium in ((WIDE, PRINT), (NARROW, PHONE)):
        shape = words | {"width": width}
        figure = {
            "dots": lambda: area_dots(by_area(), labels=places, percent=True, **shape),  # noqa: B023
            "many dots": lambda: area_dots(many, labels=groups, percent=True, **shape),  # noqa: B023
            "tiles": lambda: tile_map(by_area(), labels=places, tiles=TILES, percent=True, **shape),  # noqa: B023
            "multiples": lambda: small_multiples(courses(3), dates=DATES, groups=groups, percent=True, **shape),  # noqa: B023
            "many multiples": lambda: small_multiples(courses(24), dates=DATES, groups=groups, **shape),  # noqa: B023
        }[name]()
        assert not lint(figure, medium), (medium.where, lint(figure, medium)[:4])


def test_too_many_areas_or_panels_are_refused_with_what_to_do() -> None:
    with pytest.raises(PaperError, match="too many panels"):
        small_multiples(courses(30), dates=DATES, title="T", groups={f"g{g}": str(g) for g in range(30)})
    with pytest.raises(PaperError, match="too many areas"):
        area_dots(courses(50), labels={f"g{g}": str(g) for g in range(50)}, title="T")
