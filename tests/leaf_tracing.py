"""Which leaves of what it reads a node touches while it runs: observed, without what ``assets/nodes/reads.py`` says.

A node is given all of its declarations, each field, mapping and list of which notes that it was read. A touch is a path
from the node's arguments: a field or a member (``study.items.woman.codes.1``), with ``#`` for the keys of a mapping,
``?key`` for whether it has one, ``#`` of a declaration for whether there is one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from assets import nodes
from assets.engine.outside import Outside
from assets.engine.workspace import Workspace

T = TypeVar("T")
Path = tuple[str, ...]
ABSENT = "absent"
"""The value of a leaf that is not there any more."""


class Trace:
    """What was touched, as long as it is on; the traced copies are kept, so that no other object takes their place."""

    def __init__(self) -> None:
        self.touched: set[Path] = set()
        self.is_on = False
        self.places: dict[int, Path] = {}
        self._kept: list[object] = []

    def touch(self, path: Path) -> None:
        if self.is_on:
            self.touched.add(path)

    def copy(self, value: Any, path: Path) -> Any:
        """A copy of a value that notes its reading; leaves, and lists of leaves, stay what they are."""
        if isinstance(value, BaseModel):
            made = type(value).__new__(type(value))
            held = {name: self.copy(part, (*path, name)) for name, part in value.__dict__.items()}
            object.__setattr__(made, "__dict__", held)
            for name in ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
                object.__setattr__(made, name, getattr(value, name))
            return self.keep(made, path)
        if is_record(value):
            made = object.__new__(type(value))
            for field in fields(value):
                object.__setattr__(made, field.name, self.copy(getattr(value, field.name), (*path, field.name)))
            return self.keep(made, path)
        if isinstance(value, Mapping):
            return Traced({key: self.copy(held, (*path, str(key))) for key, held in value.items()}, self, path)
        if isinstance(value, tuple) and any(has_parts(held) for held in value):
            return tuple(self.copy(held, (*path, str(place))) for place, held in enumerate(value))
        return value

    def keep(self, made: T, path: Path) -> T:
        self.places[id(made)] = path
        self._kept.append(made)
        return made

    def read(self, owner: object, name: str, value: object) -> None:
        """A field of a traced declaration or record was read."""
        place = self.places.get(id(owner))
        if place is not None:
            self.note((*place, name), value)

    def note(self, path: Path, value: object) -> None:
        """A leaf was read; of a declaration that there is one, of a list how many there are; a mapping notes itself."""
        if not isinstance(value, Traced):
            self.touch((*path, "#") if has_parts(value) else path)


class Traced(dict[Any, Any]):
    """A mapping that notes which members are read, and whether its keys are."""

    def __init__(self, held: Mapping[Any, Any], trace: Trace, path: Path) -> None:
        super().__init__(held)
        self._trace, self._path = trace, path

    def _keys(self) -> None:
        self._trace.touch((*self._path, "#"))

    def __getitem__(self, key: Any) -> Any:
        if not super().__contains__(key):
            self._trace.touch((*self._path, f"?{key}"))
        value = super().__getitem__(key)
        self._trace.note((*self._path, str(key)), value)
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        self._trace.touch((*self._path, f"?{key}"))
        return self[key] if super().__contains__(key) else default

    def __contains__(self, key: object) -> bool:
        self._trace.touch((*self._path, f"?{key}"))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Any]:
        self._keys()
        return super().__iter__()

    def __len__(self) -> int:
        self._keys()
        return super().__len__()

    def __bool__(self) -> bool:
        return len(self) > 0

    def __reversed__(self) -> Iterator[Any]:
        self._keys()
        return super().__reversed__()

    def keys(self) -> Any:
        self._keys()
        return dict.fromkeys(super().keys()).keys()

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        return [(key, self[key]) for key in self]

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == other

    def __or__(self, other: Any) -> Any:
        return {**self, **other}

    def __ror__(self, other: Any) -> Any:
        return {**other, **self}

    def copy(self) -> Any:
        return dict(self.items())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return dict, (dict(self.items()),)


def is_record(value: object) -> bool:
    """Whether a value is a record of the project with fields of its own, and not a file from outside."""
    return is_dataclass(value) and not isinstance(value, (type, Outside))


def has_parts(value: object) -> bool:
    """Whether a value is more than a leaf: a declaration, a record, or a list of them."""
    if isinstance(value, tuple):
        return any(has_parts(held) for held in value)
    return isinstance(value, BaseModel) or is_record(value)


@contextmanager
def noting(trace: Trace, kinds: set[type]) -> Iterator[None]:
    """Every field of these classes that is read is noted; a copy of a traced declaration is traced like it."""
    kept = {kind: kind.__dict__.get("__getattribute__") for kind in kinds}
    names = {kind: field_names(kind) for kind in kinds}
    original_copy = BaseModel.model_copy

    def reading(kind: type, before: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
        known = names[kind]

        def read(self: Any, name: str) -> Any:
            value = before(self, name)
            if trace.is_on and name in known:
                trace.read(self, name, value)
            return value

        return read

    def copied(self: Any, *, update: Any = None, deep: bool = False) -> Any:
        made = original_copy(self, update=update, deep=deep)
        place = trace.places.get(id(self))
        return made if place is None else trace.keep(made, place)

    for kind in kinds:
        kind.__getattribute__ = reading(kind, kind.__getattribute__)  # type: ignore[method-assign,assignment]
    BaseModel.model_copy = copied  # type: ignore[method-assign,assignment]
    trace.is_on = True
    try:
        yield
    finally:
        trace.is_on = False
        BaseModel.model_copy = original_copy  # type: ignore[method-assign]
        for kind, own in kept.items():
            if own is None:
                del kind.__getattribute__
            else:
                kind.__getattribute__ = own  # type: ignore[method-assign]


def field_names(kind: type) -> frozenset[str]:
    """The names of the fields of a declaration class or a record."""
    declared = getattr(kind, "model_fields", None) or getattr(kind, "__dataclass_fields__", {})
    return frozenset(declared)


def kinds_of(value: Any) -> set[type]:
    """Every class of declarations and records within a value."""
    if isinstance(value, BaseModel) or is_record(value):
        own = [getattr(value, name) for name in field_names(type(value))]
        return {type(value)}.union(*(kinds_of(held) for held in own))
    if isinstance(value, Mapping):
        return set().union(*(kinds_of(held) for held in value.values()))
    return set().union(*(kinds_of(held) for held in value)) if isinstance(value, tuple) else set()


@contextmanager
def everything_seen() -> Iterator[None]:
    """Nodes are made as if each saw all of its declarations."""
    modules = [importlib.import_module(f"assets.nodes.{found.name}") for found in pkgutil.iter_modules(nodes.__path__)]
    seen = {module: module.view for module in modules if hasattr(module, "view")}
    for module in seen:
        module.view = lambda declared, _: declared
    try:
        yield
    finally:
        for module, own in seen.items():
            module.view = own


def open_nodes(workspace: Workspace) -> dict[str, Any]:
    """Name → node, each with all of its declarations in place of the parts that it says it reads."""
    with everything_seen():
        return {node.name: node for node in nodes.all_nodes(workspace) if not node.tolerant}


class Changes:
    """The touches that would give another value after an edit; what both have in common is compared once.

    ``states``: what files from outside held before.
    """

    def __init__(self, states: Mapping[Any, str]) -> None:
        self._states = states
        self._found: dict[tuple[int, int], frozenset[Path]] = {}

    def between(self, old: Any, new: Any) -> frozenset[Path]:
        """The paths, from the value itself, at which reading gives something else now."""
        if old is new and not isinstance(old, Outside):
            return frozenset()
        known = (id(old), id(new))
        if known not in self._found:
            self._found[known] = frozenset(self._compared(old, new))
        return self._found[known]

    def _compared(self, old: Any, new: Any) -> Iterator[Path]:
        if type(old) is not type(new) or not (has_parts(old) or isinstance(old, Mapping)):
            if self._stated(old) != stated(new) or has_parts(old) != has_parts(new):
                yield from whole(old)
            return
        if isinstance(old, Mapping):
            yield from self._of_mappings(old, new)
        elif isinstance(old, tuple):
            if len(old) != len(new):
                yield ("#",)
            for place, held in enumerate(old):
                other = new[place] if place < len(new) else ABSENT
                yield from ((str(place), *path) for path in self.between(held, other))
        else:
            for name in field_names(type(old)):
                yield from ((name, *path) for path in self.between(getattr(old, name), getattr(new, name)))

    def _stated(self, old: Any) -> Any:
        return self._states[old] if isinstance(old, Outside) else old

    def _of_mappings(self, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Path]:
        if list(old) != list(new):
            yield ("#",)
        yield from ((f"?{key}",) for key in set(old) ^ set(new))
        for key, held in old.items():
            yield from ((str(key), *path) for path in self.between(held, new.get(key, ABSENT)))


def whole(value: Any) -> Iterator[Path]:
    """Every touch that a value can give, since all of it is another now."""
    yield ()
    yield ("#",)
    if isinstance(value, Mapping):
        yield from (path for key, held in value.items() for path in ((f"?{key}",), *under(str(key), held)))
    elif isinstance(value, tuple) and has_parts(value):
        yield from (path for place, held in enumerate(value) for path in under(str(place), held))
    elif has_parts(value):
        yield from (path for name in field_names(type(value)) for path in under(name, getattr(value, name)))


def under(name: str, value: Any) -> Iterator[Path]:
    yield from ((name, *path) for path in whole(value))


def stated(value: Any) -> Any:
    """What a leaf says: of a file from outside its content."""
    return value.state() if isinstance(value, Outside) else value


def states_of(value: Any) -> dict[Any, str]:
    """Each file from outside within what nodes read, with its content now."""
    if isinstance(value, Outside):
        return {value: value.state()}
    held = value.values() if isinstance(value, Mapping) else ()
    return {outside: state for each in held for outside, state in states_of(each).items()}
