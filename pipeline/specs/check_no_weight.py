"""What a model leaves out since there is no weight, said by the check: it stops nothing, but somebody should know."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs.measured.used import waves_used
from pipeline.specs.project import Project
from pipeline.specs.report import Model
from pipeline.specs.weight_used import DELIVERED, weight_used, weighted_files


def waves_without_weight(project: Project) -> Iterator[str]:
    """In words, each model that takes the delivered weight in waves that have none, with the figures that show it."""
    for name, model in project.models.items():
        study = project.studies.get(model.study)
        if study is None or not isinstance(model, Model) or weight_used(model, study) != DELIVERED:
            continue
        have = weighted_files(study)
        arms = model.arms or tuple(study.calendar)
        lacking = {
            wave: [arm for arm in arms if wave in study.calendar.get(arm, ()) and (arm, wave) not in have]
            for wave in waves_used(model, study, project.models)
        }
        said = [_said(wave, gone, [arm for arm in arms if wave in study.calendar.get(arm, ())])
                for wave, gone in lacking.items() if gone]  # fmt: skip
        if said:
            figures = [key for key, figure in project.figures.items() if name in figure.models]
            shown = f" ({'figures' if len(figures) > 1 else 'figure'} {', '.join(figures)})" if figures else ""
            yield (
                f"reports/models/{name}.yaml: takes the weight as delivered, and there is none in {', '.join(said)}: "
                f"nothing is estimated of it{shown}. Declare the weight of that wave, name a weight set in `weights`, "
                "or name the other waves in `waves`."
            )


def _said(wave: str, gone: list[str], arms: list[str]) -> str:
    return wave if len(gone) == len(arms) else f"{wave} of the arm {' and '.join(gone)}"
