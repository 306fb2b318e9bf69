"""Batteries: items whose names differ only in a number at the end, and are answered on the same codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.ingest.arrival.coding import MOST_CODES, Coding
from pipeline.ingest.items.stems import grouped


@dataclass(frozen=True)
class Battery:
    """Columns on one scale. ``against``: those keyed against the rest. ``alpha``: with these reversed."""

    columns: tuple[str, ...]
    against: tuple[str, ...] = ()
    alpha: float | None = None


def on_the_same_codes(codings: Mapping[str, Coding], names: Mapping[str, str]) -> dict[str, Coding]:
    """The codings with the codes of a battery in each of its items, where nobody may have chosen one of them.

    That holds for answers and for missing codes. Items that share less than half of the codes, or label one otherwise,
    stay as they are.
    """
    made = dict(codings)
    columns = {names[column]: column for column, one in codings.items() if one.codes}
    for members in grouped(columns).values():
        own = [columns[member] for member in members]
        codes = _labelled(codings[column].codes for column in own)
        ordered = dict(sorted(codes.items(), key=lambda entry: float(entry[0])))
        missing = {code: why for column in own for code, why in codings[column].missing.items() if code not in codes}
        if len(codes) > MOST_CODES or any(len(codings[column].codes) * 2 < len(codes) for column in own):
            continue
        if any(text not in (code, codes[code]) for column in own for code, text in codings[column].codes.items()):
            continue
        unsure = {code: text for column in own for code, text in codings[column].unsure.items() if code in missing}
        for column in own:
            kind = "ordinal" if len(codes) > 2 else codings[column].kind
            made[column] = replace(codings[column], kind=kind, codes=ordered, missing=missing, unsure=unsure)
    return made


def _labelled(several: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Code → the first label that is one; the code itself where nothing labels it."""
    found: dict[str, str] = {}
    for codes in several:
        for code, text in codes.items():
            if found.get(code, code) == code:
                found[code] = text
    return found


def keyed(columns: Sequence[str], answers: Sequence[pl.Series], codings: Mapping[str, Coding]) -> Battery:
    """A battery with the items that run against the others, by the correlations of complete answers."""
    numbers = [
        answer.cast(pl.String).cast(pl.Float64, strict=False).set(_is_missing(answer, codings[column]), None)
        for column, answer in zip(columns, answers, strict=True)
    ]
    complete = pl.DataFrame(numbers).drop_nulls()
    data = complete.to_numpy()
    if len(data) < 30 or (data.std(axis=0) == 0).any():
        return Battery(tuple(columns))
    _, vectors = np.linalg.eigh(np.corrcoef(data, rowvar=False))
    signs = np.sign(vectors[:, -1])
    signs = signs if (signs >= 0).sum() * 2 >= len(signs) else -signs
    turned = data * signs
    variances, total = turned.var(axis=0, ddof=1).sum(), turned.sum(axis=1).var(ddof=1)
    alpha = len(columns) / (len(columns) - 1) * (1 - variances / total) if total > 0 else None
    against = tuple(column for column, sign in zip(columns, signs, strict=True) if sign < 0)
    return Battery(tuple(columns), against, alpha)


def _is_missing(answers: pl.Series, found: Coding) -> pl.Series:
    texts = answers.cast(pl.String).str.replace(r"\.0+$", "")
    return (~texts.is_in(list(found.codes))).fill_null(True)
