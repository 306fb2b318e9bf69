"""A figure's files: the same bytes for the same inputs, whole or not at all."""

import datetime as dt
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import polars as pl
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from pipeline.figures import NARROW, participation_flow, save_figure, trend
from pipeline.figures.glyphs import set_line
from pipeline.figures.save import png_bytes, svg_bytes
from pipeline.tables import estimates

DATES = {"w01": dt.date(2016, 8, 1), "w02": dt.date(2017, 9, 1), "w03": dt.date(2021, 2, 1)}


def means() -> pl.DataFrame:
    rows = [
        {"outcome": "trust", "term": "mean", "wave": wave, "estimate": value, "conf_low": value - 0.1}
        | {"conf_high": value + 0.1}
        for wave, value in zip(DATES, (2.0, 2.4, 2.1), strict=True)
    ]
    return estimates(rows, model="means", family="design_means", component="mean")


def draw(**options: object):
    return trend(means(), dates=DATES, title="Trust rose and fell", source="A study", **options)


def test_two_drawings_of_the_same_results_have_the_same_bytes() -> None:
    assert png_bytes(draw()) == png_bytes(draw())
    assert svg_bytes(draw()) == svg_bytes(draw())


@pytest.mark.thorough
def test_another_process_with_its_own_settings_draws_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: red\nsvg.fonttype: none\n")
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]); import test_figures_save as t;"
        "print(hashlib.sha256(t.png_bytes(t.draw()) + t.svg_bytes(t.draw())).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path), "TZ": "Asia/Tokyo"}
    ran = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert ran.stdout.strip() == hashlib.sha256(png_bytes(draw()) + svg_bytes(draw())).hexdigest()


def test_files_carry_no_date_and_no_software_version() -> None:
    assert b"Software" not in png_bytes(draw())
    svg = svg_bytes(draw())
    assert b"dc:date" not in svg
    assert matplotlib.__version__.encode() not in svg


def test_both_files_are_written_beside_each_other(tmp_path: Path) -> None:
    png, svg = save_figure(draw(), tmp_path / "figures" / "trust")
    assert (png.name, svg.name) == ("trust.png", "trust.svg")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in svg.read_bytes()[:400]
    assert sorted(path.name for path in png.parent.iterdir()) == ["trust.png", "trust.svg"]


def test_a_name_with_a_dot_is_kept_whole(tmp_path: Path) -> None:
    png, _ = save_figure(draw(), tmp_path / "trust.narrow")
    assert png.name == "trust.narrow.png"


@pytest.mark.parametrize("width", [7.2, NARROW])
def test_the_svg_says_where_the_picture_without_its_words_lies(width: float) -> None:
    svg = svg_bytes(draw(width=width, subtitle="How much people trust")).decode()
    left, top, wide, tall = (float(part) for part in re.search(r'data-body="([^"]+)"', svg).group(1).split())
    _, _, whole_wide, whole_tall = (float(part) for part in re.search(r'viewBox="([^"]+)"', svg).group(1).split())
    assert 0 <= left < left + wide <= whole_wide
    assert 30 < top < top + tall < whole_tall


def test_the_synthetic_mark_belongs_to_the_picture() -> None:
    plain, marked = draw(), draw(synthetic=True)
    assert any(text.get_text().startswith("Synthetic data") for text in marked.texts)
    assert not any("Synthetic" in text.get_text() for text in plain.texts)
    assert marked.body[3] - marked.body[1] > plain.body[3] - plain.body[1]


def test_a_participation_figure_is_reproducible_whatever_the_pseudonyms() -> None:
    def people(prefix: str) -> pl.DataFrame:
        rows = [
            (f"{prefix}{i}", "main", wave, status)
            for i in range(30)
            for wave, status in (("w01", "entered"), ("w02", "stayed" if i % 3 else "absent"))
        ]
        return pl.DataFrame(rows, schema=["person_id", "arm", "wave", "status"], orient="row")

    assert png_bytes(participation_flow(people("a"), title="x")) == png_bytes(
        participation_flow(people("zz"), title="x")
    )


def test_text_that_matplotlib_sets_itself_stands_beside_ours_in_one_svg() -> None:
    words = "Trust \N{ARABIC LETTER MEEM}\N{ARABIC LETTER REH}\N{ARABIC LETTER HAH}"
    svg = svg_bytes(draw(subtitle=words)).decode()
    defined = re.findall(r'<path id="([^"]+)"', svg)
    assert len(set(defined)) == len(defined), "no outline is defined twice"
    assert set(re.findall(r'xlink:href="#([^"]+)"', svg)) <= set(defined)
    assert any(name.startswith("DejaVuSans") for name in defined)
    assert any(name.startswith("dejavu-") for name in defined)


@pytest.mark.parametrize("text", ["AVATar To", "0.25 (\N{MINUS SIGN}0.21 to 0.29)", "Café, Ñuñoa", "a\u2003b"])
@pytest.mark.parametrize("bold", [False, True], ids=["normal", "bold"])
def test_a_line_is_as_wide_as_matplotlib_sets_it(text: str, bold: bool) -> None:
    prop = FontProperties(family="DejaVu Sans", size=100, weight="bold" if bold else "normal")
    width, height, descent = TextToPath().get_text_width_height_descent(text, prop, ismath=False)
    line = set_line(text, bold)
    assert line.width == pytest.approx(width, abs=0.1)
    assert (line.top - line.bottom, -line.bottom) == pytest.approx((height, descent), abs=0.1)
