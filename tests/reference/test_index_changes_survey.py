"""Changes of area means on a panel against R's survey (``svyby(covmat = TRUE)`` with ``svycontrast``): 1e-8.

Judge: survey 4.1.1, ``data/area_changes/run.R``. One question was not asked in the first wave, so that the scale is
compared on the other two.
"""

import json

import polars as pl
import pytest
from shared import SHIPPED

from pipeline.index import area_changes

FOLDER = SHIPPED / "area_changes"
R = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
DESIGNS = {"persons": {}, "units": {"psu": "psu", "strata": "stratum"}}
AREAS = ("north", "south", "east", "coast")
EVERY = ("previous_wave", "base_wave", "comparison", "earlier_waves")


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return pl.read_csv(FOLDER / "panel.csv")


def changes(panel: pl.DataFrame, **design: object) -> pl.DataFrame:
    return area_changes(
        panel, ["trust", "both"], indicators=panel, domains={"both": ["q1", "q2", "q3"]}, comparison_arm="elsewhere",
        kinds=EVERY, smallest=10, **design,
    )  # fmt: skip


def same(row: dict, expected: dict, estimate: str = "estimate", std_error: str = "std_error") -> None:
    assert row[estimate] == pytest.approx(expected["estimate"], rel=1e-8, abs=1e-10)
    assert row[std_error] == pytest.approx(expected["std_error"], rel=1e-8)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(("measure", "name"), [("trust", "trust"), ("both", "common")])
def test_changes_and_ratios_are_those_of_survey(panel, design, measure, name):
    made = changes(panel, **DESIGNS[design]).filter(measure=measure)
    compared = 0
    for area in AREAS:
        for kind, later, earlier in (("previous_wave", 2, 1), ("base_wave", 2, 1), ("base_wave", 3, 1)):
            row = made.filter(area=area, kind=kind, wave=f"w0{later}", against=f"w0{earlier}").row(0, named=True)
            same(row, R[f"{design} {name} difference {area} {later} {earlier}"])
            same(row, R[f"{design} {name} ratio {area} {later} {earlier}"], "ratio", "ratio_error")
            compared += 1
        row = made.filter(area=area, kind="earlier_waves").row(0, named=True)
        same(row, R[f"{design} {name} earlier {area}"])
    assert compared == 12


@pytest.mark.parametrize("design", DESIGNS)
def test_differences_from_the_comparison_are_those_of_survey(panel, design):
    made = changes(panel, **DESIGNS[design]).filter(measure="trust", kind="comparison")
    assert sorted(made["area"].unique()) == ["east", "north", "south"]
    for row in made.iter_rows(named=True):
        same(row, R[f"{design} trust comparison {row['area']} {int(row['wave'][1:])}"])


def test_an_area_as_a_design_of_its_own(panel):
    made = changes(panel, subset="answered").filter(measure="trust", kind="previous_wave", wave="w02")
    for row in made.iter_rows(named=True):
        same(row, R[f"answered trust difference {row['area']} 2 1"])


def test_nothing_is_left_out_where_both_waves_asked_the_same(panel):
    row = changes(panel).filter(measure="both", kind="previous_wave", wave="w03", area="north").row(0, named=True)
    assert (row["common_indicators"], row["note"]) == (3, None)
    first = changes(panel).filter(measure="both", kind="previous_wave", wave="w02", area="north").row(0, named=True)
    assert (first["common_indicators"], first["note"]) == (2, "on the 2 of 3 indicators that both sides were asked")
