"""Who is counted as what in the participation figure."""

import polars as pl
import pytest
from matplotlib.patches import Rectangle

from pipeline.errors import PaperError
from pipeline.figures import NARROW, WIDE, alt_participation, participation_counts, participation_flow

PEOPLE = {
    # person: status by wave
    "stays": ("entered", "stayed", "stayed", "stayed"),
    "leaves": ("entered", "absent", "absent", "absent"),
    "returns": ("entered", "absent", "returned", "stayed"),
    "joins late": ("not_yet", "entered", "stayed", "absent"),
}


def participation(arm: str = "main", times: int = 1) -> pl.DataFrame:
    rows = [
        (f"{person} {number}", arm, f"w{wave:02}", status)
        for number in range(times)
        for person, statuses in PEOPLE.items()
        for wave, status in enumerate(statuses, start=1)
    ]
    return pl.DataFrame(rows, schema=["person_id", "arm", "wave", "status"], orient="row")


@pytest.mark.parametrize(
    ("wave", "expected"),
    [
        ("w01", {"entered": 3}),
        ("w02", {"stayed": 1, "left": 2, "entered": 1}),
        ("w03", {"stayed": 2, "returned": 1, "away": 1}),
        ("w04", {"stayed": 2, "left": 1, "away": 1}),
    ],
)
def test_each_wave_counts_people_once(wave: str, expected: dict[str, int]) -> None:
    counted = participation_counts(participation()).filter(pl.col("wave") == wave)
    assert dict(zip(counted["status"], counted["count"], strict=True)) == expected


def test_whoever_answered_before_stayed_or_left() -> None:
    counts = participation_counts(participation())
    for before, after in (("w01", "w02"), ("w02", "w03"), ("w03", "w04")):
        answered = counts.filter(pl.col("wave") == before, pl.col("status").is_in(["entered", "stayed", "returned"]))
        went_on = counts.filter(pl.col("wave") == after, pl.col("status").is_in(["stayed", "left"]))
        assert answered["count"].sum() == went_on["count"].sum()


def test_row_order_does_not_matter() -> None:
    shuffled = participation(times=5).sample(fraction=1, shuffle=True, seed=1)
    assert participation_counts(shuffled).equals(participation_counts(participation(times=5)))


def test_arms_are_counted_and_drawn_apart_on_one_scale() -> None:
    both = pl.concat([participation("large", 40), participation("small", 10)])
    figure = participation_flow(both, title="Who took part", arms={"large": "Large arm", "small": "Small arm"})
    large, small = figure.axes
    people_per_inch = [
        axes.get_ylim()[1] / (axes.get_position().height * figure.get_figheight()) for axes in (large, small)
    ]
    assert people_per_inch[0] == pytest.approx(people_per_inch[1])


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["page", "phone"])
def test_the_bars_are_as_high_as_their_counts(width: float) -> None:
    figure = participation_flow(participation(times=50), title="Who took part", width=width)
    bars = figure.axes[0].patches
    heights = sorted(bar.get_height() for bar in bars if hasattr(bar, "get_height") and bar.get_height() > 0)
    assert heights == sorted(participation_counts(participation(times=50))["count"].to_list())


def test_alt_text_tells_every_wave() -> None:
    told = alt_participation(
        participation(times=10), waves={"w01": "2016", "w02": "2017", "w03": "2018", "w04": "2019"}
    )
    assert "2016, 30 answered" in told
    parts = "20 also answered the wave before, 10 returned after a gap, 10 had not answered the wave before either"
    assert f"2018, 30 answered ({parts})" in told


def test_counts_may_be_given_instead_of_people() -> None:
    people = participation(times=10)
    assert alt_participation(participation_counts(people)) == alt_participation(people)


def test_an_unknown_arm_is_an_error() -> None:
    with pytest.raises(PaperError, match="nobody"):
        participation_flow(participation(), title="x", arms={"other": "Other"})


def test_the_number_who_answered_stands_on_those_who_did_and_below_those_who_did_not() -> None:
    figure = participation_flow(participation(times=20), title="Who took part")
    (axes,) = figure.axes
    bars = [bar.get_bbox() for bar in axes.patches if isinstance(bar, Rectangle) and bar.get_height() > 0]
    for place, answered in enumerate((60, 40, 60, 40)):
        (number,) = [text for text in axes.texts if text.get_weight() == "bold" and text.get_position()[0] == place]
        assert number.get_text() == f"{answered}"
        own = [bar for bar in bars if bar.x0 < place < bar.x1]
        below = [bar for bar in own if bar.y1 <= number.get_position()[1]]
        above = [bar for bar in own if bar.y0 >= number.get_position()[1]]
        assert len(below) + len(above) == len(own)
        assert sum(bar.height for bar in below) == pytest.approx(answered)
        height = number.get_window_extent().transformed(axes.transData.inverted())
        assert all(bar.y0 > height.y1 for bar in above), "the number fits between them"
