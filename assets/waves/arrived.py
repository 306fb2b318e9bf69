"""A file that no wave declares, from the UI: its declaration proposed, and its drift report where it can be made."""

from __future__ import annotations

from collections.abc import Iterator

from assets.waves.draft import draft
from assets.waves.open import open_to_draft, open_wave
from assets.waves.preview import preview
from assets.web.links import report_link
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.paths import Paths


def arrived(paths: Paths, study: str, name: str, arm: str | None = None, *, items: bool = False) -> Iterator[str]:
    """Draft the wave of the file ``name`` in the study's deposit folder; in lines, what was written and what to do.

    A drift report needs a declaration that is whole: where the draft leaves questions open, they come first.
    """
    from glob import escape

    from pipeline.ingest import find_file

    workspace, declared = open_to_draft(paths, study)
    folder = workspace.deposit_folder(declared)
    known = set(declared.waves)
    yield from draft(workspace, declared, find_file(folder, escape(name)), arm=arm, items=items)
    try:
        workspace, declared = open_to_draft(paths, study)
        (wave,) = set(declared.waves) - known
        page, found = preview(workspace, open_wave(workspace, study, wave), wave, folder)
    except (CohesionError, DeclarationErrors, ValueError) as error:
        yield f"No drift report could be made yet: {error}"
        return
    yield f"Its drift from the waves before: {report_link(page.relative_to(paths.root).as_posix())} ({found})"
