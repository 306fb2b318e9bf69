"""Where something is declared: file and line, as a person would look it up."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.paths import Paths
from pipeline.specs import Project
from pipeline.specs.strict_yaml import Position, Source, read


class Places:
    """File and line of declarations below a root; a file is read once."""

    def __init__(self, paths: Paths, project: Project) -> None:
        self._paths, self._project = paths, project
        self._sources: dict[Path, Source] = {}

    def model(self, name: str) -> str:
        return self._line(self._paths.models / f"{name}.yaml", ())

    def figure(self, name: str) -> str:
        return self._line(self._paths.figures / f"{name}.yaml", ())

    def concept(self, name: str) -> str:
        return self._line(self._paths.concepts, (name,))

    def scale(self, study: str, name: str) -> str:
        return self._line(self._paths.study(study) / "scales.yaml", (name,))

    def weight_set(self, study: str, name: str) -> str:
        return self._line(self._paths.study(study) / "weights.yaml", (name,))

    def about(self, study: str, *keys: str) -> str:
        return self._line(self._paths.study(study) / "study.yaml", keys)

    def wave(self, study: str, wave: str) -> str:
        own = self._paths.study(study) / "waves" / f"{wave}.yaml"
        return self._line(own if own.is_file() else self._paths.study(study) / "waves.csv", ())

    def item(self, study: str, item: str) -> str:
        """Where an item is declared, also as a row of a battery."""
        file = self._paths.study(study) / "items.yaml"
        data: Any = self._source(file).data or {}
        for key, entry in data.items() if isinstance(data, dict) else ():
            if key != item and isinstance(entry, dict) and item in (entry.get("rows") or {}):
                return self._line(file, (key, "rows", item))
        return self._line(file, (item,))

    @cached_property
    def tables(self) -> dict[str, tuple[str, str]]:
        """Concept of an area table → study and file."""
        return {
            concept: (key, area.table)
            for key, study in self._project.studies.items()
            for concept, area in study.about.areas.items()
        }

    def prose(self, paper: str, words: str) -> str:
        """The line of a paper that holds some words; the file where none does."""
        file = self._paths.papers / f"{paper}.md"
        name = file.relative_to(self._paths.root).as_posix()
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        found = [number for number, line in enumerate(lines, start=1) if words in line]
        return f"{name}:{found[0]}" if words and found else name

    def _line(self, file: Path, position: Position) -> str:
        name = file.relative_to(self._paths.root).as_posix()
        if file.suffix != ".yaml" or not file.is_file():
            return name
        return f"{name}:{self._source(file).line(position)}" if position else name

    def _source(self, file: Path) -> Source:
        if file not in self._sources:
            self._sources[file] = read(file, file.relative_to(self._paths.root).as_posix())
        return self._sources[file]
