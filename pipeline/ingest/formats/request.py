"""What is asked of a reader, and how much time and memory it may take. Plain data: it travels to the reader process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from pipeline.ingest.formats.known import Known

Layout = Literal["plain", "qualtrics"]


@dataclass(frozen=True)
class Limits:
    """What a reader may take for one file; beyond it the file is refused, not the machine brought down."""

    seconds: float = 120.0
    memory_bytes: int = 2 * 1024**3


DEFAULT_LIMITS = Limits()
LARGE = 16 * 1024**2
"""Bytes of a file from which on only declared columns are loaded, and too little memory means that it is large."""
_SECONDS_A_MEGABYTE, _TIMES = 1.0, 6


def limits_of(size: int, seconds: float | None = None, gigabytes: float | None = None) -> Limits:
    """What the reader of a file of ``size`` bytes may take: as declared, or else as files of that size need.

    >>> limits_of(2_000_000_000).memory_bytes // 1024**2
    11444
    """
    memory = max(DEFAULT_LIMITS.memory_bytes, _TIMES * size) if gigabytes is None else int(gigabytes * 1024**3)
    return Limits(seconds or DEFAULT_LIMITS.seconds + _SECONDS_A_MEGABYTE * size / 1e6, memory)


@dataclass(frozen=True)
class Request:
    """One file, as declared: the arguments of ``read_deposit``, which explains them. ``known`` is added on the way."""

    path: str
    format: str
    encoding: str | None = None
    delimiter: str = ","
    decimal: str = "."
    thousands: str | None = None
    sheet: str | None = None
    header_row: int = 1
    footer_rows: int = 0
    columns: tuple[str, ...] | None = None
    text: tuple[str, ...] = ()
    user_missing: bool = True
    layout: str = "plain"
    limits: Limits = DEFAULT_LIMITS
    known: tuple[Known, ...] = ()
    partial: bool = False
    """Whether only ``columns`` are looked at: for a file whose bytes were read and checked as a whole before."""
    projected: bool = False
    """Whether only ``columns`` are loaded: for a large file, or one that serves several waves."""

    @property
    def loads_all(self) -> bool:
        """Whether every column of the file is loaded."""
        return self.columns is None or not (self.partial or self.projected)

    def wants(self, column: str) -> bool:
        """Whether a column of the file is looked at."""
        return self.loads_all or column.lower() in self._lower

    @cached_property
    def _lower(self) -> frozenset[str]:
        return frozenset(name.lower() for name in self.columns or ())

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Request:
        fields: Mapping[str, Any] = json.loads(text)
        columns = fields["columns"]
        return cls(
            **{
                **fields,
                "columns": None if columns is None else tuple(columns),
                "text": tuple(fields["text"]),
                "limits": Limits(**fields["limits"]),
                "known": tuple(Known(**facts) for facts in fields["known"]),
            }
        )
