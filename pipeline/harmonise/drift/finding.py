"""One finding of the drift report: what, where, how many, how sure, what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import polars as pl

from pipeline.errors import one_line
from pipeline.harmonise.texts import Texts
from pipeline.specs.findings import CANNOT_BE_SET_ASIDE
from pipeline.specs.project import Study

Severity = Literal["blocks", "warns", "notes"]
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "study": pl.String,
    "wave": pl.String,
    "arm": pl.String,
    "item": pl.String,
    "kind": pl.String,
    "severity": pl.Enum(["blocks", "warns", "notes"]),
    "what": pl.String,
    "where": pl.String,
    "count": pl.Int64,
    "confidence": pl.Float64,
    "todo": pl.String,
    "decision": pl.String,
    "texts": pl.String,
    "battery": pl.String,
}


MANY = 30
"""Fewer people than this tell nothing about a correlation or a distribution."""

EXPLAINED = ("routing", "universe", "distribution", "missing_codes")
"""Findings that a wave's declared exception for the item explains: who was asked, in which words, with which codes."""

BY_RULE = "set_aside: the study sets aside what is doubtful, until somebody decides"


SPOILS = frozenset({"range", "empty", "not_in_file", "constant"})
"""Findings about all answers to an item: what else they show follows from it."""

KEPT = SPOILS | {
    "contradicts_fact",
    "undeclared_code",
    "no_number",
    "marked_missing",
    "reversed",
    "swapped",
    "moved_answers",
}


@dataclass(frozen=True)
class Finding:
    """What a new wave does otherwise. Counts and shares only: never a participant's value."""

    arm: str
    item: str
    kind: str
    severity: Severity
    what: str
    where: str
    todo: str
    count: int | None = None
    confidence: float = 1.0
    texts: Texts | None = None
    """Of texts in place of numbers or codes: which, and how often."""
    battery: str | None = None
    """The item's battery, if every item of it has this finding."""


def without_consequences(found: Collection[Finding]) -> list[Finding]:
    """The findings about one item without those that only follow from another: of an empty item nobody was asked."""
    kinds = {finding.kind for finding in found}
    if kinds & (SPOILS - {"constant"}):
        return [finding for finding in found if finding.kind in KEPT - {"constant"}]
    if "universe" in kinds:
        return [finding for finding in found if finding.kind != "constant"]
    return [finding for finding in found if finding.kind in KEPT] if "constant" in kinds else list(found)


def table(study: Study, wave: str, findings: Collection[Finding]) -> pl.DataFrame:
    """One row per finding (contract ``Findings``), what blocks first, with the decisions that the wave declares."""
    decided = {
        (decision.item, decision.finding): f"{decision.decision}: {decision.reason}"
        for decision in study.waves[wave].decisions
    }
    findings = [*findings, *_without_finding(study, wave, findings)]
    if study.about.doubtful == "set_aside":
        for finding in findings:
            if finding.severity == "blocks" and finding.item not in CANNOT_BE_SET_ASIDE:
                decided.setdefault((finding.item, finding.kind), BY_RULE)
    for finding in findings:
        reason = _explained(study, wave, finding)
        if reason:
            decided.setdefault((finding.item, finding.kind), f"accept: {reason}")
    order = {"blocks": 0, "warns": 1, "notes": 2}
    rows = [
        _in_one_line(study, wave, finding) | {"decision": decided.get((finding.item, finding.kind))}
        for finding in sorted(findings, key=lambda finding: (order[finding.severity], -(finding.count or 0)))
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _in_one_line(study: Study, wave: str, finding: Finding) -> dict[str, object]:
    """The finding as a row; a name or a label of a file in it is data, even if it holds line breaks."""
    words = {"what": one_line(finding.what), "where": one_line(finding.where), "todo": one_line(finding.todo)}
    texts = None if finding.texts is None else finding.texts.to_json()
    return {"study": study.key, "wave": wave, **asdict(finding), **words, "texts": texts}


def _explained(study: Study, wave: str, finding: Finding) -> str:
    """What the declarations say already: that this wave, or the one before, did otherwise with this item, and why."""
    if finding.kind not in EXPLAINED:
        return ""
    waves = [name for name in study.waves if name <= wave][-2:]
    for name in reversed(waves):
        exception = study.waves[name].exceptions.get(finding.item)
        if exception is not None:
            return f"an exception of {study.waves[name].title} declares it: {exception.reason}"
    return ""


def _without_finding(study: Study, wave: str, findings: Collection[Finding]) -> Iterator[Finding]:
    """Decisions about something that is not, or no longer, found: somebody should know that they say nothing now."""
    found = {(finding.item, finding.kind) for finding in findings}
    stale: dict[str, list[str]] = {}
    for decision in study.waves[wave].decisions:
        if (decision.item, decision.finding) not in found:
            stale.setdefault(decision.item, []).append(decision.finding)
    for item, kinds in stale.items():
        yield Finding(
            study.waves[wave].files[0].arm, item, "decision_without_finding", "warns",
            f"the wave declares a decision about `{', '.join(kinds)}`, but nothing of the kind is found.",
            f"waves/{wave}.yaml, `decisions`",
            "Remove the decision, or correct its `item` or `finding`; it may have been about an earlier delivery.",
            count=len(kinds),
        )  # fmt: skip
