"""What a paper knows of its study besides results: wordings, assumptions, names, calendar."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

NUMERAL = re.compile(r"(?<![\w#])\d[\d,]*(?:\.\d+)?(?!\w)")


@dataclass(frozen=True)
class Question:
    """One question as asked: its wording, where it stands in the files, and in which waves."""

    item: str
    label: str
    wording: str
    variables: tuple[str, ...] = ()
    waves: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    assumed: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelNote:
    """What a model asked of the panel, and how it was answered, in words."""

    question: str
    method: str
    short: str = ""


@dataclass(frozen=True)
class Fieldwork:
    """One wave of one arm: when and how people were asked."""

    title: str
    period: str
    mode: str = ""


@dataclass(frozen=True)
class Exceptional:
    """What one wave did otherwise with one question, why, and how far its answers can be compared."""

    wave: str
    item: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class StudyContext:
    """The study around a paper; everything a declaration says that a paper prints.

    ``facts``: label and value pairs for the head of the paper. ``assumptions``: what was assumed, and why.
    ``questions``: concept → the questions that measure it. ``labels``: concept, wave, arm or group → its name.
    ``fieldwork``: (arm, wave) → when. ``caveats``: markdown. ``exceptions``: what single waves did otherwise.
    ``items``: item → its label.
    """

    study: str
    synthetic: bool = False
    citation: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    assumptions: tuple[tuple[str, str], ...] = ()
    caveats: str = ""
    questions: Mapping[str, tuple[Question, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, ModelNote] = field(default_factory=dict)
    fieldwork: Mapping[tuple[str, str], Fieldwork] = field(default_factory=dict)
    source: str = ""
    exceptions: tuple[Exceptional, ...] = ()
    items: Mapping[str, str] = field(default_factory=dict)

    def item(self, key: str) -> str:
        """The label of a question, or of a role such as the weight."""
        return self.items.get(key) or key.replace("_", " ").capitalize()

    def label(self, key: str) -> str:
        return self.labels.get(key) or key.replace("_", " ")

    def asked(self, concept: str) -> str:
        """The wordings that measure a concept, for the record of a number; empty for what nobody was asked."""
        return " · ".join(f"“{question.wording}”" for question in self.questions.get(concept, ()))


def ranged(sentences: Iterable[str]) -> str:
    """Sentences that differ only in their numbers as one: "6 strata, 628 to 970 clusters"."""
    forms: dict[str, list[list[str]]] = {}
    for sentence in dict.fromkeys(sentences):
        forms.setdefault(NUMERAL.sub("#", sentence), []).append(NUMERAL.findall(sentence))
    return "; ".join(_filled(form, numbers) for form, numbers in forms.items())


def _filled(form: str, numbers: list[list[str]]) -> str:
    slots = iter([_span(values) for values in zip(*numbers, strict=True)])
    return re.sub("#", lambda _: next(slots), form)


def _span(values: tuple[str, ...]) -> str:
    ordered = sorted(dict.fromkeys(values), key=lambda value: float(value.replace(",", "")))
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def joined(words: tuple[str, ...] | list[str]) -> str:
    """ "2016, 2017 and 2018" """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
