"""The files that lie beside a drafted one: which of them have a key in common with it, and how far the key matches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import ALLOWED_NAME, HIDDEN
from pipeline.ingest.arrival.opened import Opened, open_undeclared
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.formats import FORMATS

LEAST_MATCHED = 0.8
"""A key of which fewer rows find something is proposed by nobody."""


@dataclass(frozen=True)
class Key:
    """A column that two files share: once in each row of the one that is ``joined``, in counts."""

    column: str
    joined_rows: int
    distinct: int
    """Different keys in the other file."""
    rows: int
    """Rows of the other file that have a key."""
    matched: int
    """Of these, the rows whose key is in the joined file."""


def files_beside(path: Path) -> list[Path]:
    """The data files in the folder of a file, but for those of the same series (``a_indresp`` and ``b_indresp``)."""
    suffixes = {record.suffix for record in FORMATS.values()}
    return [
        other
        for other in sorted(path.parent.iterdir())
        if other.suffix.lower() in suffixes
        and not other.name.startswith(HIDDEN)
        and other != path
        and ALLOWED_NAME.match(other.name)
        and not in_a_series(path.name, other.name)
    ]


def in_a_series(name: str, other: str) -> bool:
    """Whether two names differ by a letter or a number, as those of two waves do.

    >>> in_a_series("a_indresp.dta", "b_indresp.dta"), in_a_series("wave2.csv", "wave10.csv")
    (True, True)
    >>> in_a_series("a_indresp.dta", "a_hhresp.dta")
    False
    """
    before = _alike(name, other)
    behind = _alike(name[before:][::-1], other[before:][::-1])
    rests = (name[before : len(name) - behind], other[before : len(other) - behind])
    is_numbers = all(re.fullmatch(r"\d{0,3}", rest) for rest in rests)
    return is_numbers or all(re.fullmatch(r"[A-Za-z]", rest) for rest in rests)


def _alike(name: str, other: str) -> int:
    """How many signs two names have in common from the first one on."""
    pairs = enumerate(zip(name, other, strict=False))
    return next((place for place, (one, two) in pairs if one != two), min(len(name), len(other)))


def opened_beside(path: Path, columns: Collection[str]) -> Opened | None:
    """A file by those of its columns that are among ``columns``; None where it has none of them, or cannot be read."""
    try:
        opened = open_undeclared(path, tuple(columns))
    except DepositError:
        return None
    return opened if opened.deposit.frame.columns else None


def keys_of(frame: pl.DataFrame, joined: pl.DataFrame, missing: Collection[str]) -> Iterator[Key]:
    """Every column that both frames have and that is a key of ``joined``, which most rows of ``frame`` find."""
    for column in joined.columns:
        if column not in frame.columns:
            continue
        here, there = (_texts(one[column], missing).drop_nulls() for one in (frame, joined))
        if not there.len() or there.n_unique() != joined.height or not here.len():
            continue
        matched = int(here.is_in(there.implode()).sum())
        if matched >= LEAST_MATCHED * here.len():
            yield Key(column, joined.height, here.n_unique(), here.len(), matched)


def with_columns_of(deposit: Deposit, other: Deposit, key: str, columns: Collection[str]) -> Deposit:
    """The deposit with columns of another file at the rows that have its key, and what both say of columns."""
    here, there = (answer_codes(one.frame[key]).str.strip_chars().alias("key") for one in (deposit, other))
    taken = other.frame.select(there, pl.col(list(columns)))
    joined = pl.DataFrame([here]).join(taken, on="key", how="left", maintain_order="left").drop("key")
    own = {name: text for name, text in other.labels.items() if name in columns}
    codes = {name: found for name, found in other.value_labels.items() if name in columns}
    ranges = {name: found for name, found in other.missing_ranges.items() if name in columns}
    return replace(
        deposit,
        frame=deposit.frame.hstack(joined),
        labels=deposit.labels | own,
        value_labels=deposit.value_labels | codes,
        missing_ranges=deposit.missing_ranges | ranges,
        findings=(*deposit.findings, *(one for one in other.findings if one["column"] in columns)),
    )


def _texts(column: pl.Series, missing: Collection[str]) -> pl.Series:
    texts = answer_codes(column).str.strip_chars()
    return texts.set(texts.is_in(list(missing)), None)
