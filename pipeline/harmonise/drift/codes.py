"""Codes that the declarations do not know: single ones, or a whole scale that runs otherwise than declared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pipeline.harmonise.drift.finding import Finding
from pipeline.harmonise.drift.reading import Reading
from pipeline.harmonise.texts import finding_about, is_number, texts_of
from pipeline.specs.deposits import WaveFile
from pipeline.specs.study import Item
from pipeline.tables import MARKED_MISSING

WIDER = 0.05
"""The share of the answers beyond the declared codes from which the scale, not the answers, is taken to be another."""


def code_findings(file: WaveFile, key: str, item: Item, now: Reading, where: str) -> Iterator[Finding]:
    """A scale of another range; else the codes, the texts, or the numbers out of range, that nobody declared."""
    spans = (shifted(item, now) or wider(item, now)) if now.unknown else None
    if spans:
        declared = _declared(now)
        yield Finding(
            file.arm, key, "range", "blocks",
            f"answers run from {spans[0]:g} to {spans[1]:g}; declared are {declared[0]:g} to {declared[-1]:g}.",
            where, "Declare an exception of this wave with its `codes` and `recode`, or ask for the file again.",
            count=now.answered, confidence=0.95,
        )  # fmt: skip
        return
    kinds: dict[str, dict[str, int]] = {}
    for code, count in now.unknown.items():
        kinds.setdefault(finding_about(code, item.kind == "number"), {})[code] = count
    for kind, unknown in kinds.items():
        yield _single(file, key, item, now, kind, unknown, where)


def _single(
    file: WaveFile, key: str, item: Item, now: Reading, kind: str, unknown: Mapping[str, int], where: str
) -> Finding:
    """One finding about codes of one kind."""
    found = texts_of(unknown) if kind == "no_number" else None
    if found is not None:
        what = f"{found.words('text that is no number' if item.kind == 'number' else 'text that is no code')}."
        todo = f"{found.todo()} Or set them aside by a decision.{_where_texts_are(unknown) if found.others else ''}"
    elif kind == "marked_missing":
        what, todo = marked_words({code.removesuffix(MARKED_MISSING): count for code, count in unknown.items()})
    elif kind == "out_of_range":
        low, high = now.rule.range or (math.nan, math.nan)
        what = f"values outside the declared range {low:g} to {high:g}."
        todo = "Set them aside by a decision of this wave, or correct the range."
    else:
        what = f"codes that are not declared: {_listed(unknown)}."
        todo = f"Declare each under `codes` or `missing`, or set them aside by a decision.{_where_texts_are(unknown)}"
        fractions = [code for code in unknown if is_number(code) and not float(code).is_integer()]
        if fractions and all(code.isdigit() for code in item.codes):
            todo += " Fractions may be several answers in one cell (“1,2”), read by the declared decimal comma."
    return Finding(file.arm, key, kind, "blocks", what, where, todo, count=sum(unknown.values()), texts=found)


def marked_words(codes: Mapping[str, int]) -> tuple[str, str]:
    """What is said of codes that the file marks as missing and the declarations do not, and what to do."""
    known = [code for code in sorted(codes, key=lambda code: -codes[code]) if is_code(code)]
    listed = [f"{code} ({codes[code]:,})" for code in known[:10]]
    others = sum(codes.values()) - sum(codes[code] for code in known[:10])
    listed += [f"others ({others:,})"] if others else []
    missing = ", ".join(f"{code}: no_answer" for code in known[:10])
    return (
        f"the file itself marks as missing what the item would take for answers: {', '.join(listed)}.",
        f"Declare `missing: {{{missing}}}` in the item or in study.yaml, each with its reason; or, if these are "
        "answers after all, accept the finding by a decision of this wave.",
    )


def _listed(unknown: Mapping[str, int]) -> str:
    """Codes with their counts; long numbers and texts, which somebody may have written, by size and by count."""
    codes = sorted((code for code in unknown if is_code(code)), key=float)
    long = sorted((code for code in unknown if not is_code(code) and is_number(code)), key=float)
    texts = sum(unknown.values()) - sum(unknown[code] for code in (*codes, *long))
    shown = [f"{code} ({unknown[code]:,})" for code in codes[:10]]
    shown += [f"{len(codes) - 10:,} more codes"] if len(codes) > 10 else []
    shown += [f"about {float(code):.0e} ({unknown[code]:,})" for code in long[:3]]
    shown += [f"{len(long) - 3:,} more long numbers"] if len(long) > 3 else []
    return ", ".join([*shown, *([f"text ({texts:,})"] if texts else [])])


def _where_texts_are(unknown: Mapping[str, int]) -> str:
    if all(is_number(code) for code in unknown):
        return ""
    return " The texts are listed, for staff alone, in `unmatched_answers.csv` of the quarantine."


def is_code(code: str) -> bool:
    """Whether a text may be printed as a code: a short number."""
    return len(code) <= 8 and is_number(code) and math.isfinite(float(code))


def _declared(now: Reading) -> list[float]:
    """The codes of answers, in order."""
    return sorted(float(code) for code, (value, _) in now.rule.codes.items() if value is not None)


def _delivered(now: Reading) -> list[float]:
    """The codes that stand in the file for an answer, declared or not."""
    return sorted({*(float(code) for code in now.valued), *(float(code) for code in now.unknown)})


def shifted(item: Item, now: Reading) -> tuple[float, float] | None:
    """From where to where the codes run, if they are the declared ones moved up or down (1 to 5 as 0 to 4)."""
    declared = _declared(now)
    if item.kind == "number" or len(declared) < 2 or not all(is_code(code) for code in now.unknown):
        return None
    delivered = _delivered(now)
    for step in (delivered[0] - declared[0], delivered[-1] - declared[-1]):
        both_ends = (delivered[0], delivered[-1]) == (declared[0] + step, declared[-1] + step)
        if step and (abs(step) == 1 or both_ends) and set(delivered) <= {code + step for code in declared}:
            return declared[0] + step, declared[-1] + step
    return None


def wider(item: Item, now: Reading) -> tuple[float, float] | None:
    """From where to where the codes run, if they go on beyond the declared ones (1 to 5 as 1 to 7, or as 0 to 10)."""
    declared = _declared(now)
    if item.kind != "ordinal" or not declared or not all(is_code(code) for code in now.unknown):
        return None
    unknown = sorted(float(code) for code in now.unknown)
    beyond = sum(now.unknown.values()) / max(now.answered, 1)
    low, high = min(declared[0], unknown[0]), max(declared[-1], unknown[-1])
    whole = all(code.is_integer() for code in unknown) and low >= 0
    every = len({*declared, *unknown}) == high - low + 1
    return (low, high) if len(unknown) > 1 and whole and every and beyond >= WIDER else None
