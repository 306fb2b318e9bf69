"""Missing codes that most questions of a source share: said once, in study.yaml, and not with each item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.items.entries import CHECK
from pipeline.ingest.items.grids import Entry
from pipeline.ingest.items.question import Question
from pipeline.ingest.items.stems import FEWEST
from pipeline.specs.base import canonical_code


@dataclass(frozen=True)
class SharedMissing:
    """Code → reason, with how many questions have it, and its label where that does not say the reason."""

    reasons: Mapping[str, str]
    counts: Mapping[str, int]
    unsure: Mapping[str, str]

    def comment(self, code: str) -> str:
        """What stands behind the code in study.yaml."""
        told = f"{CHECK}: for which reason “{self.unsure[code]}”?" if code in self.unsure else "by the labels;"
        return f"PROPOSED, {told} {self.counts[code]:,} variables have it"


NONE_SHARED = SharedMissing({}, {}, {})


def shared_missing(entries: Sequence[Entry]) -> SharedMissing:
    """The codes below zero that at least three questions have, and all of them for one reason; none is an answer."""
    questions = [question for _, question in entries]
    answers = {code for question in questions for code in question.codes}
    counts = Counter(code for question in questions for code in question.missing)
    reasons: dict[str, str] = {}
    for code, count in counts.items():
        found = {question.missing[code] for question in questions if code in question.missing}
        found |= {question.label_reasons[code] for question in questions if code in question.label_reasons}
        if code.startswith("-") and count >= FEWEST and len(found) == 1 and code not in answers:
            reasons[code] = found.pop()
    unsure = {code: text for one in questions for code, text in one.unsure.items() if code in reasons and text}
    ordered = dict(sorted(reasons.items(), key=lambda pair: -float(pair[0])))
    return SharedMissing(ordered, {code: counts[code] for code in ordered}, unsure)


def without_codes(question: Question, codes: Iterable[str]) -> Question:
    """A question without missing codes that the study says for all."""
    said = {canonical_code(code) for code in codes}
    left = {code: why for code, why in question.missing.items() if canonical_code(code) not in said}
    return replace(question, missing=left)
