"""The tension monitor of a study's index."""

from __future__ import annotations

from collections.abc import Mapping

from assets.engine.node import Node, Output, Tables
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.index import DESIGN, area_labels
from pipeline.specs import Study
from pipeline.specs.index import Index


def nodes(workspace: Workspace) -> list[Node]:
    """``monitor/<study>`` with ``monitor_next``, of every study whose index has areas in two waves or more."""
    studies = workspace.project.studies.values()
    return [_monitor(study, study.index) for study in studies if study.index is not None and _has_waves(study)]


def make_monitor(tables: Tables, *, index: Index, labels: Mapping[str, str]) -> Output:
    """Changes of areas with their limits and signals, and what to look at next."""
    import polars as pl

    from pipeline.index import index_monitor
    from pipeline.tables import Monitor, MonitorNext

    panel = tables["panel"]
    design = panel.select("person_id", "wave", *(name for name in DESIGN if name in panel.columns))
    made = index_monitor(index, tables["area_changes"], tables["index"], tables["indicators"], design, labels)
    judged = made.monitor.filter(pl.col("signal") != "not_judged")
    return Output(
        {"monitor": made.monitor, "monitor_next": made.following},
        {"monitor": Monitor, "monitor_next": MonitorNext},
        metadata={
            "monitor": {
                "judged": judged.height,
                "below their limit": judged.filter(signal="below").height,
                "false alarms expected a wave": index.monitor.false_alarms,
            }
        },
    )


def _monitor(study: Study, index: Index) -> Node:
    return Node(
        make_monitor,
        reads={"index": view(index, reads.MONITOR_OF_INDEX), "labels": area_labels(study, index)},
        inputs={table: (table, study.key) for table in ("area_changes", "index", "indicators", "panel")},
        outputs={name: (name, study.key) for name in ("monitor", "monitor_next")},
        group="index",
        study=study.key,
        description=f"{study.about.short_title}: falls of areas beyond sampling, at a declared rate of false alarms.",
        kinds=frozenset({"polars"}),
    )


def _has_waves(study: Study) -> bool:
    return len(study.waves) > 1
