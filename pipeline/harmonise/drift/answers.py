"""What the answers show: ranges, reversals, routing, missing codes, distributions and constants, item by item."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.harmonise.drift.finding import Finding
from pipeline.harmonise.drift.reading import Reading
from pipeline.specs.study import Item, WaveFile

JUMP = 0.15
"""A share that moves by more than this between waves is told."""
MANY = 30
"""Fewer people than this tell nothing about a correlation or a distribution."""
LARGE = 0.5
"""Change of the mean among the same people, in standard deviations, that is more than waves usually show."""


def answer_findings(file: WaveFile, key: str, item: Item, now: Reading, before: Reading | None) -> Iterator[Finding]:
    """Everything the answers to one item show, on their own and beside the last wave that asked it."""
    where = f"{file.file}, `{now.rule.variable}`"
    yield from _codes(file, key, item, now, where)
    yield from _variation(file, key, now, where)
    if before is None:
        return
    yield from _missing(file, key, now, before, where)
    both = before.frame.join(now.frame, on="person_id", suffix="_now").drop_nulls(["value", "value_now"])
    if both.height < MANY or item.time_constant:
        return
    yield from (_same_shares if item.kind == "nominal" else _same_people)(file, key, both, where)


def _codes(file: WaveFile, key: str, item: Item, now: Reading, where: str) -> Iterator[Finding]:
    if not now.unknown:
        return
    total = sum(now.unknown.values())
    shifted = _shift(item, now)
    if shifted:
        yield Finding(
            file.arm, key, "range", "blocks",
            f"answers run from {shifted[0]:g} to {shifted[1]:g}; declared are {shifted[2]:g} to {shifted[3]:g}.",
            where, "Declare an exception of this wave with its `codes` and `recode`, or ask for the file again.",
            count=total, confidence=0.95,
        )  # fmt: skip
    elif item.kind == "number":
        low, high = now.rule.range or (math.nan, math.nan)
        yield Finding(
            file.arm, key, "out_of_range", "blocks", f"values outside the declared range {low:g} to {high:g}.",
            where, "Set them aside by a decision of this wave, or correct the range.", count=total,
        )  # fmt: skip
    else:
        codes = sorted((code for code in now.unknown if _is_code(code)), key=float)
        texts = total - sum(now.unknown[code] for code in codes)
        listed = [f"{code} ({now.unknown[code]:,})" for code in codes[:10]] + ([f"text ({texts:,})"] if texts else [])
        yield Finding(
            file.arm, key, "undeclared_code", "blocks", f"codes that are not declared: {', '.join(listed)}.",
            where, "Declare each under `codes` or `missing`, or set them aside by a decision.", count=total,
        )  # fmt: skip


def _is_code(code: str) -> bool:
    try:
        return len(code) <= 8 and math.isfinite(float(code))
    except ValueError:
        return False


def _is(code: str, number: float) -> bool:
    return _is_code(code) and float(code) == number


def _shift(item: Item, now: Reading) -> tuple[float, float, float, float] | None:
    """Whether the codes are the declared ones moved by one (1 to 5 delivered as 0 to 4)."""
    if item.kind != "ordinal" or not all(_is_code(code) for code in now.unknown):
        return None
    declared = sorted(float(code) for code, (value, _) in now.rule.codes.items() if value is not None)
    unknown = sorted(float(code) for code in now.unknown)
    if not declared or len(unknown) != 1 or unknown[0] not in (declared[0] - 1, declared[-1] + 1):
        return None
    step = 1 if unknown[0] > declared[-1] else -1
    far_end = declared[0] if step > 0 else declared[-1]
    value_at_far_end = next(value for code, (value, _) in now.rule.codes.items() if _is(code, far_end))
    if (now.frame["value"] == value_at_far_end).any():
        return None
    return declared[0] + step, declared[-1] + step, declared[0], declared[-1]


def _variation(file: WaveFile, key: str, now: Reading, where: str) -> Iterator[Finding]:
    if now.share("set_aside") == 1 or now.share("not_asked") == 1:
        yield Finding(
            file.arm, key, "not_in_file", "warns", "the file has no variable of this name.", where,
            "Give the name it has under `variables` of the wave, or list the item under `not_asked`.",
            count=now.frame.height,
        )  # fmt: skip
    elif now.frame.height and now.values.len() == 0 and not now.unknown:
        yield Finding(
            file.arm, key, "empty", "warns", "nobody has an answer.", where,
            "List the item under `not_asked` if it was not asked; otherwise ask for the file again.",
            count=now.frame.height,
        )  # fmt: skip
    elif now.values.len() >= MANY and now.values.n_unique() == 1:
        yield Finding(
            file.arm, key, "constant", "warns", "every answer is the same.", where,
            "Ask whether the column was overwritten; scales and reliability leave a constant item out.",
            count=now.values.len(), confidence=0.9,
        )  # fmt: skip


def _missing(file: WaveFile, key: str, now: Reading, before: Reading, where: str) -> Iterator[Finding]:
    for reason in ("routed_out", "refused", "dont_know", "no_answer", "proxy", "blank"):
        share, was = now.share(reason), before.share(reason)
        if abs(share - was) < JUMP:
            continue
        routed = reason in ("routed_out", "blank")
        words = reason.replace("_", " ")
        yield Finding(
            file.arm, key, "routing" if routed else "missing_codes", "warns",
            f"{words}: {share:.0%} of the rows, {was:.0%} in the wave before.", where,
            "Compare who was asked in the two questionnaires." if routed else "Compare how missing answers are coded.",
            count=round(share * now.frame.height), confidence=round(min(1.0, abs(share - was) / JUMP / 2), 2),
        )  # fmt: skip
        return


def _same_people(file: WaveFile, key: str, both: pl.DataFrame, where: str) -> Iterator[Finding]:
    before, now = both["value"].to_numpy(), both["value_now"].to_numpy()
    if before.std() == 0 or now.std() == 0:
        return
    correlation = float(np.corrcoef(before, now)[0, 1])
    bound = math.tanh(math.atanh(max(-0.999, min(0.999, correlation))) + 1.96 / math.sqrt(len(now) - 3))
    if bound < 0:
        yield Finding(
            file.arm, key, "reversed", "warns",
            f"the same people's answers run against those of the wave before (r = {correlation:.2f}).", where,
            "Compare the order of the answers in the two questionnaires; declare an exception with `reverse`.",
            count=len(now), confidence=0.975,
        )  # fmt: skip
        return
    change = float(now.mean() - before.mean()) / float(np.sqrt((before.var() + now.var()) / 2))
    if abs(change) > LARGE:
        yield Finding(
            file.arm, key, "distribution", "warns",
            f"the same people's mean moved by {change:+.2f} standard deviations.", where,
            "Attrition cannot explain it: the same people are compared. Look for an event, or a new wording or coding.",
            count=len(now), confidence=round(min(0.99, abs(change)), 2),
        )  # fmt: skip


def _same_shares(file: WaveFile, key: str, both: pl.DataFrame, where: str) -> Iterator[Finding]:
    """Categories that the same people moved between: half the sum of the changes of the shares."""
    categories = sorted({*both["value"].unique(), *both["value_now"].unique()})
    shares = [((both["value"] == one).mean(), (both["value_now"] == one).mean()) for one in categories]
    moved = sum(abs(float(now) - float(before)) for before, now in shares) / 2
    if moved > JUMP:
        yield Finding(
            file.arm, key, "distribution", "warns",
            f"{moved:.0%} of the same people are in other categories than in the wave before.", where,
            "Look for a change of routing, of who is asked about what, or of coding.",
            count=round(moved * both.height), confidence=round(min(0.99, 0.5 + moved), 2),
        )  # fmt: skip
