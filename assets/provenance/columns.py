"""Which columns of a wide table a step rests on, and which of them an edit can touch: two edits of a study told apart.

Every model of a study reads one panel. That its bytes differ says nothing of a model whose own columns are as they
were: an edit of one item is no cause of a finding about another. What is not known to touch single columns (a deposit,
code) counts for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assets.provenance.archive import Archive
from assets.provenance.manifest import Manifest, Step
from pipeline.specs.strict_yaml import parse

REASON = "_reason"
"""Behind the name of an item: the column that says why an answer is missing."""


class Columns:
    """What is known of the columns of two builds."""

    def __init__(self, old: Manifest, new: Manifest, archive: Archive) -> None:
        self._manifests, self._archive = (old, new), archive
        self._declared: dict[str, tuple[dict[str, set[str]], set[str]]] = {}

    def changed(self, key: str) -> set[str] | None:
        """The columns of a table that came out otherwise; ``None`` where that was not noted."""
        noted = [self._noted(manifest.makers.get(key), key) for manifest in self._manifests]
        before, after = noted
        if before is None or after is None:
            return None
        return {name for name in (*before, *after) if before.get(name) != after.get(name)}

    def _noted(self, step: Step | None, key: str) -> dict[str, str] | None:
        text = self._archive.content(step.columns) if step is not None and step.columns else None
        found: dict[str, str] | None = json.loads(text).get(key) if isinstance(text, str) else None
        return found

    def relevant(self, changed: set[str], study: str, named: set[str]) -> set[str]:
        """Of columns that changed those a step rests on: it names them, or they are no measure of the study."""
        _, measures = self._measures(study)
        return {name for name in changed if name not in measures or name.removesuffix(REASON) in named}

    def touched(self, study: str, place: str, what: str) -> set[str] | None:
        """The columns that an edit of a declaration can touch; ``None`` where it may be any."""
        of, _ = self._measures(study)
        folder, keys = f"data/studies/{study}/", what.split(".")
        if place in (f"{folder}items.yaml", f"{folder}scales.yaml"):
            return of.get(keys[0])
        if place.startswith(f"{folder}waves/") and keys[0] == "exceptions" and len(keys) > 1:
            return of.get(keys[1])
        return of.get(place) if place.startswith("data/areas/") else None

    def _measures(self, study: str) -> tuple[dict[str, set[str]], set[str]]:
        """Item, battery, scale or area table → the columns it becomes part of; and all such columns."""
        if study not in self._declared:
            of: dict[str, set[str]] = {}
            for manifest in self._manifests:
                for name, columns in self._of_build(manifest, study):
                    of.setdefault(name, set()).update(columns)
            self._declared[study] = of, {column for columns in of.values() for column in columns}
        return self._declared[study]

    def _of_build(self, manifest: Manifest, study: str) -> Iterator[tuple[str, set[str]]]:
        read: Callable[[str], dict[str, Any]] = lambda name: self._data(manifest, f"data/studies/{study}/{name}")  # noqa: E731
        items, scales = read("items.yaml"), read("scales.yaml")
        scored: dict[str, set[str]] = {}
        for key, scale in scales.items():
            columns = {key, str(scale.get("concept") or key)}
            yield key, columns
            for item in scale.get("items") or ():
                scored.setdefault(str(item), set()).update(columns)
        for key, entry in items.items():
            rows = entry.get("rows") if isinstance(entry.get("rows"), Mapping) else {key: entry}
            own = {row: _columns(row, entry, about) | scored.get(row, set()) for row, about in rows.items()}
            yield from own.items()
            yield key, {column for columns in own.values() for column in columns}
        for concept, area in (read("study.yaml").get("areas") or {}).items():
            yield f"data/areas/{area.get('table')}", {concept}

    def _data(self, manifest: Manifest, place: str) -> dict[str, Any]:
        text = self._archive.content(manifest.files.get(place, ""))
        data = parse(text, Path(place), place).data if isinstance(text, str) else None
        entries = data if isinstance(data, dict) else {}
        return entries if place.endswith("study.yaml") else {k: v for k, v in entries.items() if isinstance(v, dict)}


def _columns(item: str, entry: Mapping[str, Any], about: Any) -> set[str]:
    """The columns of one item: its value, why it is missing, and the concept it measures by itself."""
    concept = (about.get("concept") if isinstance(about, Mapping) else None) or entry.get("concept")
    return {item, f"{item}{REASON}", *([str(concept)] if concept else [])}


def names_in(data: Any) -> set[str]:
    """Every text and every key of plain data."""
    if isinstance(data, str):
        return {data}
    if isinstance(data, Mapping):
        return {str(key) for key in data} | {name for held in data.values() for name in names_in(held)}
    return {name for held in data for name in names_in(held)} if isinstance(data, list) else set()
