"""What a codebook says, for the page, the table and the DDI file."""

from __future__ import annotations

from dataclasses import dataclass, field

REASONS = {
    "refused": "Refused",
    "dont_know": "Do not know",
    "no_answer": "No answer",
    "routed_out": "Did not apply (routed out)",
    "proxy": "Answered by somebody else",
    "blank": "Left blank",
    "not_asked": "Not asked in this wave",
    "set_aside": "Set aside: not as declared",
}
"""Why there is no value, in words."""


@dataclass(frozen=True)
class Period:
    """One arm of a wave: its files, and when and how it was in the field (dates as YYYY-MM-DD)."""

    arm: str
    title: str
    start: str
    end: str
    mode: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class WaveInfo:
    key: str
    title: str
    periods: tuple[Period, ...]
    assumed: str = ""


@dataclass(frozen=True)
class Code:
    """One code of one question in one wave. ``count``: people who gave it; None where it is confidential.

    ``value``: what it becomes, as printed; ``reason`` in words where it is missing.
    """

    code: str
    label: str
    value: str
    reason: str
    count: int | None


@dataclass(frozen=True)
class Asked:
    """A question as one wave asked it. ``verdict``: how far its answers can be compared, where the wave differs."""

    wave: str
    title: str
    variables: tuple[str, ...]
    arms: tuple[str, ...]
    wording: str
    verdict: str
    remark: str
    codes: tuple[Code, ...]


@dataclass(frozen=True)
class Variable:
    """One question. ``assumed``: why, if its wording is; ``universe``: who was asked; ``scales``: those it is of."""

    key: str
    label: str
    wording: str
    original: str
    kind: str
    concept: str
    battery: str
    source: str
    assumed: str
    universe: str
    recoded: str
    scales: tuple[str, ...]
    asked: tuple[Asked, ...]


@dataclass(frozen=True)
class Derived:
    """A score made of several questions."""

    key: str
    label: str
    items: tuple[str, ...]
    score: str
    assumed: str = ""


@dataclass(frozen=True)
class Codebook:
    """``facts``: label and value of what the study says of itself; ``doubtful``: what is assumed of it."""

    key: str
    title: str
    synthetic: bool
    facts: tuple[tuple[str, str], ...]
    population: str
    citation: str
    licence: str
    funder: str
    smallest: int
    waves: tuple[WaveInfo, ...]
    variables: tuple[Variable, ...]
    derived: tuple[Derived, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    def label(self, item: str) -> str:
        return self.labels.get(item) or item.replace("_", " ")
