"""Two nodes that wait for pieces at once: whose pieces are whose is told by who asked, never by what they hold."""

import stat
from collections import deque
from pathlib import Path

import polars as pl

from assets.engine.node import Node, Output
from assets.engine.pool import Pool, _Gathering, _Process
from assets.engine.run import Task
from assets.engine.workers import FanOut, Gathered, Piece, PieceError, Share, _Worker
from pipeline.paths import Paths


class Listens:
    """A connection that keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)


def asks(number, frame):
    """A worker whose node has asked for one piece that reads a frame."""
    worker = _Process(number, None, Listens(), task=object())
    worker.gathering = _Gathering(FanOut(1, print, Path("shared"), [(frame,)]), worker, deque([0]))
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


class Speaks:
    """A connection whose other side answers every question for pieces by computing the first, and then the rest."""

    def __init__(self, messages):
        self.sent, self._messages = [], messages

    def send(self, message):
        self.sent.append(message)

    def recv(self):
        return self._messages(self.sent)


def nothing(tables):
    """A node that makes nothing."""
    return Output({})


def rows_of(frame, number):
    return frame.height * number


def test_what_pieces_share_lies_in_a_file_of_the_owner_alone_until_they_are_computed(tmp_path):
    frame, seen = pl.DataFrame({"person_id": ["a", "b"]}), []
    table = Node(nothing, {}, {}, {"table": ("table", "study")}, "group", "study", "A table.")

    def answers(sent):
        asked = sent[0]
        file = asked.shared
        seen.append((file, stat.S_IMODE(file.stat().st_mode), file.parent, file.name))
        other = _Worker(Speaks(answers))
        other.handle(Share((9, asked.number), asked.function, file))
        made = [other._compute(Piece((9, asked.number), index, piece)) for index, piece in enumerate(asked.pieces)]
        assert [one.error for one in made] == [None, None]
        return Gathered(asked.number, [one.result for one in made])

    worker = _Worker(Speaks(answers))
    worker._task = Task(table, tmp_path, "", {})
    assert worker._fan_out(rows_of, [(1,), (2,)], (frame,)) == [2, 4]
    [(file, mode, folder, name)] = seen
    assert (mode, folder) == (0o600, Paths(tmp_path).table("table", "study").parent)
    assert name.endswith(".draft.parquet")  # taken away with the drafts of a worker that was killed
    assert not file.exists()


def test_a_share_that_is_gone_is_said_of_the_piece(tmp_path):
    worker = _Worker(Speaks(None))
    worker.handle(Share((9, 1), rows_of, tmp_path / "gone"))
    assert isinstance(worker._compute(Piece((9, 1), 0, (1,))).error, PieceError)
