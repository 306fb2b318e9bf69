"""One finding of the drift report: what, where, how many, how sure, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import polars as pl

from pipeline.door import known_options
from pipeline.errors import one_line
from pipeline.harmonise.texts import Texts, in_variables
from pipeline.harmonise.texts import together as texts_together
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
}


MANY = 30
"""Fewer people than this tell nothing about a correlation or a distribution."""

EXPLAINED = ("routing", "universe", "distribution", "missing_codes")
"""Findings that a wave's declared exception for the item explains: who was asked, in which words, with which codes."""

MEANING = {"blocks": "to be decided", "warns": "to be looked at", "notes": "good to know"}

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


@known_options
def open_blocks(findings: pl.DataFrame) -> list[str]:
    """What stops a wave from being loaded: blocking findings that nobody has decided about, in words.

    Texts in place of numbers or codes are one message for each file, whatever the number of its variables.
    """
    waiting = findings.filter((pl.col("severity") == "blocks") & pl.col("decision").is_null())
    columns = ("where", "what", "count", "todo")
    together = pl.col("kind") == "no_number"
    words = [
        f"{where}: {what}{f' {count:,} rows.' if count and '(' not in what else ''} {todo}"
        for where, what, count, todo in waiting.filter(~together).select(columns).iter_rows()
    ]
    words += _texts_together(waiting.filter(together))
    return list(dict.fromkeys(words))  # several items may be read from one variable


def _texts_together(waiting: pl.DataFrame) -> list[str]:
    """One message for each file."""
    found: dict[str, dict[str, tuple[str, str, Texts]]] = {}
    for where, what, todo, texts in waiting.select("where", "what", "todo", "texts").iter_rows():
        file, _, variable = where.partition(", ")
        found.setdefault(file, {})[variable] = (what, todo, Texts.from_json(texts))
    return [_of_all(file, variables) for file, variables in found.items()]


def _of_all(file: str, found: Mapping[str, tuple[str, str, Texts]]) -> str:
    """The texts of all variables of a file in one message."""
    if len(found) == 1:
        ((variable, (what, todo, _)),) = found.items()
        return f"{file}, {variable}: {what} {todo}"
    texts = texts_together(texts for _, _, texts in found.values())
    variables = in_variables([variable.strip("`") for variable in found], texts.count)
    what = "text that is no number or code"
    return f"{file}: {texts.words(what)}, in {variables}. {texts.todo()} Or set them aside by decisions."


@known_options
def undecided(findings: pl.DataFrame, wave: str) -> tuple[str, list[str]]:
    """How bad what a wave shows is, ``error`` or ``warning``, and each finding that nobody decided about, in words."""
    waiting = findings.filter((pl.col("wave") == wave) & (pl.col("severity") != "notes") & pl.col("decision").is_null())
    worst = "error" if (waiting["severity"] == "blocks").any() else "warning"
    together = pl.col("kind") == "no_number"
    columns = waiting.filter(~together).select("arm", "item", "kind", "what", "count")
    several = waiting["arm"].n_unique() > 1
    return worst, [
        *(
            f"{f'{arm}, ' if several else ''}{item} ({kind}{f', {count:,}' if count is not None else ''}): {what}"
            for arm, item, kind, what, count in columns.iter_rows()
        ),
        *_texts_together(waiting.filter(together)),
    ]


@known_options
def counted(findings: pl.DataFrame) -> str:
    """In words, how many findings wait for whom: ``2 to be decided, 19 to be looked at, 9 decided``."""
    rows = findings.select("severity", "decision").iter_rows()
    counts = Counter("decided" if decision else MEANING[severity] for severity, decision in rows)
    words = [f"{counts[meaning]:,} {meaning}" for meaning in (*MEANING.values(), "decided") if counts[meaning]]
    return ", ".join(words) or "nothing found"
