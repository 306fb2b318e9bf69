"""Where a list of outcomes lies, and which of its columns says what became of people at which wave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.specs.base import canonical_code
from pipeline.specs.sources import number_of
from pipeline.specs.variable_names import filled

if TYPE_CHECKING:
    from pipeline.specs.deposits import Deposited
    from pipeline.specs.outcomes import OutcomeList
    from pipeline.specs.project import Study
    from pipeline.specs.study import StudyFile


def outcome_arm(about: StudyFile, report: OutcomeList) -> str:
    """The arm that a list is of."""
    return report.arm or next(iter(about.arms))


def outcome_file(about: StudyFile, report: OutcomeList) -> Deposited:
    """How the file of a list is read: as its source says, if it names one."""
    return about.sources.get(report.file, report)


def outcome_columns(study: Study, report: OutcomeList) -> dict[str, str]:
    """Wave → the column of the list that holds its outcomes, in the order of the waves."""
    waves = study.about.arms[outcome_arm(study.about, report)].waves
    if report.variable is None:
        return {wave: report.waves[wave] for wave in waves if wave in report.waves}
    pattern = report.names or study.about.names or "{name}"
    return {
        wave: filled(pattern, report.variable, study.waves[wave].mark or "", number_of(study, wave)) for wave in waves
    }


def no_outcome(about: StudyFile, report: OutcomeList) -> set[str]:
    """The missing codes of the study by which a cell gives no outcome."""
    return {canonical_code(code) for code in about.missing} - {canonical_code(code) for code in report.codes}
