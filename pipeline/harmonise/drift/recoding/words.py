"""A recoding in words: the mapping, how well it fits, what the mean does under it, and the declaration to paste."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from pipeline.harmonise.drift.reading import Reading
from pipeline.harmonise.drift.recoding.candidates import Links, as_declared
from pipeline.harmonise.drift.recoding.fit import mapped
from pipeline.harmonise.drift.recoding.transitions import Transitions

MOST_PAIRS = 12
"""Pairs of codes that a sentence lists."""


def named(table: Transitions, links: Links) -> str:
    """What the mapping is called: reversal, shift, rescaling, merge, split, permutation, or other codes."""
    values, symbols = np.array(table.values), np.array(table.symbols)
    pairs = [(values[row], symbols[column]) for row, column in np.argwhere(links)]
    ordered = table.ordered and all(one[1] <= other[1] for one, other in pairwise(pairs))
    merged, split = bool((links.sum(axis=0) > 1).any()), bool((links.sum(axis=1) > 1).any())
    if merged or split:
        runs = links.sum(axis=int(links.shape[1] > links.shape[0]))
        rescaled = ordered and max(links.shape) >= 1.5 * min(links.shape) and runs.max() - runs.min() <= 1
        return "a rescaling" if rescaled else "codes merged" if merged else "a code split"
    return _one_to_one(pairs, ordered, set(table.values) == set(table.symbols))


def _one_to_one(pairs: list[tuple[float, float]], ordered: bool, same_codes: bool) -> str:
    apart = {round(symbol - value, 6) for value, symbol in pairs}
    if len(apart) == 1:
        return f"all codes moved by {apart.pop():+g}"
    if len({round(symbol + value, 6) for value, symbol in pairs}) == 1:
        return "codes reversed"
    if ordered and len(pairs) > 2 and _on_a_line(pairs):
        return "a rescaling"
    return "codes exchanged" if same_codes else "other codes for the same answers"


def _on_a_line(pairs: list[tuple[float, float]]) -> bool:
    (low, first), (high, last) = pairs[0], pairs[-1]
    return all(abs(first + (last - first) * (value - low) / (high - low) - symbol) < 1e-6 for value, symbol in pairs)


def mapping_words(table: Transitions, links: Links, before: Reading) -> str:
    """The pairs of codes that differ, as ``2 → 3``; the earlier code first."""
    code = code_of(before)
    pairs = [
        (_spelt(code, table.values[row]), "/".join(table.codes[column]), table.values[row] == table.symbols[column])
        for row, column in np.argwhere(links)
    ]
    shown = [f"{old} → {new}" for old, new, same in pairs if not same or old != new] or [
        f"{old} → {new}" for old, new, _ in pairs
    ]
    more = f" and {len(shown) - MOST_PAIRS} more" if len(shown) > MOST_PAIRS else ""
    return ", ".join(shown[:MOST_PAIRS]) + more


def gone_and_new(table: Transitions, before: Reading) -> str:
    """Codes that were given before and are not now, and the other way round, with their shares."""
    code = code_of(before)
    gone = [
        f"{_spelt(code, value)} ({count / table.people:.0%})"
        for value, count in zip(table.values, table.before, strict=True)
        if value not in table.symbols and count >= 0.02 * table.people
    ]
    new = [
        f"{'/'.join(codes)} ({count / table.people:.0%})"
        for codes, place, count in zip(table.codes, table.symbols, table.now, strict=True)
        if place not in table.values and count >= 0.02 * table.people
    ]
    said = []
    if gone:
        said.append(
            f"{'code' if len(gone) == 1 else 'codes'} {', '.join(gone)} {'has' if len(gone) == 1 else 'have'} gone"
        )
    if new:
        said.append(f"{', '.join(new)} {'is' if len(new) == 1 else 'are'} new")
    return f"{', '.join(said)}; " if said else ""


def code_of(reading: Reading) -> dict[float, str]:
    """Value → the first source code that stands for it."""
    found: dict[float, str] = {}
    for code, (value, _) in reading.rule.codes.items():
        if value is not None:
            found.setdefault(value, code)
    return found


def _spelt(code: Mapping[float, str], value: float) -> str:
    return code.get(value, f"{value:g}")


def agreement(table: Transitions, links: Links) -> float:
    """Share of the people whose present answer is, under a mapping, the one they gave before."""
    return float(table.counts[links].sum() / table.people)


def fit_words(table: Transitions, links: Links, explained: float, usual: float | None) -> str:
    """How well a mapping fits beside the codes as declared, and beside what is usual."""
    before = "" if usual is None else f"; between the two waves before {usual:.0%} did"
    return (
        f"under it {agreement(table, links):.0%} of {table.people:,.0f} people in both waves repeat their answer, as "
        f"declared {agreement(table, as_declared(table).links):.0%}{before}. It explains {explained:.0%} of what "
        "change and chance leave unexplained"
    )


def mean_words(table: Transitions, links: Links) -> str:
    """What the same people's mean does, as declared and under the mapping; nothing for categories."""
    if not table.ordered:
        return ""
    values, symbols = np.array(table.values), np.array(table.symbols)
    was = float(values @ table.before) / table.people
    spread = math.sqrt(float((values - was) ** 2 @ table.before) / table.people)
    moved = [float(stands @ table.now) / table.people - was for stands in (symbols, mapped(table, links))]
    as_sd = [f"{move / spread:+.2f} standard deviations" for move in moved] if spread else ["?", "?"]
    return (
        f" The same people's mean moved by {moved[0]:+.2f} ({as_sd[0]}) as declared, and by {moved[1]:+.2f} "
        f"({as_sd[1]}) under the mapping."
    )


