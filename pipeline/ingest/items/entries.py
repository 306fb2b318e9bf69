"""Questions as entries of items.yaml: every text of a file as a quoted value, what is not known as a comment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.errors import one_line
from pipeline.ingest.items.grids import Entry, Grid
from pipeline.ingest.items.question import Question
from pipeline.specs.yaml_text import mapping, quoted

CHECK = "CHECK"
"""The word that marks what a source could not tell."""


def entries_text(arranged: Iterable[Grid | Entry]) -> str:
    """The entries as YAML text, with an empty line between them."""
    blocks = [battery(entry) if isinstance(entry, Grid) else single(*entry) for entry in arranged]
    return "\n\n".join("\n".join(map(one_line, block)) for block in blocks)


def single(key: str, question: Question) -> list[str]:
    """One item."""
    label, wording = _words(question)
    lines = [f"{key}:", *_lasting(question), f"  label: {quoted(label)}", f"  wording: {quoted(wording)}"]
    lines += [f"  variable: {quoted(question.variable)}"] if question.variable != key else []
    return [*lines, *_answers(question)]


def battery(grid: Grid) -> list[str]:
    """Several items on one scale; the rows hold what differs, and the notes about each."""
    stem = [f"  stem: {quoted(grid.stem)}"] if grid.stem else []
    answers = _answers(*(question for _, question in grid.rows))
    return [
        f"{grid.key}:",
        *_lasting(grid.rows[0][1]),
        *stem,
        *answers,
        "  rows:",
        *(_row(key, question) for key, question in grid.rows),
    ]


def _lasting(question: Question) -> list[str]:
    return ["  time_constant: true  # one column for all waves"] if question.is_lasting else []


def in_one_line(key: str, question: Question) -> str:
    """An item as one line, for a comment."""
    parts = [f"label: {quoted(question.label or question.variable)}", f"wording: {quoted(question.wording)}"]
    parts += [f"variable: {quoted(question.variable)}"] if question.variable != key else []
    parts += [f"kind: {question.kind}"] if question.kind != "ordinal" else []
    parts += [f"codes: {mapping(question.codes)}"] if question.codes else []
    parts += [f"range: {_range(question)}"] if question.bounds else []
    parts += [f"value_labels: {mapping(question.value_labels)}"] if question.value_labels else []
    parts += [f"missing: {mapping(question.missing)}"] if question.missing else []
    return f"{key}: {{{', '.join(parts)}}}{_note([question], 'row')}"


def _words(question: Question) -> tuple[str, str]:
    wording = question.wording or f"Not known; the column is called {question.variable}."
    return question.label or question.text or question.wording or question.variable, wording


def _row(key: str, question: Question) -> str:
    """One row of a battery: its words alone, or what it has of its own."""
    label, wording = _words(question)
    text = question.text or wording
    own = [f"label: {quoted(label)}"] if label not in (text, question.wording) else []
    own += [f"variable: {quoted(question.variable)}"] if question.variable != key else []
    said = f"{{{', '.join([f'wording: {quoted(text)}', *own])}}}" if own else quoted(text)
    return f"    {key}: {said}{_note([question], 'row')}"


def _answers(*questions: Question) -> Iterator[str]:
    """The lines of what answers may be, and on what the entry rests: of one question, or what several share."""
    first = questions[0]
    yield f"  kind: {first.kind}{_note(questions, 'kind')}"
    if first.bounds is not None:
        yield f"  range: {_range(first)}{_note(questions, 'range')}"
        if first.value_labels:
            yield f"  value_labels: {mapping(first.value_labels)}"
    else:
        yield f"  codes: {mapping(first.codes)}{_note(questions, 'codes')}"
    if first.missing:
        yield f"  missing: {mapping(first.missing)}{_note(questions, 'missing')}"
    if first.routing:
        yield f"  routing: {quoted(first.routing)}{_note(questions, 'routing')}"
    if first.source:
        yield f"  source: {quoted(first.source)}"
    if first.assumed:
        yield "  assumed: true"
        yield f"  reason: {quoted(first.assumed)}"


def _note(questions: Sequence[Question], key: str) -> str:
    """The comment about a key, if it is the same for all."""
    notes = {question.notes.get(key, "") for question in questions}
    found = notes.pop() if len(notes) == 1 else ""
    return f"  # {found}" if found else ""


def _range(question: Question) -> str:
    low, high = question.bounds or (0.0, 0.0)
    return f"[{low:.10g}, {high:.10g}]"
