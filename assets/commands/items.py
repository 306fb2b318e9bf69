"""The command ``cohesion items draft``: entries of items.yaml from a labelled file, a codebook or a questionnaire."""

from pathlib import Path
from typing import Annotated

import typer

from assets.commands.messages import said_plainly
from assets.commands.place import here, here_to_write
from assets.waves.open import open_to_draft
from pipeline.errors import CohesionError
from pipeline.paths import Paths

items_app = typer.Typer(help="Draft the items of a study from what describes them.", no_args_is_help=True)


_HELP = (
    "Write entries of items.yaml from a labelled data file, a codebook or a questionnaire.",
    "A data file (.sav, .zsav, .dta) gives its labels as wording, its codes with how often each occurs, and scales.",
    "A codebook (.csv, .xlsx) has a row for each variable, with its codes in one cell (1=Yes; 2=No), or a row for each "
    "code. Its columns are called as codebooks usually call them, also in Spanish or German: variable, label, "
    "question, values, code, value label, missing, type, min, max, range, filter, battery, stem. REDCap's data "
    "dictionary is one.",
    "A DDI Codebook (.xml) and a Qualtrics questionnaire (.qsf) also give routing and grids.",
    "Questions on one scale become a battery, written once. Codes that look like missing answers are PROPOSED with "
    "their reason; CHECK marks what the file does not say. Entries that are there stay as they are: what differs is "
    "listed.",
)


@items_app.command("draft", help="\n\n".join(_HELP))
@said_plainly
def draft(
    file: Annotated[
        Path, typer.Argument(help="data.sav, data.dta, codebook.csv, codebook.xlsx, ddi.xml or survey.qsf")
    ],
    study: Annotated[str | None, typer.Option(help="The study's folder name; needed if there are several.")] = None,
) -> None:
    """Write entries of items.yaml from a labelled data file, a codebook or a questionnaire."""
    from pipeline.ingest.arrival.draft_place import Place
    from pipeline.ingest.arrival.template import template_of
    from pipeline.ingest.codebooks.draft import draft_items

    name = study or _only_study(here())
    workspace, declared = open_to_draft(here_to_write(), name)
    folder = workspace.deposit_folder(declared)
    place = Place(workspace.paths.study(name), template_of(workspace.paths.study(name)), folder)
    for line in draft_items(declared, place, file):
        typer.echo(line)
    typer.echo(f"Read them, then: cohesion check, and cohesion wave draft {name} FILE for the first wave's file.")


def _only_study(paths: Paths) -> str:
    folders = sorted(path.name for path in paths.studies.iterdir() if path.is_dir()) if paths.studies.is_dir() else []
    own = [name for name in folders if not name.startswith(("_", "."))]
    if len(own) != 1:
        todo = f"Say which, with --study: {', '.join(own)}." if own else "Copy data/studies/_template first."
        raise CohesionError("there are several studies" if own else "there is no study", todo=todo)
    return own[0]
