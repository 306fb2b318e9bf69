"""What the pattern figure shows: the commonest first, rare ones together, each told in its alternative text."""

import polars as pl
import pytest

from pipeline.errors import PaperError
from pipeline.figures import NARROW, WIDE, alt_patterns, participation_patterns
from pipeline.figures.answer_patterns import panels_of
from pipeline.participation import participation

WAVES = ["w01", "w02", "w03"]
PATTERNS = {"111": 40, "100": 25, "101": 12, "011": 7, "001": 5}


def took_part(arm: str = "main") -> pl.DataFrame:
    rows = [
        (f"{arm} {pattern} {number}", arm, wave)
        for pattern, count in PATTERNS.items()
        for number in range(count)
        for wave, one in zip(WAVES, pattern, strict=True)
        if one == "1"
    ]
    frame = pl.DataFrame(rows, schema=["person_id", "arm", "wave"], orient="row")
    return participation(frame, {arm: WAVES}, study="s")


def test_the_commonest_come_first_and_rare_ones_are_told_together():
    (panel,) = panels_of(took_part())
    assert [(pattern.waves, pattern.count) for pattern in panel.patterns] == [
        ((True, True, True), 40),
        ((True, False, False), 25),
        ((True, False, True), 12),
        (None, 12),
    ]
    assert sum(pattern.share for pattern in panel.patterns) == pytest.approx(1)


def test_top_shows_no_more_than_asked_but_never_leaves_one_pattern_alone():
    (panel,) = panels_of(took_part(), top=1)
    assert [pattern.label for pattern in panel.patterns] == ["", "4 other patterns"]
    (panel,) = panels_of(took_part(), top=2)
    assert [pattern.label for pattern in panel.patterns] == ["", "", "", "2 other patterns"]


def test_the_rare_ones_take_a_common_one_with_them_where_they_are_few_together():
    few = took_part().filter(~pl.col("pattern").eq("011"))
    (panel,) = panels_of(few)
    assert [(pattern.label, pattern.count) for pattern in panel.patterns] == [
        ("", 40), ("", 25), ("2 other patterns", 17),
    ]  # fmt: skip


def test_people_who_never_answered_are_no_pattern():
    never = pl.DataFrame({"person_id": ["n"], "arm": ["main"], "wave": ["w01"], "outcome": ["refused"]})
    answered = took_part().filter("is_present")
    (panel,) = panels_of(participation(answered, {"main": WAVES}, study="s", outcomes=never))
    assert sum(pattern.count for pattern in panel.patterns) == 89


def test_alternative_text_tells_each_pattern_with_its_people():
    text = alt_patterns(took_part(), waves={"w01": "2016", "w02": "2017", "w03": "2018"})
    assert "every wave, 40 (44.9%); only 2016, 25 (28.1%); 2016 and 2018, 12 (13.5%)" in text
    assert text.endswith("2 other patterns, 12 (13.5%).")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_nothing_lies_outside_the_page(width):
    both = pl.concat([took_part("main"), took_part("boost")])
    figure = participation_patterns(both, title="Who answered which waves", width=width, synthetic=True)
    figure.draw_without_rendering()
    page = figure.bbox
    for text in figure.texts:
        box = text.get_window_extent()
        assert page.x0 - 1 <= box.x0 < box.x1 <= page.x1 + 1, text.get_text()


def test_nobody_is_an_error():
    with pytest.raises(PaperError, match="nobody"):
        participation_patterns(took_part().head(0), title="Nobody")
