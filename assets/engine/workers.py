"""One worker process of the pool: it runs nodes, and pieces of nodes, as they come; it stores what it makes itself."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from assets.engine.report import Report
from assets.engine.run import Task, attempt
from pipeline.errors import CohesionError
from pipeline.parallel import runs_with

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "POLARS_MAX_THREADS",
)
"""Threads on small matrices burn a second core for nothing, and let sums depend on the machine."""


@dataclass(frozen=True)
class Run:
    """To a worker: run this node."""

    task: Task


@dataclass(frozen=True)
class Done:
    """From a worker: the report of a node."""

    report: Report


@dataclass(frozen=True)
class FanOut:
    """From a worker: the node it runs has independent pieces. ``number`` names this fan-out within the worker."""

    number: int
    function: Callable[..., Any]
    shared: tuple[Any, ...]
    pieces: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Share:
    """To a worker, once for each fan-out of another: what all of its pieces read."""

    owner: tuple[int, int]
    function: Callable[..., Any]
    shared: tuple[Any, ...]


@dataclass(frozen=True)
class Piece:
    """To a worker: compute one piece."""

    owner: tuple[int, int]
    index: int
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class PieceDone:
    """From a worker: the result of a piece, or the error it raised."""

    owner: tuple[int, int]
    index: int
    result: Any = None
    error: Exception | None = None


@dataclass(frozen=True)
class Gathered:
    """To the worker that fanned out: the results in order, or the first error."""

    number: int
    results: Sequence[Any] = ()
    error: Exception | None = None


_Shared = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function, and the arguments that all pieces share."""


class PieceError(CohesionError):
    """A piece failed in a way that cannot be sent: said in words that hold no value."""


def work(connection: Connection, libraries: Sequence[str] = ()) -> None:
    """The life of a worker: it ends when the other side of ``connection`` does.

    While it has nothing to do it imports ``libraries``, one after the other, so that later nodes need not wait.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it decides
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # a terminal's Ctrl-C would reach a query of polars all the same, which sets a handler of its own
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    worker = _Worker(connection)
    _end_with_parent()
    ahead = deque(libraries)
    try:
        while True:
            while ahead and not connection.poll():
                with contextlib.suppress(ImportError):  # said by the node that needs it
                    importlib.import_module(ahead.popleft())
            worker.handle(connection.recv())
    except (EOFError, OSError):
        os._exit(0)  # whoever asked is gone: nothing is left to do, and nothing is half written


def _end_with_parent() -> None:
    """End at once when whoever asked is killed: what this node would still store could meet the next build."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()


class _Worker:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._shares: dict[tuple[int, int], _Shared] = {}
        self._own: dict[int, _Shared] = {}
        self._fan_outs = 0

    def handle(self, message: object) -> None:
        if isinstance(message, Run):
            self._shares.clear()  # they may be large
            with runs_with(self._fan_out):
                report = attempt(message.task)
            self._connection.send(Done(report))
        elif isinstance(message, Share):
            self._shares.clear()
            self._shares[message.owner] = message.function, message.shared
        elif isinstance(message, Piece):
            self._connection.send(self._compute(message))

    def _compute(self, piece: Piece) -> PieceDone:
        function, shared = self._shares.get(piece.owner) or self._own[piece.owner[1]]
        try:
            with runs_with(None):
                return PieceDone(piece.owner, piece.index, function(*shared, *piece.arguments))
        except Exception as error:
            return PieceDone(piece.owner, piece.index, error=_sendable(error))

    def _fan_out(
        self, function: Callable[..., Any], pieces: Sequence[tuple[Any, ...]], shared: tuple[Any, ...]
    ) -> list[Any]:
        """Ask for the pieces to be shared out, and compute them here as long as there are any."""
        self._fan_outs += 1
        number = self._fan_outs
        self._own[number] = function, shared
        self._connection.send(FanOut(number, function, shared, pieces))
        while True:
            message = self._connection.recv()
            if isinstance(message, Gathered) and message.number == number:
                del self._own[number]
                if message.error is not None:
                    raise message.error
                return list(message.results)
            self.handle(message)


def _sendable(error: Exception) -> Exception:
    """Errors of our own travel as they are; of others, only where they arose."""
    if isinstance(error, CohesionError):
        return error
    place = traceback.extract_tb(error.__traceback__)[-1]
    return PieceError(
        f"a defect in the pipeline: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
    )
