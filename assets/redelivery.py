"""A wave delivered again, beside the delivery that was confirmed: people, columns, cells by item, means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.ingest.arrival.redelivery import Differences
from pipeline.ingest.arrival.versions import answers_that_differ, at_version, lay_out
from pipeline.specs.project import Study

MOST_ITEMS = 40


@dataclass(frozen=True)
class Delivery:
    """One delivery of a wave: its rows under pseudonyms, and every column of its files."""

    frame: pl.DataFrame
    columns: frozenset[str]


def delivery(workspace: Workspace, study: Study, wave: str, folder: Path) -> Delivery:
    """A delivery as it lies in a folder, confirmed or not; nothing of it is stored."""
    from pipeline.files import sha256_of
    from pipeline.ingest import find_file, installation_key
    from pipeline.ingest.declared import whole_wave
    from pipeline.ingest.wave import as_table
    from pipeline.ingest.withdrawal.noted import read_withdrawn

    paths = workspace.paths
    files = tuple(
        file.model_copy(update={"sha256": sha256_of(find_file(folder, file.file)), "rows": None})
        for file in study.waves[wave].files
    )
    as_it_lies = study.waves[wave].model_copy(update={"files": files})
    taken = replace(study, waves={**study.waves, wave: as_it_lies})
    key, noted = installation_key(paths), read_withdrawn(paths.withdrawn(study.key))
    deposits = whole_wave(taken, wave, folder)
    table = as_table(taken, wave, folder, deposits, key, noted)
    columns = {name for deposit in deposits for name in (*deposit.frame.columns, *deposit.undeclared)}
    return Delivery(table.frame, frozenset(columns))


@contextmanager
def as_of(workspace: Workspace, versions: Mapping[str, Mapping[str, str]]) -> Iterator[Workspace]:
    """A workspace in which waves are as they were delivered earlier: study → wave → version."""
    studies, deposits = dict(workspace.project.studies), dict(workspace.deposits)
    with TemporaryDirectory(prefix="cohesion-") as scratch:
        for key, waves in versions.items():
            folder, target = workspace.deposit_folder(studies[key]), Path(scratch) / key
            target.mkdir(mode=0o700)
            for wave, version in waves.items():
                studies[key] = at_version(studies[key], wave, version)
                lay_out(studies[key], wave, workspace.paths.kept(key), folder, target)
            deposits[key] = target
        yield Workspace(workspace.paths, replace(workspace.project, studies=studies), deposits)


def redelivery(workspace: Workspace, study: Study, wave: str, folder: Path) -> list[str]:
    """Line by line what the files in a folder change of the wave as it was confirmed; nothing if they are those files.

    Counts and means only. A version that is not kept is said in one line.
    """
    from pipeline.files import sha256_of
    from pipeline.ingest import find_file

    files = study.waves[wave].files
    confirmed = [file.sha256 for file in files]
    if not any(confirmed) or confirmed == [sha256_of(find_file(folder, file.file)) for file in files]:
        return []
    try:
        with TemporaryDirectory(prefix="cohesion-") as scratch:
            lay_out(study, wave, workspace.paths.kept(study.key), folder, Path(scratch))
            before = delivery(workspace, study, wave, Path(scratch))
        after = delivery(workspace, study, wave, folder)
        return [*compared(study, wave, before, after)]
    except CohesionError as error:
        return [f"What differs from the delivery before cannot be shown: {error}"]


def compared(study: Study, wave: str, before: Delivery, after: Delivery) -> Iterator[str]:
    """People and columns added and gone, cells changed by item, and by how much each mean moves."""
    found = answers_that_differ(before.frame, after.frame)
    yield f"People: {found.people_in_both:,} in both, {found.people_new:,} added, {found.people_gone:,} gone."
    added, gone = sorted(after.columns - before.columns), sorted(before.columns - after.columns)
    yield f"Columns: {_listed(added)} added, {_listed(gone)} gone."
    yield from _cells(study, wave, found)
    yield from _means(study, wave, before.frame, after.frame)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"{len(names)} ({shown}{', …' if len(names) > 12 else ''})" if names else "none"


def _cells(study: Study, wave: str, found: Differences) -> Iterator[str]:
    from pipeline.specs.sources import source_variable

    items: dict[str, list[str]] = {}
    for file in study.waves[wave].files:
        for key in study.items:
            variable = source_variable(study, wave, file, key)
            if variable is not None and key not in items.setdefault(variable, []):
                items[variable].append(key)
    rows = [row for row in found.counted.iter_rows(named=True) if row["status"] == "differs"]
    yield f"Cells: {sum(row['answers'] for row in rows):,} differ among the people in both, in {len(rows):,} variables."
    for row in sorted(rows, key=lambda row: -row["answers"])[:MOST_ITEMS]:
        name = ", ".join(items.get(row["variable"], [])) or row["variable"]
        yield f"  {name}: {row['changed']:,} changed, {row['filled']:,} filled, {row['emptied']:,} emptied"


def _means(study: Study, wave: str, before: pl.DataFrame, after: pl.DataFrame) -> Iterator[str]:
    """The means that move: of items and scales, everybody of a delivery counted once, without weights."""
    from pipeline.harmonise.drift import wave_means

    old, new = (wave_means(study, wave, frame) for frame in (before, after))
    moved = [
        (key, old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)
    ]  # fmt: skip
    yield f"Means: {len(moved):,} of {len({*old, *new}):,} move (items and scales, unweighted)."
    for key, was, now in moved[:MOST_ITEMS]:
        if was is None or now is None:
            yield f"  {key}: {'no answer before' if was is None else 'no answer now'}"
        else:
            yield f"  {key}: {was[0]:.3f} → {now[0]:.3f} ({now[0] - was[0]:+.3f}; n {was[1]:,} → {now[1]:,})"
