"""``cohesion export``: the panel of a study for R, Stata and SPSS, with scripts that reproduce what papers print."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.commands.built import built_tables
from assets.commands.export_models import calls, keys_of
from assets.commands.exported import ACTION
from assets.commands.messages import of_studies, said_plainly
from assets.commands.place import here_to_write, repository_of
from assets.commands.remembered import as_built_last
from assets.engine import store
from assets.engine.node import Key
from assets.engine.workspace import Workspace
from assets.waves.open import open_study
from pipeline.audit import note
from pipeline.errors import CohesionError
from pipeline.paths import Paths
from pipeline.specs import Study
from pipeline.specs.exports import EXPORT_FORMATS

if TYPE_CHECKING:
    from pipeline.exports.declared import StudyTables

TABLES = ("answers", "panel", "participation", "weights", "crosswalk")


@said_plainly
def export(
    study: Annotated[str, typer.Argument(help="The study's folder name.")],
    to: Annotated[Path | None, typer.Option(help="The folder to write STUDY/ into; data/exports if left out.")] = None,
    format_: Annotated[
        str, typer.Option("--format", help=f"Any of {','.join(EXPORT_FORMATS)}; all if left out.")
    ] = ",".join(EXPORT_FORMATS),
    all_models: Annotated[
        bool, typer.Option("--all-models", help="Scripts for every model, not only for page one of papers.")
    ] = False,
) -> None:
    """Write the panel with labels, missing codes and weights. These are rows of people: keep them private.

    Beside it lie an R script and a Stata do-file that compute the numbers on page one of the papers again, and compare.
    """
    from pipeline.exports.declared import study_data
    from pipeline.exports.naming import legal_names
    from pipeline.exports.scripts.written import count, script_files
    from pipeline.exports.write import write_export
    from pipeline.specs.exports import STATA

    workspace, declared = _open(study)
    folder = _folder(workspace.paths, to) / study
    formats = [key.strip() for key in format_.split(",") if key.strip()]
    further = keys_of(workspace, declared)
    current = built_tables(workspace, declared, {**_keys(declared), **further})
    data = study_data(declared, workspace.project.concepts, _tables(workspace, declared, current))
    models = calls(workspace, declared, current, legal_names(data.shown, STATA), every=all_models)
    made = write_export(data, folder, formats, script_files(data, models, formats))
    people = data.frame["person_id"].n_unique()
    details = {"to": str(folder), "formats": ", ".join(formats), "people": f"{people:,}"}
    note(workspace.paths, ACTION, study, details)
    typer.echo(f"✓ {data.frame.height:,} rows of {people:,} people, {len(data.shown):,} variables:")
    for path in made:
        typer.echo(f"  {os.path.relpath(path)}")
    compared = sum(not call.why_not for call in models)
    if scripts := [path.name for path in made if path.stem == "reproduce"]:
        typer.echo(f"{' and '.join(scripts)}: {count(models):,} estimates of {compared:,} models, to be compared.")
    typer.echo("Rows of people, under pseudonyms: readable by you alone. Send them to nobody, and commit them nowhere.")


def _open(study: str) -> tuple[Workspace, Study]:
    paths = here_to_write()
    workspace = Workspace(paths, of_studies(paths, [study]))
    declared = open_study(workspace, study)
    return as_built_last(workspace, declared), declared


def _folder(paths: Paths, to: Path | None) -> Path:
    """Where the export goes: a folder that git does not see."""
    folder = (to or paths.exports).resolve()
    if folder.is_relative_to(paths.exports.resolve()):
        return folder
    inside = repository_of(folder)
    if inside is None and folder.is_relative_to(paths.root.resolve()):
        inside = paths.root.resolve()
    if inside is not None:
        raise CohesionError(
            "lies in a git repository or in the project, where rows of people could be committed",
            where=str(folder),
            todo=f"Leave `--to` out ({os.path.relpath(paths.exports)}), or name a folder outside of any repository.",
        )
    return folder


def _keys(study: Study) -> dict[str, Key]:
    """Name → key of the tables that the panel is made from."""
    keys: dict[str, Key] = {name: (name, study.key) for name in TABLES}
    return keys | {f"set {name}": ("weights", study.key, name) for name in study.weights}


def _tables(workspace: Workspace, study: Study, current: Mapping[str, str]) -> "StudyTables":
    from pipeline.exports.declared import StudyTables

    read = {name: store.load(workspace.paths, key, current[name]) for name, key in _keys(study).items()}
    sets = {name: read.pop(f"set {name}") for name in study.weights}
    return StudyTables(**read, sets=sets)
