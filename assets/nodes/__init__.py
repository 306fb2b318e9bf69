"""The whole graph, in build order: one file a stage says what each of its nodes reads and makes."""

from __future__ import annotations

from assets.engine.node import Node
from assets.engine.plan import Plan
from assets.engine.workspace import Workspace

MANY = 4

LIBRARIES = {
    "model": ("pandas", "scipy.stats", "statsmodels.discrete.discrete_model", "linearmodels.panel.model"),
    "draw": ("matplotlib.figure", "matplotlib.backends.backend_agg"),
}
"""Group → the libraries that take long to import, which its nodes import where they need them."""


def libraries_of(plan: Plan) -> tuple[str, ...]:
    """What the nodes of a plan will import, if they are so many that it is worth importing it ahead."""
    groups = [node.group for node in plan.nodes if node.name in plan.due | plan.following]
    return tuple(name for group, names in LIBRARIES.items() if groups.count(group) >= MANY for name in names)


def all_nodes(workspace: Workspace) -> list[Node]:
    """Every node of a workspace; each comes after those it reads from."""
    from assets.nodes import (
        codebook,
        comparability,
        database,
        draw,
        fieldwork,
        follow,
        harmonise,
        impute,
        index,
        ingest,
        link,
        model,
        monitor,
        profile,
        programme,
        redelivery,
        score,
        weigh,
        weight_sets,
        write,
    )

    first = (
        ingest,
        link,
        redelivery,
        fieldwork,
        harmonise,
        weigh,
        score,
        follow,
        weight_sets,
        impute,
        index,
        monitor,
        programme,
    )
    stages = (*first, model, comparability, draw, write, codebook)
    made = [node for stage in stages for node in stage.nodes(workspace)]
    made += profile.nodes(workspace, made)
    return [*made, *database.nodes(workspace, made)]
