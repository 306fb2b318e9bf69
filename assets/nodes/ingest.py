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
from pipeline.specs.parts import every_file
from pipeline.specs.sources import role_columns

if TYPE_CHECKING:
    import polars as pl

    from pipeline.ingest.wave_table import WaveTable


def nodes(workspace: Workspace) -> list[Node]:
    """``sample/<study>`` of generated studies; ``wave/<study>/<wave>``, with ``receipt`` and ``labels``, of all."""
    found: list[Node] = []
    for study in workspace.project.studies.values():
        found += [_sample(workspace, study)] if workspace.uses_sample(study) else []
        found += [_waves(workspace, study, waves) for waves in study.deliveries()]
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


def make_waves(
    tables: Tables,
    *,
    study: Study,
    waves: tuple[str, ...],
    deposits: Deposits | Generated,
    key: Secret,
    withdrawn: OutsideFile,
    before: Place,
    kept: Place,
    also: Mapping[str, Mapping[str, tuple[LeftOut, ...]]],
) -> Output:
    """One row per row loaded of waves that share files; what is set apart, and why, goes into private files."""
    from pipeline.ingest import load_key
    from pipeline.ingest.arrival.versions import keep_versions, what_changed
    from pipeline.ingest.wave import wave_tables
    from pipeline.ingest.withdrawal.noted import read_withdrawn

    secret, noted = load_key(key.path), read_withdrawn(withdrawn.path)
    made = wave_tables(study, waves, deposits.folder, secret, noted, confirmed=confirmed(tables), also=also)
    for wave, table in made.items() if "sample" not in tables else ():
        keep_versions(study, wave, deposits.folder, table, kept.path)
    outputs = {}
    for wave, table in made.items():
        changed = what_changed(_before(before, study.key, wave), table)
        outputs[wave] = _output(study, wave, table, changed)
    return outputs[waves[0]] if len(waves) == 1 else _together(outputs)


def _output(study: Study, wave: str, table: WaveTable, changed: str) -> Output:
    """What a node stores of one wave."""
    from pipeline.ingest.wave_table import summary
    from pipeline.tables import Joins, Labels, Receipt, wave_schema

    about = {**summary(table), "notices": "; ".join(table.notices) or "none"}
    joins, joined = ({"joins": table.joined}, {"joins": Joins}) if has_joins(study, wave) else ({}, {})
    return Output(
        tables={"wave": table.frame, "receipt": table.receipts, "labels": table.labels, **joins},
        schemas={"wave": wave_schema(table.frame.columns), "receipt": Receipt, "labels": Labels, **joined},
        files=private({"quarantined": table.quarantined, "dates": table.dates}),
        problems={"confirmed": []},
        remarks=_remarks(study, wave, table),
        metadata={"wave": {**about, "redelivery": changed} if changed else about},
    )


def _remarks(study: Study, wave: str, table: WaveTable) -> dict[str, tuple[str, list[str]]]:
    """What stops nothing, but somebody should know: by the name of its check."""
    paradata = {"paradata": ("warning", list(table.remarks))} if has_paradata(study, wave) else {}
    return {"rows": ("warning", list(table.doubts)), **paradata}


def _together(outputs: Mapping[str, Output]) -> Output:
    """The outputs of several waves as one, each under its names with the wave."""

    def named(part: str) -> dict[str, Any]:
        parts = {wave: getattr(output, part) for wave, output in outputs.items()}
        return {of(name, wave): value for wave, found in parts.items() for name, value in found.items()}

    return Output(
        tables=named("tables"),
        schemas=named("schemas"),
        files=named("files"),
        problems={"confirmed": []},
        remarks=named("remarks"),
        metadata=named("metadata"),
    )


def of(name: str, wave: str) -> str:
    """What an output of a wave is called where a node makes several."""
    return f"{name}_{wave}"


def has_joins(study: Study, wave: str) -> bool:
    """Whether files are joined to a part of a wave."""
    return any(file.join for file in study.waves[wave].files)


ROWS = "Every row looks like a participant's, and is shown to whoever opens the file."
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


def _waves(workspace: Workspace, study: Study, waves: tuple[str, ...]) -> Node:
    """The node of waves that share files; most often of one."""
    paths = workspace.paths
    files = list({file.file: file for wave in waves for file in every_file(study.waves[wave])}.values())
    lists = (file.refreshment for wave in waves for file in study.waves[wave].files)
    named = tuple(dict.fromkeys(name for name in (study.about.issued, study.about.withdrawals, *lists) if name))
    alone = len(waves) == 1
    outputs: dict[str, Key] = {}
    made: dict[str, File] = {}
    remarks: dict[str, str] = {}
    for wave in waves:
        tables = ("wave", "receipt", "labels", *(["joins"] if has_joins(study, wave) else []))
        outputs |= {name if alone else of(name, wave): (name, study.key, wave) for name in tables}
        for name, what in (("quarantined", ""), ("dates", "dates")):
            made[name if alone else of(name, wave)] = quarantined(paths, study.key, wave, what)
        remarks["rows" if alone else of("rows", wave)] = ROWS
        if has_paradata(study, wave):
            remarks["paradata" if alone else of("paradata", wave)] = PARADATA
    titles = ", ".join(study.waves[wave].title for wave in waves)
    return Node(
        make_waves,
        reads={
            "study": view(study, reads.waves_of(waves)),
            "waves": waves,
            "deposits": deposits_of(workspace, study, tuple(file.file for file in files), named),
            "key": Secret(paths.pseudonym_key),
            "withdrawn": OutsideFile(paths.withdrawn(study.key)),
            "before": Place(paths.root),
            "kept": Place(paths.kept(study.key)),
            "also": {wave: left_out(study, wave) for wave in waves},
        },
        inputs=sample_key(workspace, study),
        outputs=outputs,
        files=made,
        group="ingest",
        study=study.key,
        description=f"{study.about.short_title}, {titles}: {', '.join(file.file for file in files)}, as deposited, "
        "with pseudonyms.",
        kinds=frozenset({"polars", *(file.format for file in files)}),
        checks=("confirmed",),
        remarks=remarks,
        code=tuple(dict.fromkeys(reads.format_code(file.format) for file in files)),
        records=reads.format_records(file.format for file in files),
    )


def quarantined(paths: Paths, study: str, wave: str, what: str = "") -> File:
    """Where rows of a wave lie that were set apart: below the root, for the owner alone."""
    return below(paths, paths.quarantined(study, wave, what), private=True)


def below(paths: Paths, path: Any, **facts: bool) -> File:
    """A file that a node makes, by its place below the root."""
    return File(path.relative_to(paths.root).as_posix(), **facts)
