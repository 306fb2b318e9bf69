"""A table of records: one frozen record of facts for each kind of thing, by its key, to which others can be added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

from pipeline.specs.nearest import nearest


class Record(Protocol):
    """Whatever has a key."""

    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=Record)


class Records(Mapping[str, R]):
    """Key → record, in the order of registration. ``what`` names the kind in messages: "a model family"."""

    def __init__(self, what: str, *records: R) -> None:
        self.what = what
        self._records: dict[str, R] = {}
        self.added: tuple[R, ...] = ()  # by ``registered``: a process of its own does not have them by itself
        for record in records:
            self.register(record)

    def __getitem__(self, key: str) -> R:
        return self._records[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def register(self, record: R) -> None:
        """Add a record. Raises ValueError if its key is taken."""
        if record.key in self._records:
            raise ValueError(f"`{record.key}` is {self.what} already")
        self._records[record.key] = record

    @contextmanager
    def registered(self, *records: R) -> Iterator[None]:
        """Within this block the ``records`` are there as well."""
        before, added = dict(self._records), self.added
        try:
            for record in records:
                self.register(record)
            self.added = (*added, *records)
            yield
        finally:
            self._records, self.added = before, added

    def expected(self, key: str) -> str:
        """What is expected in place of an unknown ``key``: all keys, and the nearest of them."""
        *others, last = (f"'{name}'" for name in self._records)
        return f"expected {', '.join(others)} or {last}{nearest(key, self._records) or '.'}"
