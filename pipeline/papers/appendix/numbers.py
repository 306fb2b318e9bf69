"""Where each number comes from: one row per number printed in the text, under the model that gave it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.papers.content import (
    Block,
    Column,
    Heading,
    Link,
    NumberRecord,
    Paragraph,
    Row,
    Runs,
    Strong,
    TableBlock,
    Text,
    words,
)
from pipeline.papers.phrases import ranged, sentence
from pipeline.papers.study_context import StudyContext

CAPTION = "Numbers in the text, by the model they come from"


def numbers(records: Sequence[NumberRecord], study: StudyContext) -> list[Block]:
    """What each number is, how many people it is of, and what was asked."""
    by_source: dict[str, list[NumberRecord]] = {}
    for record in records:
        by_source.setdefault(record.source, []).append(record)
    rows: list[Row] = []
    for source, own in by_source.items():
        rows.append(Row((_heading(source, own, study),)))
        rows += [_number(record, study) for record in own]
    if not rows:
        return []
    columns = tuple(Column(header) for header in ("No.", "Number", "What it is", "Of", "Question asked"))
    lead = (
        "Every number in the text is bound to a result and inserted by the build; none is typed. With the number of "
        "the first column “cohesion trace” prints the way back: model, scale, question, answers and file."
    )
    return [
        Heading(2, words("Where each number comes from"), "numbers"),
        Paragraph(words(lead)),
        TableBlock(None, "numbers-table", CAPTION, columns, tuple(rows), wordy=True),
    ]


def _heading(source: str, records: Sequence[NumberRecord], study: StudyContext) -> Runs:
    """The heading of one model's numbers: its key, its question, and how its standard errors were made."""
    declared = study.models.get(source)
    made = ranged(record.uncertainty for record in records if record.uncertainty)
    parts = [f" · {declared.question}"] if declared else []
    parts += [f" · Standard errors: {made}."] if made else []
    name = source if declared else sentence(source).rstrip(".")  # a table by its name, a model by its key
    return (Strong(words(name)), *(Text(part) for part in parts))


def _number(record: NumberRecord, study: StudyContext) -> Row:
    back = (Link((Text(record.printed),), f"#{record.id}-use"),)
    asked = [runs for runs in (_asked(concept, study) for concept in record.concepts) if runs]
    said = tuple(run for number, runs in enumerate(asked) for run in (*words(" / " if number else ""), *runs))
    what, people = words(f"{record.what}{record.mark}"), words(record.people)
    return Row((words(record.label), back, what, people, said), anchor=record.id)


def _asked(concept: str, study: StudyContext) -> Runs:
    """The first wording of a concept, with its entry in the codebook, and how many there are."""
    questions = study.questions.get(concept, ())
    if not questions:
        return ()
    more = f" and {len(questions) - 1} similar" if len(questions) > 1 else ""
    return (*study.entry(questions[0].item, f"“{questions[0].wording}”"), *words(more))
