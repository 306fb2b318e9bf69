"""Phrases: lists, ranges and labels as they stand in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.specs.disclosure import MARK as WITHHELD

KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
ONE_STRATUM = re.compile(r"\b1 strata\b")
NUMERAL = re.compile(r"(?<![\w#])\d[\d,]*(?:\.\d+)?(?!\w)")


def joined(words: Sequence[str]) -> str:
    """ "2016, 2017 and 2018" """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def in_sentence(label: str) -> str:
    """A label with a small first letter, unless it begins with an abbreviation."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def in_labels(text: str, labels: Mapping[str, str]) -> str:
    """How an error was made, as readers call what it names: concepts by their labels, one stratum, sampling units."""
    text = KEY.sub(lambda key: in_sentence(labels.get(key.group(), key.group().replace("_", " "))), text)
    text = text.replace("clustered by psu", "clustered by sampling unit")
    return ONE_STRATUM.sub("1 stratum", text).replace("by person and household id", "by person and household")


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def ranged(sentences: Iterable[str]) -> str:
    """Sentences that differ only in their numbers as one: "6 strata, 628 to 970 clusters"."""
    forms: dict[str, list[list[str]]] = {}
    for one in dict.fromkeys(sentences):
        forms.setdefault(NUMERAL.sub("#", one), []).append(NUMERAL.findall(one))
    return "; ".join(_filled(form, numbers) for form, numbers in forms.items())


def _filled(form: str, numbers: list[list[str]]) -> str:
    slots = iter([_span(values) for values in zip(*numbers, strict=True)])
    return re.sub("#", lambda _: next(slots), form)


def _span(values: tuple[str, ...]) -> str:
    ordered = sorted(dict.fromkeys(values), key=lambda value: float(value.replace(",", "")))
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


COUNTED = re.compile(
    r"(?<![\d.,])\b\d(?= (?:people|person|persons|rows|row|answers|answer|against)\b)|(?<=\()\d(?=\))", re.IGNORECASE
)
"""A number of people, rows or answers below ten, as notes and findings word it."""


def without_few(text: str) -> str:
    """A note's or finding's words without numbers of few people."""
    return COUNTED.sub(WITHHELD, text)
