"""What is due, what a selection needs, what an early cut-off saves, what a failed check does: on three small nodes."""

from dataclasses import replace

import dataframely as dy
import polars as pl
import pytest

from assets.building import Running
from assets.engine import store
from assets.engine.loaded import LOADED
from assets.engine.node import File, Node, Output, ancestors, select
from assets.engine.outside import OutsideFile
from assets.engine.plan import Plan, make_plan
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.specs import Project


class Numbers(dy.Schema):
    n = dy.Int64(primary_key=True, max=9)


def numbers(tables, *, n=(1,), version="1", outside=None):
    """The same numbers whatever the version, and a file that holds them."""
    del version, outside
    return Output({"n": pl.DataFrame({"n": list(n)})}, {"n": Numbers}, files={"text": str(n).encode()})


def node(name: str, *inputs: str, **reads) -> Node:
    return Node(
        numbers,
        reads=reads,
        inputs={needed: ("table", needed) for needed in inputs},
        outputs={"n": ("table", name)},
        files={"text": File(f"out/{name}.txt")},
        group="score",
        study="s",
        description=name,
    )


@pytest.fixture
def workspace(tmp_path):
    return Workspace(Paths(tmp_path), Project({}, {}, {}, {}, {}))


@pytest.fixture
def nodes():
    return [node("a"), node("b", "a"), node("c", "b")]


def run(workspace, nodes, **options) -> tuple[Plan, list[str], dict[str, str]]:
    """The plan, the nodes that were made, and the messages of those that failed."""
    plan = make_plan(workspace, nodes, **options)
    with Running(workspace, plan, workers=0) as running:
        made = [report.node for report in running.reports() if not (report.is_current or report.message)]
    return plan, made, running.failures


def test_everything_is_due_at_first_and_nothing_after_a_build(workspace, nodes):
    plan, made, _ = run(workspace, nodes)
    assert plan.due == set(made) == {"table/a", "table/b", "table/c"}
    assert make_plan(workspace, nodes).count == 0


@pytest.mark.parametrize(
    ("index", "change", "made"),
    [
        (0, {"version": "2"}, ["table/a"]),
        (1, {"version": "2"}, ["table/b"]),
        (0, {"n": (2,)}, ["table/a", "table/b"]),
    ],
    ids=["same-content-cuts-off", "what-is-before-is-left", "other-content-goes-on"],
)
def test_what_is_made_after_a_change(workspace, nodes, index, change, made):
    run(workspace, nodes)
    nodes[index] = replace(nodes[index], reads=change)
    plan, done, _ = run(workspace, nodes)
    assert done == made
    assert plan.due == {nodes[index].name}
    assert plan.following == {each.name for each in nodes[index + 1 :]}
    assert make_plan(workspace, nodes).count == 0


def test_a_file_from_outside_counts_by_its_content(workspace, tmp_path):
    file = tmp_path / "list.csv"
    one = [node("a", outside=OutsideFile(file))]
    assert run(workspace, one)[1] == ["table/a"]
    file.write_text("new")
    assert run(workspace, one)[1] == ["table/a"]
    assert run(workspace, one)[1] == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(b"x" * file.stat().st_size),
    ],
    ids=["missing", "cut-short", "altered"],
)
@pytest.mark.parametrize("what", ["table", "file", "record"])
def test_an_output_that_is_not_as_it_was_stored_is_made_again(workspace, nodes, tmp_path, harm, what):
    run(workspace, nodes)
    table = workspace.paths.table("table", "b")
    file = {"table": table, "file": tmp_path / "out" / "b.txt", "record": table.with_suffix(".json")}[what]
    before = table.read_bytes()
    harm(file)
    assert run(workspace, nodes)[1] == ["table/b"]
    assert table.read_bytes() == before
    assert (tmp_path / "out" / "b.txt").read_bytes() == b"(1,)"


def test_an_altered_output_of_the_same_age_and_size_is_found_on_loading_and_on_demand(workspace, nodes):
    import os

    run(workspace, nodes)
    for name in ("a", "c"):
        file = workspace.paths.table("table", name)
        state = file.stat()
        file.write_bytes(b"x" * state.st_size)
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert make_plan(workspace, nodes).count == 0
    nodes[1] = replace(nodes[1], reads={"version": "2"})
    LOADED.clear()  # a worker reads a table once in its life; this one has read it already
    assert run(workspace, nodes)[1] == ["table/a", "table/b"], "loaded, found damaged, made again"
    assert make_plan(workspace, nodes, verify=True).due == {"table/c"}


def test_a_failed_check_stores_nothing_and_what_follows_is_left(workspace, nodes):
    run(workspace, nodes)
    nodes[0] = replace(nodes[0], reads={"n": (5, 50)})
    _, made, failures = run(workspace, nodes)
    assert made == []
    assert list(failures) == ["table/a"]
    assert "n breaks its rule 'max' (1 rows)" in failures["table/a"]
    assert store.load(workspace.paths, ("table", "a"))["n"].to_list() == [1]
    assert (workspace.paths.root / "out" / "a.txt").read_bytes() == b"(1,)"


def test_a_selection_brings_what_it_needs(nodes):
    assert ancestors(nodes, select(nodes, ["table/b"])) == {"table/a", "table/b"}


def test_a_pattern_that_matches_nothing_is_an_error(nodes):
    with pytest.raises(CohesionError, match="no asset matches `table/d`"):
        select(nodes, ["table/d"])


def test_what_is_forced_is_made_anew_and_nothing_else(workspace, nodes):
    run(workspace, nodes)
    assert run(workspace, nodes, forced=frozenset({"table/b"}))[1] == ["table/b"]
