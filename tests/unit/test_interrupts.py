"""Ctrl-C ends a command also where somebody else's code swallows the exception that it raises."""

import contextlib
import os
import signal
import time

import pytest

from assets.commands.interrupts import heed, kept


def test_an_interrupt_that_was_swallowed_is_raised_again() -> None:
    with kept():
        with contextlib.suppress(BaseException):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)
        with pytest.raises(KeyboardInterrupt):
            heed()
    heed()


def test_what_was_there_before_is_there_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    with kept():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
