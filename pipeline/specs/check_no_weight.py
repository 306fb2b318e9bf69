"""What a model leaves out since there is no weight, said by the check: it stops nothing, but somebody should know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.specs.measured.used import waves_used
from pipeline.specs.project import Project, Study
from pipeline.specs.report import Model
from pipeline.specs.weight_used import weight_used, weighted_files
from pipeline.specs.weights import DELIVERED


def waves_without_weight(project: Project) -> Iterator[str]:
    """In words, each model that takes the delivered weight in waves that have none, with the figures that show it."""
    for name, model in project.models.items():
        study = project.studies.get(model.study)
        if study is None or not isinstance(model, Model) or weight_used(model, study) != DELIVERED:
            continue
        said = list(_lacking(model, study, waves_used(model, study, project.models)))
        if said:
            figures = [key for key, figure in project.figures.items() if name in figure.models]
            shown = f" ({'figures' if len(figures) > 1 else 'figure'} {', '.join(figures)})" if figures else ""
            yield (
                f"reports/models/{name}.yaml: takes the weight as delivered, and there is none in {', '.join(said)}: "
                f"nothing is estimated of it{shown}. Declare the weight of that wave, name a weight set in `weights`, "
                "or name the other waves in `waves`."
            )


def _lacking(model: Model, study: Study, waves: Iterable[str]) -> Iterator[str]:
    """Each of the waves that has no weight in an arm of the model; the arms, where others have one."""
    have = weighted_files(study)
    for wave in waves:
        arms = [arm for arm in model.arms or study.calendar if wave in study.calendar.get(arm, ())]
        gone = [arm for arm in arms if (arm, wave) not in have]
        if gone:
            yield wave if gone == arms else f"{wave} of the arm {' and '.join(gone)}"
