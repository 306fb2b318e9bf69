"""A build: due nodes in the order of their dependencies on a pool, each judged again when its inputs are there."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from assets.engine import store
from assets.engine.node import Key, Node, makers
from assets.engine.plan import Plan, State, contents_of, is_current
from assets.engine.pool import Progress
from assets.engine.report import Report
from assets.engine.run import Task, task_of
from assets.engine.workspace import Workspace
from pipeline.errors import StorageError, may_pass

TICK_SECONDS = 0.2
PATIENCE = 2
"""How often a node is run again because an input of it was found damaged."""


class Place(Protocol):
    """Where nodes run: the pool of this machine, or a cluster."""

    def start(self) -> None: ...

    @property
    def free(self) -> int: ...

    def submit(self, task: Task) -> None: ...

    def events(self, timeout: float) -> Iterator[Report | Progress]: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Started:
    """A node has begun."""

    node: str


Event = Started | Progress | Report
Listener = Callable[[Event], None]


@dataclass
class Build:
    """One run of a plan. ``run`` blocks until all is done, or ``stop`` is called from another thread."""

    workspace: Workspace
    plan: Plan
    place: Place
    listener: Listener
    failures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._nodes = {node.name: node for node in self.plan.nodes}
        self._maker = makers(self.plan.nodes)
        self._contents: dict[Key, str] = {}
        self._settled: set[str] = set()
        self._running: set[str] = set()
        self._left: set[str] = set()  # cannot be built, since something they need could not
        self._again: dict[str, int] = {}
        self._urgency = self._urgencies()
        self._could_begin = False
        self._stopped = threading.Event()

    def run(self) -> None:
        """Build all that is due. Failures are in ``failures``; what does not depend on them is built."""
        self._contents |= self.plan.aside
        for node in self.plan.nodes:
            if node.name not in self.plan.due | self.plan.following:
                self._settle(node, self.plan.states[node.name].record)
        waiting = [node.name for node in self.plan.nodes if node.name not in self._settled]
        while (waiting or self._running) and not self._stopped.is_set():
            before, settled = waiting, len(self._settled)
            waiting = self._start_ready(waiting)
            is_still = waiting == before and settled == len(self._settled) and not self._could_begin
            if not self._running and (not waiting or is_still):
                self._give_up(waiting)
                break
            for event in self.place.events(TICK_SECONDS):
                if isinstance(event, Report):
                    waiting += self._ended(event)
                else:
                    self.listener(event)

    def _give_up(self, waiting: list[str]) -> None:
        """Nothing runs, and nothing that waits can begin: what it reads is made by nobody."""
        for name in waiting:
            absent = sorted("/".join(key) for key in self._nodes[name].needs if key not in self._contents)
            self._left.add(name)
            self.failures[name] = f"no step makes {', '.join(absent) or 'what it reads'}."
            self.listener(Report(name, error=self.failures[name]))

    def stop(self) -> None:
        """Start nothing more, and return from ``run`` within a moment."""
        self._stopped.set()

    @property
    def left(self) -> set[str]:
        """The nodes that could not be built: those that failed, and those that need something of theirs."""
        return set(self._left)

    def _start_ready(self, waiting: list[str]) -> list[str]:
        """Start the most urgent nodes whose inputs are there; returns those that still wait."""
        held: list[str] = []
        ready: list[Node] = []
        for name in waiting:
            node = self._nodes[name]
            if self._is_out_of_reach(node):
                self._left.add(name)
            elif not self._has_its_inputs(node, waiting):
                held.append(name)
            elif not self._is_settled_at_once(node):
                ready.append(node)
        self._could_begin = bool(ready)  # as soon as there is room for it
        ready.sort(key=lambda node: -self._urgency[node.name])
        for node in ready:
            if self.place.free:
                self._submit(node)
            else:
                held.append(node.name)
        return [node.name for node in self.plan.nodes if node.name in set(held)]

    def _is_out_of_reach(self, node: Node) -> bool:
        """Whether something that it needs could not be built."""
        needed = {self._maker[key].name for key in node.needs if key in self._maker}
        return not node.tolerant and bool(needed & self._left)

    def _has_its_inputs(self, node: Node, waiting: list[str]) -> bool:
        if node.tolerant:
            last = all(self._nodes[name].tolerant for name in waiting)
            return not self._running and last and waiting[0] == node.name
        return all(key in self._contents for key in node.needs)

    def _is_settled_at_once(self, node: Node) -> bool:
        state = self.plan.states[node.name]
        if node.name in self.plan.forced or not is_current(node, state, self._contents):
            return False
        self._settle(node, state.record)
        self.listener(Report(node.name, state.version, is_current=True))
        return True

    def _submit(self, node: Node) -> None:
        state = self.plan.states[node.name]
        self._running.add(node.name)
        self.listener(Started(node.name))
        self.place.submit(self._task(node, state))

    def _task(self, node: Node, state: State) -> Task:
        return task_of(node, self.workspace.paths.root, state.version, contents_of(node, self._contents), state.code)

    def _settle(self, node: Node, record: store.Record | None) -> None:
        self._settled.add(node.name)
        if record is not None:
            self._contents |= {key: record.sha256(key) for key in node.keys}

    def _ended(self, report: Report) -> list[str]:
        """Take in a report; returns the nodes that have to be run again because a table of theirs was damaged."""
        node = self._nodes[report.node]
        self._running.discard(node.name)
        if report.damaged and self._again.get(node.name, 0) < PATIENCE:
            return self._make_again(node, report.damaged)
        if report.message:
            self._left.add(node.name)
            self.failures[node.name] = report.message
        else:
            self._settled.add(node.name)
            self._contents |= {table.key: table.sha256 for table in report.tables}
        self.listener(report)
        return []

    def _make_again(self, node: Node, damaged: tuple[Key, ...]) -> list[str]:
        self._again[node.name] = self._again.get(node.name, 0) + 1
        names = [node.name]
        for key in damaged:
            maker = self._maker[key]
            self.plan.forced.add(maker.name)
            self._settled.discard(maker.name)
            for made in maker.keys:
                self._contents.pop(made, None)
            names.append(maker.name)
        return names

    def _urgencies(self) -> dict[str, float]:
        """How long what follows from a node takes in all: the longest chain is begun first."""
        found: dict[str, float] = {}
        after: dict[str, float] = {}
        for node in reversed(self.plan.nodes):
            record = self.plan.states[node.name].record
            own = record.seconds if record is not None else node.effort
            found[node.name] = own + after.get(node.name, 0.0)
            for key in node.needs:
                if key in self._maker:
                    maker = self._maker[key].name
                    after[maker] = max(after.get(maker, 0.0), found[node.name])
        return found


@contextlib.contextmanager
def only_build(workspace: Workspace, waits: Callable[[], None] | None, stopped: threading.Event) -> Iterator[None]:
    """One build of a root at a time: another one waits until it ends, or is ``stopped``. ``waits`` is called if so.

    Raises ``StorageError`` if the folder of the warehouse cannot be written.
    """
    from filelock import FileLock, Timeout

    file = workspace.paths.build_lock
    lock = FileLock(str(file), thread_local=False)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if waits is not None:
                waits()
            while not lock.is_locked and not stopped.is_set():
                with contextlib.suppress(Timeout):
                    lock.acquire(timeout=0.2)
    except OSError as error:
        todo = "Free some space, or give the account that builds the right to write there."
        raise StorageError(
            f"cannot be written ({error.strerror})", where=file.parent.as_posix(), todo=todo, passes=may_pass(error)
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_building(workspace: Workspace) -> bool:
    """Whether a build of this root is running, in whatever process."""
    from filelock import FileLock, Timeout

    if not workspace.paths.build_lock.exists():
        return False
    try:
        with FileLock(str(workspace.paths.build_lock)).acquire(timeout=0):
            return False
    except Timeout:
        return True
