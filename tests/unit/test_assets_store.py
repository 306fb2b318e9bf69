"""Tables are written whole or not at all, and know what they were made from."""

import polars as pl
import pytest

from assets import store
from pipeline.errors import CohesionError
from pipeline.paths import Paths

KEY = ("answers", "study")


def test_a_table_comes_back_with_its_record(tmp_path):
    paths, frame = Paths(tmp_path), pl.DataFrame({"a": [1, 2]})
    store.save(paths, {KEY: frame}, "abc", 0.5)
    assert store.load(paths, KEY).equals(frame)
    assert store.record(paths, KEY) == store.Record("abc", 2, 0.5)


def test_a_table_without_a_record_counts_as_unfinished(tmp_path):
    paths = Paths(tmp_path)
    store.save(paths, {KEY: pl.DataFrame({"a": [1]})}, "abc", 0)
    paths.table(*KEY).with_suffix(".json").write_text("{half")
    assert store.record(paths, KEY) is None


def test_an_absent_table_says_what_to_do(tmp_path):
    with pytest.raises(CohesionError, match="answers/study: has not been built yet"):
        store.load(Paths(tmp_path), KEY)
