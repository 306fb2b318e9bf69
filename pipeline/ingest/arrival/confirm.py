"""Confirming a wave: the hash and the rows of its files written into its declaration, all else left as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.ingest.arrival.yaml_edit import YamlFile, edit
from pipeline.specs.strict_yaml import read


def confirm(declaration: Path, receipts: Sequence[Mapping[str, object]]) -> None:
    """Write ``sha256`` and ``rows`` of each file, in the order of ``files``, into a wave's declaration.

    The hash of a delivery that another one replaces joins ``earlier``. No other line changes.
    Raises ``CohesionError``, and writes nothing, if the file is in a form that cannot be edited.
    """

    def change(file: YamlFile) -> None:
        for index, receipt in enumerate(receipts):
            values = {name: _value(receipt[name]) for name in ("sha256", "rows") if name in receipt}
            before = _declared_hash(file, index)
            file.set(("files", index), values, near="file")
            if before is not None and before != str(receipt["sha256"]):
                _keep_earlier(file, index, before)

    edit(declaration, change)


def _declared_hash(file: YamlFile, index: int) -> str | None:
    """The hash that stands there now; none where the file is not written as it should be, which ``set`` refuses."""
    files = file.expected.get("files") if isinstance(file.expected, dict) else None
    declared = files[index] if isinstance(files, list) and index < len(files) else None
    found = declared.get("sha256") if isinstance(declared, dict) else None
    return None if found is None else str(found)


def _keep_earlier(file: YamlFile, index: int, before: str) -> None:
    if file.expected["files"][index].get("earlier"):
        file.append(("files", index, "earlier"), before)
    else:
        file.set(("files", index), {"earlier": [before]}, near="file")


def _value(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)


def add_wave(study_file: Path, arm: str, wave: str) -> bool:
    """List a wave among those of an arm in study.yaml; whether they now do, which fails for an unusual form."""
    data = read(study_file, study_file.name).data
    try:
        listed = data["arms"][arm]["waves"]  # type: ignore[index]
    except (KeyError, TypeError):
        return False
    if wave in listed:
        return True
    try:
        edit(study_file, lambda file: file.append(("arms", arm, "waves"), wave))
    except CohesionError:
        return False
    return True
