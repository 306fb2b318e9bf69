"""A project as far as it could be read, with the source of each file, so that checks can name lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import Source

if TYPE_CHECKING:
    from pipeline.specs.figures import Figure
    from pipeline.specs.imputation import ImputationSet
    from pipeline.specs.models import AnyModel
    from pipeline.specs.papers import Paper
    from pipeline.specs.report import Concept
    from pipeline.specs.study import Item, Scale, StudyFile, Wave
    from pipeline.specs.weights import Target, WeightSet

T = TypeVar("T", "Parts", Study)


@dataclass(frozen=True)
class Parts:
    """What could be read of one study folder: each record of ``STUDY_FILES``, as in a ``Study``."""

    about: StudyFile | None
    items: Mapping[str, Item]
    scales: Mapping[str, Scale]
    waves: Mapping[str, Wave]
    caveats: str
    weights: Mapping[str, WeightSet]
    targets: Mapping[int, Target]  # by line
    imputation: Mapping[str, ImputationSet]
    further: Mapping[str, Any]


@dataclass
class Reading:
    """A project as far as it could be read. ``sources``: the place of a file, as ``("elsoc", "waves", "w01")``."""

    concepts: dict[str, Concept] = field(default_factory=dict)
    parts: dict[str, Parts] = field(default_factory=dict)
    models: dict[str, AnyModel] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    papers: dict[str, Paper] = field(default_factory=dict)
    sources: dict[tuple[str, ...], Source] = field(default_factory=dict)
    template: StudyFile | None = None
    template_caveats: str = ""

    @property
    def problems(self) -> list[str]:
        """Every mistake found so far, each with its file and line."""
        return [problem for source in self.sources.values() for problem in source.problems]

    @property
    def studies(self) -> dict[str, Study]:
        """The studies whose study.yaml could be read."""
        return {key: _study(key, parts) for key, parts in self.parts.items() if parts.about is not None}


def parts_of(read: Mapping[str, Any]) -> Parts:
    """What was read of the files of one study, by the keys of their records."""
    return _filled(Parts, read)


def _study(key: str, parts: Parts) -> Study:
    read = {name: value for name, value in vars(parts).items() if name != "further"}
    return _filled(Study, {"key": key, **read, **parts.further, "targets": tuple(parts.targets.values())})


def _filled(kind: type[T], read: Mapping[str, Any]) -> T:
    """``kind`` with its fields, and what has no field in ``further``."""
    own = {place.name for place in fields(kind)}
    further = {name: value for name, value in read.items() if name not in own}
    return kind(**{name: value for name, value in read.items() if name in own}, further=further)
