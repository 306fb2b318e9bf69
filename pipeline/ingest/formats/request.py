"""What is asked of a reader, and how much time and memory it may take. Plain data: it travels to the reader process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipeline.ingest.formats.known import Known

Layout = Literal["plain", "qualtrics"]


@dataclass(frozen=True)
class Limits:
    """What a reader may take for one file; beyond it the file is refused, not the machine brought down."""

    seconds: float = 120.0
    memory_bytes: int = 2 * 1024**3


DEFAULT_LIMITS = Limits()


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
    columns: tuple[str, ...] | None = None
    text: tuple[str, ...] = ()
    user_missing: bool = True
    layout: str = "plain"
    limits: Limits = DEFAULT_LIMITS
    known: tuple[Known, ...] = ()
    partial: bool = False
    """Whether only ``columns`` are looked at: for a file whose bytes were read and checked as a whole before."""

    def wants(self, column: str) -> bool:
        """Whether a column of the file is looked at."""
        if not self.partial or self.columns is None:
            return True
        return column.lower() in {name.lower() for name in self.columns}

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
