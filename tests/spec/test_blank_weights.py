"""A wave whose weights are all blank is named where nothing weighted is estimated for it."""

import datetime as dt

import polars as pl
import pytest
from test_papers_coverage import means

from assets.nodes.weigh import make_weights
from pipeline.figures.courses import panels_of
from pipeline.figures.kinds.trend import alt_trend
from pipeline.figures.trend_lines import gap_words
from pipeline.papers.coverage import Coverage, remarks

WAVES = ("w01", "w02", "w03")


def said(estimated, weighted=WAVES):
    coverage = Coverage({"main": WAVES}, frozenset(("main", wave) for wave in weighted))
    return list(remarks(means(), coverage, {"w01": "2019", "w02": "2020", "w03": "2021"}.__getitem__, estimated))


@pytest.mark.parametrize(
    ("estimated", "lines"),
    [
        (WAVES, []),
        (("w01", "w03"), ["Nothing is estimated for 2020: nobody has a weight and an answer"]),
        (("w03",), ["Nothing is estimated for 2019 and 2020: nobody has a weight and an answer"]),
        ((), []),
    ],
)
def test_a_paper_names_the_waves(estimated, lines):
    assert said(estimated) == lines


def test_a_wave_without_a_declared_weight_is_named_once():
    assert said(("w01", "w03"), ("w01", "w03")) == ["Nothing is estimated for 2020: there is no weight"]


def test_a_build_warns_of_weights_that_are_blank():
    rows = [("p1", "w01", 1.0), ("p1", "w02", None), ("p2", "w02", 0.0), ("p1", "w03", None)]
    answers = pl.DataFrame(rows, schema=["person_id", "wave", "design_weight"], orient="row").with_columns(
        study=pl.lit("s"), arm=pl.lit("main")
    )
    made = make_weights({"answers": answers}, weighted=(("main", "w01"), ("main", "w02")))
    severity, found = made.remarks["blank_weights"]
    assert severity == "warning"
    assert len(found) == 1, "w03 declares no weight"
    assert "w02: the weight is blank for everybody of the arm main" in found[0]


def course(waves):
    rows = [{"outcome": "trust", "group": None, "wave": wave, "component": "mean", "estimate": 1.0} for wave in waves]
    ends = {"conf_low": 0.9, "conf_high": 1.1, "n_persons": 100}
    return pl.DataFrame([row | ends for row in rows], schema_overrides={"group": pl.String})


DATES = {wave: dt.date(2019 + place, 1, 1) for place, wave in enumerate(WAVES)}


@pytest.mark.parametrize(("waves", "gaps"), [(WAVES, [False] * 3), (("w01", "w03"), [False, True])])
def test_a_line_over_a_wave_without_an_estimate_is_dotted(waves, gaps):
    panels = panels_of(course(waves), DATES, None, None, False, None)
    assert [point.after_gap for point in panels[0].lines[0].points] == gaps
    words = ["Dotted lines pass over waves without an estimate."] if any(gaps) else []
    assert gap_words(panels) == words
    assert all(word in alt_trend(course(waves), dates=DATES) for word in words)
