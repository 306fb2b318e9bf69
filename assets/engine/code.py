"""Which code a function can reach, and the hash of it: the definitions it names, and those that they name, and so on.

A docstring, a comment or a function that is not reached does not count. Libraries count with their version. What is
reached by a text only (``module:function`` in a record) has to be named by whoever asks; what a class inherits from
or is annotated with is reached by its name.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from assets.engine.canonical import digest
from assets.engine.source import Definition, Module, take_apart
from pipeline.files import write_bytes
from pipeline.paths import REPOSITORY

PACKAGES = ("pipeline", "assets")
NAMED = tuple(f"{package}." for package in PACKAGES)
ENGINE = "assets.engine"
"""The engine moves what is computed, it does not compute."""
DISTRIBUTIONS = {"yaml": "pyyaml", "ruamel": "ruamel.yaml", "markdown_it": "markdown-it-py"}
FORMAT = 5
"""Of the cache; a new number forgets the old one."""
_CLOSURES: dict[str, dict[str, list]] = {}  # type: ignore[type-arg]
"""State of the code → what functions reach in it: a process finds it once, however many studies it builds."""


class Code:
    """The source of the project below ``root``. What was taken apart once is kept in ``cache``, by the file's hash.

    What functions reach is kept too, as long as no file of the project changes.
    """

    def __init__(self, root: Path = REPOSITORY, cache: Path | None = None) -> None:
        self._root, self._cache_file = root, cache
        self._modules: dict[str, Module | None] = {}
        self._versions: dict[str, str] = {}
        self._digests: dict[tuple[str, ...], str] = {}
        self._reach: dict[tuple[str, str], tuple[list[tuple[str, str]], set[str]]] = {}
        kept = self._read_cache()
        self._cache: dict[str, dict] = kept.get("modules", {})  # type: ignore[type-arg]
        self._tree = _tree(root) if cache is not None else ""
        is_same = self._tree == kept.get("tree")
        self._closures = _CLOSURES.setdefault(self._tree, {}) if self._tree else {}
        self._closures.update(kept.get("closures", {}) if is_same else {})
        self._is_new = not is_same and bool(self._closures)

    def digest_of(self, *functions: str) -> str:
        """The hash of all code that the named functions (``module:name``) can reach, and of the libraries it uses."""
        if functions not in self._digests:
            code, libraries = self._reached_by(functions)
            self._digests[functions] = digest(code, *(f"{library}=={self._version(library)}" for library in libraries))
        return self._digests[functions]

    def _reached_by(self, functions: tuple[str, ...]) -> tuple[str, list[str]]:
        """The hash of what is reached, and the libraries, by name."""
        name = " ".join(functions)
        if name not in self._closures:
            definitions, libraries = self.closure(functions)
            parts = [f"{module}:{name}={self._digest(module, name)}" for module, name in sorted(definitions)]
            self._closures[name], self._is_new = [digest(*parts), sorted(libraries)], True
        code, used = self._closures[name]
        return code, used

    def parts_of(self, functions: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Each definition that the named functions reach → its hash, and each library that they use → its version."""
        definitions, libraries = self.closure(functions)
        made = {f"{module}:{name}": self._digest(module, name) for module, name in sorted(definitions)}
        return made, {library: self._version(library) for library in sorted(libraries)}

    def closure(self, functions: Iterable[str]) -> tuple[set[tuple[str, str]], set[str]]:
        """Every (module, definition) of the project that is reached, and the libraries imported by it."""
        seen: set[tuple[str, str]] = set()
        libraries: set[str] = set()
        waiting = [found for text in functions for found in self._resolve(*text.split(":", 1))]
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            if not place[0].startswith(ENGINE):
                reached, used = self._reached(place)
                waiting += reached
                libraries |= used
                waiting.append((place[0], ""))
        return seen, libraries

    def save(self) -> None:
        """Keep what was taken apart for the next time; where that cannot be written, it is taken apart again."""
        if self._cache_file is not None and self._is_new:
            content = {"format": FORMAT, "tree": self._tree, "closures": self._closures, "modules": self._cache}
            with contextlib.suppress(OSError):
                write_bytes(self._cache_file, json.dumps(content, separators=(",", ":")).encode())
            self._is_new = False

    def _reached(self, place: tuple[str, str]) -> tuple[list[tuple[str, str]], set[str]]:
        """The definitions and libraries that one definition names: asked by many nodes, found once."""
        if place not in self._reach:
            libraries: set[str] = set()
            self._reach[place] = (list(self._named_by(*place, libraries)), libraries)
        return self._reach[place]

    def _named_by(self, module: str, name: str, libraries: set[str]) -> Iterable[tuple[str, str]]:
        definition, imports = self._definition(module, name), {}
        if definition is None:
            return []
        found = self._modules[module]
        assert found is not None
        imports = {**found.imports, **definition.imports}
        reached: list[tuple[str, str]] = []
        for dotted in definition.names:
            if dotted.startswith(NAMED):
                module_name, _, attribute = dotted.partition(":")
                reached += self._resolve(module_name, attribute or "*")
                continue
            first, *rest = dotted.split(".")
            if first in definition.imports or (first in imports and first not in found.definitions):
                reached += self._follow(*imports[first], rest, libraries)
            elif first in found.definitions and first != name:
                reached.append((module, first))
        return reached

    def _follow(self, module: str, attribute: str, rest: list[str], libraries: set[str]) -> list[tuple[str, str]]:
        """What an imported name stands for: definitions of the project, or a library."""
        top = module.split(".")[0]
        if top not in PACKAGES:
            if top not in sys.stdlib_module_names:
                libraries.add(top)
            return []
        path = [attribute, *rest] if attribute else rest
        while path and self._module(f"{module}.{path[0]}") is not None and not self._has(module, path[0]):
            module, path = f"{module}.{path[0]}", path[1:]
        return self._resolve(module, path[0] if path else "*")

    def _has(self, module: str, name: str) -> bool:
        found = self._module(module)
        return found is not None and (name in found.definitions or name in found.imports)

    def _resolve(self, module: str, name: str) -> list[tuple[str, str]]:
        """Where a name of a module is defined, through re-exports; all of the module for ``*`` or an unknown name."""
        found = self._module(module)
        if found is None:
            return []
        if name in found.definitions:
            return [(module, name)]
        if name in found.imports:
            origin, attribute = found.imports[name]
            if origin.split(".")[0] not in PACKAGES:
                return []
            return self._follow(origin, attribute, [], set())
        return [(module, each) for each in found.definitions]

    def _digest(self, module: str, name: str) -> str:
        found = self._definition(module, name)
        return found.digest if found else ""

    def _definition(self, module: str, name: str) -> Definition | None:
        found = self._module(module)
        if found is None:
            return None
        return found.definitions.get(name) if name else found.effects

    def _module(self, name: str) -> Module | None:
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _read(self, name: str) -> Module | None:
        place = self._root.joinpath(*name.split("."))
        file = next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)
        if file is None:
            return None
        content = file.read_bytes()
        known = hashlib.sha256(content).hexdigest()
        kept = self._cache.get(name)
        if kept is None or kept["hash"] != known:
            self._is_new = True
            kept = {"hash": known, **_taken_apart(content)}
            self._cache[name] = kept
        return _module(kept)

    def _read_cache(self) -> dict[str, Any]:
        try:
            content = json.loads(self._cache_file.read_bytes()) if self._cache_file else {}
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) and content.get("format") == FORMAT else {}

    def _version(self, library: str) -> str:
        if library not in self._versions:
            self._versions[library] = version_of(library)
        return self._versions[library]


