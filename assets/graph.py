"""The shape of the graph, free of Dagster: what each node reads, makes and depends on.

The planner (what is stale?) and the Dagster wiring read the same nodes, so that a build with nothing to do
never has to import Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.specs import Project, Study

if TYPE_CHECKING:
    import dataframely as dy
    import polars as pl

Key = tuple[str, ...]
Tables = Mapping[Key, Any]
"""Key → polars frame. (Untyped here, so that a build with nothing to do need not import polars.)"""


@dataclass(frozen=True)
class Workspace:
    """One root, its declarations, and where each study's deposits lie for this run."""

    paths: Paths
    project: Project
    deposits: Mapping[str, Path] = field(default_factory=dict)

    def deposit_folder(self, study: Study) -> Path:
        """The folder given for this run, or the one in study.yaml, or data/raw/<study>."""
        if study.key in self.deposits:
            return self.deposits[study.key]
        if study.about.deposits:
            return self.paths.root / study.about.deposits
        return self.paths.raw(study.key)

    def uses_sample(self, study: Study) -> bool:
        """Whether this study's deposits are the generated sample."""
        return self.deposit_folder(study).resolve().is_relative_to(self.paths.sample.resolve())


@dataclass(frozen=True)
class Output:
    """What a node made: its tables, their contracts, and what the UI shows beside them."""

    tables: Mapping[Key, pl.DataFrame]
    schemas: Mapping[Key, type[dy.Schema]] = field(default_factory=dict)
    problems: Mapping[str, list[str]] = field(default_factory=dict)  # extra check → what it found
    remarks: Mapping[str, tuple[str, list[str]]] = field(default_factory=dict)  # check → severity, what to know
    metadata: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    keep: bool = False  # store the tables even if an extra check fails: they say why


@dataclass(frozen=True)
class Node:
    """One step: the tables it makes (``keys``), those it reads (``inputs``), and how."""

    keys: tuple[Key, ...]
    inputs: tuple[Key, ...]
    group: str
    study: str
    description: str
    version: str
    compute: Callable[[Workspace, Tables], Output]
    kinds: frozenset[str] = frozenset()
    checks: tuple[str, ...] = ()  # extra checks beyond those of the table contracts
    remarks: Mapping[str, str] = field(default_factory=dict)  # checks that stop nothing, with what they tell
    external: Callable[[Workspace], str] | None = None  # the state of files from outside
    files: Callable[[Paths], list[Path]] | None = None  # what it writes besides its tables

    @property
    def name(self) -> str:
        return "/".join(self.keys[0])


def ancestors(nodes: Iterable[Node], chosen: Iterable[Node]) -> set[str]:
    """The names of the chosen nodes and of all that they depend on."""
    maker = {key: node for node in nodes for key in node.keys}
    found: set[str] = set()
    waiting = list(chosen)
    while waiting:
        node = waiting.pop()
        if node.name not in found:
            found.add(node.name)
            waiting += [maker[key] for key in node.inputs]
    return found


def select(nodes: list[Node], patterns: Iterable[str]) -> list[Node]:
    """Nodes that make a table matching one of the patterns (``paper/*``, ``answers/elsoc``).

    Raises ``CohesionError`` for a pattern that matches nothing, with the nearest key.
    """
    chosen: dict[str, Node] = {}
    names = ["/".join(key) for node in nodes for key in node.keys]
    for pattern in patterns:
        matching = [node for node in nodes if any(fnmatch("/".join(key), pattern) for key in node.keys)]
        if not matching:
            from pipeline.specs.reader import nearest

            raise CohesionError(
                f"no asset matches `{pattern}`{nearest(pattern, names).rstrip('?')}",
                todo="`cohesion build --list` shows all.",
            )
        chosen |= {node.name: node for node in matching}
    return [node for node in nodes if node.name in chosen]
