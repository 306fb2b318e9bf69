"""Consistency between declarations: every name exists, every code is in range, every wave has a file."""

from __future__ import annotations

from pipeline.specs.arm_parts import HOUSEHOLD, further_head
from pipeline.specs.check_contrasts import check_contrasts
from pipeline.specs.check_dynamic import check_dynamic
from pipeline.specs.check_figures import check_figure
from pipeline.specs.check_imputation import check_model_imputation, check_sensitivity
from pipeline.specs.check_interventions import check_interventions
from pipeline.specs.check_mediation import check_mediation
from pipeline.specs.check_mixed import check_mixed
from pipeline.specs.check_multiverse import check_multiverse
from pipeline.specs.check_outcome_models import check_outcome_model
from pipeline.specs.check_papers import check_paper
from pipeline.specs.check_plan import check_plan
from pipeline.specs.check_rows import check_rows
from pipeline.specs.check_several_tests import check_corrections, check_smallest_effect
from pipeline.specs.check_structural import check_structural
from pipeline.specs.check_study import check_study
from pipeline.specs.check_terms import check_terms
from pipeline.specs.check_weights import check_model_weights
from pipeline.specs.check_yardstick import check_yardstick
from pipeline.specs.dynamic import DynamicModel
from pipeline.specs.measured.constructs import check_constructs
from pipeline.specs.measured.model import check_measured
from pipeline.specs.mixed import MixedModel
from pipeline.specs.models import AnyModel
from pipeline.specs.multiverse import Multiverse
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.outcome_models import OutcomeModel
from pipeline.specs.reading import Reading
from pipeline.specs.report import Model
from pipeline.specs.several_tests import Corrections
from pipeline.specs.strict_yaml import Source
from pipeline.specs.structural import StructuralModel

HEAD_GROUPS = ("arm", "stratum", "area_code")


def check(reading: Reading) -> None:
    """Report every contradiction between the declarations of a project into its sources."""
    studies = {key: StudyNames(key, reading) for key in reading.parts}
    for key, declared in studies.items():
        check_study(key, declared, reading)
        check_plan(key, declared, reading)
        _check_filled_in(key, reading)
        _check_rated(key, reading)
    for key, model in reading.models.items():
        _check_model(model, reading.sources["models", key], studies, reading)
    for key, figure in reading.figures.items():
        check_figure(figure, reading.sources["figures", key], reading)
    for key, paper in reading.papers.items():
        check_paper(paper, reading.sources["papers", key], reading)


def _check_filled_in(key: str, reading: Reading) -> None:
    """Nothing in study.yaml may still be the template's own words: papers print them."""
    about, template = reading.parts[key].about, reading.template
    if about is None or template is None:
        return
    for name in ("title", "short_title", "population", "citation", "licence"):
        if getattr(about, name) == getattr(template, name):
            reading.sources[key, "study"].report((name,), f"`{name}` is still the template's. Say what it is here.")
    for line in _lines(reading.template_caveats):
        if line in _lines(reading.parts[key].caveats):
            source = reading.sources.get((key, "caveats")) or reading.sources[key, "study"]
            source.problems.append(
                f"data/studies/{key}/caveats.md:{_lines(reading.parts[key].caveats)[line]}: is still the template's. "
                "Say what the results of this study rest on."
            )


RATINGS = ("low", "medium", "high")


def _check_rated(key: str, reading: Reading) -> None:
    """Where a study declares its methods, each assumption in caveats.md is rated by quality and impact."""
    if reading.parts[key].further.get("methods") is None:
        return
    rows = [(number, line.strip()) for number, line in enumerate(reading.parts[key].caveats.splitlines(), start=1)]
    tables = [
        (number, [cell.strip() for cell in line.strip("|").split("|")]) for number, line in rows if line[:1] == "|"
    ]
    source = reading.sources.get((key, "caveats")) or reading.sources[key, "study"]
    if len(tables) < 3 or [cell.casefold() for cell in tables[0][1][1:3]] != ["quality", "impact"]:
        source.problems.append(
            f"data/studies/{key}/caveats.md:1: has no table with the columns assumption, quality, impact, why."
        )
        return
    for number, cells in tables[2:]:
        if len(cells) < 4 or any(cell.casefold() not in RATINGS for cell in cells[1:3]) or not all(cells):
            source.problems.append(
                f"data/studies/{key}/caveats.md:{number}: an assumption is rated by quality and impact, each "
                f"{', '.join(RATINGS[:-1])} or {RATINGS[-1]}, and says why."
            )


