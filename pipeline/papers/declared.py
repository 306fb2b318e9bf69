"""What the declarations of a study say, as a paper prints it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.papers.coverage import coverage_of
from pipeline.papers.declared_questions import questions_of
from pipeline.papers.methods import model_note
from pipeline.papers.phrases import in_sentence
from pipeline.papers.study_context import Exceptional, Fieldwork, StudyContext
from pipeline.specs.methods import ANNEX_ITEMS
from pipeline.specs.study import value_range
from pipeline.specs.targets import category_name

if TYPE_CHECKING:
    from pipeline.specs.base import Period
    from pipeline.specs.models import AnyModel
    from pipeline.specs.project import Assumption, Study
    from pipeline.specs.study import Item

TWIN = "Invented answers that are like the study’s; what the text says of the study need not hold of them."
"""What a paper says of itself that is written of a synthetic twin, besides that its data are synthetic."""


def declared_context(
    study: Study,
    *,
    models: Mapping[str, AnyModel],
    labels: Mapping[str, str],
    assumptions: Sequence[Assumption],
    estimated: Mapping[str, Collection[str]] | None = None,
) -> StudyContext:
    """Everything that the declarations say and a paper prints.

    ``models``: the paper's models, in its order. ``labels``: concept → label, from ``specs.paper_reads.labels_of``;
    only questions that measure these are read. ``assumptions``: those of the study.
    ``estimated``: model → the waves of which it has levels.
    """
    about = study.about
    facts = (
        ("Population", about.population),
        ("Data", about.source or about.title),
        ("Licence of the data", about.licence),
        ("Synthetic twin", TWIN if about.twin else ""),
    )
    sets = {str(model.weights) for model in models.values() if model.weights}
    weight_sets = {key: declared.label for key, declared in study.weights.items() if key in sets}
    named = _labels(study, labels)
    questions = questions_of(study, labels)
    coverage = coverage_of(study, questions)
    return StudyContext(
        title=about.title,
        synthetic=about.synthetic,
        twin=about.twin,
        citation=about.citation,
        facts=tuple((label, value) for label, value in facts if value),
        assumptions=tuple((assumption.what, assumption.reason) for assumption in assumptions),
        caveats=study.caveats,
        questions=questions,
        labels={**named, **{f"weights {key}": label for key, label in weight_sets.items()}},
        models={
            key: model_note(model, weight_sets, named, coverage, (estimated or {}).get(key, ()))
            for key, model in models.items()
        },
        fieldwork=_fieldwork(study),
        source=about.source or about.title,
        exceptions=_exceptions(study),
        items={key: item.label for key, item in study.items.items()},
        rules=about.disclosure,
        codebook=f"../codebooks/{study.key}.html",
        methods=_methods(study),
    )


def _methods(study: Study) -> dict[str, str]:
    """Item of the methods annex → what the study declares of it; empty for a study that declares no methods."""
    declared = study.methods
    if declared is None:
        return {}
    own = [item.key for item in ANNEX_ITEMS.values() if item.origin == "methods.yaml"]
    return {"population": study.about.population, **{key: getattr(declared, key).words for key in own}}


def _fieldwork(study: Study) -> dict[tuple[str, str], Fieldwork]:
    """(arm, wave) → its title and its months."""
    return {
        (arm, wave): Fieldwork(
            study.waves[wave].title, period_words(study.fieldwork(wave, arm)), study.waves[wave].mode
        )
        for arm, waves in study.calendar.items()
        for wave in waves
        if wave in study.waves
    }


def _exceptions(study: Study) -> tuple[Exceptional, ...]:
    """What waves did differently, wave by wave; what a wave did with a question's wording comes first."""
    return tuple(
        Exceptional(
            key,
            item,
            exception.verdict,
            f"“{exception.wording}”: {exception.reason}" if exception.wording else exception.reason,
        )
        for key, wave in study.waves.items()
        for item, exception in wave.exceptions.items()
    )


def _labels(study: Study, concepts: Mapping[str, str]) -> dict[str, str]:
    """Concept, wave, arm or ``concept=value`` → what readers call it."""
    return {
        **concepts,
        **{key: wave.title for key, wave in study.waves.items()},
        **_answers(study, concepts),
        **{key: arm.title for key, arm in study.about.arms.items()},
    }


def _answers(study: Study, concepts: Mapping[str, str]) -> dict[str, str]:
    """``concept=value`` → what the one answer of that value was called, of concepts that one item measures."""
    found: dict[str, str] = {}
    for concept, key in study.scored_items().items():
        if concept not in concepts:
            continue
        item = study.items[key]
        values = {code: _value(item, code) for code in item.codes}
        single = {code for code, value in values.items() if list(values.values()).count(value) == 1}
        if set(values.values()) == {"0", "1"}:  # yes or no: of several answers that count, the concept names them
            label = concepts[concept]
            found |= {f"{concept}=0": f"Not: {in_sentence(label)}", f"{concept}=1": label}
        found |= {f"{concept}={values[code]}": item.codes[code] for code in values if code in single}
    return found


def _value(item: Item, code: str) -> str:
    """What a code counts as in the concept that this item alone measures: recoded, and turned round where it is."""
    value = category_name(str(item.recode.get(code, code)))
    ends = value_range(item) if item.reverse else None
    try:
        return category_name(str(sum(ends) - float(value))) if ends else value
    except ValueError:  # a reason why there is no answer
        return value


def period_words(period: Period) -> str:
    """ "August to December 2018", "October 2019 to March 2020" """
    start, end = period.start, period.end
    if (start.year, start.month) == (end.year, end.month):
        return f"{_month(start)} {start.year}"
    if start.year == end.year:
        return f"{_month(start)} to {_month(end)} {end.year}"
    return f"{_month(start)} {start.year} to {_month(end)} {end.year}"


def _month(day: dt.date) -> str:
    names = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
    return (*names, "November", "December")[day.month - 1]
