"""Tables of people under other pseudonyms: those of a bundle lead to no other bundle, and not to the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import polars as pl

from assets.engine.node import Key
from assets.engine.store import table_bytes
from pipeline.ingest.people.pseudonyms import PREFIX

NAMED = ("person_id", "household_id")
"""Columns that hold pseudonyms end with these."""


def key_of_bundle(installation_key: bytes, study: str, tables: Iterable[bytes]) -> bytes:
    """A key that only this installation can make, and only for these tables."""
    made = blake2b(key=installation_key, digest_size=32, person=b"bundle")
    made.update(study.encode() + b"\x00")
    for content in tables:
        made.update(blake2b(content, digest_size=32).digest())
    return made.digest()


def rekeyed(frames: Mapping[Key, pl.DataFrame], key: bytes) -> dict[Key, bytes]:
    """Each table as Parquet, its rows in their order, each pseudonym replaced by that of ``key``."""
    known: dict[str, str] = {}
    return {name: table_bytes(_rekeyed(frame, key, known)) for name, frame in frames.items()}


def _rekeyed(frame: pl.DataFrame, key: bytes, known: dict[str, str]) -> pl.DataFrame:
    found = frame
    for name in (column for column in frame.columns if column.endswith(NAMED)):
        values = frame[name].drop_nulls().unique(maintain_order=True).to_list()
        known.update({value: _pseudonym(value, key) for value in values if value not in known})
        column = frame[name].replace_strict(values, [known[value] for value in values], default=None)
        found = found.with_columns(column.cast(pl.String).alias(name)) if values else found
    return found


def _pseudonym(value: str, key: bytes) -> str:
    return PREFIX + blake2b(value.encode(), key=key, digest_size=16).hexdigest()


def tables_of_people(frames: Mapping[Key, pl.DataFrame]) -> list[Key]:
    """The tables with a row for a person."""
    return [key for key, frame in frames.items() if any(name.endswith(NAMED) for name in frame.columns)]
