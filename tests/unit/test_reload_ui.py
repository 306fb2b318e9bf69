"""What a person is told of a UI that is asked to read the declarations again."""

import socket

import pytest

from assets.dagster.instance import note_port
from assets.waves import running
from pipeline.paths import Paths


@pytest.fixture
def listener():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one


@pytest.fixture
def paths(tmp_path, listener, monkeypatch):
    monkeypatch.setattr(running, "PATIENCE_SECONDS", 0.2)
    paths = Paths(tmp_path)
    paths.instance.mkdir(parents=True)
    note_port(paths, listener.getsockname()[1])
    return paths


def test_one_that_is_too_busy_to_answer_does_not_show_it_yet(paths, listener):
    listener.listen()
    assert running.reload_ui(paths) == running.NOT_SHOWN


def test_where_none_is_running_there_is_nothing_to_say(paths):
    assert running.reload_ui(paths) == ""
