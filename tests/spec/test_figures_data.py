"""The data behind a figure: what it draws, in words, without values of fewer than ten people."""

import datetime as dt
from types import SimpleNamespace

import polars as pl
import pytest

from pipeline.errors import PaperError
from pipeline.figures.courses import panels_of
from pipeline.figures.data import PEOPLE, SUPPRESSED, cleared, csv_bytes, of_panels, of_waves, read_csv
from pipeline.figures.picture import Material
from pipeline.figures.wave_counts import WaveCounts
from pipeline.tables import estimates

DATES = {"w01": dt.date(2020, 5, 1), "w02": dt.date(2020, 9, 1)}


def means(people: int = 200) -> pl.DataFrame:
    rows = [
        {"outcome": "trust", "term": "mean", "wave": wave, "estimate": value, "conf_low": value - 0.024}
        | {"conf_high": value + 0.024, "n_persons": people}
        for wave, value in zip(DATES, (0.512, 0.434), strict=True)
    ]
    return estimates(rows, model="m", family="design_means", component="mean")


def test_a_trend_gives_each_point_in_words_and_units_rounded_as_printed() -> None:
    data = of_panels(panels_of(means(), DATES, None, {"trust": "Trusts"}, True, None), True, 0.95)
    assert data.columns == ["Measure", "Date", "Share (%)", "95% interval, low (%)", "95% interval, high (%)", PEOPLE]
    assert data.rows() == [("Trusts", "2020-05", 51, 49, 54, 200), ("Trusts", "2020-09", 43, 41, 46, 200)]


@pytest.mark.parametrize("people", [1, 9])
def test_values_of_fewer_than_ten_people_are_taken_out_and_their_row_says_so(people: int) -> None:
    rows = [{"Group": "a", "Share (%)": 50, PEOPLE: people}, {"Group": "b", "Share (%)": 40, PEOPLE: 10}]
    assert cleared(rows, ("Group",)).rows() == [("a", None, None, SUPPRESSED), ("b", 40, 10, "")]


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1 point", "@x", "'quoted", "\ttab", 'a,"b"', "10", ""])
def test_texts_come_back_as_they_were_and_none_is_a_formula(text: str) -> None:
    data = pl.DataFrame({"Label": [text, "other"], "Share (%)": [0.5, None], PEOPLE: [12, 400]})
    content = csv_bytes(data)
    assert not [line for line in content.decode().split("\n") if line.startswith(("=", "+", "-", "@", "\t"))]
    assert read_csv(content).rows() == data.rows()


@pytest.mark.parametrize(("people", "drawn"), [(0, False), (9, False), (10, True)])
def test_no_kind_draws_an_estimate_of_few_people(people, drawn):
    rows = pl.DataFrame(
        {"model": ["m"], "estimate": [0.5], "std_error": [0.1], "conf_low": [0.3], "conf_high": [0.7],
         "n_persons": [people], "n_obs": [50]}
    )  # fmt: skip
    found = Material(rows, None, {}, {}).of(SimpleNamespace(models=("m",)))
    assert (found["estimate"][0] is not None) is drawn
    assert (found["conf_low"][0] is not None) is drawn


@pytest.mark.parametrize(
    ("counts", "withheld"),
    [
        ({"stayed": 50, "returned": 9, "entered": 20}, {"returned", "entered"}),
        ({"stayed": 50, "returned": 9, "entered": 3}, {"returned", "entered"}),
        ({"stayed": 50, "left": 4, "away": 30}, {"left", "away"}),
        ({"stayed": 50, "returned": 10, "left": 12}, set()),
        ({"entered": 7}, {"entered"}),
    ],
)
def test_counts_of_few_people_are_not_printed_and_cannot_be_derived(counts: dict, withheld: set) -> None:
    wave = WaveCounts("May 2020", counts)
    assert wave.withheld == withheld
    data = of_waves({"Main": [wave]}, dict.fromkeys(counts, "x") | {key: key for key in counts})
    shown = dict(zip(data["Status"], data["People"], strict=True))
    assert {status for status, count in shown.items() if count is None} == withheld


def test_a_trend_leaves_out_points_of_fewer_than_ten_people() -> None:
    few = means().with_columns(n_persons=pl.when(pl.col("wave") == "w01").then(9).otherwise(10).cast(pl.Int64))
    panels = panels_of(few, DATES, None, {"trust": "Trusts"}, True, None)
    assert [point.people for panel in panels for line in panel.lines for point in line.points] == [10]
    with pytest.raises(PaperError, match="no mean or share"):
        panels_of(means(9), DATES, None, None, True, None)
