"""Event studies as figures: readable at both widths, the omitted period marked, and described in words."""

import polars as pl
import pytest
from matplotlib.text import Text

from pipeline.errors import PaperError
from pipeline.figures import NARROW, alt_event_study, event_study
from pipeline.figures.event_plot import event_points
from pipeline.figures.lint import PHONE, PRINT, lint
from pipeline.tables import estimates

EVENTS = {"-3": 0.05, "-2": -0.02, "0": 0.3, "1": 0.42, "2": 0.38}


def effects(events: dict[str, float] = EVENTS, model: str = "contact", *, without: str = "") -> pl.DataFrame:
    """The rows of an event study against event time −1; the event ``without`` has no standard error."""
    rows: list[dict[str, object]] = [
        {"component": "effect", "term": "treated", "estimate": 0.37, "conf_low": 0.2, "conf_high": 0.54},
        {"component": "event_time", "term": "treated", "group": "-1", "estimate": 0.0, "note": "the omitted period: …"},
    ]
    for event, value in events.items():
        seen = event != without
        for component, half in (("event_time", 0.1), ("event_time_band", 0.16)):
            ends = {"conf_low": value - half, "conf_high": value + half} if seen else {}
            if seen or component == "event_time":
                rows.append({"component": component, "term": "treated", "group": event, "estimate": value, **ends})
    return estimates([{**row, "n_persons": 400} for row in rows], model=model, family="event_study", outcome="trust")


SHAPES = {
    "plain": effects(),
    "many": effects({f"{event}": 0.1 * (event % 3) for event in (*range(-12, -1), *range(14))}),
    "gaps": effects({"-14": 0.1, "-7": 0.0, "0": 0.2, "36": 0.3}),
    "negative": effects({event: -100 * value for event, value in EVENTS.items()}),
    "none before": effects({"0": 0.2, "1": 0.3}),
    "one withheld": effects(without="1"),
    "none omitted": effects().filter(pl.col("note").is_null()),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("width", "medium"), [(6.56, PRINT), (NARROW, PHONE)], ids=["page", "phone"])
def test_it_is_readable(shape, width, medium):
    figure = event_study(SHAPES[shape], title="Trust by time since the start", width=width, synthetic=True)
    assert lint(figure, medium) == []


def test_its_points_are_in_order_and_the_omitted_one_is_known():
    points = event_points(effects())
    assert [point.label for point in points] == ["−3", "−2", "−1", "0", "+1", "+2"]
    assert [point.label for point in points if point.is_omitted] == ["−1"]
    assert points[0].band == pytest.approx((-0.11, 0.21))


def test_a_period_that_nothing_is_compared_with_is_not_in_the_legend():
    """Effects by group and time each have a base of their own: a mark that no point has is a riddle."""
    words = [
        [text.get_text() for text in event_study(SHAPES[shape], title="Trust").findobj(Text)]
        for shape in ("plain", "none omitted")
    ]
    assert ["Compared with (zero)" in one for one in words] == [True, False]


def test_its_words_name_every_effect():
    said = alt_event_study(effects(without="1"))
    assert "−1: zero, the period that the others are compared with" in said
    assert "0: 0.30 (0.20 to 0.40)" in said
    assert "+1: 0.42;" in said
    assert said.endswith("Average since the start: 0.37 (0.20 to 0.54).")
    assert "30.0 (20.0 to 40.0)" in alt_event_study(effects(), percent=True)


def test_it_draws_one_model_with_event_times():
    with pytest.raises(PaperError, match="draws one model"):
        event_study(pl.concat([effects(), effects(model="other")]), title="Two")
    with pytest.raises(PaperError, match="no effects by event time"):
        event_study(effects().filter(component="effect"), title="None")
