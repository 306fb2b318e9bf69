"""Independent pieces of one long step, side by side: on whatever workers run the build, or one after the other here.

A stage calls :func:`fan_out` with a top-level function; it does not know who runs it. The pieces must not share
state: each takes its own seed. The result is the same whatever the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

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
        return [function(*shared, *piece) for piece in pieces]
    return runner(function, pieces, shared)


@contextmanager
def runs_with(runner: Runner | None) -> Iterator[None]:
    """Within this block :func:`fan_out` hands its pieces to ``runner``."""
    token = _RUNNER.set(runner)
    try:
        yield
    finally:
        _RUNNER.reset(token)
