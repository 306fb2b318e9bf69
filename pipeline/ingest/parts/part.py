"""A part as it was deposited: its rows and columns of one file, and where the other rows of the file are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.ingest.formats.deposit import Deposit


@dataclass(frozen=True)
class JoinedFile:
    """One file joined to a part, in counts: ``receipt`` of the file, keys, and what found nothing."""

    receipt: dict[str, str | int]
    joined_to: str
    key: str
    relation: str
    without: int
    """Rows of the part whose key is not in the file, or is empty."""
    unused: int
    """Rows of the file whose key no row of the part has."""
    added: Mapping[str, str] = field(default_factory=dict)
    """Column of the part → its name in the file, of those that the file adds."""


@dataclass(frozen=True)
class Part:
    """The rows and columns of one file that serve one wave and arm.

    ``deposit`` holds them; its ``receipt`` is of the whole file. Of the other rows, ``elsewhere`` are of other waves or
    arms (or set aside by the reader, which another part counts), ``left_out`` are declared to be of none, and
    ``not_present`` are this wave's but no interview.
    """

    deposit: Deposit
    elsewhere: int = 0
    left_out: int = 0
    not_present: int = 0
    joined: tuple[JoinedFile, ...] = ()
    notices: tuple[str, ...] = field(default=())
