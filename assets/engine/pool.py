"""A pool of processes that runs nodes, and the pieces of long nodes, on all cores. The same on every system."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from assets.engine.report import LOST, Report
from assets.engine.run import Task
from assets.engine.store import remove_drafts
from assets.engine.workers import (
    ONE_THREAD,
    Done,
    FanOut,
    Gathered,
    Piece,
    PieceDone,
    PieceError,
    Run,
    Share,
    work,
)  # fmt: skip

WORKERS = "COHESION_WORKERS"
"""Tells a worker how many there are, which share the memory of the machine (``pipeline.on_disk``)."""
STOPPING_SECONDS = 0.5
"""How long a worker that was told to end may take before it is ended."""


@dataclass(frozen=True)
class Progress:
    """Of a running node that has pieces: how many are done."""

    node: str
    done: int
    total: int


@dataclass(eq=False)
class _Gathering:
    """A fan-out under way: who asked, what is still to be given out, what has come back.

    Each is itself alone: two hold frames, of which ``==`` makes no yes or no.
    """

    request: FanOut
    worker: _Process
    waiting: deque[int]
    results: dict[int, Any] = field(default_factory=dict)
    error: Exception | None = None
    retried: set[int] = field(default_factory=set)
    out: int = 0

    @property
    def owner(self) -> tuple[int, int]:
        return self.worker.number, self.request.number


@dataclass(eq=False)
class _Process:
    """One worker as the pool sees it."""

    number: int
    process: BaseProcess
    connection: Connection
    task: Task | None = None
    piece: Piece | None = None
    gathering: _Gathering | None = None  # it waits for these pieces, and may compute some of them
    shares: set[tuple[int, int]] = field(default_factory=set)  # of one fan-out: it holds them until it runs a node

    @property
    def is_idle(self) -> bool:
        return self.task is None and self.piece is None

    @property
    def takes_pieces(self) -> bool:
        return self.piece is None and (self.task is None or self.gathering is not None)


class Pool:
    """As many processes as there are cores, or as many as are asked for. They import ``libraries`` while they wait."""

    def __init__(self, workers: int | None = None, libraries: Sequence[str] = ()) -> None:
        self.size = max(1, workers or available_cores())
        self._libraries = tuple(libraries)
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Process] = []
        self._gatherings: list[_Gathering] = []
        self._numbers = 0

    def start(self) -> None:
        """Start the workers; they load what they need while the first nodes are given out."""
        self._workers = [self._start() for _ in range(self.size)]

    @property
    def free(self) -> int:
        """How many workers have nothing to do, and no piece waiting for them."""
        pieces = sum(len(gathering.waiting) for gathering in self._gatherings)
        return max(0, sum(worker.is_idle for worker in self._workers) - pieces)

    def submit(self, task: Task) -> None:
        """Give a node to an idle worker."""
        worker = next(worker for worker in self._workers if worker.is_idle)
        worker.task, worker.shares = task, set()
        self._send(worker, Run(task))

    def events(self, timeout: float) -> Iterator[Report | Progress]:
        """What came in within ``timeout`` seconds: reports of nodes, and how far the running ones are."""
        busy = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(busy), timeout):
            assert isinstance(connection, Connection)
            yield from self._receive(busy[connection])
        self._share_out()

    def stop(self) -> None:
        """End all workers now; what they were writing is taken away."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.connection.close()
            if not worker.is_idle and worker.process.is_alive():
                worker.process.terminate()
        deadline = time.monotonic() + STOPPING_SECONDS
        for worker in workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join(1.0)
            _remove_drafts(worker)

    def _start(self) -> _Process:
        self._numbers += 1
        ours, theirs = self._context.Pipe()
        name = f"cohesion-{self._numbers}"
        process = self._context.Process(target=work, args=(theirs, self._libraries), daemon=True, name=name)
        with _environment({**dict.fromkeys(ONE_THREAD, "1"), WORKERS: str(self.size)}), _interrupts_held():
            process.start()
        theirs.close()
        return _Process(self._numbers, process, ours)

    def _receive(self, worker: _Process) -> Iterator[Report | Progress]:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._bury(worker)
            return
        if isinstance(message, Done):
            worker.task = None
            yield message.report
        elif isinstance(message, FanOut):
            worker.gathering = _Gathering(message, worker, deque(range(len(message.pieces))))
            self._gatherings.append(worker.gathering)
        elif isinstance(message, PieceDone):
            worker.piece = None
            yield from self._gather(message)

    def _gather(self, done: PieceDone) -> Iterator[Progress]:
        gathering = next((each for each in self._gatherings if each.owner == done.owner), None)
        if gathering is None:  # of a node that has failed meanwhile
            return
        gathering.out -= 1
        gathering.results[done.index] = done.result
        gathering.error = gathering.error or done.error
        if gathering.error is not None:
            gathering.waiting.clear()
        total = len(gathering.request.pieces)
        assert gathering.worker.task is not None
        yield Progress(gathering.worker.task.node.name, len(gathering.results), total)
        if not gathering.waiting and not gathering.out:
            self._finish(gathering)

    def _finish(self, gathering: _Gathering) -> None:
        self._gatherings.remove(gathering)
        gathering.worker.gathering = None
        number = gathering.request.number
        if gathering.error is not None:
            self._send(gathering.worker, Gathered(number, error=gathering.error))
        else:
            ordered = [gathering.results[index] for index in range(len(gathering.request.pieces))]
            self._send(gathering.worker, Gathered(number, ordered))

    def _share_out(self) -> None:
        """Give waiting pieces to whoever has nothing else to do; the one that waits for them helps."""
        for gathering in list(self._gatherings):
            for worker in self._workers:
                mine = worker.gathering in (None, gathering)
                if gathering.waiting and worker.takes_pieces and mine:
                    self._give(worker, gathering)

    def _give(self, worker: _Process, gathering: _Gathering) -> None:
        request = gathering.request
        if gathering.owner not in worker.shares and worker is not gathering.worker:
            worker.shares = {gathering.owner}
            self._send(worker, Share(gathering.owner, request.function, request.shared))
        index = gathering.waiting.popleft()
        worker.piece = Piece(gathering.owner, index, request.pieces[index])
        gathering.out += 1
        self._send(worker, worker.piece)

    def _send(self, worker: _Process, message: object) -> None:
        with contextlib.suppress(OSError):  # a worker that is gone is noticed when its connection is read
            worker.connection.send(message)

    def _bury(self, worker: _Process) -> Iterator[Report]:
        """A worker died: its node fails with one message, its piece is tried once more, and another takes its place."""
        self._workers[self._workers.index(worker)] = self._start()
        worker.process.join(1.0)
        _remove_drafts(worker)
        if worker.gathering is not None and worker.gathering in self._gatherings:
            self._gatherings.remove(worker.gathering)
        if worker.piece is not None:
            self._try_again(worker.piece)
        if worker.task is not None:
            yield Report(worker.task.node.name, error=_why(worker.process.exitcode), trouble=LOST)

    def _try_again(self, piece: Piece) -> None:
        gathering = next((each for each in self._gatherings if each.owner == piece.owner), None)
        if gathering is None:
            return
        gathering.out -= 1
        if piece.index in gathering.retried:
            gathering.error = PieceError(
                "the process that computed a part of it ended twice (killed, or out of memory)"
            )
            gathering.waiting.clear()
            if not gathering.out:
                self._finish(gathering)
        else:
            gathering.retried.add(piece.index)
            gathering.waiting.appendleft(piece.index)


def _why(exitcode: int | None) -> str:
    how = f"signal {-exitcode}" if exitcode is not None and exitcode < 0 else f"exit code {exitcode}"
    return (
        f"the process that computed it was ended from outside ({how}), often for want of memory. "
        "Nothing is half-written; build again, if need be with `--workers 1`."
    )


def available_cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def _environment(extra: dict[str, str]) -> Iterator[None]:
    """Variables that a process has to be started with, since libraries read them when they are imported."""
    before = {name: os.environ.get(name) for name in extra}
    os.environ.update(extra)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until a process has started, which inherits that: it would end with a traceback before it can ignore
    it. Windows holds no signals."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _remove_drafts(worker: _Process) -> None:
    """What a worker that was ended had begun to write."""
    if worker.task is not None:
        remove_drafts(worker.task.root, worker.task.node, worker.process.pid)
