"""Many draws of one simulation on two processes, which start afresh: polars' threads do not survive a fork."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Found = TypeVar("Found")


def replicated(draw: Callable[[int], Found], times: int) -> list[Found]:
    """What ``draw`` finds for each seed from 0, in order. It is a function of a module, or a ``partial`` of one."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return list(pool.map(draw, range(times), chunksize=max(1, min(25, times // 4))))
