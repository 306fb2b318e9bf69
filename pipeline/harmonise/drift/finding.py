"""One finding of the drift report: what, where, how many, how sure, what to do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Literal

import polars as pl

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
}


MANY = 30
"""Fewer people than this tell nothing about a correlation or a distribution."""

CANNOT_BE_SET_ASIDE = ("person_id",)
"""Without it nothing of the wave can be used."""

BY_RULE = "set_aside: the study sets aside what is doubtful, until somebody decides"


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


def table(study: Study, wave: str, findings: Collection[Finding]) -> pl.DataFrame:
    """One row per finding (contract ``Findings``), what blocks first, with the decisions that the wave declares."""
    decided = {
        (decision.item, decision.finding): f"{decision.decision}: {decision.reason}"
        for decision in study.waves[wave].decisions
    }
    if study.about.doubtful == "set_aside":
        for finding in findings:
            if finding.severity == "blocks" and finding.item not in CANNOT_BE_SET_ASIDE:
                decided.setdefault((finding.item, finding.kind), BY_RULE)
    order = {"blocks": 0, "warns": 1, "notes": 2}
    rows = [
        {"study": study.key, "wave": wave, **asdict(finding), "decision": decided.get((finding.item, finding.kind))}
        for finding in sorted(findings, key=lambda finding: (order[finding.severity], -(finding.count or 0)))
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def open_blocks(findings: pl.DataFrame) -> list[str]:
    """What stops a wave from being loaded: blocking findings that nobody has decided about, in words."""
    waiting = findings.filter((pl.col("severity") == "blocks") & pl.col("decision").is_null())
    words = [
        f"{where}: {what}{f' {count:,} rows.' if count and '(' not in what else ''} {todo}"
        for where, what, count, todo in waiting.select("where", "what", "count", "todo").iter_rows()
    ]
    return list(dict.fromkeys(words))  # several items may be read from one variable
