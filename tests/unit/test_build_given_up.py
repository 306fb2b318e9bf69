"""A step whose input nobody makes is told, and the build ends."""

from engine_runs import workspace_of
from small_study import make_root

from assets.building import Running
from assets.engine.node import Node, Output
from assets.engine.plan import make_plan


def nothing(tables):
    return Output({})


def test_a_step_that_reads_what_nobody_makes_ends_the_build_with_its_reason(tmp_path):
    workspace = workspace_of(make_root(tmp_path))
    node = Node(
        nothing, reads={}, inputs={"lost": ("lost", "table")}, outputs={"made": ("made", "table")}, group="score",
        study="first", description="Of a table that is not there.",
    )  # fmt: skip
    with Running(workspace, make_plan(workspace, [node], [node]), workers=0) as running:
        reports = list(running.reports())
    assert running.failures == {"made/table": "no step makes lost/table."}
    assert [report.node for report in reports] == ["made/table"]
