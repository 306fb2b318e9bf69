"""Which measures are named as strengths, and which to watch, by the rules that index.yaml declares."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.papers.content import Runs
from pipeline.papers.phrases import in_sentence
from pipeline.papers.profiles.content import Named
from pipeline.papers.profiles.frames import PREVIOUS, Row
from pipeline.papers.profiles.subject import Subject, said
from pipeline.specs.profile import Choice

Way = Literal["up", "down"]


@dataclass(frozen=True)
class _Candidate:
    measure: str
    distance: float  # from the comparison, by the value that the rule names, in the direction that it looks
    compared: Row | None
    changed: Row | None


def chosen(subject: Subject, rule: Choice, way: Way) -> tuple[Named, ...]:
    """At most ``rule.most`` measures, the furthest from the comparison first, then those that moved alone."""
    found = [
        candidate
        for measure in subject.tables.domains
        if (candidate := _candidate(subject, measure, rule, way)) is not None
    ]
    ordered = sorted(found, key=lambda one: (one.compared is None, -one.distance, one.measure))
    return tuple(_named(subject, one) for one in ordered[: rule.most])


def _candidate(subject: Subject, measure: str, rule: Choice, way: Way) -> _Candidate | None:
    row = subject.row(measure)
    if row is None:
        return None
    sign = 1.0 if way == "up" else -1.0
    difference, change = subject.difference(measure), subject.change(measure, PREVIOUS)
    distance = sign * _distance(row, difference, rule) if difference is not None else 0.0
    meets = subject.reading(difference) == way if rule.clear else distance > 0  # as page one says it
    compared = difference if meets else None
    changed = change if rule.changes and subject.reading(change) == way else None
    if compared is None and changed is None:
        return None
    moved = sign * float(changed["estimate"]) if changed is not None else 0.0
    return _Candidate(measure, distance if compared is not None else moved, compared, changed)


def _distance(row: Row, difference: Row, rule: Choice) -> float:
    """From the comparison to the area: as measured, or from the value with chance taken out by its reliability."""
    reference = row["estimate"] - difference["estimate"]
    value = row.get("shrunken") if rule.by == "shrunken" else None
    return float((row["estimate"] if value is None else value) - reference)


def _named(subject: Subject, one: _Candidate) -> Named:
    parts: list[Runs] = []
    if one.compared is not None:
        word = subject.differs(one.compared, "than")
        parts.append(said(word, " ", subject.comparison, ": ", subject.amount(one.compared)))
    if one.changed is not None:
        parts.append(
            said(
                "" if not parts else "; it ",
                subject.moved(one.changed),
                f" since {subject.when(one.changed['against'])}: ",
                subject.amount(one.changed),
            )
        )
    return Named(one.measure, subject.measure(one.measure), said(*parts, "."))


def nearest(subject: Subject, rule: Choice, way: Way, named: Collection[str]) -> tuple[str, ...]:
    """The measures next in line where fewer meet the rule than it asks for: those beyond one standard error.

    Chance may explain how they differ, and the profile says so.
    """
    if not rule.nearest or len(named) >= rule.most:
        return ()
    sign, found = 1.0 if way == "up" else -1.0, []
    for measure in subject.tables.domains:
        row, difference = subject.row(measure), subject.difference(measure)
        if row is None or difference is None or measure in named or subject.reading(difference) != "unclear":
            continue
        if difference["std_error"] is not None and sign * difference["estimate"] > difference["std_error"]:
            found.append((-sign * _distance(row, difference, rule), measure))
    return tuple(measure for _, measure in sorted(found)[: rule.most - len(named)])


def nearest_words(subject: Subject, way: Way, measures: Sequence[str]) -> Runs:
    """``Next highest, though chance may explain it: belonging, +1.2 (−0.4 to 2.8).``"""
    if not measures:
        return ()
    side = "highest" if way == "up" else "lowest"
    parts: list[str | Runs] = [f"Next {side}, though chance may explain it: "]
    for number, measure in enumerate(measures):
        difference = subject.difference(measure)
        assert difference is not None
        parts += ["; " if number else "", f"{in_sentence(subject.measure(measure))} ", subject.amount(difference)]
    return said(*parts, ".")


def rule_words(rule: Choice, way: Way, count: int, comparison: str) -> str:
    """Why there are fewer than the rule asks for; empty where there are enough."""
    if count >= rule.most:
        return ""
    side = "higher" if way == "up" else "lower"
    moved = (" or clearly rose" if way == "up" else " or clearly fell") if rule.changes else ""
    clearly = "clearly " if rule.clear else ""
    against = f"{clearly}{side} than {comparison}" if comparison else f"comparable and {clearly}{side}"
    many = {0: "No domain is", 1: "Only one domain is", 2: "Only two domains are"}.get(
        count, f"Only {count} domains are"
    )
    return f"{many} {against}{moved}."
