"""What a list of outcomes and its study say of each other."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.specs.deposits import Deposited
from pipeline.specs.names import known
from pipeline.specs.outcome_columns import outcome_arm
from pipeline.specs.outcomes import OutcomeList
from pipeline.specs.strict_yaml import Position, Source
from pipeline.specs.study import StudyFile, Wave
from pipeline.specs.variable_names import needs


def check_outcomes(
    report: OutcomeList, position: Position, about: StudyFile, waves: Mapping[str, Wave], source: Source
) -> None:
    """A list is of one arm, and of waves that the arm has."""
    if report.arm is None and len(about.arms) > 1:
        source.report(position, f"say which `arm` the report is of: {', '.join(about.arms)}.")
        return
    arm = outcome_arm(about, report)
    known(source, (*position, "arm"), [arm], list(about.arms), "an arm of study.yaml")
    if arm in about.arms:
        known(source, (*position, "waves"), report.waves, list(about.arms[arm].waves), f"a wave of the arm `{arm}`")
        own = {key: waves[key] for key in about.arms[arm].waves if key in waves}
        _check_variable(report, position, about, own, source)
    if report.id is None and about.columns.person_id is None:
        source.report(position, "no column holds the person's id: say `id: ...` here, or `columns` in study.yaml.")
    if report.file in about.sources:
        given = (report.model_fields_set & set(Deposited.model_fields)) - {"file", "assumed", "reason"}
        for key in sorted(given):
            source.report((*position, key), f"`{key}` is said of the source `{report.file}`: leave it out.")


def _check_variable(
    report: OutcomeList, position: Position, about: StudyFile, waves: Mapping[str, Wave], source: Source
) -> None:
    """The pattern tells the waves apart, and they say what it needs."""
    if report.variable is None:
        return
    pattern = report.names or about.names
    if len(waves) > 1 and (pattern is None or not (needs(pattern, "mark") or needs(pattern, "number"))):
        source.report(
            (*position, "variable"),
            f"one column `{report.variable}` for {len(waves)} waves: say by `names` how each wave's is called "
            '(names: "{mark}_{name}"), or list them under `waves`.',
        )
    unmarked = [key for key, wave in waves.items() if wave.mark is None]
    if pattern is not None and needs(pattern, "mark") and unmarked:
        source.report((*position, "variable"), f"`names` holds {{mark}}, which {unmarked[0]} does not say.")
