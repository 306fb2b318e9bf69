"""A second process that computes while the first one starts Dagster and keeps its books.

Half of a small build is Dagster: importing it, opening its databases, writing its events. The worker is forked before
that begins and runs the due nodes in build order; each Dagster step then only waits for its node's report. What the
worker stores is stored whole, whatever becomes of the other process.
"""

import os
import sys
import threading
from collections.abc import Callable, Sequence

from assets.graph import Key, Node, Workspace
from assets.report import Report
from assets.run import attempt

CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"  # forking after system frameworks load is unsafe there


class Worker:
    """Runs the given nodes in a forked child; ``report`` waits for one of them."""

    def __init__(self, workspace: Workspace, nodes: Sequence[Node]) -> None:
        self._reports: dict[str, Report] = {}
        self._arrived = threading.Condition()
        self._ended = False
        reading, writing = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            _work(workspace, nodes, writing)
        os.close(writing)
        self._thread = threading.Thread(target=self._listen, args=(reading,), daemon=True)
        self._thread.start()

    def report(self, node: str) -> Report:
        """The report of a node, as soon as there is one."""
        with self._arrived:
            self._arrived.wait_for(lambda: node in self._reports or self._ended)
            return self._reports.get(node) or Report(node, error="the process that computes has ended; build again.")

    def _listen(self, reading: int) -> None:
        with os.fdopen(reading, encoding="utf-8") as lines:
            for line in lines:
                report = Report.from_json(line)
                with self._arrived:
                    self._reports[report.node] = report
                    self._arrived.notify_all()
        os.waitpid(self.pid, 0)
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()


def _work(workspace: Workspace, nodes: Sequence[Node], writing: int) -> None:
    """The child: never returns."""
    status = 1
    try:
        if any(node.group == "ingest" for node in nodes):
            from pipeline.ingest import warm

            warm()  # the readers load while this process does
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            run_all(workspace, nodes, lambda report: print(report.to_json(), file=out, flush=True))
        status = 0
    finally:
        os._exit(status)


def run_all(workspace: Workspace, nodes: Sequence[Node], tell: Callable[[Report], None]) -> None:
    """Run nodes in order; what needs a table that could not be made is left alone."""
    missing: set[Key] = set()
    for node in nodes:
        if missing.intersection(node.inputs):
            missing.update(node.keys)
            continue
        report = attempt(node, workspace)
        if report.message:
            missing.update(node.keys)
        tell(report)
