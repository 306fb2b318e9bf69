"""The files of a study that may hold a participant's rows: declared deposits, their kept versions, lists."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.declared import whole_request
from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.modules import module_of
from pipeline.ingest.formats.qualtrics import HEADERS_BELOW, import_ids
from pipeline.ingest.formats.reading import as_deposit_error
from pipeline.ingest.formats.receipts import examine, proof
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Table
from pipeline.ingest.people.ids import in_arm, normalise_ids
from pipeline.specs.formats import FORMATS, Format
from pipeline.specs.outcome_columns import outcome_file
from pipeline.specs.part_columns import key_columns
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns


@dataclass(frozen=True)
class IdFile:
    """A file with a column of ids, as it is declared. ``path`` is where it really lies: no symbolic link.

    ``is_list`` marks a CSV list (issued, refreshment, withdrawals, outcomes), whose first column serves where none
    bears the name.
    """

    path: Path
    request: Request
    column: str
    is_list: bool = False
    arm: str | None = None
    """The arm of all its ids, where each arm counts its ids anew."""
    strips: bool = False

    @property
    def form(self) -> Format:
        return FORMATS[self.request.format]

    def table(self) -> Table:
        """Every row of the file, also those that the build would set aside."""
        try:
            facts = examine(self.path, self.request.format, known_formats())
            return module_of(self.form.module).read(self.path, self.request, facts)
        except (DepositError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of a reader written in Rust is no Exception
            raise as_deposit_error(error, self.path, proof(self.path)) from None

    def cells(self, table: Table) -> pl.Series:
        """The ids of a table, row by row; null in the further header rows of a Qualtrics export."""
        names = import_ids(table.frame, self.path.name) if self.request.layout == "qualtrics" else table.frame.columns
        place = _place(names, self.column)
        if place is None and self.is_list:
            place = 0
        if place is None:
            raise DepositError(
                f"has no column of ids `{self.column}`",
                where=self.path.name,
                todo="Correct `person_id` where declared.",
            )
        cells = table.frame.to_series(place)
        if self.arm is not None:
            readable = cells if cells.dtype == pl.String or cells.dtype.is_numeric() else cells.cast(pl.String)
            cells = in_arm(normalise_ids(readable, strip=self.strips), self.arm, "arm")
        if self.request.layout != "qualtrics":
            return cells
        rows = pl.int_range(len(cells), eager=True)
        return cells.set(rows < HEADERS_BELOW, None)


def _place(names: Sequence[str], column: str) -> int | None:
    """Where a column stands; a name that differs in case alone will do, as it does in a build."""
    if column in names:
        return list(names).index(column)
    lower = [name.lower() for name in names]
    return lower.index(column.lower()) if lower.count(column.lower()) == 1 else None


def rows_of(study: Study, cells: pl.Series, identity: str) -> pl.Series:
    """Whether each id is the person's, as the study compares ids."""
    readable = cells.dtype == pl.String or cells.dtype.is_numeric()
    rule = study.about.ids
    ids = normalise_ids(cells if readable else cells.cast(pl.String), strip=rule.strip, case=rule.case)
    return (ids == identity).fill_null(False)


def id_columns(study: Study) -> set[str]:
    """Every column of a deposit, or of a list beside it, that holds ids."""
    columns = {role_columns(study, wave, file)["person_id"] for wave, _, file in study.files()}
    for wave, _, file in study.files():
        keys = [key_columns(study, wave, file, joined) for joined in file.join]
        columns |= {there for key in keys for here, there in key.items() if here in columns}
    listed = {report.id or study.about.columns.person_id for report in study.about.outcomes}
    return columns | {column for column in listed if column}


def deposited(study: Study, folders: Iterable[Path]) -> list[IdFile]:
    """The declared deposits and lists in the folders, each once, wherever links and further names lead.

    Raises ``DepositError`` for a link that leads nowhere, and for a file with a name outside the folders.
    """
    found: dict[Path, IdFile] = {}
    folders = list(folders)
    for folder in folders:
        for pattern, make in declared_sources(study):
            _refuse_dead_links(folder, pattern)
            for path in sorted(folder.glob(pattern)):
                if path.is_file() and not path.name.startswith("."):
                    for real in _names(path.resolve(), folders):
                        found.setdefault(real, make(real))
    return list(found.values())


def _refuse_dead_links(folder: Path, pattern: str) -> None:
    """What a declared link led to may hold the person, wherever it is now."""
    for path in {*folder.iterdir(), folder / pattern}:
        if path.is_symlink() and not path.exists() and path.match(pattern):
            raise DepositError(
                "is a symbolic link that leads nowhere",
                where=path.name,
                todo="Nothing was changed. Remove the link, or mend it, and start again.",
            )


def declared_sources(study: Study) -> Iterator[tuple[str, Maker]]:
    """Name or pattern of each deposit and list that holds persons, and what makes a source of it."""
    for wave, _, file in study.files():
        column = role_columns(study, wave, file)["person_id"]
        arm = file.arm if study.about.ids.within == "arm" else None
        strips = study.about.ids.strip
        yield file.file, Maker(whole_request(Path(file.file), file, (column,)), column, arm=arm, strips=strips)
        for joined in file.join:
            there = key_columns(study, wave, file, joined).get(column)
            if there is not None:  # a file of persons; one of households or areas names nobody
                request = whole_request(Path(joined.file), joined, (there,))
                yield joined.file, Maker(request, there, arm=arm, strips=strips)
    own = study.about.columns.person_id or next(iter(sorted(id_columns(study))), "")
    lists = [study.about.issued, study.about.withdrawals, *(file.refreshment for _, _, file in study.files())]
    for name in dict.fromkeys(name for name in lists if name):
        yield name, Maker(Request("", "csv", text=(own,)), own, True)
    for report in study.about.outcomes:
        column = report.id or own
        of_list = outcome_file(study.about, report)
        request = whole_request(Path(of_list.file), of_list, (column,))
        yield of_list.file, Maker(request, column, of_list.format == "csv")


@dataclass(frozen=True)
class Maker:
    """Makes a source of a path, as one declaration says."""

    request: Request
    column: str
    is_list: bool = False
    arm: str | None = None
    strips: bool = False

    def __call__(self, path: Path) -> IdFile:
        request = replace(self.request, path=str(path))
        return IdFile(path, request, self.column, self.is_list, self.arm, self.strips)


def _names(path: Path, folders: Sequence[Path]) -> list[Path]:
    """All names of a file: with hard links there are several, and each has to lose the person."""
    state = path.stat()
    if state.st_nlink == 1:
        return [path]
    inside = {path}
    for folder in folders:
        inside |= {other.resolve() for other in walk(folder) if os.path.samestat(other.stat(), state)}
    if len(inside) != state.st_nlink:
        raise DepositError(
            "the file has further names (hard links) outside the deposits, under which the person would stay",
            where=path.name,
            count=state.st_nlink - len(inside),
            todo="Remove those names, or make a copy of the file in its place, and start again.",
        )
    return sorted(inside)


def walk(folder: Path) -> Iterator[Path]:
    """Every file below a folder, through symbolic links too, each folder once."""
    seen: set[tuple[int, int]] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        state = Path(root).stat()
        if (state.st_dev, state.st_ino) in seen:
            folders.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        folders.sort()
        yield from (path for name in sorted(files) if (path := Path(root) / name).is_file())
