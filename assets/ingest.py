"""Waves: one node a wave, from deposited files to one table with pseudonyms for ids."""

from pathlib import Path
from typing import TYPE_CHECKING

from assets import store
from assets.fingerprints import code_of, digest, hash_of_file
from assets.graph import Key, Node, Output, Tables, Workspace
from pipeline.files import read_sums
from pipeline.specs import Project, Study

if TYPE_CHECKING:
    from pipeline.ingest.wave_table import WaveTable


def nodes(project: Project) -> list[Node]:
    """``wave/<study>/<wave>``, with its ``receipt`` and ``labels``, for every declared wave."""
    return [_wave(study, wave) for study in project.studies.values() for wave in study.waves]


def _wave(study: Study, wave: str) -> Node:
    key, receipt, labels = (("wave", study.key, wave), ("receipt", study.key, wave), ("labels", study.key, wave))
    files = [file.file for file in study.waves[wave].files]
    named = (study.about.issued, study.about.withdrawals, *(file.refreshment for file in study.waves[wave].files))
    lists = [name for name in named if name]

    def external(workspace: Workspace) -> str:
        if workspace.uses_sample(study):
            return digest(code_of("sample"), *altered(workspace.deposit_folder(study)))
        folder = workspace.deposit_folder(study)
        found = [path for pattern in files for path in sorted(folder.glob(pattern))]
        hashes = dict.fromkeys(hash_of_file(path) for path in found)  # the same bytes under a new name are no news
        beside = [hash_of_file(folder / name) for name in lists]
        return digest(*hashes, *beside, hash_of_file(workspace.paths.withdrawn(study.key)))

    def compute(workspace: Workspace, _: Tables) -> Output:
        from pipeline.ingest import load_or_create_key
        from pipeline.ingest.arrival.versions import keep_versions, what_changed
        from pipeline.ingest.wave import wave_table
        from pipeline.ingest.wave_table import summary
        from pipeline.ingest.withdrawal.noted import read_withdrawn
        from pipeline.tables import Labels, Receipt, wave_schema

        confirmed = _make_sample(workspace, study) if workspace.uses_sample(study) else {}
        pseudonym_key = load_or_create_key(workspace.paths.pseudonym_key)
        before = _before(workspace, key, receipt)
        withdrawn = read_withdrawn(workspace.paths.withdrawn(study.key))
        folder = workspace.deposit_folder(study)
        table = wave_table(study, wave, folder, pseudonym_key, withdrawn, confirmed=confirmed)
        store.write_or_remove(workspace.paths.quarantined(study.key, wave), table.quarantined)
        store.write_or_remove(workspace.paths.quarantined(study.key, wave, "dates"), table.dates)
        if not workspace.uses_sample(study):
            keep_versions(study, wave, folder, table, workspace.paths.kept(study.key))
        changed = what_changed(before, table)
        about = {**summary(table), "notices": "; ".join(table.notices) or "none"}
        return Output(
            tables={key: table.frame, receipt: table.receipts, labels: table.labels},
            schemas={key: wave_schema(table.frame.columns), receipt: Receipt, labels: Labels},
            problems={"confirmed": []},
            metadata={key: {**about, "redelivery": changed} if changed else about},
        )

    declared = study.waves[wave]
    return Node(
        keys=(key, receipt, labels),
        inputs=(),
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}, {declared.title}: {', '.join(files)}, as deposited, with pseudonyms.",
        version=digest(declared.digest, study.about.digest, study.digest_of("items"), code_of("ingest", "specs")),
        compute=compute,
        kinds=frozenset({"polars", *(file.format for file in declared.files)}),
        checks=("confirmed",),
        external=external,
    )


def altered(folder: Path) -> list[str]:
    """What is no longer as the generator wrote it. The sample is made on demand: else what makes it stands for it."""
    found = {name: (hash_of_file(folder / name), sha256) for name, sha256 in read_sums(folder).items()}
    return [f"{name} {now}" for name, (now, sha256) in found.items() if now not in (sha256, "absent")]


def _make_sample(workspace: Workspace, study: Study) -> dict[str, str]:
    """The sample's files are there; their hashes as noted when they were made, in place of a person's word."""
    from pipeline.sample import ensure_sample

    ensure_sample(workspace.paths.sample)
    return read_sums(workspace.deposit_folder(study))


def _before(workspace: Workspace, wave: Key, receipt: Key) -> "WaveTable | None":
    """The wave as it was built last, to tell what a corrected delivery changes."""
    from pipeline.ingest.arrival.versions import as_stored

    if not all(store.record(workspace.paths, key) for key in (wave, receipt)):
        return None
    return as_stored(store.load(workspace.paths, wave), store.load(workspace.paths, receipt))
