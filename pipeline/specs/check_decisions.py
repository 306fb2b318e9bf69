"""Consistency of decisions about findings: the item, the finding, and whether the decision can be carried out."""

from __future__ import annotations

from pipeline.specs.findings import CANNOT_BE_SET_ASIDE, FINDINGS, ROLES
from pipeline.specs.names import StudyNames, known
from pipeline.specs.strict_yaml import Source
from pipeline.specs.study import Wave


def check_decisions(wave: Wave, declared: StudyNames, source: Source) -> None:
    """Each decision names an item (or a role) and a kind of finding that exist, once, and can be carried out."""
    seen: set[tuple[str, str]] = set()
    about = None if declared.items is None else [*declared.items, *ROLES]
    for index, decision in enumerate(wave.decisions):
        position = ("decisions", index)
        known(source, (*position, "item"), [decision.item], about, "an item of this study, nor `weight` or `person_id`")
        known(source, (*position, "finding"), [decision.finding], list(FINDINGS), "a kind of finding")
        if decision.decision == "set_aside" and decision.item in CANNOT_BE_SET_ASIDE:
            source.report(
                (*position, "decision"),
                f"`{decision.item}` cannot be set aside: accept the finding, or ask for the file again.",
            )
        if (decision.item, decision.finding) in seen:
            source.report(
                position, f"`{decision.finding}` of `{decision.item}` is decided twice in this wave. Keep one."
            )
        seen.add((decision.item, decision.finding))
