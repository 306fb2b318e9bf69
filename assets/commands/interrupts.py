"""Ctrl-C is kept until it is heeded: a library may swallow the exception that Python raises, and the build went on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_PRESSED = threading.Event()


@contextmanager
def kept() -> Iterator[None]:
    """Within this block Ctrl-C raises ``KeyboardInterrupt``, and :func:`heed` raises it again if it was swallowed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _PRESSED.clear()
    before = signal.signal(signal.SIGINT, _press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        _PRESSED.clear()


def heed() -> None:
    """Raise ``KeyboardInterrupt`` if Ctrl-C was pressed; called wherever a long command can stop."""
    if _PRESSED.is_set():
        raise KeyboardInterrupt


def _press(number: int, frame: FrameType | None) -> None:
    del number, frame
    _PRESSED.set()
    raise KeyboardInterrupt
