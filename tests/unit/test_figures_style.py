"""The small rules that figures are laid out by."""

import itertools

import pytest

from pipeline.figures.style import CATEGORICAL, DUO, ink, spread, text_width, wrap
from pipeline.figures.style import decimal as printed


def contrast_on_white(colour: str) -> float:
    """WCAG 2.2's contrast ratio, written out again from its definition."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("colour", CATEGORICAL[:5])
def test_the_palettes_first_colours_can_be_told_from_white(colour: str) -> None:
    # The guidance: graphical objects have a contrast of 3 to 1. Its fifth category is dark grey.
    assert contrast_on_white(colour) >= 2.9


@pytest.mark.parametrize("colour", [*CATEGORICAL, *DUO])
def test_text_in_a_colour_of_the_palette_is_readable(colour: str) -> None:
    assert contrast_on_white(ink(colour)) >= 4.5


def test_a_colour_that_is_readable_stays_as_it_is() -> None:
    assert ink("#12436d") == "#12436d"


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(0.254, 2, "0.25"), (-0.254, 2, "−0.25"), (-0.001, 2, "0.00"), (12345.6, 0, "12,346"), (-1234.0, 0, "−1,234")],
    ids=["plain", "a-real-minus", "never-minus-nothing", "thousands", "negative-thousands"],
)
def test_a_number_is_printed_as(value: float, places: int, text: str) -> None:
    assert printed(value, places) == text


def test_lines_are_no_wider_than_asked_and_hold_every_word() -> None:
    text = "People like migrants more in the waves in which they meet them more often"
    lines = wrap(text, 2.0, 10)
    assert " ".join(lines) == text
    assert all(text_width(line, 10) <= 2.0 for line in lines)


def test_a_word_wider_than_the_line_is_broken() -> None:
    lines = wrap("a Llanfairpwllgwyngyllgogerychwyrndrobwll b", 0.9)
    assert "".join(lines).replace(" ", "") == "aLlanfairpwllgwyngyllgogerychwyrndrobwllb"
    assert max(text_width(line) for line in lines) <= 0.9


def test_a_no_break_space_holds() -> None:
    assert wrap("one two\u00a0three", 0.7) == ["one", "two\u00a0three"]


@pytest.mark.parametrize(
    "wanted",
    [[1.0, 1.0, 1.0], [0.0, 0.05, 3.0], [2.9, 3.0, 1.0], [0.0, 0.0, 3.0, 3.0], [1.0, 1.3, 1.6]],
    ids=["all-in-one-place", "two-at-the-bottom", "unordered", "both-ends", "a-chain"],
)
def test_labels_are_pushed_apart_and_stay_inside_in_their_order(wanted: list[float]) -> None:
    placed = spread(wanted, 0.4, 0.0, 3.0)
    ordered = sorted(placed)
    assert all(after - before >= 0.4 - 1e-9 for before, after in itertools.pairwise(ordered))
    assert min(placed) >= -1e-9
    assert max(placed) <= 3.0 + 1e-9
    assert [wanted[i] for i in sorted(range(len(placed)), key=lambda i: placed[i])] == sorted(wanted)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([0.5, 2.5, 1.5], 0.4, 0.0, 3.0) == [0.5, 2.5, 1.5]
