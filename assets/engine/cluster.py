"""The same nodes on a Dask cluster that runs already: workers that see the same folders, and have this project."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assets.engine.pool import Progress
from assets.engine.report import Report
from assets.engine.run import Task, attempt
from assets.engine.store import remove_drafts
from pipeline.errors import CohesionError
from pipeline.parallel import runs_with

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECTING_SECONDS = 10.0


class Cluster:
    """Nodes as tasks of a Dask scheduler. A worker that is lost has its task run again by the scheduler."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Client | None = None
        self._running: dict[str, tuple[Task, Future[Any]]] = {}
        self._ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()

    def start(self) -> None:
        """Raises ``CohesionError`` if nothing answers at the address, or ``distributed`` is not installed."""
        try:
            from distributed import Client
        except ImportError:
            raise CohesionError(
                "needs the package `distributed`", where="the cluster", todo="Install it: uv sync --extra distributed."
            ) from None
        self._client = _connected(lambda: Client(self._address, timeout=CONNECTING_SECONDS, set_as_default=False))  # type: ignore[no-untyped-call]
        if self._client is None:
            raise CohesionError(
                "no scheduler answers there",
                where=self._address,
                todo="Start it, correct the address, or take the setting out to build on this machine.",
            )
        if not self._client.scheduler_info()["workers"]:
            self.stop()
            raise CohesionError("the scheduler has no workers", where=self._address, todo="Start some.")

    @property
    def free(self) -> int:
        """As many nodes as there are threads of workers may be under way at once."""
        assert self._client is not None
        threads: int = sum(worker["nthreads"] for worker in self._client.scheduler_info()["workers"].values())
        return max(0, threads - len(self._running))

    def submit(self, task: Task) -> None:
        """Hand a node to the scheduler."""
        assert self._client is not None
        future = self._client.submit(run_on_cluster, task, pure=False, retries=1)
        self._running[str(future.key)] = (task, future)
        future.add_done_callback(self._ended.put)  # type: ignore[no-untyped-call]

    def events(self, timeout: float) -> Iterator[Report | Progress]:
        """What came in within ``timeout`` seconds."""
        with contextlib.suppress(queue.Empty):
            future = self._ended.get(timeout=timeout)
            task, _ = self._running.pop(str(future.key))
            report = _report(task.node.name, future)
            remove_drafts(task.root, task.node)  # of workers that were lost
            yield report

    def stop(self) -> None:
        """Take back what has not ended, and leave the cluster as it was."""
        client, self._client = self._client, None
        if client is not None:
            client.cancel([future for _, future in self._running.values()], force=True)  # type: ignore[no-untyped-call]
            client.close(timeout=2)  # type: ignore[no-untyped-call]
        self._running.clear()


def _connected(connect: Callable[[], Client]) -> Client | None:
    """The client, or None where nothing answers.

    In a thread of its own, since a client waits for ever for what accepts connections and says nothing.
    """
    found: queue.SimpleQueue[Client | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found.put(connect())
        except (OSError, TimeoutError, ValueError):
            found.put(None)

    threading.Thread(target=ask, daemon=True, name="connect").start()
    try:
        return found.get(timeout=CONNECTING_SECONDS + 1.0)
    except queue.Empty:
        return None


def run_on_cluster(task: Task) -> Report:
    """One node on a worker of the cluster; its pieces are tasks of the cluster, too."""
    with runs_with(_fan_out):
        return attempt(task)


def _fan_out(function: Callable[..., Any], pieces: Sequence[tuple[Any, ...]], shared: tuple[Any, ...]) -> list[Any]:
    from distributed import worker_client

    with worker_client() as client:
        handed = client.scatter(list(shared), broadcast=False, hash=False)
        futures = [client.submit(_piece, function, piece, *handed, pure=False) for piece in pieces]
        return list(client.gather(futures))


def _piece(function: Callable[..., Any], piece: tuple[Any, ...], *shared: Any) -> Any:
    return function(*shared, *piece)


def _report(name: str, future: Future[Any]) -> Report:
    """The report of a node; of a task that was lost, why."""
    try:
        report = future.result(timeout=1)
        return report if isinstance(report, Report) else Report(name, error="the cluster gave no report.")
    except Exception as error:
        why = f"the cluster could not run it ({type(error).__name__}). Its workers may have been ended; build again."
        return Report(name, error=why)
