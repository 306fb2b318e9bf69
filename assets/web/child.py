"""A process of ``cohesion ui``: runs a module until its standard input is closed, which it is when its parent ends.

``python -m assets.web.child [--after SOCKET] MODULE ARGUMENT…``
"""

import contextlib
import os
import runpy
import signal
import socket
import sys
import threading
import time

GRACE_SECONDS = 1.5


def main() -> None:
    """Run the module named by the first argument as if it had been started by itself."""
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    module, *rest = sys.argv[1:]
    if module == "--after":
        _wait_for(rest[0])
        module, *rest = rest[1:]
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _wait_for(address: str) -> None:
    """Until something listens on the Unix socket."""
    while True:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(address)
            return
        time.sleep(0.2)


def _end_with_parent() -> None:
    """Wait for the parent's end; then ask this process and those it started to end, and after a moment make them."""
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    _signal_group(signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    _signal_group(getattr(signal, "SIGKILL", signal.SIGTERM))


def _signal_group(number: int) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
            os.killpg(0, number)
        else:
            os.kill(os.getpid(), number)


if __name__ == "__main__":
    main()