def _tree(root: Path) -> str:
    """The hash of all code of the project: names and bytes."""
    seen = hashlib.sha256()
    for package in PACKAGES:
        for folder, folders, files in os.walk(root / package):
            folders.sort()
            for name in sorted(file for file in files if file.endswith(".py")):
                place = os.path.join(folder, name)  # noqa: PTH118 (650 files at each start: paths as text take a third)
                with open(place, "rb") as file:  # noqa: PTH123
                    content = file.read()
                seen.update(f"{os.path.relpath(place, root)}\x00{len(content)}\x00".encode())
                seen.update(content)
    return seen.hexdigest()


@lru_cache(maxsize=2048)
def _taken_apart(content: bytes) -> dict:  # type: ignore[type-arg]
    return asdict(take_apart(content.decode("utf-8")))


def _module(kept: dict) -> Module:  # type: ignore[type-arg]
    definitions = {name: _restored(each) for name, each in kept["definitions"].items()}
    return Module(
        definitions, {name: tuple(each) for name, each in kept["imports"].items()}, _restored(kept["effects"])
    )


def _restored(kept: dict) -> Definition:  # type: ignore[type-arg]
    imports = {name: tuple(each) for name, each in kept["imports"].items()}
    return Definition(kept["digest"], tuple(kept["names"]), imports)


def version_of_package() -> str:
    """The version of this project."""
    return version_of("cohesion-panel")


@lru_cache
def version_of(library: str) -> str:
    """The installed version of the distribution that a module comes from; ``absent`` where it is not installed."""
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(library, library))
    except importlib.metadata.PackageNotFoundError:
        return "absent"
