"""The proof that a person is gone: what was searched for what, what is left, and what could not be decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.ingest.withdrawal.needles import Needles, is_distinctive
from pipeline.ingest.withdrawal.rewrite import IsPerson
from pipeline.ingest.withdrawal.search import in_file
from pipeline.ingest.withdrawal.sources import IdFile, walk
from pipeline.paths import Paths


@dataclass(frozen=True)
class Wanted:
    """Whom the search looks for: every spelling of the id, the pseudonym, and which columns hold ids."""

    spellings: tuple[str, ...]
    pseudonym: str
    id_columns: frozenset[str]
    is_person: IsPerson

    @property
    def strong(self) -> frozenset[str]:
        """Texts that mean the person wherever they stand."""
        return frozenset({self.pseudonym, *filter(is_distinctive, self.spellings)})

    @property
    def weak(self) -> frozenset[str]:
        """Short ids and numbers, which also stand for other things."""
        return frozenset(self.spellings) - self.strong


@dataclass
class Proof:
    """What a search found, by file: traces, files that could not be opened, and places it could not decide about."""

    searched: int = 0
    declared: int = 0
    left: list[str] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    is_distinctive: bool = True

    def words(self) -> str:
        """What is proved, and what is not."""
        if self.is_distinctive:
            return f"Proved: neither the id nor the pseudonym is in any of {self.searched:,} files."
        said = (
            f"Proved: the id is in no column of ids of {self.declared:,} deposits, lists and kept versions, "
            f"and the pseudonym is in none of {self.searched:,} files."
        )
        if not self.undecided:
            return f"{said} Nor is the id anywhere else in text, names of files or archives."
        return (
            f"{said} Not decided, because the id is short or a number and its characters also stand for other things: "
            f"{', '.join(self.undecided)}. Look at these by hand."
        )


def prove(study: str, paths: Paths, folders: Sequence[Path], sources: Sequence[IdFile], wanted: Wanted) -> Proof:
    """Search the data, the reports and the deposits: declared files by their column of ids, everything in full text.

    Files of other studies are searched for the pseudonym: an id means a person within its own study alone.
    """
    proof = Proof(declared=len(sources), is_distinctive=not wanted.weak)
    declared = {source.path: source for source in sources}
    others = frozenset(_longer_ids(sources, wanted))
    strong = Needles(wanted.strong, wanted.id_columns, others, any_number=True)
    weak = Needles(wanted.weak, wanted.id_columns, others, any_number=True)
    for path in _files([paths.root / "data", paths.build, *folders]):
        if path.is_relative_to(paths.erasing(study)):
            continue
        proof.searched += 1
        name = _shown(path, paths, strong)
        try:
            if path in declared:
                _in_declared(declared[path], name, strong, weak, wanted, proof)
            else:
                _in_other(path, name, study, paths, strong, weak, proof)
        except Exception:  # whatever ails the file: what is not read is not proved
            proof.unopened.append(name)
    return proof


def _files(folders: Iterable[Path]) -> list[Path]:
    return sorted({path.resolve() for folder in folders if folder.is_dir() for path in walk(folder)})


def _longer_ids(sources: Iterable[IdFile], wanted: Wanted) -> set[str]:
    """Ids of other people that hold the person's as a part between signs: 12-1 beside 12."""
    found: set[str] = set()
    for source in sources:
        ids = source.cells(source.table())
        if ids.dtype == pl.String:
            for text in wanted.spellings:
                longer = ids.filter(ids.str.contains(text, literal=True) & ~wanted.is_person(ids))
                found.update(longer.drop_nulls().str.strip_chars())
    return found - set(wanted.spellings)


def _in_declared(source: IdFile, name: str, strong: Needles, weak: Needles, wanted: Wanted, proof: Proof) -> None:
    """By the column of ids; then the texts of every other column, and whatever else the file packs."""
    table = source.table()
    ids = source.cells(table)
    if wanted.is_person(ids).any():
        proof.left.append(name)
        return
    if strong.in_text(source.path.name) or in_file(source.path, strong):
        proof.left.append(name)
        return
    texts = [column for column in table.frame.iter_columns() if column.dtype == pl.String and column.name != ids.name]
    about = "\n".join([*table.frame.columns, *table.labels.values()])
    doubtful = [column.name for column in texts if weak.in_column(column)]
    if weak.in_text(about):
        doubtful.append("names and labels")
    if doubtful:
        proof.undecided.append(f"{name} ({', '.join(doubtful[:5])}{', …' if len(doubtful) > 5 else ''})")


def _in_other(path: Path, name: str, study: str, paths: Paths, strong: Needles, weak: Needles, proof: Proof) -> None:
    """Files that no declaration names, and what builds made. They are reported, never cut."""
    if _is_of_another_study(path, study, paths):
        strong = Needles(frozenset(text for text in strong.texts if len(text) >= 33))
        weak = Needles(frozenset())
    elif _cannot_hold_ids(path, paths):
        weak = Needles(frozenset())
    if strong.in_text(path.name) or in_file(path, strong):
        proof.left.append(name)
    elif weak.texts and (weak.in_text(path.stem) or in_file(path, weak)):
        proof.undecided.append(name)


def _is_of_another_study(path: Path, study: str, paths: Paths) -> bool:
    data = paths.root / "data"
    for folder in (data / "raw", paths.sample, data / "kept", paths.quarantine, paths.studies, data / "withdrawn"):
        if path.is_relative_to(folder):
            return path.relative_to(folder).parts[0].removesuffix(".csv") != study
    return False


def _cannot_hold_ids(path: Path, paths: Paths) -> bool:
    """Declarations, and what builds make: there people are pseudonyms, which are searched for everywhere."""
    made = (paths.warehouse, paths.quarantine, paths.build, paths.instance, paths.studies, paths.areas, paths.sample)
    places = (
        *made,
        paths.builds,
        paths.audit.parent,
        paths.key_record.parent,
        paths.pseudonym_key.parent,
        paths.concepts,
    )
    return any(path.is_relative_to(place) for place in places)


def _shown(path: Path, paths: Paths, strong: Needles) -> str:
    """A file's place as it may be said. A name that bears the id is not said at all."""
    shown = path.relative_to(paths.root) if path.is_relative_to(paths.root) else Path(path.parent.name, path.name)
    parts = [("(a name that bears the id)" if strong.in_text(part) else part) for part in shown.parts]
    return "/".join(parts)
