"""The workspace of one study, as far as its declarations can be read."""

from __future__ import annotations

from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.ingest.arrival.template import example_waves
from pipeline.paths import Paths
from pipeline.specs import Project, Study
from pipeline.specs.load import read_project
from pipeline.specs.nearest import nearest


def open_study(workspace: Workspace, study: str) -> Study:
    """A study by its name. Raises ``CohesionError`` for one that is not declared, with the nearest name."""
    known = workspace.project.studies
    if study not in known:
        where = workspace.paths.studies.resolve()
        listed = ", ".join(known) or "none"
        raise CohesionError(f"there is no study `{study}` in {where}{nearest(study, known)}", todo=f"Known: {listed}.")
    return known[study]


def open_wave(workspace: Workspace, study: str, wave: str) -> Study:
    """The study of a wave. Raises ``CohesionError`` for a study or wave that is not declared."""
    declared = open_study(workspace, study)
    if wave not in declared.waves:
        raise CohesionError(f"has no wave `{wave}`", where=study, todo=f"Known: {', '.join(declared.waves)}.")
    return declared


def open_to_draft(paths: Paths, study: str) -> tuple[Workspace, Study]:
    """The same without holding the files of the project against each other: some may name the wave already.

    Waves that are as the template has them are examples, whatever is wrong with them in this study.
    """
    reading = read_project(paths)
    if study not in reading.parts:
        known = ", ".join(reading.parts) or "none"
        raise CohesionError(
            f"there is no study `{study}` in {paths.studies.resolve()}",
            todo=f"Known: {known}. To begin one, copy data/studies/_template to data/studies/{study}.",
        )
    examples = {(study, "waves", wave) for wave in example_waves(paths.study(study))}
    own = [source for key, source in reading.sources.items() if key[0] == study and key not in examples]
    problems = [problem for source in own for problem in source.problems]
    if problems:
        raise DeclarationErrors(list(dict.fromkeys(problems)))
    project = Project(reading.concepts, reading.studies, reading.models, reading.figures, reading.papers)
    return Workspace(paths, project), project.studies[study]


def arm_of(study: Study, arm: str | None) -> str:
    """The arm asked for, or the only one. Raises ``CohesionError`` where it has to be said."""
    arms = study.about.arms
    if arm is None and len(arms) == 1:
        return next(iter(arms))
    if arm not in arms:
        raise CohesionError("has several arms", where=study.key, todo=f"Say which, with --arm: {', '.join(arms)}.")
    return arm