def _lines(text: str) -> dict[str, int]:
    """The rows of tables and list points of a text that say something, with their line."""
    rows = ((line.strip(), number) for number, line in enumerate(text.splitlines(), start=1))
    return {line: number for line, number in rows if line[:1] in "|-*" and sum(map(str.isalpha, line)) > 40}


def _check_model(model: AnyModel, source: Source, studies: dict[str, StudyNames], reading: Reading) -> None:
    known(source, ("study",), [model.study], list(studies), "a study in data/studies")
    study = studies.get(model.study)
    if study is None:
        return
    check_yardstick(model, source, reading)
    check_smallest_effect(model, source, reading)
    if isinstance(model, StructuralModel):
        check_structural(model, source, study, reading)
        if study.declared is not None and not source.problems:
            check_constructs(model, source, study.declared)
    else:
        _check_regression(model, source, study, reading)
        if isinstance(model, MixedModel):
            check_mixed(model, source, study, reading)
        if study.declared is not None and not source.problems:
            check_measured(model, source, study.declared)


def _check_regression(model: Model, source: Source, study: StudyNames, reading: Reading) -> None:
    check_terms(model, source, study, reading)
    for name in ("outcome", "outcomes"):
        value = getattr(model, name) or ()
        columns = (value,) if isinstance(value, str) else value
        known(source, (name,), columns, study.scores, f"a concept that `{model.study}` measures")
        once(source, (name,), columns)
    known(source, ("waves",), model.waves, study.waves, f"a wave of `{model.study}`")
    known(source, ("arms",), model.arms, study.arms, f"an arm of `{model.study}`")
    _check_attrition(model, source, study)
    if model.group and study.scores is not None:
        known(
            source,
            ("group",),
            [model.group],
            [*HEAD_GROUPS, *_further(study, reading), *study.scores],
            "a column to group by",
        )
    check_contrasts(model, source)
    check_mediation(model, source, study, reading)
    _check_cluster(model, source, study, reading)
    check_interventions(model, source, study)
    _check_errors(model, source, study, reading)
    check_rows(model, source, reading)
    check_model_weights(model, study, source, reading)
    check_model_imputation(model, study, source, reading)
    if isinstance(model, Corrections):
        check_corrections(model, source, reading)
    if isinstance(model, Multiverse):
        check_multiverse(model, source, study, reading)
    else:
        check_sensitivity(model, source, reading)
    if isinstance(model, OutcomeModel):
        check_outcome_model(model, source, study, reading)
    if isinstance(model, DynamicModel):
        check_dynamic(model, source, study, reading)


def _check_cluster(model: Model, source: Source, study: StudyNames, reading: Reading) -> None:
    """A study without a column of households has no clusters of them."""
    declared = reading.studies.get(study.key)
    if declared is not None and model.cluster == HOUSEHOLD and HOUSEHOLD not in further_head(declared):
        source.report(
            ("cluster",),
            f"`{model.study}` has no households: name their column, `columns: {{household: …}}`, in its study.yaml.",
        )


def _check_errors(model: Model, source: Source, study: StudyNames, reading: Reading) -> None:
    """The columns that standard errors cluster by, or that an assigned treatment shows in, are those of the panel."""
    errors = model.standard_errors
    if errors is None or study.scores is None:
        return
    head = ["person_id", "wave", "psu", *HEAD_GROUPS, *_further(study, reading)]
    columns = [*head, *study.scores]
    known(source, ("standard_errors", "cluster"), errors.cluster or (), columns, "a column to cluster by")
    known(source, ("standard_errors", "profile"), [errors.profile] if errors.profile else [], columns, "a column")


def _further(study: StudyNames, reading: Reading) -> tuple[str, ...]:
    """Columns of the head that this study has in addition."""
    declared = reading.studies.get(study.key)
    return () if declared is None else further_head(declared)


def _check_attrition(model: Model, source: Source, study: StudyNames) -> None:
    what = f"a wave of `{model.study}`"
    for name in ("from_wave", "to_wave"):
        wave = getattr(model, name)
        known(source, (name,), [wave] if wave and wave != "latest" else [], study.waves, what)
    known(source, ("to_waves",), () if model.to_waves == "all" else model.to_waves, study.waves, what)
    for key, waves in model.sets.items():
        known(source, ("sets", key), waves, study.waves, what)
