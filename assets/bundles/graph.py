"""The steps of a study that a partner runs again: all of them, or those behind the panel that travels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assets.engine.canonical import canonical, digest
from assets.engine.code import Code
from assets.engine.node import Key, Node
from assets.engine.plan import functions_of
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes

EARLY = ("ingest", "harmonise")
"""Groups that read deposits: what they make is what travels in place of the deposits."""
SHOWN_ONLY = ("codebook",)
"""Tables that no number of a paper or of a profile rests on."""


def nodes_of(workspace: Workspace, study: str) -> list[Node]:
    """Every step of one study that a number rests on, each after those it reads from."""
    return [
        node
        for node in all_nodes(workspace)
        if node.study == study and not node.tolerant and node.keys[0][0] not in SHOWN_ONLY
    ]


def late(nodes: Iterable[Node]) -> list[Node]:
    """The steps that read no deposit."""
    return [node for node in nodes if node.group not in EARLY]


def needed(nodes: list[Node]) -> tuple[Key, ...]:
    """The tables that the late steps read of the early ones: what has to travel, so that they can run."""
    made = {key for node in nodes if node.group in EARLY for key in node.keys}
    return tuple(dict.fromkeys(key for node in late(nodes) for key in node.needs if key in made))


def code_of(nodes: Iterable[Node], code: Code) -> dict[str, dict[str, str]]:
    """``definitions`` → hash, and ``libraries`` → version, of all that some steps can reach."""
    definitions: dict[str, str] = {}
    libraries: dict[str, str] = {}
    for node in nodes:
        reached, used = code.parts_of(functions_of(node))
        definitions |= {name: known[:16] for name, known in reached.items()}
        definitions |= {f"{table}[{record.key}]": digest(canonical(record))[:16] for table, record in node.records}
        libraries |= used
    return {"definitions": dict(sorted(definitions.items())), "libraries": dict(sorted(libraries.items()))}


def differing(mine: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """What two installations have otherwise: name → "theirs here, mine there" in words."""
    return {
        name: f"{mine.get(name, 'absent')} here, {theirs.get(name, 'absent')} in the bundle"
        for name in sorted({*mine, *theirs})
        if mine.get(name) != theirs.get(name)
    }
