"""Everything that a study's measures say of a model, one check after another."""

from __future__ import annotations

from pipeline.specs.measured.answers import check_answers
from pipeline.specs.measured.asked import check_asked
from pipeline.specs.measured.groups import check_groups
from pipeline.specs.measured.itself import check_itself
from pipeline.specs.measured.levels import check_levels
from pipeline.specs.measured.starts import check_starts
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source

CHECKS = (check_answers, check_itself, check_groups, check_levels, check_starts, check_asked)


def check_measured(model: Model, source: Source, study: Study) -> None:
    """Report what a model asks that the study does not measure, or not so."""
    for check in CHECKS:
        check(model, source, study)
