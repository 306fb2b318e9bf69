"""A table and its record on disk."""

import polars as pl
import pytest
from test_assets_graph import node

from assets.engine import store
from assets.engine.report import Report
from pipeline.errors import CohesionError
from pipeline.paths import Paths

KEY = ("table", "a")
FRAME = pl.DataFrame({"n": [1, 2]})


def save(paths: Paths) -> None:
    content = {"n": store.content_of(FRAME)}
    store.save(paths, node("a"), content, {"text": b"12"}, "abc", {"b": "hash"}, Report("table/a", seconds=0.5))


def test_what_is_saved_is_loaded(tmp_path):
    paths = Paths(tmp_path)
    save(paths)
    record = store.record(paths, node("a"))
    assert (record.version, record.inputs, record.seconds) == ("abc", {"b": "hash"}, 0.5)
    assert store.load(paths, KEY, record.sha256(KEY)).equals(FRAME)
    assert store.intact(paths, node("a"), record)
    assert store.report_of(record).node == "table/a"


def test_without_its_record_a_table_counts_as_unfinished(tmp_path):
    paths = Paths(tmp_path)
    save(paths)
    paths.table(*KEY).with_suffix(".json").unlink()
    assert store.record(paths, node("a")) is None


def test_a_table_that_was_never_built_says_so(tmp_path):
    with pytest.raises(CohesionError, match="has not been built yet"):
        store.load(Paths(tmp_path), KEY)


def test_the_same_rows_give_the_same_bytes(tmp_path):
    parts = pl.concat([FRAME.head(1), FRAME.tail(1)], rechunk=False)
    assert store.table_bytes(parts) == store.table_bytes(FRAME)
