"""What a path figure shows of a cross-lagged model."""

from itertools import combinations

import polars as pl
import pytest

from pipeline.errors import PaperError
from pipeline.figures import NARROW, WIDE, alt_path, path_figure

PLACES = {"from_construct": "protest", "from_wave": "one", "to_construct": "online", "to_wave": "next"}
ROWS = [
    PLACES | {"to_construct": "protest", "estimate": 0.155, "conf_low": 0.09, "conf_high": 0.22},
    PLACES | {"estimate": 0.061, "conf_low": 0.01, "conf_high": 0.11},
    PLACES | {"from_construct": "online", "estimate": 0.142, "conf_low": 0.08, "conf_high": 0.2},
    PLACES
    | {"from_construct": "online", "to_construct": "protest", "estimate": 0.013, "conf_low": -0.03, "conf_high": 0.06},
]
NAMES = {
    "constructs": {"protest": "Protest", "online": "Online expression"},
    "waves": {"one": "One wave", "next": "The next"},
}


def test_every_path_is_an_arrow_with_its_estimate() -> None:
    figure = path_figure(pl.DataFrame(ROWS), title="Paths", **NAMES)
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert "0.06 (0.01 to 0.11)" in shown
    assert "0.01 (−0.03 to 0.06)" in shown


def test_a_path_that_cannot_be_told_from_zero_is_dashed() -> None:
    figure = path_figure(pl.DataFrame(ROWS), title="Paths", **NAMES)
    arrows = [text.arrow_patch for text in figure.axes[0].texts if getattr(text, "arrow_patch", None) is not None]
    assert [arrow.get_linestyle() == "-" for arrow in arrows] == [True, True, True, False]


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["page", "phone"])
def test_numbers_do_not_collide(width: float) -> None:
    figure = path_figure(pl.DataFrame(ROWS), title="Paths", width=width, **NAMES)
    renderer = figure.canvas.get_renderer()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
    assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)] == []


def test_alt_text_tells_every_path() -> None:
    told = alt_path(pl.DataFrame(ROWS), **NAMES)
    assert "Protest, One wave, to Online expression, The next: 0.06 (0.01 to 0.11)." in told


def test_an_unnamed_construct_is_an_error() -> None:
    with pytest.raises(PaperError, match="`online` at `next`, which is not among"):
        path_figure(pl.DataFrame(ROWS), constructs={"protest": "Protest"}, waves=NAMES["waves"], title="Paths")
