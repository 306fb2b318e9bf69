"""A build from declarations to papers, whoever asks for it: plan, one lock, one engine, reports as they come."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from assets.engine import store
from assets.engine.build import Build, Event, Place, is_building, only_build
from assets.engine.node import Node, select
from assets.engine.plan import Plan, make_plan, refresh
from assets.engine.report import Report
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes, libraries_of
from assets.storage.bucket import is_address
from pipeline.errors import CohesionError
from pipeline.settings import setting, settings_of

if TYPE_CHECKING:
    from assets.storage.warehouse import Shared

WAREHOUSE = "COHESION_WAREHOUSE"
"""The environment variable with the address of a shared warehouse; else the setting ``warehouse`` says it."""
SCHEDULER = "COHESION_SCHEDULER"
"""The environment variable with the address of a Dask scheduler; else the setting ``scheduler`` says it."""


def prepare(workspace: Workspace) -> None:
    """What has to be so before anything is planned: the key is the right one, and tables are for the owner alone."""
    from pipeline.ingest import installation_key
    from pipeline.ingest.withdrawal.transaction import refuse_half_swapped

    settings_of(workspace.paths.root)
    installation_key(workspace.paths)
    store.make_private(workspace.paths)
    for study in workspace.project.studies:
        refuse_half_swapped(workspace.paths.erasing(study))
    if any(is_address(study.about.deposits or "") for study in workspace.project.studies.values()):
        from assets.storage.fetch import fetch_all

        fetch_all(workspace)


def plan_build(
    workspace: Workspace,
    studies: Sequence[str] = (),
    patterns: Sequence[str] = (),
    *,
    force: bool = False,
    verify: bool = False,
    nodes: list[Node] | None = None,
) -> Plan:
    """What a build of the chosen studies and assets will do. A study without deposits is left out, with the reason."""
    prepare(workspace)
    nodes = all_nodes(workspace) if nodes is None else nodes
    if not is_building(workspace) and (place := shared_warehouse(workspace)) is not None:
        place.pull(nodes)
    waiting = {} if studies else _without_deposits(workspace)
    chosen = select(nodes, patterns) if patterns else nodes
    chosen = [node for node in chosen if _concerns(node, studies, waiting)]
    forced = frozenset(node.name for node in chosen) if force else frozenset()
    plan = make_plan(workspace, nodes, chosen, forced=forced, verify=verify)
    plan.waiting = waiting
    return plan


def _concerns(node: Node, studies: Sequence[str], waiting: dict[str, str]) -> bool:
    if node.tolerant:
        return True
    return (not studies or node.study in studies) and node.study not in waiting


def _without_deposits(workspace: Workspace) -> dict[str, str]:
    found = {}
    for study in workspace.project.studies.values():
        folder = workspace.deposit_folder(study)
        if not workspace.uses_sample(study) and not folder.is_dir():
            short = str(folder).removeprefix(f"{workspace.paths.root}{os.sep}")
            found[study.key] = f"no deposits in {short} (`deposits` in study.yaml may say where)"
    return found


def shared_warehouse(workspace: Workspace) -> Shared | None:
    """The warehouse that this project shares with other machines, if it says so."""
    if not setting(workspace.paths.root, WAREHOUSE, "warehouse"):
        return None
    from assets.storage.warehouse import shared

    return shared(workspace)


def share(workspace: Workspace) -> str:
    """Give what was built to the other machines; returns why that could not be done."""
    try:
        place = shared_warehouse(workspace)
        if place is not None:
            place.push(all_nodes(workspace))
    except CohesionError as error:
        return f"what was built is whole, but other machines cannot see it yet: {error}"
    return ""


def place_of(workspace: Workspace, workers: int | None, libraries: Sequence[str] = ()) -> Place:
    """The pool of this machine, the cluster that the settings name, or with no ``workers`` this process itself.

    ``libraries``: what the nodes will import, for processes that have yet to start.
    """
    address = os.environ.get(SCHEDULER) or settings_of(workspace.paths.root).get("scheduler")
    if address:
        from assets.engine.cluster import Cluster

        return Cluster(address)
    if workers == 0:
        from assets.engine.inline import Inline

        return Inline()
    from assets.engine.pool import Pool

    return Pool(workers, libraries)


def record(
    workspace: Workspace, plan: Plan, note: str = "", failures: Mapping[str, str] | None = None,
    left: Collection[str] = (),
) -> str:  # fmt: skip
    """Write a build into the ledger that ``cohesion diff`` reads, and decisions about its studies into the audit log.

    Returns why that could not be done.
    """
    from assets.provenance.decided import note_decisions
    from assets.provenance.ledger import MOST, record_build

    most = settings_of(workspace.paths.root).get("builds", MOST)
    trouble = record_build(workspace, plan, failures or {}, left, note, most)
    return trouble or note_decisions(workspace, {node.study for node in plan.nodes} & set(workspace.project.studies))


class Running:
    """A build that runs in the background; its reports come out one by one, in the order in which nodes end."""

    def __init__(
        self,
        workspace: Workspace,
        plan: Plan,
        *,
        workers: int | None = None,
        listener: Callable[[Event], None] | None = None,
        waits: Callable[[], None] | None = None,
        note: str = "",
    ) -> None:
        self._workspace, self._plan, self._workers, self._waits = workspace, plan, workers, waits
        self._note, self.unrecorded, self.unshared = note, "", ""
        self._listener = listener
        self._reports: queue.SimpleQueue[Report | BaseException | None] = queue.SimpleQueue()
        self._build: Build | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="build")

    def __enter__(self) -> Running:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def failures(self) -> dict[str, str]:
        """Node → why it could not be built."""
        return dict(self._build.failures) if self._build else {}

    @property
    def left(self) -> set[str]:
        """Nodes that could not be built: those that failed, and what needs them."""
        return set(self._build.left) if self._build else set()

    def reports(self) -> Iterator[Report]:
        """Every report as it comes, until the build ends. Raises ``CohesionError`` if it cannot go on at all."""
        while True:
            with contextlib.suppress(queue.Empty):
                found = self._reports.get(timeout=0.1)  # in short turns, so that Ctrl-C is heard
                if found is None:
                    return
                if isinstance(found, BaseException):
                    raise found
                yield found

    def stop(self) -> None:
        """End the build now: running nodes are given up, nothing is half-written."""
        self._stopped.set()
        if self._build is not None:
            self._build.stop()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        try:
            with only_build(self._workspace, self._waits, self._stopped):
                for node in self._plan.nodes:  # nobody else writes these now: such drafts have no writer any more
                    store.remove_drafts(self._workspace.paths.root, node)
                refresh(self._workspace, self._plan)
                self._compute()
        except BaseException as error:  # told where the reports are read
            self._reports.put(error)
        finally:
            self._reports.put(None)

    def _compute(self) -> None:
        place = place_of(self._workspace, self._workers, libraries_of(self._plan))
        self._build = Build(self._workspace, self._plan, place, self._tell)
        try:
            if not self._stopped.is_set():
                place.start()
                self._build.run()
                self.unrecorded = record(self._workspace, self._plan, self._note, self.failures, self.left)
                self.unshared = share(self._workspace)
        finally:
            place.stop()

    def _tell(self, event: Event) -> None:
        if self._listener is not None:
            self._listener(event)
        if isinstance(event, Report):
            self._reports.put(event)
