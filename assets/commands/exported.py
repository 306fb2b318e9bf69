"""Which exports were made of a study, and where to: by the audit log, so that a withdrawal finds them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from pipeline.audit import read_audit
from pipeline.files import SUMS, read_sums
from pipeline.paths import Paths

ACTION = "export"
BUNDLE, WITH_PEOPLE = "bundle", "panel"


def exports_of(paths: Paths, study: str) -> dict[Path, str]:
    """Folder → the day on which the study was last exported to it; the one in the data folder among them, if it is."""
    found = {
        Path(str(entry.details["to"])): entry.time[:10]
        for entry in read_audit(paths).entries
        if entry.action == ACTION and entry.about == study and entry.details.get("to")
    }
    own = paths.exports / study
    return {**({own: "an unknown day"} if own.is_dir() else {}), **found}


def remove_exports(paths: Paths, study: str) -> Iterator[str]:
    """Remove every export of a study that lies where it was written; say which do not, and which bundles there are."""
    for folder, day in exports_of(paths, study).items():
        own = folder.resolve().is_relative_to(paths.exports.resolve())
        if folder.is_dir() and (own or _is_export(folder)):
            shutil.rmtree(folder)
            yield f"Removed the export of {day} in {folder}: export it again when the study is built."
        elif not own:
            yield f"An export of {day} was written to {folder} and is there no more: whoever has it must delete it."
    shutil.rmtree(paths.exports / study, ignore_errors=True)
    for entry in read_audit(paths).entries:
        if (entry.action, entry.about, entry.details.get("rows")) == (BUNDLE, study, WITH_PEOPLE):
            file = entry.details.get("file")
            yield f"A bundle of {entry.time[:10]} with rows of people was written to {file}: have each copy destroyed."


def _is_export(folder: Path) -> bool:
    """Whether everything in a folder was written by an export."""
    return (folder / SUMS).is_file() and {path.name for path in folder.iterdir()} <= {SUMS, *read_sums(folder)}
