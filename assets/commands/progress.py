"""What a build shows while it runs: a live line of what is being made at a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

import typer

from assets.engine.build import Event, Started
from assets.engine.plan import Plan
from assets.engine.pool import Progress
from assets.engine.report import Report, TableReport

if TYPE_CHECKING:
    from rich.live import Live


class Shown:
    """Takes the events of a build and shows them. Use it as a context while the build runs."""

    def __init__(self, plan: Plan, quiet: bool = False) -> None:
        self._total, self._quiet = plan.count, quiet
        self._seconds = {name: state.record.seconds for name, state in plan.states.items() if state.record}
        self._due = plan.due | plan.following
        self._running: dict[str, tuple[float, str]] = {}  # node → when it began, and how far its pieces are
        self._live: Live | None = None
        self._lock = threading.Lock()
        self.built = self.current = self._done = 0

    def __enter__(self) -> Shown:
        if not self._quiet and sys.stdout.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(), get_renderable=self._line, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def say(self, line: str) -> None:
        """A line of its own, unless nothing but mistakes is to be said."""
        if not self._quiet:
            self._print(line)

    def take(self, event: Event) -> None:
        """One event of the build."""
        with self._lock:
            if isinstance(event, Started):
                self._running[event.node] = (time.monotonic(), "")
            elif isinstance(event, Progress):
                began, _ = self._running.get(event.node, (time.monotonic(), ""))
                self._running[event.node] = (began, f"{event.done}/{event.total}")
            else:
                self._end(event)

    def _end(self, report: Report) -> None:
        self._running.pop(report.node, None)
        self._done += 1
        if report.is_current:
            self.current += 1
            return
        where = f"[{self._done:>3}/{self._total}]"
        if report.message:
            mark = "–" if report.awaits else "✗"
            self._print(f"{where} {mark} {report.node}: {report.message}", err=True)
            return
        self.built += 1
        table = report.tables[0]
        self.say(f"{where} ✓ {report.node}: {table.rows:,} rows{set_apart(table)}, {report.seconds:.2f} s")
        for words in warnings_of(report):
            self.say(f"      ! {words}")

    def _print(self, line: str, err: bool = False) -> None:
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False)
        else:
            typer.echo(line, err=err)

    def _line(self) -> str:
        """What runs now, and about how long the rest takes."""
        running = [f"{node}{f' {pieces}' if pieces else ''}" for node, (_, pieces) in list(self._running.items())]
        left = self._left()
        rest = f", about {left:.0f} s left" if left else ""
        return f"{self._done}/{self._total}{rest}: {', '.join(running) or 'starting'}"

    def _left(self) -> float:
        """What the remaining assets took the last time, shared among those that run now."""
        now = time.monotonic()
        spent = sum(now - began for began, _ in self._running.values())
        known = sum(self._seconds.get(name, 0.0) for name in self._due)
        return max(0.0, known * (1 - self._done / max(self._total, 1)) - spent) / max(len(self._running), 1)


def warnings_of(report: Report) -> list[str]:
    """What the checks of a wave or of the links between waves warn of: it is in no other report."""
    if not report.node.startswith(("wave/", "links/")):
        return []
    warned = [check for check in report.checks if not check.blocking and check.severity == "warning"]
    return [words for check in warned for words in check.found]


def set_apart(table: TableReport) -> str:
    """What of a wave's rows, or of a study's answers, is not used: said on the line of the build, if there is any."""
    places = str(table.metadata.get("accounting", "")).split("; ")
    found = [place for place in places if place.startswith(("quarantined", "set aside"))]
    answers = table.metadata.get("answers_set_aside", 0)
    found += [f"answers set aside: {answers:,}"] if answers else []
    return f" ({'; '.join(found)})" if found else ""
