"""Kept versions of deposits, each as a declaration reads it: whoever is erased has to go from these as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.files import sha256_of
from pipeline.ingest.declared import whole_request
from pipeline.ingest.formats.request import Request
from pipeline.ingest.withdrawal.sources import IdFile, Maker, declared_sources, id_columns, walk
from pipeline.specs.formats import FORMATS
from pipeline.specs.part_columns import key_columns
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns


def kept_versions(study: Study, folder: Path, current: Sequence[IdFile]) -> list[IdFile]:
    """Every kept version as it is declared: the bytes of a deposit as that is, an older one as any that fits.

    Files of households or areas, which are joined by keys that are no person's, name nobody and are passed over.
    Raises ``DepositError`` for a version that no declaration of the study reads.
    """
    by_hash = {sha256_of(source.path): source for source in current}
    makers = [make for _, make in declared_sources(study)]
    nobodys = list(_of_nobody(study))
    found = []
    for path in walk(folder):
        if path.name.startswith("."):
            continue
        same = by_hash.get(path.stem)
        if same is not None:
            found.append(replace(same, path=path.resolve(), request=replace(same.request, path=str(path.resolve()))))
        elif (older := _older(path.resolve(), makers)) is not None:
            found.append(older)
        elif not any(_names_nobody(study, path.resolve(), request, keys) for request, keys in nobodys):
            raise DepositError(
                "an older version of a deposit that no declaration of the study reads, so that nobody can be taken out",
                where=_shown(path.resolve()),
                todo="Remove this version (nothing is built from it), or declare how it is read, and start again.",
            )
    return found


def _shown(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.parent.name}/{path.name[:12]}…{path.suffix}"


def _older(path: Path, makers: Sequence[Maker]) -> IdFile | None:
    """The version as the first declaration that fits reads it."""
    for make in makers:
        source = make(path)
        if make.is_list or source.form.suffix != path.suffix:
            continue
        try:
            source.cells(source.table())
        except Exception:  # whatever ails it, another declaration may fit
            continue
        return source
    return None


def _of_nobody(study: Study) -> Iterator[tuple[Request, tuple[str, ...]]]:
    """How each joined file is read whose key is no person's, and that key."""
    for wave, _, file in study.files():
        person = role_columns(study, wave, file)["person_id"]
        for joined in file.join:
            keys = key_columns(study, wave, file, joined)
            if person not in keys:
                yield whole_request(Path(joined.file), joined, tuple(keys.values())), tuple(keys.values())


def _names_nobody(study: Study, path: Path, request: Request, keys: Sequence[str]) -> bool:
    """Whether a version is read as a file of households or areas: it has their key, and no column of persons' ids."""
    if FORMATS[request.format].suffix != path.suffix:
        return False
    try:
        columns = IdFile(path, replace(request, path=str(path)), keys[0]).table().frame.columns
    except DepositError:
        return False
    lower = {column.lower() for column in columns}
    return {key.lower() for key in keys} <= lower and not lower & {column.lower() for column in id_columns(study)}
