"""Waves: one node a wave, from deposited files to one table with pseudonyms for ids; and the sample's own files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assets.engine.node import File, Key, Node, Output, Tables
from assets.engine.outside import Deposits, Generated, OutsideFile, Place, Secret
from assets.engine.view import view
from assets.engine.workspace import Workspace
from assets.nodes import reads
from pipeline.paths import Paths
from pipeline.specs import Study
from pipeline.specs.left_out import LeftOut, left_out
from pipeline.specs.sources import role_columns

if TYPE_CHECKING:
    import polars as pl

    from pipeline.ingest.wave_table import WaveTable


def nodes(workspace: Workspace) -> list[Node]:
    """``sample/<study>`` of generated studies; ``wave/<study>/<wave>``, with ``receipt`` and ``labels``, of all."""
    found: list[Node] = []
    for study in workspace.project.studies.values():
        found += [_sample(workspace, study)] if workspace.uses_sample(study) else []
        found += [_wave(workspace, study, wave) for wave in study.waves]
    return found


def sample_key(workspace: Workspace, study: Study) -> dict[str, Key]:
    """The input that says which bytes were generated, for studies whose deposits are."""
    return {"sample": ("sample", study.key)} if workspace.uses_sample(study) else {}


def deposits_of(workspace: Workspace, study: Study, patterns: tuple[str, ...], lists: tuple[str, ...] = ()) -> Any:
    """The deposit folder as a node reads it."""
    folder = workspace.deposit_folder(study)
    return Generated(folder) if workspace.uses_sample(study) else Deposits(folder, patterns, lists)


def make_sample(_: Tables, *, study: Study, folder: Place) -> Output:
    """The generated deposits of a study, and the hash of each file as it was generated."""
    import polars as pl

    from pipeline.files import read_sums
    from pipeline.sample import ensure_sample
    from pipeline.tables import SampleFiles

    ensure_sample(folder.path, {study.key: study})
    rows = list(read_sums(folder.path / study.key).items())
    made = pl.DataFrame(rows, schema={"file": pl.String, "sha256": pl.String}, orient="row")
    return Output({"sample": made}, {"sample": SampleFiles})


def _sample(workspace: Workspace, study: Study) -> Node:
    return Node(
        make_sample,
        reads={"study": view(study, reads.SAMPLE), "folder": Place(workspace.paths.sample)},
        inputs={},
        outputs={"sample": ("sample", study.key)},
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}: the made-up deposits, and the hash of each file as it was generated.",
        kinds=frozenset({"polars"}),
        effort=10.0,
    )


def make_wave(
    tables: Tables,
    *,
    study: Study,
    wave: str,
    deposits: Deposits | Generated,
    key: Secret,
    withdrawn: OutsideFile,
    before: Place,
    kept: Place,
    also: Mapping[str, tuple[LeftOut, ...]],
) -> Output:
    """One row per row loaded of a wave's files; what is set apart, and why, goes into private files."""
    from pipeline.ingest import load_key
    from pipeline.ingest.arrival.versions import keep_versions, what_changed
    from pipeline.ingest.wave import wave_table
    from pipeline.ingest.wave_table import summary
    from pipeline.ingest.withdrawal.noted import read_withdrawn
    from pipeline.tables import Labels, Receipt, wave_schema

    secret, noted = load_key(key.path), read_withdrawn(withdrawn.path)
    table = wave_table(study, wave, deposits.folder, secret, noted, confirmed=confirmed(tables), also=also)
    if "sample" not in tables:
        keep_versions(study, wave, deposits.folder, table, kept.path)
    changed = what_changed(_before(before, study.key, wave), table)
    about = {**summary(table), "notices": "; ".join(table.notices) or "none"}
    return Output(
        tables={"wave": table.frame, "receipt": table.receipts, "labels": table.labels},
        schemas={"wave": wave_schema(table.frame.columns), "receipt": Receipt, "labels": Labels},
        files=private({"quarantined": table.quarantined, "dates": table.dates}),
        problems={"confirmed": []},
        remarks={"paradata": ("warning", list(table.remarks))} if has_paradata(study, wave) else {},
        metadata={"wave": {**about, "redelivery": changed} if changed else about},
    )


PARADATA = "Interviews took as long as the declared rule expects, and came to their end."


def has_paradata(study: Study, wave: str) -> bool:
    """Whether some file of a wave says how long interviews took, how far they came, or which were tests."""
    roles = {role for file in study.waves[wave].files for role in role_columns(study, wave, file)}
    return bool(roles & {"duration", "progress", "test"})


def confirmed(tables: Tables) -> dict[str, str]:
    """File name → the hash with which it was generated: in place of a person's word."""
    return dict(tables["sample"].iter_rows()) if "sample" in tables else {}


def private(frames: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Rows for the owner's eyes, as Parquet; a frame without a row is left out."""
    from assets.engine.store import table_bytes

    return {name: table_bytes(frame) for name, frame in frames.items() if frame.height}


def _before(place: Place, study: str, wave: str) -> WaveTable | None:
    """The wave as it was built last, to report what a corrected delivery changes."""
    from assets.engine import store
    from pipeline.errors import CohesionError
    from pipeline.ingest.arrival.versions import as_stored

    try:
        paths = Paths(place.path)
        return as_stored(*(store.load(paths, (table, study, wave)) for table in ("wave", "receipt")))
    except CohesionError:
        return None


def _wave(workspace: Workspace, study: Study, wave: str) -> Node:
    paths, declared = workspace.paths, study.waves[wave]
    files = tuple(file.file for file in declared.files)
    named = (study.about.issued, study.about.withdrawals, *(file.refreshment for file in declared.files))
    return Node(
        make_wave,
        reads={
            "study": view(study, reads.wave_of(wave)),
            "wave": wave,
            "deposits": deposits_of(workspace, study, files, tuple(name for name in named if name)),
            "key": Secret(paths.pseudonym_key),
            "withdrawn": OutsideFile(paths.withdrawn(study.key)),
            "before": Place(paths.root),
            "kept": Place(paths.kept(study.key)),
            "also": left_out(study, wave),
        },
        inputs=sample_key(workspace, study),
        outputs={table: (table, study.key, wave) for table in ("wave", "receipt", "labels")},
        files={
            "quarantined": quarantined(paths, study.key, wave),
            "dates": quarantined(paths, study.key, wave, "dates"),
        },
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}, {declared.title}: {', '.join(files)}, as deposited, with pseudonyms.",
        kinds=frozenset({"polars", *(file.format for file in declared.files)}),
        checks=("confirmed",),
        remarks={"paradata": PARADATA} if has_paradata(study, wave) else {},
        code=tuple(reads.format_code(file.format) for file in declared.files),
        records=tuple(reads.format_record(file.format) for file in declared.files),
    )


def quarantined(paths: Paths, study: str, wave: str, what: str = "") -> File:
    """Where rows of a wave lie that were set apart: below the root, for the owner alone."""
    return below(paths, paths.quarantined(study, wave, what), private=True)


def below(paths: Paths, path: Any, **facts: bool) -> File:
    """A file that a node makes, by its place below the root."""
    return File(path.relative_to(paths.root).as_posix(), **facts)
