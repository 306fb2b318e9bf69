"""All declarations of a project, read at once; ``load_project`` reports every mistake in one go."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs.base import Assumable
from pipeline.specs.figures import Figure
from pipeline.specs.imputation import ImputationSet
from pipeline.specs.models import AnyModel, load_model
from pipeline.specs.reader import load, load_each, load_front_matter
from pipeline.specs.report import Concept, Model, Paper
from pipeline.specs.strict_yaml import Source
from pipeline.specs.study import Item, Scale, StudyFile, Wave, WaveFile
from pipeline.specs.targets import read_targets
from pipeline.specs.weights import Target, WeightSet


@dataclass(frozen=True)
class Assumption:
    """Something the project had to assume, with its reason; printed in every paper of the study."""

    what: str
    reason: str


@dataclass(frozen=True)
class Study:
    """One study's declarations, under the name of its folder."""

    key: str
    about: StudyFile
    items: Mapping[str, Item]
    scales: Mapping[str, Scale]
    waves: Mapping[str, Wave]
    caveats: str = ""
    weights: Mapping[str, WeightSet] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    imputation: Mapping[str, ImputationSet] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        parts = [self.about.digest, *(self.digest_of(kind) for kind in ("items", "scales", "waves"))]
        return _digest(*parts)

    def digest_of(self, kind: str) -> str:
        """A hash of all ``items``, ``scales``, ``waves``, ``weights`` or ``imputation`` sets."""
        declared: Mapping[str, Any] = getattr(self, kind)
        return _digest(*(f"{key}={declaration.digest}" for key, declaration in declared.items()))

    @property
    def calendar(self) -> dict[str, tuple[str, ...]]:
        """The waves of each arm, in order."""
        return {key: arm.waves for key, arm in self.about.arms.items()}

    def files(self) -> Iterator[tuple[str, Wave, WaveFile]]:
        """Every deposited file with its wave."""
        for key, wave in self.waves.items():
            for file in wave.files:
                yield key, wave, file

    def fieldwork(self, wave: str, arm: str) -> Any:
        """The fieldwork period of an arm's wave."""
        declared = self.waves[wave]
        own = next((file.fieldwork for file in declared.files if file.arm == arm and file.fieldwork), None)
        return own or declared.fieldwork

    def scored_items(self) -> dict[str, str]:
        """Concept → item, for items that are a concept's only measure here (no scale scores them)."""
        scaled = {scale.concept or key for key, scale in self.scales.items()}
        return {item.concept: key for key, item in self.items.items() if item.concept and item.concept not in scaled}

    @property
    def scores(self) -> tuple[str, ...]:
        """Every column of scores in the panel."""
        return (*(scale.concept or key for key, scale in self.scales.items()), *self.scored_items(), *self.about.areas)

    @property
    def assumptions(self) -> list[Assumption]:
        """Everything in this study that is marked ``assumed: true``."""
        found: list[Assumption] = []
        _collect(self.about, self.about.title, found)
        named = {"item": self.items, "scale": self.scales, "wave": self.waves, "weight": self.weights}
        named["imputation"] = self.imputation
        for kind, declared in named.items():
            for key, declaration in declared.items():
                _collect(declaration, f"{kind} “{_called(declaration) or key}”", found)
        return found


@dataclass(frozen=True)
class Project:
    """Everything that is declared."""

    concepts: Mapping[str, Concept]
    studies: Mapping[str, Study]
    models: Mapping[str, AnyModel]
    figures: Mapping[str, Figure]
    papers: Mapping[str, Paper]


@dataclass
class Parts:
    """What could be read of one study folder."""

    about: StudyFile | None
    items: dict[str, Item]
    scales: dict[str, Scale]
    waves: dict[str, Wave]
    caveats: str = ""
    weights: dict[str, WeightSet] = field(default_factory=dict)
    targets: dict[int, Target] = field(default_factory=dict)  # by line
    imputation: dict[str, ImputationSet] = field(default_factory=dict)


@dataclass
class Reading:
    """A project as far as it could be read, with the source of each file, so that checks can name lines."""

    concepts: dict[str, Concept] = field(default_factory=dict)
    parts: dict[str, Parts] = field(default_factory=dict)
    models: dict[str, AnyModel] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    papers: dict[str, Paper] = field(default_factory=dict)
    sources: dict[tuple[str, ...], Source] = field(default_factory=dict)
    template: StudyFile | None = None

    @property
    def problems(self) -> list[str]:
        return [problem for source in self.sources.values() for problem in source.problems]

    @property
    def studies(self) -> dict[str, Study]:
        """The studies whose study.yaml could be read."""
        return {
            key: Study(
                key,
                parts.about,
                parts.items,
                parts.scales,
                parts.waves,
                parts.caveats,
                parts.weights,
                tuple(parts.targets.values()),
                parts.imputation,
            )
            for key, parts in self.parts.items()
            if parts.about is not None
        }


