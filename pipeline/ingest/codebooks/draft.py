"""Items drafted from a codebook into a study's items.yaml: what is there is left, what differs is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from pipeline.errors import CohesionError, one_line
from pipeline.ingest.arrival.draft_place import Place, own_part
from pipeline.ingest.arrival.draft_roles import role_by_name
from pipeline.ingest.arrival.study_missing import write_missing
from pipeline.ingest.arrival.write_draft import entries_of, write_entries, write_scales
from pipeline.ingest.codebooks import words
from pipeline.ingest.items.entries import CHECK, entries_text
from pipeline.ingest.items.grids import Entry, arranged
from pipeline.ingest.items.keys import Keys
from pipeline.ingest.items.question import Question
from pipeline.ingest.items.scale_proposals import scale_proposals
from pipeline.ingest.items.shared_missing import NONE_SHARED, shared_missing, without_codes
from pipeline.specs.base import canonical_code
from pipeline.specs.batteries import unfolded
from pipeline.specs.codebooks import codebook_of
from pipeline.specs.project import Study
from pipeline.specs.reader import each
from pipeline.specs.strict_yaml import parse
from pipeline.specs.study import Item

SHOWN = 10
"""So many repeated codes are listed in one message."""

_HEAD = """# Drafted from {file}, {words}.
# Compare each entry with the questionnaire; lines with {check} mark what the source does not say.
"""


@dataclass(frozen=True)
class _Sorted:
    """The questions of a source: new ones, those that an item reads already, and those of which no item is made."""

    new: tuple[Entry, ...]
    known: tuple[tuple[str, Question], ...]
    others: tuple[Question, ...]


def draft_items(study: Study, place: Place, file: Path) -> Iterator[str]:
    """Add entries for the questions of a file that no item reads; in words, what was written and what differs.

    Entries that are there stay as they are. The first entries take the place of the template's examples.
    Raises ``CohesionError``, and writes nothing, for a file that is no codebook or gives a code or a variable twice.
    """
    if not file.is_file():
        raise CohesionError(
            f"there is no such file in {file.resolve().parent}", where=file.name, todo="Give its whole path."
        )
    record = codebook_of(file)
    own = own_part(study, place, file)
    module = import_module(record.module)
    questions: list[Question] = module.read(file, own) if record.has_columns else module.read(file)
    _refuse_repeated(questions, file)
    found = _sorted(own, study, questions)
    is_first = not own.items
    taken = () if is_first else entries_of(place.folder)
    shared = shared_missing(found.new) if is_first and study.about.missing else NONE_SHARED
    found = replace(found, new=tuple((key, without_codes(asked, shared.reasons)) for key, asked in found.new))
    blocks = arranged(found.new, {key: question.variable for key, question in found.new}, {*own.items, *taken})
    text = _HEAD.format(file=one_line(file.name), words=record.words, check=CHECK) + entries_text(blocks)
    _check(text, found.new, file)
    if found.new:
        told = list(write_missing(place.folder, study, shared))
        told += write_entries(place, text + words.of_others(found.others, file), is_first)
        yield words.written(place.folder.name, file, blocks, text)
        yield from told
        yield from write_scales(place, file, scale_proposals(blocks))
    else:
        yield f"{file.name} holds no question that items.yaml lacks: nothing was written."
    yield from words.left_out(found.others)
    yield from words.differing(own, found.known)


def _refuse_repeated(questions: Sequence[Question], file: Path) -> None:
    """Raise ``CohesionError`` if a code of a variable, or a variable, is there twice."""
    names = Counter(question.variable.casefold() for question in questions)
    found = [f"`{question.variable}` gives {question.twice}" for question in questions if question.twice]
    found += [f"the variable `{name}` is described {count} times" for name, count in names.items() if count > 1]
    if found:
        more = [f"and {len(found) - SHOWN:,} more"] if len(found) > SHOWN else []
        listed = "\n  ".join(map(one_line, [*found[:SHOWN], *more]))
        raise CohesionError(
            f"describes the same thing twice, so that nobody could tell which holds:\n  {listed}",
            where=file.name,
            todo="Nothing was written. Correct the codebook, and draft again.",
        )


def _sorted(own: Study, study: Study, questions: Sequence[Question]) -> _Sorted:
    read = _read_by(own)
    keys = Keys(list(own.items))
    roles = {name.casefold() for name in _roles(study)}
    is_qualtrics = any(file.layout == "qualtrics" for _, _, file in own.files())
    new, known, others = [], [], []
    for asked in questions:
        question = _without_study_codes(asked, study)
        name = question.variable
        item = next((read[one.casefold()] for one in (name, *question.names) if one.casefold() in read), None)
        role = role_by_name(name)
        if item is not None:
            known.append((item, question))
        elif name.casefold() in roles:
            others.append(replace(question, why_not="study.yaml gives it a role"))
        elif question.why_not:
            others.append(question)
        elif role:
            others.append(replace(question, why_not=f"it looks like `{role}`: say so under `columns` in study.yaml"))
        else:
            used = question.names[0] if is_qualtrics and question.names else name
            new.append((keys.of(name), replace(question, variable=used)))
    return _Sorted(tuple(new), tuple(known), tuple(others))


def _read_by(study: Study) -> dict[str, str]:
    """Variable in small letters → the item that reads it, in items.yaml or in a wave."""
    found = {(item.variable or key).casefold(): key for key, item in study.items.items()}
    for _, wave, file in study.files():
        for key, name in {**wave.variables, **file.variables}.items():
            found.setdefault(name.casefold(), key)
    return found


def _roles(study: Study) -> list[str]:
    columns = [study.about.columns, *(file.columns.over(wave.columns) for _, wave, file in study.files())]
    return [name for one in columns for name in one.named().values()]


def _without_study_codes(question: Question, study: Study) -> Question:
    """A question without the missing codes that the study declares for all items, for the reason that labels give."""
    reasons = {canonical_code(code): why for code, why in study.about.missing.items()}
    declared = {code for code, why in reasons.items() if question.label_reasons.get(code, why) == why}
    codes = {code: text for code, text in question.codes.items() if canonical_code(code) not in declared}
    missing = {code: why for code, why in question.missing.items() if canonical_code(code) not in declared}
    why_not = "it has missing codes alone" if question.codes and not codes else question.why_not
    return replace(question, codes=codes, missing=missing, why_not=why_not)


def _check(text: str, entries: Sequence[Entry], file: Path) -> None:
    """Read the drafted entries as they would be read: they say what was meant, and nothing else."""
    source = parse(text, file, "items.yaml")
    source.data = unfolded(source)
    items = each(source, Item)
    meant = {key: (dict(question.codes), dict(question.missing)) for key, question in entries}
    if source.problems or {key: (item.codes, item.missing) for key, item in items.items()} != meant:
        what = source.problems[0] if source.problems else "its entries would not say what it says"
        raise CohesionError(
            f"cannot be written as items ({what.removesuffix('.')})",
            where=file.name,
            todo="Nothing was written. This is a mistake in the pipeline; please report it.",
        )
