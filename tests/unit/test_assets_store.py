"""A table and its record on disk."""

from dataclasses import replace

import polars as pl
import pytest
from test_assets_graph import node

from assets.engine import store
from assets.engine.node import File, Node
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


def of_folder() -> Node:
    return replace(node("a"), files={"pages": File("out/pages", is_folder=True)})


def save_pages(paths: Paths, **files: bytes) -> None:
    content = {"n": store.content_of(FRAME)}
    named = {f"pages/{name}.html": text for name, text in files.items()}
    store.save(paths, of_folder(), content, named, "abc", {}, Report("table/a", seconds=0.5))


def test_a_folder_holds_the_files_of_the_last_run_and_no_others(tmp_path):
    paths = Paths(tmp_path)
    save_pages(paths, kent=b"1", wales=b"2")
    (tmp_path / "out/pages/stray.html").write_bytes(b"3")
    save_pages(paths, kent=b"1", bradford=b"4")
    assert sorted(path.name for path in (tmp_path / "out/pages").iterdir()) == ["bradford.html", "kent.html"]


def test_a_file_of_a_folder_that_is_missing_or_altered_is_seen(tmp_path):
    paths = Paths(tmp_path)
    save_pages(paths, kent=b"1", wales=b"2")
    record = store.record(paths, of_folder())
    assert record is not None
    assert store.intact(paths, of_folder(), record)
    assert sorted(path.name for path, _, _ in store.places(paths, of_folder(), record))[-1] == "wales.html"
    (tmp_path / "out/pages/wales.html").write_bytes(b"23")
    assert not store.intact(paths, of_folder(), record)


@pytest.mark.parametrize("name", ["../kent.html", "a/b.html", ".hidden", "", "kent.html/"])
def test_a_folder_takes_no_name_that_leads_out_of_it(tmp_path, name):
    with pytest.raises((ValueError, KeyError)):
        of_folder().file(f"pages/{name}")


def test_a_node_that_is_removed_leaves_no_file_in_its_folder(tmp_path):
    paths = Paths(tmp_path)
    save_pages(paths, kent=b"1")
    store.remove(paths, of_folder())
    assert list((tmp_path / "out/pages").iterdir()) == []
