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
    """One engine for each database, and one connection that keeps its journal from being written back."""

    def __init__(self) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}
        self._kept: dict[str, sqlite3.Connection] = {}

    def engine(self, address: str, **options: Any) -> sqlalchemy.Engine:
        """As ``sqlalchemy.create_engine``; the same one for the same address."""
        if address not in self._engines:
            made = self._engines[address] = sqlalchemy.create_engine(address, **options)
            sqlalchemy.event.listen(made, "connect", self._opened)
        return self._engines[address]

    def close(self) -> None:
        """Close the files; the journals are written back."""
        for connection in self._kept.values():
            connection.close()

    def _opened(self, connection: Any, _: Any) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        connection.execute("pragma synchronous=normal")
        file = connection.execute("pragma database_list").fetchone()[2]
        if file and file not in self._kept:
            self._kept[file] = sqlite3.connect(file, check_same_thread=False)
            self._kept[file].execute("select count(*) from sqlite_master").fetchone()
