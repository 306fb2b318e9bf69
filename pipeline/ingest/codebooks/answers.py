"""What the categories of a codebook say of the answers to a question: codes, missing codes, kind, range."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.ingest.formats.numbers import NUMBER
from pipeline.ingest.items.entries import CHECK
from pipeline.ingest.items.kinds import kind_of
from pipeline.ingest.items.missing_codes import (
    is_marked,
    label_reasons,
    labelled_missing,
    reason_of,
    reasons_note,
    unsure,
)
from pipeline.ingest.items.question import Question
from pipeline.ingest.items.scale_ends import FEWEST_POINTS, labelled_ends, points
from pipeline.specs.base import canonical_code


@dataclass(frozen=True)
class Category:
    """One code of a codebook: its label, whether the codebook calls it missing, and how many have it."""

    code: str
    label: str = ""
    is_missing: bool = False
    count: int | None = None
    reason: str = ""
    """Why there is no answer, where the codebook says so in the pipeline's own words."""


@dataclass(frozen=True)
class Answers:
    """The answers of an item, with notes on what the source does not say; or why there is none."""

    kind: str = "ordinal"
    codes: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    bounds: tuple[float, float] | None = None
    value_labels: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    why_not: str = ""
    twice: str = ""
    unsure: dict[str, str] = field(default_factory=dict)
    label_reasons: dict[str, str] = field(default_factory=dict)


def with_answers(question: Question, found: Answers) -> Question:
    """A question with its answers."""
    return replace(question, **vars(found))


def answers_of(
    categories: Sequence[Category],
    *,
    kind: str = "",
    bounds: tuple[float, float] | None = None,
    is_text: bool = False,
    marked: Sequence[tuple[float, float]] = (),
) -> Answers:
    """Codes and missing codes of a question. ``kind``: as the source has it, if it does; ``marked``: missing ranges."""
    if repeated := _twice(categories):
        return Answers(twice=repeated)
    labels = {canonical_code(category.code): category.label for category in categories}
    missing = _missing(categories, labels, marked)
    found = _coded(categories, labels, missing, kind, bounds, is_text)
    stated = {canonical_code(category.code) for category in categories if category.reason}
    unknown = {code: text for code, text in unsure(missing, labels).items() if code not in stated}
    said = {code: why for code, why in label_reasons(labels).items() if code not in stated}
    return replace(found, unsure=unknown, label_reasons=said)


def _coded(
    categories: Sequence[Category],
    labels: Mapping[str, str],
    missing: dict[str, str],
    kind: str,
    bounds: tuple[float, float] | None,
    is_text: bool,
) -> Answers:
    """The answers that are left beside the missing codes."""
    codes = {code: label or code for code, label in labels.items() if code not in missing}
    numeric = {code: label for code, label in codes.items() if re.fullmatch(NUMBER, code)}
    notes = _counts(categories, codes, missing, labels)
    if is_text or (codes and not numeric):
        return Answers(why_not="its answers are text")
    if len(numeric) < len(codes):
        return Answers(why_not="some of its codes are text")
    if kind == "number" or not codes:
        return _amount(bounds, missing, notes, is_stated=kind == "number")
    if (ends := _ends(numeric, bounds)) and kind != "nominal":
        return _scale(ends, missing, notes, bounds)
    ordered = dict(sorted(numeric.items(), key=lambda entry: float(entry[0])))
    found, note = (kind, "") if kind else kind_of(ordered)
    notes |= {"kind": note} if note else {}
    if all(label == code for code, label in ordered.items()):
        notes["codes"] = "; ".join(filter(None, (f"{CHECK}: no code has a label", notes.get("codes", ""))))
    return Answers(found, ordered, missing, None, notes=notes)


def _ends(codes: Mapping[str, str], bounds: tuple[float, float] | None) -> dict[str, str]:
    """The labelled ends of a scale, as its labels or its range show; empty for other codes."""
    low, high = bounds or (0.0, 0.0)
    is_within = bool(bounds) and all(low <= float(code) <= high for code in codes)
    if is_within and len(codes) <= 3 and high - low + 1 > max(len(codes), FEWEST_POINTS - 1):
        return dict(sorted(codes.items(), key=lambda entry: float(entry[0])))
    return labelled_ends(codes)


def _scale(
    ends: Mapping[str, str], missing: dict[str, str], notes: dict[str, str], bounds: tuple[float, float] | None
) -> Answers:
    """A scale that is labelled at its ends: an amount, or with few points their codes."""
    numbers = [float(code) for code in ends]
    low, high = bounds or (numbers[0], numbers[-1])
    listed = " and ".join(ends)
    if whole := points(low, high):
        codes = {code: ends.get(code, code) for code in whole}
        note = f"{CHECK}: only {listed} have labels; nominal, if there are no codes between them"
        return Answers("ordinal", codes, missing, None, notes={**notes, "kind": note})
    note = f"{CHECK}: only {listed} have labels, taken as the ends of a scale"
    return Answers("number", {}, missing, (low, high), dict(ends), notes | ({} if bounds else {"range": note}))


def _twice(categories: Sequence[Category]) -> str:
    """The code that stands there twice, in words; empty if none does."""
    seen: dict[object, Category] = {}
    for category in categories:
        value: object = number(category.code)
        value = category.code if value is None else value
        first = seen.setdefault(value, category)
        if first is not category:
            return f"code {category.code} (“{_short(first.label)}” and “{_short(category.label)}”)"
    return ""


def number(text: str) -> float | None:
    """The number that a text is, if it is one."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _missing(
    categories: Sequence[Category], labels: dict[str, str], marked: Sequence[tuple[float, float]]
) -> dict[str, str]:
    """Code → reason: as the codebook states, by its marks, by the words of the label."""
    proposed = labelled_missing(labels)
    stated = {}
    for category in categories:
        code = canonical_code(category.code)
        is_number = re.fullmatch(NUMBER, code) is not None
        if category.reason or category.is_missing or (is_number and is_marked(code, marked)):
            stated[code] = category.reason or reason_of(category.label) or proposed.get(code) or "no_answer"
    return {code: (stated.get(code) or proposed[code]) for code in labels if code in stated or code in proposed}


def _amount(
    bounds: tuple[float, float] | None, missing: dict[str, str], notes: dict[str, str], *, is_stated: bool
) -> Answers:
    if bounds is None:
        what = "an amount without a range" if is_stated else "no codes and no range are given"
        return Answers(kind="number", missing=missing, why_not=what, notes=notes)
    if bounds[0] >= bounds[1]:
        return Answers(why_not="its range is empty")
    return Answers("number", {}, missing, bounds, notes=notes)


def _counts(
    categories: Sequence[Category], codes: dict[str, str], missing: dict[str, str], labels: Mapping[str, str]
) -> dict[str, str]:
    """Notes on how many have each code, and on missing codes."""
    counts = {canonical_code(category.code): category.count for category in categories if category.count is not None}
    told = ", ".join(f"{code}: {counts[code]:,}" for code in codes if code in counts)
    without = ", ".join(f"{code}: {counts[code]:,}" for code in missing if code in counts)
    stated = all(category.reason for category in categories if canonical_code(category.code) in missing)
    notes = {"codes": told, "row": ", ".join(filter(None, (told, without)))}
    notes["missing"] = without if stated else reasons_note(without, unsure(missing, labels))
    return {key: text for key, text in notes.items() if text}


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40].rstrip()}…"
