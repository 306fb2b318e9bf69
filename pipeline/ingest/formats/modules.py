"""What a module of a format offers, and how one is found by the name in its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import polars as pl

from pipeline.ingest.formats.receipts import FileFacts
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Table


@dataclass(frozen=True)
class Way:
    """One way in which a file may be read: the keys that a declaration would say, and notes for whoever checks it."""

    keys: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


MOST_OF_A_HEAD = 1 << 22
"""Bytes of a file that are looked at before it is read; a shorter head is the whole file."""
AS_IT_IS = (Way(),)
"""The ways of a format that says everything itself."""


class FormatModule(Protocol):
    """The functions of one format. The reader process has only what ``read`` needs; it never writes."""

    def read(self, path: Path, request: Request, facts: FileFacts) -> Table:
        """One row per row of the file. Raises ``DepositError`` for whatever is not as declared."""
        ...

    def write_without(self, path: Path, draft: Path, kept: pl.Series, request: Request) -> None:
        """Write the file again with those of the rows that ``read`` gives for which ``kept`` is true."""
        ...

    def ways(self, head: bytes) -> Iterable[Way]:
        """The ways in which a file of which nothing is declared may be read, the likeliest first."""
        ...


def module_of(name: str) -> FormatModule:
    """The functions of a format, by the full name of its module."""
    return cast(FormatModule, import_module(name))
