"""Scores: scales and their reliability, and the panel on which every model is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.engine.node import Node, Output, Tables
from assets.engine.outside import OutsideFile
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from pipeline.specs import Study


def nodes(workspace: Workspace) -> list[Node]:
    """``reliability/<study>`` and ``panel/<study>``."""
    return [make(workspace, study) for study in workspace.project.studies.values() for make in (_reliability, _panel)]


def make_reliability(tables: Tables, *, study: Study) -> Output:
    """One row per scale, arm and wave."""
    from pipeline.scales import reliability
    from pipeline.tables import Reliability

    return Output({"reliability": reliability(tables["answers"], study)}, {"reliability": Reliability})


def _reliability(_: Workspace, study: Study) -> Node:
    return Node(
        make_reliability,
        reads={"study": view(study, reads.RELIABILITY)},
        inputs={"answers": ("answers", study.key)},
        outputs={"reliability": ("reliability", study.key)},
        group="score",
        study=study.key,
        description=f"{study.about.short_title}: Cronbach's alpha of each scale, by wave and arm.",
        kinds=frozenset({"polars"}),
        code=("pipeline.scales.on_disk:reliability",),
        on_disk=frozenset({"answers"}),
    )


def make_panel(
    tables: Tables,
    *,
    study: Study,
    reversed_items: Mapping[str, tuple[float, float]],
    ranges: Mapping[str, Any],
    areas: Mapping[str, OutsideFile],
) -> Output:
    """One row per person and wave, one column per concept."""
    import polars as pl

    from pipeline.scales import panel, read_area_table
    from pipeline.tables import FURTHER_HEAD, panel_schema

    read = {table: read_area_table(file.path) for table, file in areas.items()}
    made = panel(study, tables["answers"], read, ranges=reversed_items)
    persons = made.select(pl.col("person_id").n_unique()).item()
    return Output(
        {"panel": made},
        {"panel": panel_schema(dict(ranges), [name for name in FURTHER_HEAD if name in made.columns])},
        metadata={"panel": {"persons": persons, "scores": ", ".join(study.scores)}},
    )


def _panel(workspace: Workspace, study: Study) -> Node:
    from pipeline.specs.ranges import reversed_ranges, score_ranges

    areas = sorted({measure.table for measure in study.about.areas.values()})
    return Node(
        make_panel,
        reads={
            "study": view(study, reads.PANEL),
            "reversed_items": reversed_ranges(study),
            "ranges": score_ranges(study),
            "areas": {table: OutsideFile(workspace.paths.areas / table) for table in areas},
        },
        inputs={"answers": ("answers", study.key)},
        outputs={"panel": ("panel", study.key)},
        group="score",
        study=study.key,
        description=f"{study.about.short_title}: one row per person and wave, one column per concept.",
        kinds=frozenset({"polars"}),
        by_column=frozenset({"panel"}),
        code=("pipeline.scales.on_disk:panel",),
        on_disk=frozenset({"answers"}),
    )
