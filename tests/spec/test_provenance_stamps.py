"""What a figure or a paper says of where it comes from: a line for readers, all of it in the metadata, inert."""

import io
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest
from hostile_texts import PAYLOADS
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from assets.engine.columns import hashes_of_columns
from pipeline.figures.metadata import png_text, with_metadata
from pipeline.specs.provenance import Deposit, Made, Provenance, after, waves_in_words

DEPOSITS = (Deposit("w01", "main", "one.csv", "a" * 64), Deposit("w02", "main", "two.csv", "b" * 64))
WHOLE = Provenance(
    "0123456789abcdef",
    "0.1.0+1a2b3c4d",
    {"m": Made(("w01",), "unweighted"), "n": Made(("w01", "w02"), "weight set all")},
    DEPOSITS,
    ("w01", "w02"),
)


@pytest.mark.parametrize(
    ("waves", "words"),
    [
        (("w01", "w02", "w03"), "Waves 1–3"), (("w01",), "Wave 1"), (("w01", "w02", "w05"), "Waves 1–2, 5"),
        (("w001", "w010"), "Waves 1, 10"), (("spring", "w02"), "Waves spring, w02"), ((), ""),
    ],
)  # fmt: skip
def test_waves_are_said_in_runs(waves, words):
    assert waves_in_words(waves) == words


def test_a_line_says_waves_weights_models_files_code_and_build():
    line = WHOLE.line()
    assert line.startswith("Waves 1–2; unweighted and weight set all; models m, n; 2 data files ")
    assert line.endswith("; code 0.1.0+1a2b3c4d; build 01234567")
    assert WHOLE.short().endswith("; models m, n; build 01234567")


def test_a_part_rests_on_its_own_models_waves_and_files():
    part = WHOLE.of(["m"])
    assert (part.all_waves, part.weights) == (("w01",), ("unweighted",))
    assert [one.file for one in part.deposits] == ["one.csv"]
    assert WHOLE.of([]).all_waves == ("w01", "w02")


def test_the_hash_of_all_files_does_not_depend_on_their_order():
    assert WHOLE.files == Provenance("", "", {}, DEPOSITS[::-1]).files != Provenance("", "", {}, DEPOSITS[:1]).files


@pytest.mark.parametrize(("source", "whole"), [("A source.", "A source. X"), ("A source", "A source. X"), ("", "X")])
def test_a_line_stands_behind_the_source(source, whole):
    assert after(source, "X") == whole


SVG = (
    '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">\n <metadata>\n old </metadata>\n'
    "<g/></svg>"
)


@pytest.mark.parametrize("text", [*PAYLOADS.values(), "</metadata><script>alert(1)</script>", "a & b < c"])
def test_metadata_of_figures_are_inert_text(text):
    about = {"title": text, "build": "0123", "models": text}
    svg = with_metadata(SVG, about)
    root = ET.fromstring(svg.encode("utf-8", "strict"))
    assert len(re.findall("<metadata>", svg)) == 1
    assert "old" not in svg
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {
        "svg", "metadata", "RDF", "Description", "title", "identifier", "models", "g",
    }  # fmt: skip
    sink = io.BytesIO()
    Image.new("RGB", (2, 2)).save(sink, "png", pnginfo=png_text(about))
    read = Image.open(io.BytesIO(sink.getvalue())).text
    assert read["cohesion:build"] == "0123"
    assert set(read) == {"Title", "cohesion:build", "cohesion:models"}


def test_a_figure_without_provenance_is_as_it_was():
    assert with_metadata(SVG, {}) == SVG
    assert isinstance(png_text({}), PngInfo)


FRAME = pl.DataFrame({"person_id": ["a", "b", "c"], "wave": ["w01"] * 3, "x": [1.0, 2.0, None], "y": ["u", None, "v"]})


@pytest.mark.parametrize(
    ("other", "changed"),
    [
        (FRAME.reverse(), set()),
        (FRAME.with_columns(x=pl.Series([2.0, 1.0, None])), {"x"}),
        (FRAME.with_columns(y=pl.Series(["u", None, "w"])), {"y"}),
        (FRAME.head(2), {"person_id", "wave", "x", "y"}),
        (FRAME.with_columns(wave=pl.lit("w02")), {"wave", "x", "y"}),
    ],
    ids=["order", "two people swap", "one answer", "a row less", "another wave"],
)
def test_the_hash_of_a_column_tells_whether_it_differs(other, changed):
    before, after_ = hashes_of_columns(FRAME), hashes_of_columns(other)
    assert {name for name in before if before[name] != after_[name]} == changed
