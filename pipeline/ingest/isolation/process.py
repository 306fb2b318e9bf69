"""Readers run in a process of their own: a file that crashes, hangs or swallows memory costs one file, nothing else.

One server process imports the readers once and forks a fresh child for every file (some milliseconds), so no file can
disturb another. Only the standard library is imported here: ``warm()`` at the start of a command line lets the
server load while the rest of the program does.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.formats.request import LARGE, Request
from pipeline.options import known_options

CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")
PID_BYTES = 8
MESSAGE_BYTES = 256
"""A message to the server: the name of a module, padded with spaces."""
STARTING_SECONDS = 300.0
"""What the server may need to load before it serves, on a busy machine; not charged to the file."""
MOST_WAITS = 10
"""How many times its time a reader may wait for a processor that others use."""

_CHUNK = 1 << 20
_MODULE = "pipeline.ingest.isolation.worker"


@known_options
def warm() -> None:
    """Start the reader process now, without waiting for it."""
    if CAN_FORK:
        _server.ensure_running()


def ask(request: Request) -> bytes:
    """The reader's answer to one request, as the bytes of ``pipeline.ingest.isolation.answer``.

    Raises ``DepositError`` if the reader took too long or ended without an answer.
    """
    return _ask_server(request) if CAN_FORK else ask_once(request)


class _Server:
    """The process that has the readers loaded and forks a child per file. Started when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def ensure_running(self) -> socket.socket:
        with self._lock:
            alive = self._process is not None and self._owner == os.getpid() and self._process.poll() is None
            if not alive or self._control is None:
                self._start()
            assert self._control is not None
            return self._control

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # native readers print what they stumble over, which may be an answer
            env=_environment(),
        )
        theirs.close()
        self._control, self._owner = ours, os.getpid()

    def submit(self, connection: socket.socket, module: str) -> None:
        """Hand one end of a connection to a fresh child of the server, which first loads the module if it has not."""
        message = module.encode().ljust(MESSAGE_BYTES)
        for attempt in (1, 2):
            control = self.ensure_running()
            try:
                with self._lock:
                    socket.send_fds(control, [message], [connection.fileno()])
                return
            except OSError:
                self.stop()
                if attempt == 2:
                    raise

    def stop(self) -> None:
        with self._lock:
            process, self._process = self._process, None
            if self._control is not None:
                self._control.close()  # the server ends when its connection does
                self._control = None
        if process is not None and self._owner == os.getpid():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)


_server = _Server()
atexit.register(_server.stop)


def _environment() -> dict[str, str]:
    """One thread per reader, and this package on the path wherever the program was started from."""
    root = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONPATH": path}


def _ask_server(request: Request) -> bytes:
    for _ in range(2):  # a server that was killed meanwhile loses the file it had been handed
        answer = _hand_over(request)
        if answer is not None:
            return answer
    raise ended_without_answer(request)


def _module_of(request: Request) -> str:
    """The reader's module; none where the format is unknown, which the child finds out."""
    return next((one.module for one in request.known if one.name == request.format), "")


def _hand_over(request: Request) -> bytes | None:
    """What a fresh child of the server answers; None if it never came to be."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            _server.submit(theirs, _module_of(request))
        with contextlib.suppress(BrokenPipeError):
            ours.sendall(request.to_json())
            ours.shutdown(socket.SHUT_WR)
        return _receive(ours, request)


def _receive(connection: socket.socket, request: Request) -> bytes | None:
    try:
        pid = _receive_until(time.monotonic() + STARTING_SECONDS, connection, bytearray(), PID_BYTES)
    except TimeoutError:
        raise did_not_start(request) from None
    if len(pid) < PID_BYTES:
        return None
    received = bytearray()
    for wait in range(MOST_WAITS):
        try:
            return _receive_until(time.monotonic() + request.limits.seconds, connection, received)
        except TimeoutError:
            if wait == MOST_WAITS - 1 or not _waits_for_a_processor(pid, request.limits.seconds):
                break
    _kill(pid)
    raise took_too_long(request)


def _receive_until(deadline: float, connection: socket.socket, received: bytearray, most: int | None = None) -> bytes:
    """``received``, and what comes in until the other side ends, or ``most`` bytes; ``TimeoutError`` after that."""
    while most is None or len(received) < most:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            chunk = connection.recv(_CHUNK if most is None else most - len(received))
        except ConnectionResetError:
            break
        if not chunk:
            break
        received += chunk
    return bytes(received)


def _waits_for_a_processor(pid: bytes, seconds: float) -> bool:
    """Whether a reader is ready to run, but has had less than half of that processor time: the machine is busy."""
    try:
        state = Path(f"/proc/{int.from_bytes(pid, 'little')}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    used = (int(state[11]) + int(state[12])) / os.sysconf("SC_CLK_TCK")
    return state[0] in "RD" and used < seconds / 2


def _kill(pid: bytes) -> None:
    if len(pid) == PID_BYTES:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int.from_bytes(pid, "little"), signal.SIGKILL)


def ask_once(request: Request) -> bytes:
    """The same from a process started for this one file: slower; for systems that cannot fork."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", _MODULE],
            input=request.to_json(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            timeout=request.limits.seconds + STARTING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise took_too_long(request) from None
    return done.stdout[PID_BYTES:]


def did_not_start(request: Request) -> DepositError:
    return DepositError(
        f"its reader did not start within {STARTING_SECONDS:g} seconds",
        where=Path(request.path).name,
        todo="The machine is busy or short of memory; the file was not opened. Try again later.",
    )


def took_too_long(request: Request) -> DepositError:
    return DepositError(
        f"reading took longer than {request.limits.seconds:g} seconds and was stopped",
        where=Path(request.path).name,
        todo=_what_to_do(request, "seconds"),
    )


def ended_without_answer(request: Request) -> DepositError:
    gibibytes = request.limits.memory_bytes / 1024**3
    return DepositError(
        f"the reader crashed on the file, or needed more than {gibibytes:.3g} GiB of memory",
        where=Path(request.path).name,
        todo=_what_to_do(request, "gigabytes"),
    )


def _what_to_do(request: Request, limit: str) -> str:
    """A small file that takes so much is damaged; a large one may be too large for what its reader may take."""
    size = Path(request.path).stat().st_size
    if size < LARGE:
        return "The file is damaged or of another format; ask for it again."
    return (
        f"It is large ({size / 1e6:,.0f} MB): declare `limits: {{{limit}: ...}}` for it, as much as this machine "
        "can give. If that changes nothing, it is damaged; ask for it again."
    )
