"""A table of results says in its own file what it holds, for whoever reads the Parquet file alone."""

import json

import polars as pl
import pytest

from assets.engine.node import Node, Output
from assets.engine.run import _about
from assets.engine.store import content_of
from pipeline.tables.words import TABLES


def node(kind: str, group: str) -> Node:
    return Node(Output, {}, {}, {"made": (kind, "some_study")}, group, "some_study", "A table.")


FRAME = pl.DataFrame({"area": ["1"], "wave": ["w01"], "estimate": [57.6]})


@pytest.mark.parametrize(("kind", "group"), [("areas", "index"), ("estimates", "model"), ("national", "write")])
def test_the_file_of_a_result_says_what_its_rows_and_columns_are(kind, group, tmp_path):
    about = _about(node(kind, group), "made", Output({"made": FRAME}))
    file = tmp_path / "made.parquet"
    file.write_bytes(content_of(FRAME, about).held)
    said = pl.read_parquet_metadata(file)
    assert said["description"] == TABLES[kind].grain
    assert list(json.loads(said["columns"])) == FRAME.columns
    assert pl.read_parquet(file).equals(FRAME)


def test_the_file_of_answers_does_not():
    assert _about(node("answers", "harmonise"), "made", Output({"made": FRAME})) == {}
