"""What a reader must know of the formats: it travels with a request, since the reader process has no declarations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """The facts of one format that a reader needs; each is explained in ``pipeline.specs.formats``."""

    name: str
    words: str
    suffix: str
    module: str
    first_bytes: str | None
    """The regular expression on the first bytes, byte by byte as Latin-1."""
    leaves_blank_rows: bool
    may_end_in_zeros: bool


def known_formats() -> tuple[Known, ...]:
    """The facts of every format there is a record of."""
    from pipeline.specs.formats import FORMATS  # the reader process never gets here, and need not load declarations

    return tuple(
        Known(
            name=record.name,
            words=record.words,
            suffix=record.suffix,
            module=record.module,
            first_bytes=None if record.first_bytes is None else record.first_bytes.decode("latin-1"),
            leaves_blank_rows=record.leaves_blank_rows,
            may_end_in_zeros=record.may_end_in_zeros,
        )
        for record in FORMATS.values()
    )
