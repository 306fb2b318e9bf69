"""Independent pieces of one long step, side by side: on whatever workers run the build, or one after the other here.

A stage calls :func:`fan_out` with a top-level function; it does not know who runs it. The pieces must not share
state: each takes its own seed. The result is the same whatever the number of workers.

Workers of a build have one thread each for linear algebra (``assets/engine/workers.py``). Pieces that run here have
one as well: on small matrices several threads take three times as long, and let last digits depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from threadpoolctl import threadpool_limits

R = TypeVar("R")


class Runner(Protocol):
    """Runs ``function(*shared, *piece)`` for every piece, in any order; returns the results in the pieces' order."""

    def __call__(
        self, function: Callable[..., Any], pieces: Sequence[tuple[Any, ...]], shared: tuple[Any, ...]
    ) -> list[Any]: ...


_RUNNER: ContextVar[Runner | None] = ContextVar("runner", default=None)


def fan_out(function: Callable[..., R], pieces: Sequence[tuple[Any, ...]], shared: tuple[Any, ...] = ()) -> list[R]:
    """``function(*shared, *piece)`` for each of ``pieces``; the results in the same order.

    ``function`` is importable by its name; ``shared`` is what all pieces read (it travels to each worker once), plain
    arrays, frames or frozen declarations. An exception in a piece is raised here.
    """
    runner = _RUNNER.get()
    if runner is None or len(pieces) < 2:
        with one_thread():
            return [function(*shared, *piece) for piece in pieces]
    return runner(function, pieces, shared)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within this block libraries of linear algebra use one thread; then as many as before.

    The libraries are looked up anew each time: numpy and scipy load their own, some only when they are needed.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield


@contextmanager
def runs_with(runner: Runner | None) -> Iterator[None]:
    """Within this block :func:`fan_out` hands its pieces to ``runner``."""
    token = _RUNNER.set(runner)
    try:
        yield
    finally:
        _RUNNER.reset(token)
