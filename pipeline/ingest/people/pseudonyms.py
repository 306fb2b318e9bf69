"""Pseudonyms for participants: keyed BLAKE2b. Without the key, an id can neither be read from one nor tried out."""

from __future__ import annotations

from hashlib import blake2b

import polars as pl

from pipeline.errors import DepositError
from pipeline.options import known_options

PREFIX = "p"
_DIGEST_BYTES = 16


@known_options
def pseudonymise(ids: pl.Series, key: bytes, study: str, made: dict[str, str] | None = None) -> pl.Series:
    """The pseudonym of each id: ``p`` and 32 hexadecimal digits, BLAKE2b-128 of study and id under ``key``.

    The study is part of what is hashed, so the same person cannot be followed from one study to another. ``ids`` are
    texts as ``normalise_ids`` gives them; null stays null. Two ids of a study never share a pseudonym. ``made`` keeps
    those of this key and study for the people of further waves, as long as whoever holds it.
    """
    distinct = ids.drop_nulls().unique(maintain_order=True)
    known = {} if made is None else made
    values = distinct.to_list()
    known.update({value: _pseudonym(value, key, study) for value in values if value not in known})
    pseudonyms = [known[value] for value in values]
    if len(set(pseudonyms)) != len(pseudonyms):
        raise DepositError("two ids gave the same pseudonym", where=study, todo="Create a new key.")
    if len(distinct) == len(ids):  # everybody once, as in most files
        return pl.Series("person_id", pseudonyms, dtype=pl.String)
    return ids.replace_strict(distinct, pseudonyms, default=None, return_dtype=pl.String).rename("person_id")


def _pseudonym(value: str, key: bytes, study: str) -> str:
    return PREFIX + blake2b(f"{study}\x00{value}".encode(), key=key, digest_size=_DIGEST_BYTES).hexdigest()
