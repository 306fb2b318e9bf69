"""The declarations of a study beside its twin's deposits: the same, but with the hashes of the twin's files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.files import sha256_of, write_bytes
from pipeline.ingest.arrival.confirm import confirm_places, places
from pipeline.paths import Paths
from pipeline.specs import Study, load_project
from pipeline.specs.parts import every_file

_EARLIER = re.compile(
    r",?[ \t]*earlier:[ \t]*\[[^\]]*\]|^[ \t]*earlier:[ \t]*\n(?:[ \t]*- [0-9a-f]{64}[ \t]*\n)+", re.M
)
"""Deliveries that were replaced: a twin has one."""
_ITERATIONS = re.compile(r"(\biterations:[ \t]*)(\d+)")


def as_a_twin(study: Study, paths: Paths, rows: Mapping[str, int]) -> None:
    """Change the declarations below ``paths``: what is said of the study's own files is said of the twin's.

    ``study``: as it was declared; ``rows``: of each of the twin's files. Raises ``CohesionError`` for a declaration in
    a form that cannot be edited.
    """
    folder = paths.study(study.key)
    raw = paths.raw(study.key)
    hashes = {
        file.sha256: sha256_of(raw / file.file)
        for wave in study.waves.values()
        for file in every_file(wave)
        if file.sha256 is not None
    }
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".yaml", ".csv") and not file.name.startswith("targets"):
            _rewrite(file, hashes)
    _longer_chains(folder / "imputation.yaml")
    _mark(folder / "study.yaml", study.key)
    _confirm(paths, study.key, rows)


def _rewrite(file: Path, hashes: Mapping[str, str]) -> None:
    text = before = file.read_text(encoding="utf-8")
    for old, new in hashes.items():
        text = text.replace(old, new)
    if file.suffix == ".yaml":
        text = _EARLIER.sub("", text)
    if text != before:
        write_bytes(file, text.encode())


def _longer_chains(file: Path) -> None:
    """Imputation in twice as many rounds: a gate that the study passes just so may fail for a twin by chance."""
    if file.is_file():
        text = file.read_text(encoding="utf-8")
        doubled = _ITERATIONS.sub(lambda found: f"{found[1]}{2 * int(found[2])}", text)
        write_bytes(file, doubled.encode())


def _mark(file: Path, study: str) -> None:
    """Say in study.yaml that the answers are invented, and where they lie."""
    text = file.read_text(encoding="utf-8")
    for key, value in {"synthetic": "true", "twin": "true", "deposits": f"data/raw/{study}"}.items():
        line = f"{key}: {value}"
        text, count = re.subn(rf"^{key}:.*$", line, text, count=1, flags=re.MULTILINE)
        if not count:
            text = re.sub(r"^(title:)", rf"{line}\n\1", text, count=1, flags=re.MULTILINE)
    write_bytes(file, text.encode())


def _confirm(paths: Paths, study: str, rows: Mapping[str, int]) -> None:
    """Write the hash and the rows of each of the twin's files where those of the study's stand, or would."""
    declared = load_project(paths).studies[study]
    for wave in declared.waves:
        receipts = []
        for place in places(paths.study(study), declared, wave):
            path = paths.raw(study) / place.file.file
            if not path.is_file():
                raise CohesionError("was not written", where=place.file.file)
            count = {"rows": rows[place.file.file]} if isinstance(place.file.rows, int) else {}
            receipts.append((place, {"sha256": sha256_of(path), **count}))
        confirm_places(receipts)
        declared = load_project(paths).studies[study]
