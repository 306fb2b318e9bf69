"""Dagster's databases while a build is recorded: opened once, not for every event."""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage

MODULES: tuple[Any, ...] = (sqlite_event_log, sqlite_run_storage)
"""They make an engine for every event."""


@contextlib.contextmanager
def open_databases() -> Iterator[None]:
    """Keep Dagster's SQLite files open, and let the system write them when it likes.

    Dagster makes an engine for every event, opens its file and closes it again: each statement is compiled anew, each
    closing writes the journal back. Recording a build took a third of its processor time. With a journal, a power cut
    can lose the last records, never damage the file.
    """
    engines = _Engines()
    before = [(module, module.create_engine) for module in MODULES]
    for module in MODULES:
        module.create_engine = engines.engine
    try:
        yield
    finally:
        for module, made in before:
            module.create_engine = made
        engines.close()


class _Engines:
    """One engine for each database, whose connections stay open: Dagster disposes of it after every event."""

    def __init__(self) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}

    def engine(self, address: str, **options: Any) -> sqlalchemy.Engine:
        """As ``sqlalchemy.create_engine``; the same one for the same address."""
        if address not in self._engines:
            options |= {"poolclass": sqlalchemy.QueuePool}
            if address.startswith("sqlite"):  # the pool gives a connection to one thread at a time
                options["connect_args"] = {**options.get("connect_args", {}), "check_same_thread": False}
            made = self._engines[address] = sqlalchemy.create_engine(address, **options)
            made.dispose = _stay_open  # type: ignore[method-assign]
            sqlalchemy.event.listen(made, "connect", _opened)
        return self._engines[address]

    def close(self) -> None:
        """Close the files; the journals are written back."""
        for engine in self._engines.values():
            sqlalchemy.Engine.dispose(engine)


def _stay_open(close: bool = True) -> None:
    """Instead of ``Engine.dispose``."""


def _opened(connection: Any, _: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous=normal")
