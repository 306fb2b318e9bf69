"""Put before all else on the path of a process under test: its disk is full by chance, its clock is elsewhere."""

import errno
import os
import random
import time

if "FULL_DISK" in os.environ:
    _fsync, _chance = os.fsync, random.Random(f"{os.environ['FULL_DISK']} {os.getpid()}")

    def fsync(descriptor: int) -> None:
        if _chance.random() < 0.15:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        _fsync(descriptor)

    os.fsync = fsync

if "CLOCK_JUMPS" in os.environ:
    _time, _begin, _jump = time.time, time.monotonic(), float(os.environ["CLOCK_JUMPS"])

    def jumping() -> float:
        """After two seconds the clock is somewhere else."""
        return _time() + (_jump if time.monotonic() - _begin > 2 else 0.0)

    time.time = jumping
