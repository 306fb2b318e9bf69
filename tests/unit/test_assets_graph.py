"""What is stale, what a selection needs, and what a failed check does, on a graph of three small nodes."""

from dataclasses import replace

import dataframely as dy
import polars as pl
import pytest

from assets import store
from assets.fingerprints import stale
from assets.graph import Node, Output, Workspace, ancestors, select
from assets.run import run_node
from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.specs import Project


class Numbers(dy.Schema):
    n = dy.Int64(primary_key=True, max=9)


def node(name: str, *inputs: str, numbers=(1,), version="1", outside=None) -> Node:
    key = ("table", name)
    return Node(
        keys=(key,),
        inputs=tuple(("table", needed) for needed in inputs),
        group="score",
        study="s",
        description=name,
        version=version,
        compute=lambda workspace, tables: Output({key: pl.DataFrame({"n": list(numbers)})}, {key: Numbers}),
        external=outside,
    )


@pytest.fixture
def workspace(tmp_path):
    return Workspace(Paths(tmp_path), Project({}, {}, {}, {}, {}))


def names(nodes):
    return [each.name for each in nodes]


def test_everything_is_due_at_first_and_nothing_after_a_build(workspace):
    nodes = [node("a"), node("b", "a"), node("c", "b")]
    assert stale(nodes, workspace) == nodes
    for each in nodes:
        run_node(each, workspace)
    assert stale(nodes, workspace) == []


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (lambda nodes: replace(nodes[0], version="2"), ["table/a", "table/b", "table/c"]),
        (lambda nodes: replace(nodes[1], version="2"), ["table/b", "table/c"]),
        (lambda nodes: replace(nodes[2], version="2"), ["table/c"]),
        (lambda nodes: replace(nodes[1], external=lambda _: "new bytes"), ["table/b", "table/c"]),
    ],
    ids=["first", "middle", "last", "files-from-outside"],
)
def test_a_change_makes_due_what_follows_and_nothing_else(workspace, change, due):
    nodes = [node("a"), node("b", "a"), node("c", "b")]
    for each in nodes:
        run_node(each, workspace)
    changed = change(nodes)
    assert names(stale([changed if each.name == changed.name else each for each in nodes], workspace)) == due


def test_a_deleted_table_is_due_again_with_what_follows(workspace):
    nodes = [node("a"), node("b", "a")]
    for each in nodes:
        run_node(each, workspace)
    workspace.paths.table("table", "b").unlink()
    assert names(stale(nodes, workspace)) == ["table/b"]


def test_a_missing_output_file_makes_its_node_due(workspace, tmp_path):
    figure = replace(node("figure"), files=lambda paths: [paths.root / "figure.png"])
    run_node(figure, workspace)
    assert names(stale([figure], workspace)) == ["table/figure"]
    (tmp_path / "figure.png").write_bytes(b"png")
    assert stale([figure], workspace) == []


@pytest.mark.parametrize(
    ("numbers", "check", "found"),
    [((1, 1), "grain", "2 rows share their key"), ((1, 12), "ranges", "n breaks its rule 'max' (1 rows)")],
)
def test_a_failed_check_stores_nothing_and_keeps_what_was_there(workspace, numbers, check, found):
    run_node(node("a", numbers=(5,)), workspace)
    done = run_node(node("a", numbers=numbers, version="2"), workspace)
    assert [(failed.name, failed.found) for failed in done.failed] == [(check, (found,))]
    assert store.load(workspace.paths, ("table", "a"))["n"].to_list() == [5]


def test_a_table_with_other_columns_than_declared_is_told(workspace):
    wrong = replace(
        node("a"),
        compute=lambda workspace, tables: Output(
            {("table", "a"): pl.DataFrame({"m": ["x"]})}, {("table", "a"): Numbers}
        ),
    )
    ranges = next(check for check in run_node(wrong, workspace).failed if check.name == "ranges")
    assert ranges.found == ("column n is absent", "column m is not in the contract")


def test_a_selection_brings_what_it_needs():
    nodes = [node("a"), node("b", "a"), node("c"), node("d", "b")]
    assert ancestors(nodes, select(nodes, ["table/d"])) == {"table/a", "table/b", "table/d"}


def test_a_selection_that_matches_nothing_names_the_nearest():
    with pytest.raises(CohesionError, match="no asset matches `table/bb`; did you mean `table/b`"):
        select([node("a"), node("b")], ["table/bb"])
