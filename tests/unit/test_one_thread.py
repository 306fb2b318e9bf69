"""Pieces of a long step that run here use one thread for linear algebra, as on a worker of a build."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg  # its own library of linear algebra
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline.parallel import fan_out, one_thread, runs_with


def threads(*_piece: object) -> set[int]:
    assert scipy.linalg.norm(np.ones(2)) > 0
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(limits=2, user_api="blas"):
        yield


def test_pieces_here_have_one_thread_and_what_follows_as_many_as_before():
    before = threads()
    assert fan_out(threads, [(1,), (2,)]) == [{1}, {1}]
    assert threads() == before
    with one_thread():
        assert threads() == {1}
    assert threads() == before


def test_threads_are_as_before_after_a_piece_that_fails():
    before = threads()
    with pytest.raises(ZeroDivisionError):
        fan_out(lambda piece: 1 / piece, [(0,)])
    assert threads() == before


def test_a_runner_has_its_own_threads():
    def runner(function, pieces, shared):
        return [function(*shared, *piece) for piece in pieces]

    before = threads()
    with runs_with(runner):
        assert fan_out(threads, [(1,), (2,)]) == [before, before]
