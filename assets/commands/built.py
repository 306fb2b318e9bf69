"""Tables that a command reads: only as they come out of what is declared and deposited now."""

from collections.abc import Mapping

from assets.building import plan_build
from assets.engine.node import Key, makers
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.specs import Study


def built_tables(workspace: Workspace, study: Study, keys: Mapping[str, Key]) -> dict[str, str]:
    """Name → content hash of each table. Raises CohesionError for one that has to be built first."""
    plan = plan_build(workspace, [study.key])
    maker = makers(plan.nodes)
    found = {}
    for name, key in keys.items():
        node = maker[key]
        record = plan.states[node.name].record
        if node.name in plan.due | plan.following or record is None:
            raise CohesionError(
                f"{'/'.join(key)} is not built from what is declared and deposited now",
                where=study.key,
                todo=f"Run `cohesion build --study {study.key}` first.",
            )
        found[name] = record.sha256(key)
    return found
