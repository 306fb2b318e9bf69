"""The whole graph, in build order: one file a stage says what each of its nodes reads and makes."""

from __future__ import annotations

from assets.engine.node import Node
from assets.engine.workspace import Workspace


def all_nodes(workspace: Workspace) -> list[Node]:
    """Every node of a workspace; each comes after those it reads from."""
    from assets.nodes import (
        comparability,
        database,
        draw,
        fieldwork,
        follow,
        harmonise,
        impute,
        ingest,
        link,
        model,
        score,
        weigh,
        weight_sets,
        write,
    )

    first = (ingest, link, harmonise, fieldwork, weigh, score, follow, weight_sets, impute)
    stages = (*first, model, comparability, draw, write)
    made = [node for stage in stages for node in stage.nodes(workspace)]
    return [*made, *database.nodes(workspace, made)]
