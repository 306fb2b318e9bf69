"""The tension monitor of a study's index."""

from __future__ import annotations

from collections.abc import Mapping

from assets.engine.node import Node, Output, Tables
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from assets.nodes.index import area_labels, design_columns
from assets.nodes.preview import first_rows
from pipeline.specs import Study
from pipeline.specs.index import Index


def nodes(workspace: Workspace) -> list[Node]:
    """``monitor/<study>`` with ``monitor_next``, of every study whose index has areas in two waves or more."""
    studies = workspace.project.studies.values()
    return [_monitor(study, study.index) for study in studies if study.index is not None and _has_waves(study)]


def make_monitor(
    tables: Tables, *, index: Index, labels: Mapping[str, str], groups: Mapping[str, Mapping[str, str]]
) -> Output:
    """Changes of areas with their limits and signals, and what to look at next."""
    import polars as pl

    from pipeline.index import index_monitor
    from pipeline.tables import Monitor, MonitorNext

    panel = tables["panel"]
    design = design_columns(panel)
    said = panel.select("person_id", "wave", *groups) if groups else None
    made = index_monitor(
        index, tables["area_changes"], tables["index"], tables["indicators"], design, labels, said, groups
    )
    judged = made.monitor.filter(pl.col("signal") != "not_judged")
    clearest = judged.sort("p_value", nulls_last=True)
    return Output(
        {"monitor": made.monitor, "monitor_next": made.following},
        {"monitor": Monitor, "monitor_next": MonitorNext},
        metadata={
            "monitor": {
                **first_rows(clearest, "label", "measure", "wave", "against", "fall", "limit_low", "signal"),
                "judged": judged.height,
                "below their limit": judged.filter(signal="below").height,
                "false alarms expected a round": index.monitor.false_alarms,
            },
            "monitor_next": first_rows(made.following, "area", "measure", "wave", "part", "what", "fall"),
        },
    )


def _monitor(study: Study, index: Index) -> Node:
    return Node(
        make_monitor,
        reads={
            "index": view(index, reads.MONITOR_OF_INDEX),
            "labels": area_labels(study, index),
            "groups": {name: _group_labels(study, name) for name in index.monitor.groups},
        },
        inputs={table: (table, study.key) for table in ("area_changes", "index", "indicators", "panel")},
        outputs={name: (name, study.key) for name in ("monitor", "monitor_next")},
        group="index",
        study=study.key,
        description=f"{study.about.short_title}: which areas fell by more than chance explains.",
        kinds=frozenset({"polars"}),
    )


def _group_labels(study: Study, name: str) -> dict[str, str]:
    """Value of a score → the label of the answer; of nothing the label of the question."""
    item = study.items[study.scored_items()[name]]
    values = {code: (item.recode or {}).get(code, code) for code in item.codes}
    numbers = {code: float(value) for code, value in values.items() if _is_number(value)}
    return {"": item.label, **{f"{number:g}": item.codes[code] for code, number in numbers.items()}}


def _is_number(value: object) -> bool:
    try:
        return value is not None and float(str(value)) == float(str(value))
    except ValueError:
        return False


def _has_waves(study: Study) -> bool:
    return len(study.waves) > 1
