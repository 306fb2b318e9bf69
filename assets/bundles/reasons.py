"""Why a number came out otherwise: what the two machines do not have in common, as far as that number rests on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from assets.bundles.environment import LIBRARIES, environment
from assets.bundles.graph import code_of, differing
from assets.bundles.make import hashes_of, receipts_of
from assets.bundles.rerun import DEPOSITS, OF_TWIN, PANEL, Rerun
from assets.engine.code import DISTRIBUTIONS, Code
from assets.engine.node import Node, ancestors
from pipeline.errors import CohesionError

SHOWN = 3
FOUNDATIONS = ("numpy", "pandas", "polars", "scipy")
"""Libraries that others compute with, whichever of them a step names."""
UNKNOWN = (
    "nothing is known to differ: the number in the bundle may have been altered, or was not made of what the bundle "
    "says"
)
MACHINE = ("python", "blas", "system", "processor", "cores")


@dataclass
class Reasons:
    """What differs between the bundle's machine and this one, in words. ``table_of`` says which step made a table."""

    manifest: Mapping[str, Any]
    rerun: Rerun
    receipts: list[tuple[str, str, str]]
    _code: Code = field(init=False)

    def __post_init__(self) -> None:
        self._code = Code(cache=self.rerun.workspace.paths.code_cache)
        self._nodes = self.rerun.nodes
        self._maker = {"/".join(key): node for node in self._nodes for key in node.keys}
        self._known: dict[str, str] = {}

    @cached_property
    def machine(self) -> dict[str, str]:
        """Python, BLAS, system, processor and cores that differ."""
        here, there = environment(), self.manifest["environment"]
        return differing(_of_machine(here), _of_machine(there))

    @cached_property
    def libraries(self) -> dict[str, str]:
        """Libraries of the project with another version."""
        mine: Any = environment()[LIBRARIES]
        return differing(mine, self.manifest["environment"].get(LIBRARIES, {}))

    @cached_property
    def version(self) -> list[str]:
        """The version of the project, if it is another."""
        here, there = (str(found.get("project")) for found in (environment(), self.manifest["environment"]))
        return [f"cohesion-panel {here} here, {there} in the bundle"] if here != there else []

    @cached_property
    def code(self) -> list[str]:
        """Definitions of the project, reached by the steps of the study, that are not as in the bundle."""
        mine = code_of(self._nodes, self._code)["definitions"]
        theirs: Mapping[str, str] = self.manifest["code"].get("definitions", {})
        if self.rerun.source in (PANEL, OF_TWIN):  # steps that read, or generate, the study's deposits did not run here
            theirs = {name: digest for name, digest in theirs.items() if name in mine}
        return list(differing(mine, theirs))

    @cached_property
    def deposits(self) -> list[str]:
        """Files that are not those the bundle's numbers rest on, by name."""
        if self.rerun.source != DEPOSITS:
            return []
        try:
            mine = set(receipts_of(self.rerun.workspace, str(self.manifest["study"])))
        except CohesionError:
            return []
        return sorted({f"{file} ({wave})" for wave, file, _ in mine ^ set(self.receipts)})

    @cached_property
    def tables(self) -> list[str]:
        """Tables of people that came out otherwise, without their pseudonyms."""
        mine = hashes_of(self.rerun.workspace, str(self.manifest["study"]))
        about = self.manifest.get("twin") or {} if self.rerun.source == OF_TWIN else self.manifest
        theirs: Mapping[str, str] = about.get("tables", {})
        return [name for name, found in mine.items() if name in theirs and theirs[name] != found]

    def of(self, table: str) -> str:
        """Why a number of a table came out otherwise, or was not made."""
        if table not in self._known:
            self._known[table] = self._of(table)
        return self._known[table]

    def _of(self, table: str) -> str:
        node = self._node(table)
        if node is None:
            return "it is made by no step here"
        needed = ancestors(self._nodes, [node])
        failed = [name for name in (node.name, *sorted(needed)) if name in self.rerun.failures]
        if failed:
            return f"{failed[0]} could not be built: {self.rerun.failures[failed[0]]}"
        return "; ".join(self._differences([each for each in self._nodes if each.name in needed])) or UNKNOWN

    def _node(self, table: str) -> Node | None:
        """The step that makes a table; of the files of a paper the one that writes it."""
        name = f"paper/{table.split('/')[1]}" if table.startswith("tables/") else table
        return self._maker.get(name)

    def _differences(self, nodes: list[Node]) -> Iterator[str]:
        if self.deposits:
            yield f"deposit: {_some(self.deposits)} differ from the bundle's receipts"
        elif self.manifest.get("withdrawals") and self.rerun.source == DEPOSITS:
            yield "deposit: the study team leaves out people who withdrew, whom these files may still hold"
        reached = code_of(nodes, self._code)
        changed = [name for name in self.code if name in reached["definitions"]]
        if changed:
            yield f"code: {_some(changed)}"
        names = {DISTRIBUTIONS.get(module, module).replace("_", "-") for module in reached["libraries"]}
        used = names.union(FOUNDATIONS).intersection(self.libraries)
        if used:
            yield f"library: {_some([f'{name} {self.libraries[name]}' for name in sorted(used)])}"
        if self.machine:
            yield f"machine: {_some([f'{name} {said}' for name, said in self.machine.items()], len(MACHINE))}"


def _of_machine(found: Mapping[str, object]) -> dict[str, str]:
    return {name: str(found.get(name, "unknown")) for name in MACHINE}


def _some(names: list[str], most: int = SHOWN) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
