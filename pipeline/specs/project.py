"""All that is declared, assembled: the studies under the names of their folders, models, figures, papers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.specs.base import Assumable, Declaration
from pipeline.specs.parts import deliveries
from pipeline.specs.study_files import STUDY_FILES

if TYPE_CHECKING:
    from pipeline.specs.area_sets import AreaSet
    from pipeline.specs.base import Period
    from pipeline.specs.deposits import WaveFile
    from pipeline.specs.figures import Figure
    from pipeline.specs.imputation import ImputationSet
    from pipeline.specs.index import Index
    from pipeline.specs.methods import Methods
    from pipeline.specs.models import AnyModel
    from pipeline.specs.papers import Paper
    from pipeline.specs.plan import Plan
    from pipeline.specs.programme import Programme
    from pipeline.specs.report import Concept
    from pipeline.specs.study import Item, Scale, StudyFile, Wave
    from pipeline.specs.weights import Target, WeightSet


@dataclass(frozen=True)
class Assumption:
    """Something the project had to assume, with its reason; printed in every paper of the study."""

    what: str
    reason: str


@dataclass(frozen=True)
class Study:
    """One study's declarations, under the name of its folder.

    Each record of ``STUDY_FILES`` is an attribute. Those that have no field here, with its type, are in ``further``.
    """

    key: str
    about: StudyFile
    items: Mapping[str, Item]
    scales: Mapping[str, Scale]
    waves: Mapping[str, Wave]
    caveats: str = ""
    weights: Mapping[str, WeightSet] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    imputation: Mapping[str, ImputationSet] = field(default_factory=dict)
    methods: Methods | None = None
    plan: Plan | None = None
    area_sets: Mapping[str, AreaSet] = field(default_factory=dict)
    index: Index | None = None
    programmes: Mapping[str, Programme] = field(default_factory=dict)
    further: Mapping[str, Any] = field(default_factory=dict)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A file of the study that has no field."""
            try:
                return self.__dict__["further"][name]
            except KeyError:
                raise AttributeError(f"a study declares no `{name}`") from None

    @property
    def digest(self) -> str:
        """A hash of all that describes the deposits; weights and imputation leave it as it is."""
        return _digest(*(self.digest_of(key) for key in ("about", "items", "scales", "waves")))

    def digest_of(self, key: str) -> str:
        """A hash of what one file, or one folder of files, declares."""
        return _digest(*_canonical(getattr(self, key)))

    @property
    def calendar(self) -> dict[str, tuple[str, ...]]:
        """The waves of each arm, in order."""
        return {key: arm.waves for key, arm in self.about.arms.items()}

    def files(self) -> Iterator[tuple[str, Wave, WaveFile]]:
        """Every deposited file with its wave."""
        for key, wave in self.waves.items():
            for file in wave.files:
                yield key, wave, file

    @cached_property
    def known(self) -> dict[Any, Any]:
        """What was worked out of these declarations, for who asks again (``measured.facts``)."""
        return {}

    def deliveries(self) -> list[tuple[str, ...]]:
        """The waves, together where they share a file."""
        return deliveries(self.waves)

    def fieldwork(self, wave: str, arm: str) -> Period:
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
        for part in STUDY_FILES.values():
            declared = getattr(self, part.key)
            if isinstance(declared, Assumable):
                _collect(declared, self.about.title, found)
            for key, entry in declared.items() if part.entry else ():
                _collect(entry, f"{part.entry} “{_called(entry) or key}”", found)
        return found


@dataclass(frozen=True)
class Project:
    """Everything that is declared."""

    concepts: Mapping[str, Concept]
    studies: Mapping[str, Study]
    models: Mapping[str, AnyModel]
    figures: Mapping[str, Figure]
    papers: Mapping[str, Paper]


def _collect(declaration: Assumable, name: str, found: list[Assumption]) -> None:
    """Walk a declaration and note every part that is marked as assumed."""
    if declaration.assumed:
        found.append(Assumption(name, declaration.reason))
    for part in type(declaration).model_fields:
        value = getattr(declaration, part)
        members = tuple(
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
        )
        if isinstance(value, Assumable):
            _collect(value, f"{name}, {part}", found)
        for key, member in members:
            if isinstance(member, Assumable):
                _collect(member, f"{name}, {_called(member) or _member(part, key, len(members))}", found)


def _member(part: str, key: object, many: int) -> str:
    """A member without a title, in words: "areas: own group share", "outcomes", "files (2)"."""
    if isinstance(key, int):
        return f"{part} ({key + 1})" if many > 1 else part
    return f"{part}: {str(key).replace('_', ' ')}"


def _called(declaration: object) -> str | None:
    """What readers call it."""
    return getattr(declaration, "label", None) or getattr(declaration, "title", None)


def _canonical(declared: object) -> Iterator[str]:
    """What is declared in text, however the file holds it: prose, one declaration, rows, or entries by name."""
    if isinstance(declared, Declaration):
        yield declared.digest
    elif isinstance(declared, Mapping):
        yield from (f"{key}={entry.digest}" for key, entry in declared.items())
    elif isinstance(declared, tuple):
        yield from (row.digest for row in declared)
    else:
        yield str(declared)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
