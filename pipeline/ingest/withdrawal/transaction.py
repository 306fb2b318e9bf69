"""Changing many files as one: all drafts first, then a journal, then the swap; resumed or taken back after any end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.files import sha256_of, write_bytes, write_whole

_JOURNAL, _SWAPPED = "journal.json", "swapped"


@dataclass(frozen=True)
class Change:
    """One file: the hash of its bytes before and after (None: it is not there), who may read it, and its number."""

    path: str
    before: str | None
    after: str | None
    mode: int
    number: int
    owner: tuple[int, int] | None = None


class Transaction:
    """The changes of one erasure in a private folder: copies of every file as it was and as it will be.

    Until ``seal`` nothing counts, and what lies there is cleared away; from then on ``swap`` and ``roll_back`` may be
    called again and again, whatever ended the run before. ``about`` says what it is for, and names nobody.
    """

    def __init__(self, folder: Path, about: dict[str, str], changes: list[Change] | None = None) -> None:
        self.folder, self.about = folder, about
        self.changes = [] if changes is None else changes

    @classmethod
    def begin(cls, folder: Path, about: dict[str, str]) -> Transaction:
        """A transaction with nothing in it; what an unsealed one left is gone."""
        draft = _draft(folder)
        shutil.rmtree(draft, ignore_errors=True)
        for part in ("old", "new"):
            (draft / part).mkdir(parents=True, mode=0o700)
        draft.chmod(0o700)
        return cls(folder, about)

    @classmethod
    def pending(cls, folder: Path) -> Transaction | None:
        """The sealed transaction that has not ended, if there is one."""
        try:
            content = json.loads((folder / _JOURNAL).read_bytes())
        except FileNotFoundError:
            return None
        changes = [Change(**{**one, "owner": one["owner"] and tuple(one["owner"])}) for one in content["changes"]]
        return cls(folder, content["about"], changes)

    @property
    def is_swapped(self) -> bool:
        """Whether every file is as it will be."""
        return (self.folder / _SWAPPED).exists()

    def draft_of(self, path: Path) -> Path:
        """Where the next version of a file may be written before it is added."""
        return _draft(self.folder) / "new" / f"{len(self.changes)}{path.suffix}"

    def add(self, path: Path, draft: Path | None, mode: int | None = None) -> None:
        """Note that a file becomes the draft, or with None that it goes. Raises ``CohesionError`` if it cannot."""
        number = len(self.changes)
        _refuse_unwritable(path)
        before, owner, had = None, None, 0o600
        if path.exists():
            state = path.stat()
            before, owner, had = sha256_of(path), (state.st_uid, state.st_gid), state.st_mode & 0o777
            _copy(path, _draft(self.folder) / "old" / str(number))
        after = None
        if draft is not None:
            after = sha256_of(draft)
            target = _draft(self.folder) / "new" / str(number)
            draft.replace(target)
            _flush(target)
        self.changes.append(Change(str(path), before, after, had if mode is None else mode, number, owner))

    def seal(self) -> None:
        """From here on the transaction is carried out, or taken back, but never lost."""
        content = {"about": self.about, "changes": [asdict(change) for change in self.changes]}
        write_bytes(_draft(self.folder) / _JOURNAL, json.dumps(content).encode(), mode=0o600)
        _draft(self.folder).replace(self.folder)

    def swap(self) -> None:
        """Put every file in place; one that is already so stays. Raises ``CohesionError`` for one changed meanwhile."""
        if self.is_swapped:
            return
        self._check("before", "after")
        for change in self.changes:
            self._put(change, change.after, "new", change.mode)
        (self.folder / _SWAPPED).touch(mode=0o600)

    def roll_back(self) -> None:
        """Put every file back as it was, and end. Raises ``CohesionError`` for one that was changed since."""
        self._check("after", "before")
        (self.folder / _SWAPPED).unlink(missing_ok=True)
        for change in reversed(self.changes):
            self._put(change, change.before, "old", change.mode)
        self.end()

    def end(self) -> None:
        """Remove the copies: what was, is no more. Drafts of writers that were killed go, too."""
        for change in self.changes:
            path = Path(change.path)
            for left in path.parent.glob(f".{_escaped(path.stem)}.*.draft{path.suffix}"):
                left.unlink(missing_ok=True)
        gone = _draft(self.folder)
        shutil.rmtree(gone, ignore_errors=True)
        self.folder.replace(gone)
        shutil.rmtree(gone)
        with contextlib.suppress(OSError):
            self.folder.parent.rmdir()

    def _check(self, *states: str) -> None:
        for change in self.changes:
            if _sha256(Path(change.path)) not in [getattr(change, state) for state in states]:
                raise CohesionError(
                    "was changed while an erasure was under way",
                    where=Path(change.path).name,
                    todo="Put the file as it was in its place again (the erasure's copies lie in "
                    f"data/erasing/{self.folder.name}), and run the command once more.",
                )

    def _put(self, change: Change, wanted: str | None, kind: str, mode: int) -> None:
        path = Path(change.path)
        if _sha256(path) == wanted:
            return
        if wanted is None:
            path.unlink()
            return
        copy = self.folder / kind / str(change.number)

        def write(draft: Path) -> None:
            shutil.copyfile(copy, draft)
            if change.owner is not None and (draft.stat().st_uid, draft.stat().st_gid) != change.owner:
                with contextlib.suppress(PermissionError):
                    os.chown(draft, *change.owner)

        write_whole(path, write, mode)


def refuse_half_swapped(folder: Path) -> None:
    """Raise ``CohesionError`` if an erasure was interrupted while files were put in place: some are, some are not."""
    if (folder / _JOURNAL).exists() and not (folder / _SWAPPED).exists():
        raise CohesionError(
            "an erasure was interrupted while files were put in place",
            where=folder.name,
            todo="Run the same `cohesion withdraw` again: it goes on. Or take it back: "
            f"cohesion withdraw {folder.name} --roll-back.",
        )


def discard_unsealed(folder: Path) -> None:
    """Clear away what a run left that ended before it had changed anything."""
    shutil.rmtree(_draft(folder), ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def _draft(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.draft")


def _escaped(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "[]*?" else letter for letter in stem)


def _sha256(path: Path) -> str | None:
    return sha256_of(path) if path.exists() else None


def _copy(path: Path, target: Path) -> None:
    target.touch(mode=0o600)
    shutil.copyfile(path, target)
    _flush(target)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _refuse_unwritable(path: Path) -> None:
    """Replacing a file takes the right to write its folder; that a file is read-only does not matter."""
    if not os.access(path.parent if path.parent.exists() else path.parent.parent, os.W_OK | os.X_OK):
        raise CohesionError(
            "its folder cannot be written, so nothing was changed",
            where=path.name,
            todo="Give the account that erases the right to write there, and start again.",
        )
