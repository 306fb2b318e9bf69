"""Confirming a wave: the hash and the rows of its files written into its declaration, all else left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import CohesionError
from pipeline.ingest.arrival.table_edit import write_table_receipts
from pipeline.specs.deposits import Joined, WaveFile
from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import Position, read
from pipeline.specs.study import Wave
from pipeline.specs.wave_files import TABLE
from pipeline.specs.wave_names import stretch
from pipeline.specs.yaml_edit import YamlFile, edit


@dataclass(frozen=True)
class Place:
    """Where the hash of a file of a wave is declared: in which declaration, and where in it."""

    declaration: Path
    position: Position
    file: WaveFile | Joined


def places(folder: Path, study: Study, wave: str) -> list[Place]:
    """The place of every file that a wave is read from. ``folder``: the study's; of a source it is study.yaml.

    In waves.csv the position is the wave, and which of the files of its own it is.
    """
    own, about = folder / "waves" / f"{wave}.yaml", folder / "study.yaml"
    in_table = declares_in_table(folder, wave)
    found: dict[tuple[Path, Position], Place] = {}
    number = 0
    for position, file in _each_file(study.waves[wave]):
        if file.of_source is not None:
            place = Place(about, ("sources", file.of_source), file)
        else:
            place = Place(folder / TABLE, (wave, number), file) if in_table else Place(own, position, file)
            number += 1
        found.setdefault((place.declaration, place.position), place)
    return list(found.values())


def _each_file(wave: Wave) -> Iterator[tuple[Position, WaveFile | Joined]]:
    """The files of a wave and their places in its declaration: parts, each followed by what is joined to it."""
    for index, part in enumerate(wave.files):
        yield ("files", index), part
        for at, one in enumerate(part.join):
            yield ("files", index, "join", at), one


def declares_in_table(folder: Path, wave: str) -> bool:
    """Whether the files of a wave are confirmed in its row of waves.csv, and not in a file of its own."""
    if not (folder / TABLE).is_file():
        return False
    own = folder / "waves" / f"{wave}.yaml"
    data = read(own, own.name).data if own.is_file() else None
    return not (isinstance(data, dict) and "files" in data)


def confirm_places(receipts: Sequence[tuple[Place, Mapping[str, object]]]) -> None:
    """Write the receipt of each place into its declaration, as ``confirm`` does."""
    for declaration in dict.fromkeys(place.declaration for place, _ in receipts):
        write_receipts(declaration, [(at.position, found) for at, found in receipts if at.declaration == declaration])


def confirm(declaration: Path, receipts: Sequence[Mapping[str, object]]) -> None:
    """Write ``sha256`` and ``rows`` of each file, in the order of ``files``, into a wave's declaration."""
    write_receipts(declaration, [(("files", index), receipt) for index, receipt in enumerate(receipts)])


def write_receipts(declaration: Path, receipts: Sequence[tuple[Position, Mapping[str, object]]]) -> None:
    """Write ``sha256`` and ``rows`` of files into the places of a declaration.

    The hash of a delivery that another one replaces joins ``earlier``. No other line changes; ``rows`` that choose a
    part's rows stay. Raises ``CohesionError``, and writes nothing, if the file is in a form that cannot be edited.
    """
    if declaration.suffix == Path(TABLE).suffix:
        write_table_receipts(declaration, [((str(at[0]), int(at[1])), found) for at, found in receipts])
        return

    def change(file: YamlFile) -> None:
        for position, receipt in receipts:
            declared = _declared(file, position)
            chooses = isinstance(declared.get("rows"), dict)
            names = [name for name in ("sha256", "rows") if name in receipt and not (chooses and name == "rows")]
            before = declared.get("sha256")
            file.set(position, {name: _value(receipt[name]) for name in names}, near="file")
            if before is not None and str(before) != str(receipt.get("sha256", before)):
                _keep_earlier(file, position, str(before))

    edit(declaration, change)


def _declared(file: YamlFile, position: Position) -> Mapping[str, Any]:
    """What stands there now; nothing where the file is not written as it should be, which ``set`` refuses."""
    found: Any = file.expected
    for part in position:
        is_there = (isinstance(found, list) and isinstance(part, int) and part < len(found)) or (
            isinstance(found, dict) and part in found
        )
        found = found[part] if is_there else {}
    return dict(found) if isinstance(found, dict) else {}


def _keep_earlier(file: YamlFile, position: Position, before: str) -> None:
    if _declared(file, position).get("earlier"):
        file.append((*position, "earlier"), before)
    else:
        file.set(position, {"earlier": [before]}, near="file")


def _value(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)


def add_wave(study_file: Path, arm: str, wave: str) -> bool:
    """List a wave among those of an arm in study.yaml; whether they now do, which fails for an unusual form."""
    data = read(study_file, study_file.name).data
    try:
        listed = stretch(data["arms"][arm]["waves"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return False
    if isinstance(listed, list) and wave in listed:
        return True
    try:
        edit(study_file, lambda file: file.append(("arms", arm, "waves"), wave))
    except CohesionError:
        return False
    return True
