"""What a trend figure shows: a true time axis, intervals, events, labels that do not collide."""

import datetime as dt
from itertools import combinations

import polars as pl
import pytest
from matplotlib.figure import Figure

from pipeline.errors import PaperError
from pipeline.figures import NARROW, WIDE, alt_trend, trend
from pipeline.tables import estimates

UNEQUAL = {"w01": dt.date(2016, 8, 1), "w02": dt.date(2017, 8, 1), "w03": dt.date(2021, 8, 1)}
EVENTS = [(dt.date(2018, 3, 11), "New president takes office"), (dt.date(2019, 10, 18), "Social uprising begins")]
CLOSE_EVENTS = [
    *EVENTS,
    (dt.date(2020, 3, 3), "First Covid case in Chile"),
    (dt.date(2020, 10, 25), "Constitutional referendum"),
]


def means(values: dict[str, tuple[float, ...]], waves=UNEQUAL, group: str | None = None, half: float = 0.1):
    rows = [
        {"outcome": outcome, "wave": wave, "estimate": value, "conf_low": value - half, "conf_high": value + half}
        for outcome, series in values.items()
        for wave, value in zip(waves, series, strict=True)
    ]
    constants = {"model": "means", "family": "design_means", "component": "mean", "term": "mean"}
    return estimates(rows, **constants, **({"group": group} if group else {}))


def boxes(figure: Figure) -> list[tuple[str, object]]:
    """Every visible text with its place in pixels."""
    renderer = figure.canvas.get_renderer()
    texts = [*figure.texts, *(text for axes in figure.axes for text in (*axes.texts, *axes.get_xticklabels()))]
    texts += [text for axes in figure.axes for text in axes.get_yticklabels()]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t.get_text().strip() and t.get_visible()]


def collisions(figure: Figure) -> list[tuple[str, str]]:
    return [(a, b) for (a, one), (b, other) in combinations(boxes(figure), 2) if _overlap(one, other)]


def _overlap(one, other) -> bool:
    return min(one.x1, other.x1) - max(one.x0, other.x0) > 1.5 and min(one.y1, other.y1) - max(one.y0, other.y0) > 2.5


def overflows(figure: Figure) -> list[str]:
    width, height = figure.bbox.width, figure.bbox.height
    return [
        text for text, box in boxes(figure) if box.x0 < -1 or box.x1 > width + 1 or box.y0 < -1 or box.y1 > height + 1
    ]


def test_waves_stand_where_they_were_in_time() -> None:
    figure = trend(means({"trust": (2.0, 2.2, 2.1)}), dates=UNEQUAL, title="Trust")
    days = next(line.get_xdata() for line in figure.axes[0].lines if len(line.get_xdata()) == 3)
    assert (days[2] - days[1]) / (days[1] - days[0]) == pytest.approx(4, rel=0.01)


def test_arms_have_calendars_of_their_own() -> None:
    first = means({"trust": (0.4, 0.3)}, ["w01", "w02"], "regions")
    second = means({"trust": (0.5, 0.4)}, ["w01", "w02"], "cities")
    dates = {("regions", "w01"): dt.date(2020, 5, 1), ("regions", "w02"): dt.date(2021, 5, 1)}
    dates |= {("cities", "w01"): dt.date(2020, 11, 1), ("cities", "w02"): dt.date(2021, 2, 1)}
    figure = trend(pl.concat([first, second]), dates=dates, title="Trust")
    starts = {line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() not in ("None", None, "")}
    assert starts == {dt.date(2020, 5, 1).toordinal(), dt.date(2020, 11, 1).toordinal()}


def test_every_interval_is_inside_the_axes() -> None:
    figure = trend(means({"trust": (2.0, 2.9, 1.2)}, half=0.6), dates=UNEQUAL, title="Trust")
    low, high = figure.axes[0].get_ylim()
    assert low <= 0.6
    assert high >= 3.5


def test_a_given_range_is_kept() -> None:
    figure = trend(means({"trust": (2.0, 2.9, 1.2)}), dates=UNEQUAL, title="Trust", y_range=(1, 5))
    assert figure.axes[0].get_ylim() == (1, 5)