def paste(wave: str, key: str, table: Transitions, links: Links, before: Reading, now: Reading) -> str:
    """The declaration that carries the mapping out."""
    merged = bool((links.sum(axis=0) > 1).any()) and not (links.sum(axis=1) > 1).any()
    if merged and named(table, links) != "a rescaling":
        return _merged(wave, key, table, links, before, now)
    stands = _on_the_scale(table, links)
    return f"waves/{wave}.yaml: `{_exception(key, table, links, before, now, stands)}`"


def _on_the_scale(table: Transitions, links: Links) -> list[float]:
    """What each symbol becomes: the value it stands for; with more points than before, its place on the old scale."""
    if named(table, links) == "a rescaling" and max(links.shape) > min(links.shape):
        (low, high), (first, last) = (table.values[0], table.values[-1]), (table.symbols[0], table.symbols[-1])
        return [round(low + (high - low) * (place - first) / (last - first), 4) for place in table.symbols]
    return [float(value) for value in mapped(table, links)]


def _exception(key: str, table: Transitions, links: Links, before: Reading, now: Reading, stands: list[float]) -> str:
    codes = [(code, becomes, n) for n, becomes in enumerate(stands) for code in table.codes[n]]
    codes.sort(key=lambda entry: float(entry[0]))
    labels = ", ".join(
        f"{code}: {json.dumps(_label(code, n, table, links, before, now), ensure_ascii=False)}" for code, _, n in codes
    )
    recode = ", ".join(f"{code}: {becomes:g}" for code, becomes, _ in codes)
    return f"exceptions: {{{key}: {{reason: other codes in this wave, codes: {{{labels}}}, recode: {{{recode}}}}}}}"


def _label(code: str, column: int, table: Transitions, links: Links, before: Reading, now: Reading) -> str:
    """The label of what a code stands for: that of the earlier code, if it is one."""
    rows = np.flatnonzero(links[:, column])
    code_before = code_of(before)
    said = [before.rule.labels.get(_spelt(code_before, table.values[row]), "") for row in rows]
    return " / ".join(label for label in said if label) or now.rule.labels.get(code, code)


def _merged(wave: str, key: str, table: Transitions, links: Links, before: Reading, now: Reading) -> str:
    """Merged codes cannot be distinguished: the earlier waves are merged as this one is."""
    place = {table.values[row]: table.symbols[column] for row, column in np.argwhere(links)}
    declared = [(code, value) for code, (value, _) in before.rule.codes.items() if value is not None]
    recode = ", ".join(f"{code}: {place.get(value, value):g}" for code, value in declared)
    own = _exception(key, table, links, before, now, list(table.symbols))
    return (
        f"merge the earlier waves alike, in items.yaml: `{key}: recode: {{{recode}}}`, "
        f"and in waves/{wave}.yaml: `{own}`"
    )
