"""The panel of a study with all that its declarations say of each column: answers, scores, weights, participation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.exports.dataset import DataSet, data_set
from pipeline.exports.variable import Measure, Variable
from pipeline.specs.project import Study
from pipeline.specs.report import Concept
from pipeline.specs.study import Item
from pipeline.tables import FURTHER_HEAD, HEAD

NOT_INTERVIEWED = "not_interviewed"
WEIGHT_SET = "weight_"
"""In front of the name of a weight set: the column of its weights."""
KEYS = ("person_id", "wave")
TAKEN_PART = ("is_present", "status", "pattern", "outcome")
FIXED: dict[str, Variable] = {
    "person_id": Variable("Pseudonym of the person: the same in every wave", role="id"),
    "study": Variable("Study", role="id"),
    "arm": Variable("Part of the sample, with a calendar of its own", role="id"),
    "wave": Variable("Wave", role="id"),
    "is_present": Variable("Whether the person was interviewed in this wave", role="participation"),
    "status": Variable("Entered, stayed, returned, absent, or not yet in the study", role="participation"),
    "pattern": Variable("Waves of the arm in which the person was interviewed (1) or not (0)", role="participation"),
    "outcome": Variable("What became of the interview, where it is known", role="participation"),
    "fieldwork_start": Variable("First day of fieldwork of this wave and arm", role="design"),
    "interview_date": Variable("Date of the interview", role="design"),
    "stratum": Variable("Stratum of the sample", role="design"),
    "psu": Variable("Primary sampling unit", role="design"),
    "area_code": Variable("Code of the area where the person lives", role="design"),
    "mode": Variable("How the person was interviewed", role="design"),
    "household_id": Variable("Pseudonym of the household in this wave", role="design"),
    "design_weight": Variable("Design weight, as delivered", role="weight"),
    "scaled_weight": Variable("Design weight, scaled to mean one within arm and wave", role="weight"),
}
"""Columns that every study has, or may have."""


@dataclass(frozen=True)
class StudyTables:
    """What builds made of a study: one row per person and wave but for ``sets``, weight set → a row per person.

    ``crosswalk`` says what each source code became, and is where the labels of values come from.
    """

    answers: pl.DataFrame
    panel: pl.DataFrame
    participation: pl.DataFrame
    weights: pl.DataFrame
    crosswalk: pl.DataFrame
    sets: Mapping[str, pl.DataFrame] = field(default_factory=dict)


def study_data(study: Study, concepts: Mapping[str, Concept], tables: StudyTables) -> DataSet:
    """One row per person and wave of the person's arm, interviewed or not: the whole panel, in words.

    An item that is a concept's only measure stands once if both have one name; another item that is called like a score
    gets ``_answer`` behind its name.
    """
    labels = value_labels(tables.crosswalk) | labelled_numbers(study)
    head = [name for name in (*HEAD, *FURTHER_HEAD) if name in tables.answers.columns and name not in KEYS]
    made = tables.participation.select(*KEYS, "study", "arm", *TAKEN_PART)
    made = _joined(made, tables.answers.select(*KEYS, *(name for name in head if name not in ("study", "arm"))))
    made = _joined(made, tables.weights.select(*KEYS, "scaled_weight"))
    variables = {name: FIXED.get(name, Variable(role="design")) for name in made.columns}
    for name, people in tables.sets.items():
        column = f"{WEIGHT_SET}{name}"
        made = _joined(made, people.select("person_id", pl.col("panel_weight").alias(column)), ("person_id",))
        variables[column] = Variable(_weight_words(study, name), role="weight")
    names = _names(study, tables, set(made.columns))
    made = _joined(made, _answers(tables.answers, names))
    away = ~pl.col("is_present")
    reasons = [f"{new}_reason" for new in names.values()]
    made = made.with_columns(pl.when(away).then(pl.lit(NOT_INTERVIEWED)).otherwise(pl.col(reasons)).name.keep())
    for item, new in names.items():
        variables[new] = _answer(study, item, f"{new}_reason", labels.get(item, {}))
        variables[f"{new}_reason"] = Variable(f"Why there is no answer: {study.items[item].label}", role="answer")
    scores = [name for name in study.scores if name in tables.panel.columns and name not in variables]
    made = _joined(made, tables.panel.select(*KEYS, *scores))
    variables |= {name: _score(study, concepts, name, labels) for name in scores}
    notes = (
        f"{study.about.citation}",
        f"Licence: {study.about.licence}",
        *(f"Weight: {name} = {about.label}" for name, about in variables.items() if about.role == "weight"),
        *(["Synthetic data: nobody gave these answers"] if study.about.synthetic else []),
    )
    title = f"{study.about.title}{' (synthetic)' if study.about.synthetic else ''}"
    return data_set(made, variables, title, notes)


def _joined(made: pl.DataFrame, other: pl.DataFrame, on: tuple[str, ...] = KEYS) -> pl.DataFrame:
    return made.join(other, on=list(on), how="left", maintain_order="left")


def _names(study: Study, tables: StudyTables, taken: set[str]) -> dict[str, str]:
    """Item → the column of its answers."""
    once = {concept for concept, item in study.scored_items().items() if concept == item}
    scores = set(study.scores) - once
    found: dict[str, str] = {}
    for item in study.items:
        if item in tables.answers.columns:
            new = item
            while new in scores | taken or f"{new}_reason" in scores | taken:
                new = f"{new}_answer"
            found[item] = new
            taken |= {new, f"{new}_reason"}
    return found


def _answers(answers: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    columns = [pl.col(item).alias(new) for item, new in names.items()]
    reasons = [pl.col(f"{item}_reason").cast(pl.String).alias(f"{new}_reason") for item, new in names.items()]
    return answers.select(*KEYS, *columns, *reasons)


def value_labels(crosswalk: pl.DataFrame) -> dict[str, dict[float, str]]:
    """Item → value → its label; where several codes became one value, or waves call it otherwise, all of them."""
    valued = crosswalk.filter(pl.col("value").is_not_null() & pl.col("label").is_not_null())
    listed = valued.group_by("item", "value", maintain_order=True).agg(pl.col("label").unique(maintain_order=True))
    found: dict[str, dict[float, str]] = {}
    for item, value, texts in listed.iter_rows():
        once = {" ".join(text.split()).casefold(): " ".join(text.split()) for text in reversed(texts)}
        found.setdefault(item, {})[value] = " / ".join(reversed(once.values()))
    return found


def labelled_numbers(study: Study) -> dict[str, dict[float, str]]:
    """The same of items that are numbers: the values that have a label, turned where the item is reversed."""
    found = {}
    for key, item in study.items.items():
        if item.value_labels and item.range is not None:
            turned = sum(item.range) if item.reverse else None
            values = {float(value): text for value, text in item.value_labels.items()}
            found[key] = {value if turned is None else turned - value: text for value, text in values.items()}
    return found


def _answer(study: Study, key: str, reason: str, values: Mapping[float, str]) -> Variable:
    item = study.items[key]
    measure: Measure = "scale" if item.kind == "number" else item.kind
    label = " ".join((item.wording or item.label).split())
    return Variable(label, values, reason, measure, "answer", "; ".join(_remarks(study, key, item)))


def _remarks(study: Study, key: str, item: Item) -> Iterator[str]:
    yield item.label
    if item.concept:
        yield f"measures {item.concept}"
    if item.routing:
        yield f"asked of: {item.routing}"
    if item.reverse:
        yield "reversed"
    if item.assumed:
        yield f"assumed: {item.reason}"
    for wave, declared in study.waves.items():
        if key in declared.exceptions:
            yield f"{wave} otherwise: {declared.exceptions[key].reason}"


def _score(
    study: Study, concepts: Mapping[str, Concept], name: str, labels: Mapping[str, Mapping[float, str]]
) -> Variable:
    """A scale by its items, an item's score by its item, an area measure by its source."""
    concept = concepts.get(name)
    means = f"{concept.label}: {concept.definition}" if concept else ""
    direction = concept.direction if concept else ""
    for key, scale in study.scales.items():
        if (scale.concept or key) == name:
            made = f"{scale.score} of {', '.join(scale.items)}"
            return Variable(means or scale.label, {}, "", "scale", "score", "; ".join(filter(None, (made, direction))))
    if name in study.scored_items():
        item = study.scored_items()[name]
        kind = study.items[item].kind
        measure: Measure = "scale" if kind == "number" else kind
        said = "; ".join(filter(None, (f"answers to {item}", direction)))
        return Variable(means or study.items[item].label, labels.get(item, {}), "", measure, "score", said)
    area = study.about.areas[name]
    return Variable(means or name, {}, "", "scale", "score", f"of the area, {area.vintage}; {area.source}")


def _weight_words(study: Study, name: str) -> str:
    declared = study.weights[name]
    who = "every one" if declared.who == "all" else "at least one"
    return f"{declared.label}: weight of people who answered {who} of {', '.join(declared.waves)}"
