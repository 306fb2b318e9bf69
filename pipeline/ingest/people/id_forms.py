"""Ids that differ in their writing alone: case, spaces, signs, a prefix or leading zeros."""

from __future__ import annotations

import polars as pl

NOT_ALPHANUMERIC = r"[^\p{L}\p{N}]"
LETTERS_AND_ZEROS = r"^\p{L}*0*"


def plain_form(ids: pl.Series) -> pl.Series:
    """Ids without case, spaces and signs; letters and digits of any width are the same."""
    return ids.str.normalize("NFKC").str.to_lowercase().str.replace_all(NOT_ALPHANUMERIC, "")


def ids_in_other_writing(listed: pl.Series, ids: pl.Series) -> int:
    """How many ids of a list are no id of a file, but one of its ids in another writing, which the list does not have.

    Forms that several ids of the file share tell nothing. A prefix and leading zeros are part of the id where ids of
    the same make are in the file: there A12 and B12 are two people.
    """
    known = ids.drop_nulls().unique(maintain_order=True)
    strange = listed.drop_nulls().unique(maintain_order=True)
    strange = strange.filter(~strange.is_in(known.implode()))
    known = known.filter(~known.is_in(listed.implode()))
    if not strange.len() or not known.len():
        return 0
    same_form = _among(plain_form(strange), plain_form(known))
    length = known.str.len_chars().n_unique() == 1
    other_make = ~_make(strange, length).is_in(_make(known, length).unique().implode())
    same_core = _among(_core(strange), _core(known))
    return int((same_form | (other_make & same_core)).sum())


def _among(strange: pl.Series, known: pl.Series) -> pl.Series:
    """Which are one of the known that no two share."""
    single = known.filter(~known.is_duplicated() & (known != ""))
    return strange.is_in(single.implode())


def _core(ids: pl.Series) -> pl.Series:
    return plain_form(ids).str.replace(LETTERS_AND_ZEROS, "")


def _make(ids: pl.Series, length: bool) -> pl.Series:
    """How an id is made: runs of letters and of digits, zeros in front, and its length where all have one."""
    made = ids.str.replace_all(r"\p{L}+", "A").str.replace(r"0+(\p{N})", "0${1}")
    made = made.str.replace_all(r"[1-9]\p{N}*", "9")
    return made + ":" + ids.str.len_chars().cast(pl.String) if length else made
