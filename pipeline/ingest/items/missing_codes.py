"""Which codes of a question look like missing answers, and why there is none: by their labels and by their form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from pipeline.ingest.formats.numbers import NUMBER
from pipeline.ingest.formats.table import Bounds

WIDEST_SCALE = 12
"""A scale of codes spans fewer numbers than this."""
MOST_MISSING = 6
"""More whole numbers below zero than this are amounts."""

_SENTINEL = re.compile(r"-\d+|9*[6-9]|([678])\1+")
"""The form of codes that questionnaires use for missing answers: below zero, 8, 9, 88, 97, 98, 99, 998, 9999 …"""

_TAG = re.compile(r"\.[a-z]")

_REASONS = (
    (
        re.compile(
            r"refus|prefer not|rather not|declin|rechaz|se niega|no quiere (?:contestar|responder)|prefiere no|"
            r"verweiger|recus|rifiut"
        ),
        "refused",
    ),
    (
        re.compile(
            r"do(n.?t| not) know|does.?n.?t know|\bdk\b|not sure|can.?t (say|choose)|no opinion|"
            r"\bno (lo )?sabe\b|\bno se\b|\bns\b|\bnsp\b|weiss? nicht|ne sai[st] pas|nao sabe|\bnon (so|sa)\b"
        ),
        "dont_know",
    ),
    (
        re.compile(
            r"not applicable|inapplicable|inapplic|not asked|routed|\bn/?a\b|does not apply|skipped|"
            r"no (aplica|corresponde)|trifft nicht zu|non concerne|nao se aplica|non applicabile"
        ),
        "routed_out",
    ),
    (re.compile(r"proxy"), "proxy"),
    (
        re.compile(
            r"no answer|not answered|no response|missing|not stated|unknown|\bblank\b|no (contesta|responde)|"
            r"sin (respuesta|dato)|keine (angabe|antwort)|sans reponse|non[- ]reponse|nao respond|non rispond|perdido"
        ),
        "no_answer",
    ),
)
"""Words of a label, without accents, and the reason for a missing answer that they give."""


def labelled_missing(labels: Mapping[str, str], ranges: Sequence[Bounds] = ()) -> dict[str, str]:
    """Code → reason, of labelled codes that look like missing answers, whether or not anybody has them.

    Those whose label says so (but not amid a scale, nor before it), those below zero of a scale that is not, those
    that the file itself marks as missing (``ranges``), and Stata's tags (``.a``).

    >>> labelled_missing({"1": "Yes", "2": "No", "8": "Don't know"})
    {'8': 'dont_know'}
    >>> labelled_missing({"1": "No", "2": "Not sure", "3": "Yes", "99": "No sabe"})
    {'99': 'dont_know'}
    >>> labelled_missing({"-3": "Interview lost", "-2": "Refusal", "1": "Refused to help", "2": "Helped"})
    {'-3': 'no_answer', '-2': 'refused'}
    >>> labelled_missing({"-1": "Worse", "0": "Same", "1": "Better"})
    {}
    """
    numbers = [code for code in labels if re.fullmatch(NUMBER, code)]
    named = named_missing(labels)
    marked = {code: "no_answer" for code in numbers if is_marked(code, ranges)}
    others = [float(code) for code in numbers if float(code) >= 0 and code not in {**named, **marked}]
    below = [code for code in numbers if float(code) < 0 and code not in {**named, **marked}]
    is_scale = not others or is_mirrored([float(code) for code in below], others)
    negative = {} if is_scale else dict.fromkeys(below, "no_answer")
    tagged = dict.fromkeys((code for code in labels if _TAG.fullmatch(code)), "no_answer")
    found = {**tagged, **negative, **marked, **named}
    return {code: found[code] for code in labels if code in found}


def named_missing(labels: Mapping[str, str]) -> dict[str, str]:
    """Codes whose labels say why there is no answer; not those amid a scale, nor those from 1 on before it.

    >>> named_missing({"1": "No", "2": "Not sure", "3": "Yes"})
    {}
    """
    reasons = {code: reason for code, text in labels.items() if (reason := reason_of(text))}
    others = [float(code) for code in labels if code not in reasons and re.fullmatch(NUMBER, code)]
    above = [code for code in others if code >= 0]
    others = others if is_mirrored([code for code in others if code < 0], above) else above or others
    low, high = (min(others), max(others)) if others else (0.0, 0.0)
    return {
        code: reason
        for code, reason in reasons.items()
        if not (re.fullmatch(NUMBER, code) and min(low, 1) <= float(code) < high)
    }


def label_reasons(labels: Mapping[str, str]) -> dict[str, str]:
    """Code below zero → the reason for a missing answer that its label gives, where it gives one.

    >>> label_reasons({"-9": "Refused", "-8": "Interview lost", "1": "Yes"})
    {'-9': 'refused'}
    """
    below = {code: text for code, text in labels.items() if code.startswith("-")}
    return {code: why for code, text in below.items() if (why := reason_of(text)) is not None}


def unsure(missing: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """Missing codes → label, empty if there is none, where the label does not plainly say why there is no answer.

    >>> unsure({"-9": "refused", "-8": "no_answer"}, {"-9": "Refused", "-8": "Interview lost"})
    {'-8': 'Interview lost'}
    """
    return {code: labels.get(code, "") for code in missing if reason_of(labels.get(code, "")) is None}


def reasons_note(counts: str, unknown: Mapping[str, str]) -> str:
    """The comment behind proposed missing codes: by their labels, or which the labels do not tell.

    >>> reasons_note("-9: 3, -8: 1", {"-8": "Interview lost"})
    'PROPOSED (-9: 3, -8: 1); CHECK: for which reason -8 (“Interview lost”)?'
    """
    told = ", ".join(f"{code} (“{text[:40]}”)" if text else code for code, text in unknown.items())
    within = f" ({counts})" if counts else ""
    return f"PROPOSED{within}; CHECK: for which reason {told}?" if told else f"PROPOSED{within}, by the labels"


def is_marked(code: str, ranges: Sequence[Bounds]) -> bool:
    """Whether a code lies in a range of numbers that the file marks as missing."""
    bounds = [(float(low), float(high)) for low, high in ranges if not (isinstance(low, str) or isinstance(high, str))]
    return any(low <= float(code) <= high for low, high in bounds)


def away_from_the_others(codes: Sequence[str], answered: Sequence[str]) -> list[str]:
    """Codes of the form of missing codes, below or above the others with a gap.

    >>> away_from_the_others(["-9", "1", "2", "3", "99"], [])
    ['-9', '99']
    >>> away_from_the_others(["-2", "-1", "0", "1", "2"], [])
    []
    """
    formed = [code for code in codes if _SENTINEL.fullmatch(code)]
    others = [float(code) for code in {*codes, *answered} if code not in formed and re.fullmatch(NUMBER, code)]
    if not others:
        return []
    high, run = max(others), max(others)
    below = [code for code in formed if float(code) < 0]
    if len(below) > MOST_MISSING or min(others) < 0 or _is_symmetric(below, others):
        below = []
    while f"{run + 1:g}" in formed:
        run += 1
    width = high - min(others)
    far = run if width < WIDEST_SCALE else high + width
    return [code for code in codes if code in below or (code in formed and float(code) > far)]


def is_mirrored(below: Sequence[float], others: Sequence[float]) -> bool:
    """Whether labelled codes reach as far below zero as above: the ends of one scale, with or without a middle."""
    above = [code for code in others if code > 0]
    return bool(below and above) and min(below) == -max(above) and (0.0 in others or len(below) == len(above))


def _is_symmetric(below: Sequence[str], others: Sequence[float]) -> bool:
    """Whether codes run without a gap as far below zero as above: -2, -1, 0, 1, 2 are one scale."""
    have = {*map(float, below), *others}
    edge = max(others)
    return edge == len(below) > 1 and have == {float(code) for code in range(-len(below), len(below) + 1)}


def reason_of(label: str) -> str | None:
    """The reason for a missing answer that a label gives, in English and some other languages, if any.

    >>> [reason_of(label) for label in ("Don't know", "Weiß nicht", "Ns/Nr", "No Responde", "Rather more")]
    ['dont_know', 'dont_know', 'dont_know', 'no_answer', None]
    """
    plain = unicodedata.normalize("NFKD", label.casefold())
    text = "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("’", "'")
    return next((reason for pattern, reason in _REASONS if pattern.search(text)), None)
