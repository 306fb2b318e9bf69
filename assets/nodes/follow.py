"""How much people change, and where they go from wave to wave: what papers say of the panel besides its models."""

from __future__ import annotations

from collections.abc import Mapping

from assets.engine.node import Node, Output, Tables
from assets.engine.workspace import Workspace
from pipeline.specs import Study


def nodes(workspace: Workspace) -> list[Node]:
    """``variation/<study>`` with ``transitions/<study>``, for every study with a headline measure."""
    return [_followed(study) for study in workspace.project.studies.values() if study.about.headline]


def make_followed(
    tables: Tables, *, headline: str, scores: tuple[str, ...], calendar: Mapping[str, tuple[str, ...]]
) -> Output:
    """Variation: one row per score and arm. Transitions: one row per arm and pair of values of the headline measure."""
    from pipeline.participation import transitions_by_arm, variation_by_arm
    from pipeline.tables import Transitions, Variation

    moved = transitions_by_arm(tables["panel"], headline, dict(calendar))
    spread = variation_by_arm(tables["panel"], scores)
    return Output(
        {"variation": spread, "transitions": moved},
        {"variation": Variation, "transitions": Transitions},
        metadata={"transitions": {"measure": headline, "pairs": int(moved["count"].sum())}},
    )


def _followed(study: Study) -> Node:
    return Node(
        make_followed,
        reads={"headline": str(study.about.headline), "scores": study.scores, "calendar": study.calendar},
        inputs={"panel": ("panel", study.key)},
        outputs={"variation": ("variation", study.key), "transitions": ("transitions", study.key)},
        group="score",
        study=study.key,
        description=f"{study.about.short_title}: how much people differ and change, and where they go between waves.",
        kinds=frozenset({"polars"}),
    )
