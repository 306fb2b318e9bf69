"""The reader process. ``python -m pipeline.ingest.isolation.worker FD`` serves; without FD it reads one file."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from pipeline.ingest.formats.request import Limits, Request
from pipeline.ingest.isolation.process import MESSAGE_BYTES, PID_BYTES

_ANSWER = "pipeline.ingest.isolation.answer"


def main(arguments: list[str]) -> None:
    if arguments:
        serve(socket.socket(fileno=int(arguments[0])))
    else:
        _read_one()


def serve(control: socket.socket) -> None:
    """Fork a child for every connection that comes in; end when the control connection does."""
    import_module(_ANSWER)  # what every child needs is loaded once, here; a format's reader when it is first asked for
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and with it the connection
    while True:
        module, connections = _next_message(control)
        if module is None:
            return
        with contextlib.suppress(Exception):  # the child meets the same error, and says it
            import_module(module)
        for descriptor in connections:
            if os.fork() == 0:
                control.close()
                _serve_one(socket.socket(fileno=descriptor))
            os.close(descriptor)


def _next_message(control: socket.socket) -> tuple[str | None, list[int]]:
    """The module that a file needs and the connection over which to answer; None when the parent has ended."""
    received, connections = b"", []
    while len(received) < MESSAGE_BYTES:
        part, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES - len(received), 4)
        if not part:
            return None, []
        received += part
        connections += descriptors
    return received.decode().strip(), connections


def _serve_one(connection: socket.socket) -> None:
    """Read one file in this child, answer, and end without any clean-up of what the parent owns."""
    connection.sendall(_own_pid())
    with connection.makefile("rb") as incoming:
        request = Request.from_json(incoming.read())
    limit(request.limits)
    with connection.makefile("wb") as outgoing:
        _answer(request, outgoing)
    connection.shutdown(socket.SHUT_RDWR)
    os._exit(0)


def _read_one() -> None:
    request = Request.from_json(sys.stdin.buffer.read())
    with os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)  # whatever a native reader prints must not end up in the answer
        outgoing.write(_own_pid())
        _answer(request, outgoing)


def _answer(request: Request, outgoing: BinaryIO) -> None:
    from pipeline.ingest.isolation.answer import write_answer  # after the limits are set, unless the server had it

    write_answer(request, outgoing)


def _own_pid() -> bytes:
    return os.getpid().to_bytes(PID_BYTES, "little")


def limit(limits: Limits) -> None:
    """Cap the memory and processor time of this process, counted from now. Without effect where unsupported."""
    try:
        import resource
    except ImportError:
        return
    memory = _address_space() + limits.memory_bytes
    seconds = int(limits.seconds) + 1
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            continue  # a stricter limit already holds


def _address_space() -> int:
    """Bytes of address space in use: the libraries are loaded, so the limit is for the file alone."""
    try:
        with Path("/proc/self/statm").open("rb") as statistics:
            return int(statistics.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1024**3


if __name__ == "__main__":
    main(sys.argv[1:])
