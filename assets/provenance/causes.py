"""Which input moved a result: the graph walked up from it, through what changed, to the leaves that changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assets.provenance.archive import Archive
from assets.provenance.columns import Columns, names_in
from assets.provenance.compare import ORDER, Change, differences
from assets.provenance.declared import Edit, edits
from assets.provenance.linking import edits_behind
from assets.provenance.manifest import Manifest, Step
from assets.provenance.parts import FILE

KINDS = ("deposit", "withdrawal", "declaration", "code", "library", "other")
"""Of causes, in the order in which they are listed."""


@dataclass(frozen=True)
class Cause:
    """One input that changed. ``place``: a file, a module or a library; ``what``: the key or the functions in it."""

    kind: str
    place: str
    what: str = ""
    old: str = ""
    new: str = ""
    line: int = 0

    @property
    def rank(self) -> tuple[int, str, int, str]:
        return (KINDS.index(self.kind), self.place, self.line, self.what)


Found = frozenset[Cause]
CONFIRMED = frozenset({"sha256", "rows", "earlier"})
"""What accepting a delivery writes into the declaration of its file."""


class Causes:
    """The causes of whatever differs between two builds."""

    def __init__(self, old: Manifest, new: Manifest, archive: Archive) -> None:
        self._old, self._new, self._archive = old, new, archive
        self._makers = {**old.makers, **new.makers}
        self._of: dict[str, Found] = {}
        self._own: dict[str, Found] = {}
        self._parts: dict[str, Any] = {}
        self._columns = Columns(old, new, archive)

    @cached_property
    def edits(self) -> list[Edit]:
        """Every edit of a declaration, also those that nothing reads."""
        return edits(self._old.files, self._new.files, self._text)

    @cached_property
    def all(self) -> list[Cause]:
        """Every input that changed for some step."""
        found: set[Cause] = set()
        for name in dict.fromkeys((*self._old.steps, *self._new.steps)):
            found |= self.own(name)
        return sorted(found, key=lambda cause: cause.rank)

    @cached_property
    def unread(self) -> list[Edit]:
        """Edits of declarations that changed nothing that a step reads."""
        read = {(cause.place, cause.line, cause.what) for cause in self.all}
        deposits = {cause.new for cause in self.all if cause.kind == "deposit"}
        return [
            edit
            for edit in self.edits
            if (edit.file, edit.line, edit.key) not in read and not _confirms(edit, deposits)
        ]

    def of(self, name: str) -> Found:
        """The changed leaves on all paths that lead to a step."""
        if name not in self._of:
            self._of[name] = frozenset()
            found = set(self.own(name))
            old, new = self._old.steps.get(name), self._new.steps.get(name)
            for step, other in ((new, old), (old, new)):
                for of, key in (step.needs if step is not None else {}).items():
                    if step is not None and step.inputs.get(of) != (other.inputs.get(of) if other else None):
                        found |= self._through(key, old, new)
            self._of[name] = frozenset(found)
        return self._of[name]

    def _through(self, key: str, old: Step | None, new: Step | None) -> Found:
        """The causes that reach a step through one table: those that can have touched the columns it rests on."""
        if key not in self._makers:
            return frozenset()
        maker = self._makers[key]
        found, changed = self.of(maker.name), self._columns.changed(key)
        if changed is None or len(found) < 2:
            return found
        contents = [self._content(step) for step in (old, new) if step is not None]
        named = {name for content in contents if content is not None for name in names_in(content["reads"])}
        rests = self._columns.relevant(changed, maker.study, named)
        kept = {cause for cause in found if self._touches(cause, maker.study, rests)}
        return frozenset(kept) if rests and kept else found

    def _touches(self, cause: Cause, study: str, columns: set[str]) -> bool:
        touched = self._columns.touched(study, cause.place, cause.what) if cause.kind == "declaration" else None
        return touched is None or bool(touched & columns)

    def of_table(self, key: str) -> Found:
        """The changed leaves on all paths that lead to a table."""
        return self.of(self._makers[key].name) if key in self._makers else frozenset()

    def own(self, name: str) -> Found:
        """What changed of that which a step itself is made from, but for the tables that it reads."""
        if name not in self._own:
            old, new = self._old.steps.get(name), self._new.steps.get(name)
            self._own[name] = frozenset(self._found(name, old, new))
        return self._own[name]

    def _found(self, name: str, old: Step | None, new: Step | None) -> Iterator[Cause]:
        if old is None or new is None:
            yield from self._of_edits(edits_behind(self.edits, name, new or old, Change(("name",), "", "")))
        elif old.version != new.version and old.is_built:
            before, after = self._content(old), self._content(new)
            if before is None or after is None:
                yield Cause("other", name, "one of the two was made before builds were recorded")
                return
            yield from self._between(new, before, after)

    def _between(self, step: Step, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Cause]:
        found = [
            *self._of_reads(step, list(differences(old["reads"], new["reads"]))),
            *self._of_records(old["records"], new["records"]),
            *self._of_code(old["code"], new["code"]),
            *_of_libraries(old["libraries"], new["libraries"]),
        ]
        yield from found or self._of_code(old["code"], new["code"], also_new=True)

    def _of_reads(self, step: Step, changes: list[Change]) -> Iterator[Cause]:
        for change in changes:
            if FILE in change.path:
                found = [edit for edit in self.edits if edit.file == change.path[-1]]
                yield from self._of_edits(found) if found else _of_file(change)
            elif confirmed := self._confirmed(change, changes):
                yield from confirmed
            else:
                yield from self._of_edits(edits_behind(self.edits, step.name, step, change)) or [_as_read(change)]

    def _confirmed(self, change: Change, changes: list[Change]) -> list[Cause]:
        """The deposits whose arrival a change confirms: the hash in the declaration of a file, its rows."""
        if "files" not in change.path or not CONFIRMED & set(change.path):
            return []
        place = change.path.index("files") + 2
        hashes = {one.new for one in changes if one.path[:place] == change.path[:place] and one.path[-1] == "sha256"}
        return [cause for cause in self._deposits if cause.new in hashes]

    @cached_property
    def _deposits(self) -> list[Cause]:
        """Every deposit that differs, whichever step reads it."""
        found: dict[Cause, None] = {}
        for old, new in self._pairs():
            for change in differences(old["reads"].get("deposits"), new["reads"].get("deposits"), ("deposits",)):
                found |= dict.fromkeys(cause for cause in _of_file(change) if cause.kind == "deposit")
        return list(found)

    def _pairs(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """The parts of each step that differ, before and after."""
        for name, step in self._new.steps.items():
            old = self._old.steps.get(name)
            before, after = (self._content(each) if each else None for each in (old, step))
            if before is not None and after is not None and before is not after:
                yield before, after

    def _of_edits(self, found: list[Edit]) -> list[Cause]:
        made = (
            self._arrived(edit) or [Cause("declaration", edit.file, edit.key, edit.old, edit.new, edit.line)]
            for edit in found
        )
        return [cause for causes in made for cause in causes]

    def _arrived(self, edit: Edit) -> list[Cause]:
        """The deposit whose arrival an edit confirms."""
        if not CONFIRMED & set(edit.path):
            return []
        place = edit.path[: next(number for number, part in enumerate(edit.path) if part in CONFIRMED)]
        beside = [one for one in self.edits if one.file == edit.file and one.path[: len(place)] == place]
        hashes = {one.new for one in beside if "sha256" in one.path}
        return [cause for cause in self._deposits if cause.new in hashes]

    def _of_records(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Cause]:
        for name in old.keys() & new.keys():
            if old[name] != new[name]:
                module, _, record = name.partition(":")
                yield Cause("code", _file(module), record)

    def _of_code(self, old: dict[str, str], new: dict[str, str], *, also_new: bool = False) -> Iterator[Cause]:
        names = old.keys() | new.keys() if also_new else old.keys() & new.keys()
        for module in {name.split(":")[0] for name in names if old.get(name) != new.get(name)}:
            yield Cause("code", _file(module), ", ".join(sorted(self._changed_code.get(module, ()))))

    @cached_property
    def _changed_code(self) -> dict[str, set[str]]:
        """Module → its definitions that differ, over all steps."""
        found: dict[str, set[str]] = {}
        for old, new in self._pairs():
            code, code_now = old["code"], new["code"]
            for each in code.keys() & code_now.keys():
                if code[each] != code_now[each]:
                    module, _, definition = each.partition(":")
                    found.setdefault(module, set()).add(definition or "what runs when it is imported")
        return found

    def _content(self, step: Step) -> dict[str, Any] | None:
        if step.parts and step.parts not in self._parts:
            text = self._archive.content(step.parts)
            self._parts[step.parts] = json.loads(text) if isinstance(text, str) else None
        found: dict[str, Any] | None = self._parts.get(step.parts)
        return found

    def _text(self, sha256: str) -> str:
        found = self._archive.content(sha256)
        return found if isinstance(found, str) else ""


def _of_file(change: Change) -> Iterator[Cause]:
    """A file from outside that differs: a deposit, the list of withdrawals, the key, a template."""
    place = change.path[-1]
    if place in (FILE, ORDER) or FILE not in change.path:
        return
    if "/withdrawn/" in f"/{place}":
        yield Cause("withdrawal", place, "the list of withdrawals")
    elif change.path[0] == "deposits":
        yield Cause("deposit", place, "", change.old, change.new)
    elif change.path[0] == "key":
        yield Cause("other", place, "the key of the pseudonyms")
    else:
        yield Cause("declaration", place)


def _confirms(edit: Edit, hashes: set[str]) -> bool:
    """Whether an edit is what accepting a delivery writes."""
    return bool(hashes) and bool(CONFIRMED & set(edit.path))


def _of_libraries(old: dict[str, str], new: dict[str, str]) -> Iterator[Cause]:
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            yield Cause("library", name, "", old[name], new[name])


def _as_read(change: Change) -> Cause:
    """A part of a declaration that reads otherwise, although no declaration was edited: the code that reads it is."""
    return Cause("code", "pipeline/specs", f"how {'.'.join(change.path)} is read", change.old, change.new)


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"
