"""The questions of a study from its declarations: what was asked, where it is in the files, and in which waves."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pipeline.papers.study_context import Question
from pipeline.specs.sources import source_variable

if TYPE_CHECKING:
    from pipeline.specs.project import Study
    from pipeline.specs.study import Item, Wave


def questions_of(study: Study, concepts: Collection[str]) -> dict[str, tuple[Question, ...]]:
    """Concept → the questions that measure it here: those of its scale, or the item itself. Only of ``concepts``."""
    found: dict[str, tuple[str, ...]] = {concept: (item,) for concept, item in study.scored_items().items()}
    found |= {scale.concept or key: scale.items for key, scale in study.scales.items()}
    return {
        concept: tuple(_question(study, item, study.items[item]) for item in items if item in study.items)
        for concept, items in found.items()
        if concept in concepts
    }


def _question(study: Study, key: str, item: Item) -> Question:
    """A question, with every variable that a file of a wave holds it in."""
    found = [(file.arm, wave, source_variable(study, wave, file, key)) for wave, _, file in study.files()]
    read = [(wave, variable) for _, wave, variable in found if variable is not None]
    asked = dict.fromkeys(wave for wave, _ in read)
    places = {(arm, wave) for arm, wave, variable in found if variable is not None}
    differs = [_differs(study.waves[wave], key) for wave in asked if key in study.waves[wave].exceptions]
    return Question(
        key,
        item.label,
        item.wording,
        tuple(dict.fromkeys(variable for _, variable in read)),
        tuple(asked),
        tuple(item.codes.values()),
        item.assumed,
        bool(item.original),
        tuple(differs),
        frozenset(places),
    )


def _differs(wave: Wave, item: str) -> str:
    """What a wave does differently with an item, why, and how far the answers can be compared."""
    exception = wave.exceptions[item]
    reworded = f"“{exception.wording}”, " if exception.wording else ""
    return f"In {wave.title}: {reworded}{exception.reason.rstrip('.')} (comparability: {exception.verdict})."
