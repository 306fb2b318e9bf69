"""The waves of a study folder: each from a file of its own, or from a row of waves.csv over what all rows share.

A wave of the table is ``waves/_each.yaml``, in which its own ``waves/wNN.yaml`` replaces whole keys, and its row. What
the row says, no other file says: each fact has one place, and a mistake is reported there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.specs.reader import load
from pipeline.specs.strict_yaml import Source, read
from pipeline.specs.study import Wave
from pipeline.specs.wave_layers import SHARED, Layers, files_of
from pipeline.specs.wave_table import read_table

TABLE = "waves.csv"


@dataclass(frozen=True)
class Waves:
    """The waves of one study that could be read, and the files that declare them; ``sources`` are by wave."""

    found: dict[str, Wave]
    sources: dict[str, Source]
    others: dict[str, Source]


def read_waves(folder: Path, name: Callable[[Path], str], arms: Mapping[str, Sequence[str]]) -> Waves:
    """The waves below a study's folder. ``name`` is what messages call a file; ``arms``: arm → its waves."""
    files = sorted(file for file in (folder / "waves").glob("*.yaml") if not file.name.startswith((".", "_")))
    shared, table = folder / "waves" / SHARED, folder / TABLE
    if table.is_file():
        return _of_table(table, shared, files, name, arms)
    loaded = {file.stem: load(file, name(file), Wave) for file in files}
    others: dict[str, Source] = {}
    if shared.is_file():
        others[SHARED] = Source(shared, name(shared))
        others[SHARED].report(
            (),
            f"says what the waves of {TABLE} share, and the study has no {TABLE}. Add it beside study.yaml, or say "
            "this in the file of each wave.",
        )
    found = {wave: declared for wave, (declared, _) in loaded.items() if declared is not None}
    return Waves(found, {wave: source for wave, (_, source) in loaded.items()}, others)


def _of_table(
    table: Path, shared: Path, files: list[Path], name: Callable[[Path], str], arms: Mapping[str, Sequence[str]]
) -> Waves:
    rows, listed = read_table(table, name(table))
    each = read(shared, name(shared)) if shared.is_file() else Source(shared, name(shared))
    _check_shared(each)
    own = {file.stem: read(file, name(file)) for file in files}
    others = {TABLE: listed, SHARED: each, **{wave: source for wave, source in own.items() if wave not in rows}}
    for wave in [] if listed.faulty == {()} else [wave for wave in own if wave not in rows]:
        own[wave].report((), f"{TABLE} has no row `{wave}`: add one, or take this file away.")
    found: dict[str, Wave] = {}
    sources: dict[str, Source] = {}
    for wave, row in rows.items():
        mine = own.get(wave)
        sources[wave] = mine if mine is not None else Source(table, name(table))
        if row is None or each.problems or (mine is not None and mine.problems):
            continue
        made = Layers(wave, row, listed, each, mine, arms)
        sources[wave] = made.source
        declared = made.declared()
        if declared is not None:
            found[wave] = declared
    return Waves(found, sources, others)


def _check_shared(each: Source) -> None:
    """What belongs to one wave alone is not said of all."""
    if each.data is not None and not isinstance(each.data, dict):
        each.report((), "must be a mapping, as the file of a wave is; data/studies/_template shows one.")
    for position, file in files_of(each.data):
        for key in ("sha256", "earlier", "rows"):
            if key in file and not isinstance(file[key], dict):
                each.report((*position, key), f"`{key}` is said of each wave, in {TABLE}.")
