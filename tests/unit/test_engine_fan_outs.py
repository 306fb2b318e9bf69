"""Two nodes that wait for pieces at once: whose pieces are whose is told by who asked, never by what they hold."""

from collections import deque

import polars as pl

from assets.engine.pool import Pool, _Gathering, _Process
from assets.engine.workers import FanOut


class Listens:
    """A connection that keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)


def asks(number, frame):
    """A worker whose node has asked for one piece that reads a frame."""
    worker = _Process(number, None, Listens(), task=object())
    worker.gathering = _Gathering(FanOut(1, print, (frame,), [(0,)]), worker, deque([0]))
    return worker


def test_pieces_of_frames_with_other_columns_are_given_to_those_who_wait_for_them():
    one, other = asks(0, pl.DataFrame({"a": [1]})), asks(1, pl.DataFrame({"b": [1, 2]}))
    pool = Pool(2)
    pool._workers = [one, other]
    pool._gatherings = [one.gathering, other.gathering]
    pool._share_out()
    assert [worker.piece.owner for worker in (one, other)] == [(0, 1), (1, 1)]
    assert [len(worker.connection.sent) for worker in (one, other)] == [1, 1]
    other.gathering.results[0] = None
    pool._finish(other.gathering)
    assert pool._gatherings == [one.gathering]
