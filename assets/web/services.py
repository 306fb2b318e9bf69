"""The processes of ``cohesion ui``: code server, web server and daemon, started, watched and ended together."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assets.web.guard.exposure import Exposure
from assets.web.links import LOCATION
from pipeline.errors import CohesionError
from pipeline.paths import REPOSITORY

PATIENCE_SECONDS = 180.0
"""How long the first answer may take: on a busy machine Dagster loads for minutes."""
GRACE_SECONDS = 1.5
"""How long a process may take to end when asked, before it is made to."""
MOST_RESTARTS, IN_SECONDS = 5, 120.0
WORKSPACE = """\
load_from:
  - grpc_server:
      socket: {socket}
      location_name: {location}
"""


@dataclass
class Service:
    """One process, the folder it works in, and when it was started again."""

    name: str
    command: list[str]
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in a group of its own; it ends when its standard input is closed."""
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "assets.web.child", *self.command],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONSAFEPATH": "1",  # the code is that of this program, whatever lies in the folder
                "PWD": str(self.folder),  # in a clone, .env tells Dagster by it where its records are
            },
        )

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def restart(self) -> None:
        """Start it again after it ended by itself. Raises ``CohesionError`` if it keeps ending."""
        now = time.monotonic()
        self.restarts = [*(moment for moment in self.restarts if now - moment < IN_SECONDS), now]
        if len(self.restarts) > MOST_RESTARTS:
            raise CohesionError(
                f"ended {MOST_RESTARTS} times within two minutes", where=self.name, todo="Its last lines above say why."
            )
        self.stop(0.0)
        self.start()

    def ask_to_end(self) -> None:
        if self.process is not None:
            _signal(self.process, signal.SIGTERM)

    def stop(self, grace: float) -> None:
        """End it and what it started."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=grace)
        _signal(self.process, getattr(signal, "SIGKILL", signal.SIGTERM))
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        self.process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """To the whole group, since servers start processes of their own; those may outlive the first."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        elif process.poll() is None:
            process.terminate()


def run(root: Path, exposure: Exposure, ready: Callable[[str], None]) -> None:
    """Serve until interrupted. ``ready`` is called with the address when it answers first.

    Raises ``CohesionError`` if the port is taken, or a process cannot be kept running.
    """
    refuse_taken(exposure)
    with _folder() as folder:
        services = _services(root, exposure, folder)
        try:
            for service in services:
                service.start()
            _wait_for(exposure.here, services)
            ready(exposure.public)
            while True:
                time.sleep(0.5)
                for service in services:
                    if service.has_ended:
                        service.restart()
        finally:
            stop(services)


def stop(services: list[Service]) -> None:
    """End all at once: first asked, then made to."""
    until = time.monotonic() + GRACE_SECONDS
    for service in services:
        service.ask_to_end()
    for service in services:
        service.stop(max(0.0, until - time.monotonic()))


def _services(root: Path, exposure: Exposure, folder: Path) -> list[Service]:
    endpoint, workspace = folder / "code.sock", folder / "workspace.yaml"
    workspace.write_text(WORKSPACE.format(socket=endpoint, location=LOCATION), encoding="utf-8")
    code = [
        "dagster", "code-server", "start", "--module-name", "assets.dagster.definitions", "--working-directory",
        str(REPOSITORY), "--location-name", LOCATION, "--socket", str(endpoint), "--log-level", "warning",
        "--inject-env-vars-from-instance", "--use-python-environment-entry-point",
    ]  # fmt: skip
    web = [
        "assets.web.serve", "--port", str(exposure.port), "--socket", str(endpoint), "--host", exposure.host,
        *(["--behind-proxy", "--name", exposure.name] if exposure.is_behind_proxy else []),
        *(["--read-only"] if exposure.read_only else []),
    ]  # fmt: skip
    daemon = [
        "--after",
        str(endpoint),
        "dagster._daemon",
        "run",
        "--log-level",
        "warning",
        "--workspace",
        str(workspace),
    ]
    names = ("code server", "web server", "daemon")
    return [Service(name, command, root) for name, command in zip(names, (code, web, daemon), strict=True)]


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder of this process's own for the socket: its path must be short."""
    with tempfile.TemporaryDirectory(prefix="cohesion-") as name:
        yield Path(name)


def refuse_taken(exposure: Exposure) -> None:
    """Raises ``CohesionError`` if something listens on the port already."""
    port = exposure.port
    with socket.socket(socket.AF_INET6 if ":" in exposure.host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((exposure.host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CohesionError(
                    f"cannot be listened on ({error.strerror})", where=f"{exposure.host} port {port}"
                ) from None
            raise CohesionError(
                "is taken by another program, perhaps by another `cohesion ui`",
                where=f"port {port}",
                todo=f"End that one, or choose another: cohesion ui --port {port + 1}",
            ) from None


def _wait_for(address: str, services: list[Service]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for service in services:
            if service.has_ended:
                raise CohesionError("ended before it answered", where=service.name, todo="Its lines above say why.")
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise CohesionError(f"gave no answer within {PATIENCE_SECONDS:.0f} seconds", where=address)