def load_project(paths: Paths) -> Project:
    """Read and check every declaration.

    Raises ``DeclarationErrors`` that lists all mistakes, each with file, line, what was expected, nearest name.
    """
    from pipeline.specs.check import check

    reading = read_project(paths)
    check(reading)
    if reading.problems:
        raise DeclarationErrors(sorted(dict.fromkeys(reading.problems), key=_by_file_and_line))
    return Project(reading.concepts, reading.studies, reading.models, reading.figures, reading.papers)


def read_project(paths: Paths) -> Reading:
    """Read every declaration below a root, without checking one against another."""
    reading = Reading()
    reading.concepts, source = load_each(paths.concepts, _name(paths.concepts, paths), Concept)
    reading.sources["concepts",] = source
    folders = sorted(paths.studies.iterdir()) if paths.studies.is_dir() else []
    for folder in folders:
        if folder.is_dir() and not folder.name.startswith(("_", ".")):
            reading.parts[folder.name] = read_study(folder, paths, reading)
    template = paths.study("_template") / "study.yaml"
    if template.exists():
        reading.template = load(template, template.name, StudyFile)[0]
    _read_reports(paths.models, "*.yaml", "models", Model, load_model, paths, reading)
    _read_reports(paths.figures, "*.yaml", "figures", Figure, load, paths, reading)
    _read_reports(paths.papers, "*.md", "papers", Paper, load_front_matter, paths, reading)
    return reading


def read_study(folder: Path, paths: Paths, reading: Reading) -> Parts:
    """One study folder; its sources are kept in ``reading``."""
    key = folder.name
    sources = reading.sources
    about, sources[key, "study"] = load(folder / "study.yaml", _name(folder / "study.yaml", paths), StudyFile)
    items, sources[key, "items"] = load_each(folder / "items.yaml", _name(folder / "items.yaml", paths), Item)
    scales: dict[str, Scale] = {}
    if (folder / "scales.yaml").exists():
        scales, sources[key, "scales"] = load_each(folder / "scales.yaml", _name(folder / "scales.yaml", paths), Scale)
    waves: dict[str, Wave] = {}
    for file in sorted((folder / "waves").glob("*.yaml")):
        wave, sources[key, "waves", file.stem] = load(file, _name(file, paths), Wave)
        if wave is not None:
            waves[file.stem] = wave
    weights: dict[str, WeightSet] = {}
    if (folder / "weights.yaml").exists():
        name = _name(folder / "weights.yaml", paths)
        weights, sources[key, "weights"] = load_each(folder / "weights.yaml", name, WeightSet)
    targets: dict[int, Target] = {}
    if (folder / "targets.csv").exists():
        targets, sources[key, "targets"] = read_targets(folder / "targets.csv", _name(folder / "targets.csv", paths))
    caveats = folder / "caveats.md"
    text = caveats.read_text(encoding="utf-8") if caveats.exists() else ""
    return Parts(about, items, scales, waves, text, weights, targets, _read_imputation(folder, paths, sources))


def _read_imputation(folder: Path, paths: Paths, sources: dict[tuple[str, ...], Source]) -> dict[str, ImputationSet]:
    """The imputation sets of a study, if it declares any."""
    file = folder / "imputation.yaml"
    if not file.exists():
        return {}
    sets, sources[folder.name, "imputation"] = load_each(file, _name(file, paths), ImputationSet)
    return sets


def _read_reports(
    folder: Path, pattern: str, kind: str, declaration: type, loader: Callable[..., Any], paths: Paths, reading: Reading
) -> None:
    for file in sorted(folder.glob(pattern)):
        if file.name == "README.md":
            continue
        found, source = loader(file, _name(file, paths), declaration)
        reading.sources[kind, file.stem] = source
        if found is not None:
            getattr(reading, kind)[file.stem] = found


def _collect(declaration: Any, name: str, found: list[Assumption]) -> None:
    """Walk a declaration and note every part that is marked as assumed."""
    if isinstance(declaration, Assumable) and declaration.assumed:
        found.append(Assumption(name, declaration.reason))
    for part in type(declaration).model_fields if hasattr(type(declaration), "model_fields") else ():
        value = getattr(declaration, part)
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
        if isinstance(value, Assumable):
            _collect(value, f"{name}, {part}", found)
        for key, member in members:
            if isinstance(member, Assumable):
                _collect(member, f"{name}, {_called(member) or f'{part} {key}'}", found)


def _called(declaration: Any) -> str | None:
    """What readers call it."""
    return getattr(declaration, "label", None) or getattr(declaration, "title", None)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _name(path: Path, paths: Paths) -> str:
    return path.relative_to(paths.root).as_posix()


def _by_file_and_line(problem: str) -> tuple[str, int]:
    file, line, _ = problem.split(":", 2)
    return file, int(line)
