"""Nodes one after the other in this process: for a debugger, and for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from assets.engine.pool import Progress
from assets.engine.report import Report
from assets.engine.run import Task, attempt


class Inline:
    """A place for nodes that is this process; pieces of long nodes follow one another, too."""

    def __init__(self) -> None:
        self._tasks: deque[Task] = deque()

    def start(self) -> None:
        """There is nothing to start."""

    @property
    def free(self) -> int:
        return 0 if self._tasks else 1

    def submit(self, task: Task) -> None:
        """Keep a node until its report is asked for."""
        self._tasks.append(task)

    def events(self, timeout: float) -> Iterator[Report | Progress]:
        """Run what was submitted; takes as long as it takes, whatever the ``timeout``."""
        del timeout
        while self._tasks:
            yield attempt(self._tasks.popleft())

    def stop(self) -> None:
        """Forget what was not begun."""
        self._tasks.clear()
