"""The shape of the graph, free of Dagster: one step is data, and can run in any process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from pipeline.errors import CohesionError

if TYPE_CHECKING:
    import dataframely as dy
    import polars as pl

    from pipeline.on_disk import OnDisk

Key = tuple[str, ...]
Tables = Mapping[str, Any]
"""Name of an input → its polars frame, or a mapping of frames. (Untyped, so that a planner need not import polars.)"""


@dataclass(frozen=True)
class File:
    """A file that a node makes besides its tables. ``path`` is below the root; a private one is for the owner alone.

    ``is_folder``: as many files as the tables ask for, each called ``NAME/file`` in ``Output.files``, in a folder of
    the node's own: whatever else lies there is removed.
    """

    path: str
    private: bool = False
    is_page: bool = False  # something a person reads: a paper, a drift report
    is_folder: bool = False

    def inside(self, name: str) -> File:
        """A file of the folder. Raises ``ValueError`` for a name that would lead out of it, or that is hidden."""
        if not self.is_folder or not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", name):
            raise ValueError(f"a folder of files has no {name!r}")
        return File(f"{self.path}/{name}", self.private, self.is_page)


@dataclass(frozen=True)
class Output:
    """What a node made, under the names of ``Node.outputs`` and ``Node.files``; nothing is written yet.

    A file that is left out is removed: there was nothing to put in it. ``metadata`` is shown beside a table. A table
    may lie in a file already, where it would not fit into memory.
    """

    tables: Mapping[str, pl.DataFrame | OnDisk]
    schemas: Mapping[str, type[dy.Schema]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    problems: Mapping[str, list[str]] = field(default_factory=dict)  # extra check → what it found
    remarks: Mapping[str, tuple[str, list[str]]] = field(default_factory=dict)  # check → severity, what to know
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    keep: bool = False  # store the output even if an extra check fails: it says why


@dataclass(frozen=True)
class Stamp:
    """What names one run of a node: its fingerprint, the hash of its code, the version of the package, its inputs."""

    version: str = ""
    code: str = ""
    package: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


UNSTAMPED = Stamp()
"""Of a run that nobody names: a function that is called by itself."""


@dataclass(frozen=True)
class Node:
    """One step: ``function(tables, **reads)`` makes ``outputs`` and ``files`` from ``inputs``.

    ``function`` is a top-level function without a closure. ``reads`` holds exactly the parts of the declarations, and
    the files from outside, that it may see. ``inputs`` maps a name to a key, or to a mapping of keys. ``code`` names
    what the function reaches by a record only (``module:function``), and ``records`` those records themselves, each
    with its table (``module:TABLE``), so that the fingerprint knows them, too. A ``tolerant`` node runs last, with
    those of its inputs that there are.
    """

    function: Callable[..., Output]
    reads: Mapping[str, Any]
    inputs: Mapping[str, Key | Mapping[str, Key]]
    outputs: Mapping[str, Key]
    group: str
    study: str
    description: str
    kinds: frozenset[str] = frozenset()
    checks: tuple[str, ...] = ()  # extra checks beyond those of the table contracts
    remarks: Mapping[str, str] = field(default_factory=dict)  # checks that stop nothing, with what they report
    files: Mapping[str, File] = field(default_factory=dict)
    code: tuple[str, ...] = ()
    records: tuple[tuple[str, Any], ...] = ()
    tolerant: bool = False
    effort: float = 1.0  # a guess in seconds, until there is a record of the last run
    by_column: frozenset[str] = frozenset()  # outputs of which the hash of each column is noted
    on_disk: frozenset[str] = frozenset()  # inputs that its function also takes as tables on disk (pipeline.on_disk)
    stamped: bool = False  # its function takes a ``stamp``: what its outputs say of where they come from

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the tables it makes; the first names the node."""
        return tuple(self.outputs.values())

    @property
    def name(self) -> str:
        return "/".join(self.keys[0])

    def file(self, name: str) -> File:
        """The file that ``Output.files`` calls so, which may be one of a folder. ``KeyError`` for none."""
        own, _, inside = name.partition("/")
        return self.files[own].inside(inside) if inside else self.files[name]

    @property
    def needs(self) -> tuple[Key, ...]:
        """The keys of all its inputs."""
        return tuple(key for _, key in flat(self.inputs))


def flat(inputs: Mapping[str, Key | Mapping[str, Key]]) -> Iterator[tuple[str, Key]]:
    """Every input with its name; of a mapping ``name/member``."""
    for name, key in inputs.items():
        if isinstance(key, tuple):
            yield name, key
        else:
            yield from ((f"{name}/{member}", single) for member, single in key.items())


def makers(nodes: Iterable[Node]) -> dict[Key, Node]:
    """Key → the node that makes its table."""
    return {key: node for node in nodes for key in node.keys}


def ancestors(nodes: Iterable[Node], chosen: Iterable[Node]) -> set[str]:
    """The names of the chosen nodes and of all that they depend on."""
    maker = makers(nodes)
    found: set[str] = set()
    waiting = list(chosen)
    while waiting:
        node = waiting.pop()
        if node.name not in found:
            found.add(node.name)
            waiting += [maker[key] for key in node.needs if key in maker]
    return found


def select(nodes: list[Node], patterns: Iterable[str]) -> list[Node]:
    """Nodes that make a table matching one of the patterns (``paper/*``, ``answers/elsoc``).

    Raises ``CohesionError`` for a pattern that matches nothing, with the nearest key.
    """
    chosen: set[str] = set()
    names = ["/".join(key) for node in nodes for key in node.keys]
    for pattern in patterns:
        matching = {node.name for node in nodes if any(fnmatch("/".join(key), pattern) for key in node.keys)}
        if not matching:
            from pipeline.specs.nearest import nearest

            raise CohesionError(
                f"no asset matches `{pattern}`{nearest(pattern, names).rstrip('?')}",
                todo="`cohesion build --list` shows all.",
            )
        chosen |= matching
    return [node for node in nodes if node.name in chosen]
