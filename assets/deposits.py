"""The deposit folders as they are now, compared with the declarations and with what is loaded. Starts nothing."""

import time

from assets.engine import store
from assets.engine.node import Key
from assets.engine.outside import hash_of_file
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.ingest.arrival.sightings import Sighting, sightings
from pipeline.specs import Study


def look(workspace: Workspace, now: float | None = None) -> Sighting:
    """What lies in the deposit folders. Sample deposits do not arrive: they are made on demand."""
    from assets.storage.fetch import fetch_all

    studies = workspace.project.studies
    fetch_all(workspace)
    folders = {
        key: workspace.deposit_folder(study) for key, study in studies.items() if not workspace.uses_sample(study)
    }
    return sightings(
        studies.values(),
        folders,
        lambda key: loaded_hashes(workspace, studies[key]),
        time.time() if now is None else now,
        hash_of_file,
    )


def loaded_hashes(workspace: Workspace, study: Study) -> dict[str, str]:
    """SHA-256 → the wave that is loaded from these bytes, and since when."""
    found = {}
    for wave in study.waves:
        key = ("receipt", study.key, wave)
        for sha256 in _loaded(workspace, key):
            since = time.strftime("%d %B %Y, %H:%M", time.localtime(workspace.paths.table(*key).stat().st_mtime))
            found[sha256] = f"{wave}, since {since}"
    return found


def _loaded(workspace: Workspace, key: Key) -> list[str]:
    try:
        return store.load(workspace.paths, key)["sha256"].to_list()
    except CohesionError:
        return []


def draft_undeclared(workspace: Workspace, sighting: Sighting) -> list[str]:
    """Write a proposed declaration for each file that no wave declares, once; in words, where it lies or why not.

    It lies among the output, not among the declarations: until somebody has read it, it means nothing.
    """
    said = []
    for key, names in sighting.undeclared.items():
        study = workspace.project.studies[key]
        said += [words for name in names if (words := _draft(workspace, study, name))]
    return said


def _draft(workspace: Workspace, study: Study, name: str) -> str:
    from pipeline.errors import DepositError
    from pipeline.files import write_bytes
    from pipeline.ingest.arrival.at_rest import at_rest
    from pipeline.ingest.arrival.draft import draft_wave
    from pipeline.ingest.arrival.draft_place import Place, next_wave, own_part
    from pipeline.ingest.arrival.template import template_of

    target, path = workspace.paths.draft_file(study.key, name), workspace.deposit_folder(study) / name
    if target.exists() or not at_rest.is_at_rest(path, time.time()):
        return ""
    folder = workspace.paths.study(study.key)
    place = Place(folder, template_of(folder), path.parent)
    wave = next_wave(study, place, path)
    try:
        text = draft_wave(own_part(study, place, path), wave, next(iter(study.about.arms)), path, folder / "waves")
    except DepositError as error:
        return f"{study.key}: {error}"
    write_bytes(target, text.encode())
    return f"{study.key}: a declaration of {name} is proposed in {target.relative_to(workspace.paths.root)}"