def test_shares_are_shown_as_percentages() -> None:
    shares = means({"trust": (0.1, 0.12, 0.09)}, half=0.01)
    figure = trend(shares, dates=UNEQUAL, title="Trust", percent=True)
    assert "12%" in {text.get_text() for text in figure.axes[0].texts}
    assert "10%" in alt_trend(shares, dates=UNEQUAL, percent=True)


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["page", "phone"])
@pytest.mark.parametrize("events", [(), EVENTS, CLOSE_EVENTS], ids=["no-events", "two", "four-close-together"])
def test_nothing_collides_or_runs_over_the_edge(width: float, events: list) -> None:
    figure = trend(
        means({"trust": (2.0, 2.2, 2.1)}),
        dates=UNEQUAL,
        title="People trusted each other a little more in the second wave than in the first, and then less again",
        subtitle="Mean trust from one to five, adults living in towns and cities, with intervals for each wave",
        source="A study of trust, 2016 to 2021",
        events=events,
        y_label="Mean, one to five",
        synthetic=True,
        width=width,
    )
    assert collisions(figure) == []
    assert overflows(figure) == []


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["page", "phone"])
@pytest.mark.parametrize("ends", [(2.1, 2.1), (2.1, 2.12), (1.2, 3.4)], ids=["same", "close", "far"])
def test_lines_are_named_at_their_ends_without_touching(width: float, ends: tuple[float, float]) -> None:
    both = pl.concat(
        [means({"trust": (2.0, 2.2, ends[0])}, group="a"), means({"trust": (1.9, 2.3, ends[1])}, group="b")]
    )
    figure = trend(
        both,
        dates=UNEQUAL,
        title="Trust",
        groups={"a": "Six local authorities", "b": "Kent, Scotland and Wales"},
        events=CLOSE_EVENTS,
        width=width,
    )
    assert collisions(figure) == []
    assert overflows(figure) == []


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["page", "phone"])
@pytest.mark.parametrize("many", [2, 3, 6], ids=["two", "three", "six"])
def test_several_outcomes_are_panels_that_do_not_collide(width: float, many: int) -> None:
    names = ["trust", "belonging", "contact", "warmth", "unity", "optimism"][:many]
    figure = trend(
        means({name: (2.0 + i, 2.4 + i, 2.1 + i) for i, name in enumerate(names)}),
        dates=UNEQUAL,
        title="Trust and belonging",
        labels={name: f"{name.capitalize()} in the neighbourhood" for name in names},
        events=EVENTS,
        width=width,
    )
    assert len(figure.axes) == many
    assert collisions(figure) == []
    assert overflows(figure) == []


def test_events_of_other_times_are_left_out() -> None:
    past = [(dt.date(1990, 3, 11), "Return to democracy"), *EVENTS]
    figure = trend(means({"trust": (2.0, 2.2, 2.1)}), dates=UNEQUAL, title="Trust", events=past)
    assert not any("democracy" in text.get_text() for text in figure.texts)
    assert any("president" in text.get_text() for text in figure.texts)


def test_alt_text_names_kind_span_values_and_events() -> None:
    alt = alt_trend(
        means({"trust": (2.0, 2.2, 2.1)}), dates=UNEQUAL, labels={"trust": "Trust"}, events=EVENTS, y_label="Mean"
    )
    assert alt == (
        "Line chart (Mean) over time, Aug 2016 to Aug 2021, with 95% confidence intervals. "
        "Trust: from 2.00 to 2.10 (highest 2.20 in Aug 2017, lowest 2.00 in Aug 2016). "
        "Events marked: New president takes office (Mar 2018), Social uprising begins (Oct 2019)."
    )


def test_alt_text_follows_the_data() -> None:
    before = alt_trend(means({"trust": (2.0, 2.2, 2.1)}), dates=UNEQUAL)
    after = alt_trend(means({"trust": (2.0, 2.2, 2.6)}), dates=UNEQUAL)
    assert before != after
    assert "to 2.60" in after


def test_a_wave_without_a_date_is_named() -> None:
    with pytest.raises(PaperError, match=r"`w03` has no date"):
        trend(means({"trust": (2.0, 2.2, 2.1)}), dates={"w01": UNEQUAL["w01"], "w02": UNEQUAL["w02"]}, title="Trust")


def test_nothing_to_draw_is_an_error_and_not_an_empty_figure() -> None:
    with pytest.raises(PaperError, match="no mean or share"):
        trend(means({"trust": (2.0, 2.2, 2.1)}), dates=UNEQUAL, title="Trust", labels={"truth": "Truth"})


def test_a_withheld_wave_is_left_out_and_the_rest_is_drawn() -> None:
    rows = means({"trust": (2.0, 2.2, 2.1)}).with_columns(
        pl.when(pl.col("wave") == "w02").then(None).otherwise(pl.col(name)).alias(name)
        for name in ("estimate", "conf_low", "conf_high")
    )
    figure = trend(rows, dates=UNEQUAL, title="Trust")
    assert any(len(line.get_xdata()) == 2 and line.get_marker() == "o" for line in figure.axes[0].lines)


def test_shares_of_one_group_are_lines_on_one_scale() -> None:
    shares = means({"national": (0.5, 0.3, 0.2), "local": (0.4, 0.41, 0.4)}, half=0.02)
    names = {"national": "The government", "local": "The council"}
    figure = trend(shares, dates=UNEQUAL, title="Trust", labels=names, percent=True)
    assert len(figure.axes) == 1
    assert {"The government", "The council"} <= {text.get_text() for text in figure.texts}
    assert "The government from 50% to 20%" in alt_trend(shares, dates=UNEQUAL, labels=names, percent=True)
    assert len(trend(shares, dates=UNEQUAL, title="Trust", labels=names, percent=True, together=False).axes) == 2


def test_two_results_for_one_wave_are_an_error_and_not_a_zigzag() -> None:
    twice = pl.concat([means({"trust": (2.0, 2.2, 2.1)}), means({"trust": (1.0, 1.2, 1.1)})])
    with pytest.raises(PaperError, match="several results for the same wave"):
        trend(twice, dates=UNEQUAL, title="Trust")


def test_a_long_word_at_the_end_of_a_line_is_not_broken_on_a_phone() -> None:
    groups = {"six": "Six areas", "four": "Metropolitan areas"}
    rows = pl.concat(
        [means({"trust": (2.0 + place, 2.2 + place, 2.1 + place)}, group=group) for place, group in enumerate(groups)]
    )
    figure = trend(rows, dates=UNEQUAL, title="Trust", groups=groups, width=NARROW)
    assert "Metropolitan" in [text for text, _ in boxes(figure)]
    assert overflows(figure) == []
