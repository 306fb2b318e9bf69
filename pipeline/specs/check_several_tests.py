"""What a family of tests, and a smallest effect of interest, say of the models that they name."""

from __future__ import annotations

from pipeline.specs.base import Asking
from pipeline.specs.components import COMPONENTS
from pipeline.specs.families import FAMILIES
from pipeline.specs.measured.results import check_result
from pipeline.specs.names import known, reports
from pipeline.specs.reading import Reading
from pipeline.specs.several_tests import RATIO_TODO, Corrections, ratio_refused
from pipeline.specs.strict_yaml import Source


def check_corrections(model: Corrections, source: Source, reading: Reading) -> None:
    """Each test is of a model of this study, of a component that its family has, and not itself a correction."""
    for place, tested in enumerate(model.tests):
        known(
            source, ("tests", place, "model"), [tested.model], reports(reading, "models"), "a model in reports/models"
        )
        other = reading.models.get(tested.model)
        if other is None:
            continue
        if other.study != model.study:
            source.report(
                ("tests", place, "model"),
                f"the model `{tested.model}` is of the study `{other.study}`, not of `{model.study}`.",
            )
        family = FAMILIES[other.family]
        if family.key == model.family:
            source.report(("tests", place, "model"), f"`{tested.model}` holds corrected tests already.")
        else:
            check_result(tested, ("tests", place), other, source, reading.studies.get(other.study))


def check_smallest_effect(model: Asking, source: Source, reading: Reading) -> None:
    """A smallest effect is of a result that the model has, and no ratio."""
    for place, one in enumerate(model.smallest_effect):
        check_result(one, ("smallest_effect", place), model, source, reading.studies.get(model.study))
        if one.component is not None and one.component in COMPONENTS and COMPONENTS[one.component].log_scale:
            source.report(("smallest_effect", place, "component"), f"{ratio_refused(one.component)}. {RATIO_TODO}")
