"""What the answers of an undeclared column look like: amounts or codes, and which codes look like missing answers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import NUMBER, answer_codes
from pipeline.ingest.formats.table import Bounds
from pipeline.ingest.items.missing_codes import (
    WIDEST_SCALE,
    away_from_the_others,
    is_marked,
    label_reasons,
    labelled_missing,
    reason_of,
    unsure,
)
from pipeline.ingest.items.scale_ends import are_codes, labelled_ends

MOST_CODES = WIDEST_SCALE
"""A column with more different answers than this holds amounts, unless the file labels its codes."""
ROWS_OF_AN_ID = 50
"""From so many rows on, whole numbers that differ in every row are ids rather than answers."""

NA_MARKS = frozenset({"na", "n/a", "#n/a", "nan", "null", "none", "missing", ".", "-", "--"})
"""Texts that programs write where there is no answer; compared in small letters."""


@dataclass(frozen=True)
class Coding:
    """A proposal for one column. ``kind`` is one of an item's, or empty with ``why`` no item is proposed.

    ``codes``: code → label; ``counts``: code → rows; ``missing``: code → reason; ``bounds``: of a number, rounded
    outwards; ``value_labels``: the values of one that are labelled. ``unsure``: missing codes → label, where the label
    does not say why there is no answer; ``label_reasons``: codes below zero → the reason that their label plainly says.
    """

    kind: str = ""
    why: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    bounds: tuple[float, float] | None = None
    value_labels: Mapping[str, str] = field(default_factory=dict)
    unsure: Mapping[str, str] = field(default_factory=dict)
    label_reasons: Mapping[str, str] = field(default_factory=dict)


def coding(
    deposit: Deposit,
    column: str,
    declared_missing: Mapping[str, str] | None = None,
    answers: Sequence[pl.Series] = (),
) -> Coding:
    """What is proposed for a column.

    ``declared_missing``: code → reason, known to the study and left out, unless the label plainly says another reason.
    ``answers``: those of each wave, where the column holds several.
    """
    answers = answers or [deposit.frame[column]]
    if any(one.dtype.is_temporal() for one in answers):
        return Coding(why="they hold dates")
    counts = _counted(answers)
    texts = [code for code in counts if not re.fullmatch(NUMBER, code)]
    labels = deposit.value_labels.get(column, {})
    words = [text for text in texts if text.strip().lower() not in NA_MARKS and text not in labels]
    if not counts:
        return Coding(why="they have no answer in this file")
    if words:
        return Coding(
            why="they hold text, some with numbers among it" if len(words) < len(counts) else "they hold text"
        )
    numbers = [code for code in counts if code not in texts]
    if any(map(_is_an_id, answers)):
        return Coding(why="they differ in every row, as ids do")
    missing = {code: reason_of(labels.get(code, "")) or "blank" for code in texts}
    missing |= _missing_numbers(numbers, counts, labels, deposit.missing_ranges.get(column, []))
    declared = _as_labelled(declared_missing or {}, labels)
    missing = {code: reason for code, reason in missing.items() if code not in declared}
    left = sorted((code for code in numbers if code not in {*missing, *declared}), key=float)
    if not left:
        return Coding(why="they have no answer in this file")
    if len(left) == 1 and counts[left[0]] == sum(map(len, answers)):
        return Coding(why="they say the same in every row")
    own = {code: text for code, text in labels.items() if code not in declared}
    found = _coded(left, counts, own, missing)
    return replace(found, unsure=unsure(missing, labels), label_reasons=label_reasons(labels))


def _as_labelled(declared: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """The declared missing codes whose labels, if they have any, do not plainly say another reason."""
    return {code: why for code, why in declared.items() if (reason_of(labels.get(code, "")) or why) == why}


def _coded(
    left: Sequence[str], counts: Mapping[str, int], labels: Mapping[str, str], missing: Mapping[str, str]
) -> Coding:
    """The answers left: codes with labels, codes without, or amounts."""
    labelled = {code: text for code, text in labels.items() if code not in missing and re.fullmatch(NUMBER, code)}
    are_whole = all(float(code).is_integer() for code in left)
    if labelled and set(left) <= labelled.keys():
        codes = dict(sorted(labelled.items(), key=lambda entry: float(entry[0])))
    elif are_whole and are_codes(sorted({*left, *labelled}, key=float)):
        codes = {code: labelled.get(code, code) for code in sorted({*left, *labelled}, key=float)}
    else:
        ends = labelled_ends(labelled)
        bounds = rounded_outwards([float(code) for code in {*left, *ends}])
        within = {code: text for code, text in labelled.items() if bounds[0] <= float(code) <= bounds[1]}
        return Coding("number", counts=counts, missing=missing, bounds=bounds, value_labels=within)
    return Coding("nominal" if len(codes) <= 2 else "ordinal", codes=codes, counts=counts, missing=missing)


def _counted(answers: Sequence[pl.Series]) -> dict[str, int]:
    """Code as ingest writes it → in how many rows it is, the lowest first."""
    codes = pl.concat([answer_codes(one).rename("code") for one in answers]).drop_nulls()
    return dict(codes.value_counts().sort("code").iter_rows())


def _is_an_id(answers: pl.Series) -> bool:
    if len(answers) < ROWS_OF_AN_ID or answers.n_unique() < len(answers):
        return False
    return all(code is not None and code.isdigit() for code in answer_codes(answers))


def _missing_numbers(
    numbers: Sequence[str],
    counts: Mapping[str, int],
    labels: Mapping[str, str],
    ranges: Sequence[Bounds],
) -> dict[str, str]:
    """Codes that the file declares missing, that its labels call so, or that stand away from the others."""
    named = labelled_missing(labels, ranges)
    marked = {code: "no_answer" for code in numbers if is_marked(code, ranges)}
    rest = sorted((code for code in numbers if code not in {**named, **marked} and code not in labels), key=float)
    away = away_from_the_others(rest, [code for code in labels if code in counts])
    return {**dict.fromkeys(away, "no_answer"), **marked, **named}


def rounded_outwards(values: Sequence[float]) -> tuple[float, float]:
    """Bounds around all values that are nobody's own: rounded down and up to a round number.

    >>> rounded_outwards([1931.0, 2003.0])
    (1930.0, 2010.0)
    """
    low, high = min(values), max(values)
    step = 10.0 ** math.floor(math.log10(high - low)) if high > low else 1.0
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
    return round(bottom, 10), round(top if top > bottom else bottom + step, 10)
