"""A Qualtrics questionnaire (QSF): questions in the order of their blocks, matrices as grids, logic as routing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.errors import CohesionError
from pipeline.ingest.codebooks.answers import Answers, Category, answers_of, number, with_answers
from pipeline.ingest.codebooks.bounds import json_of
from pipeline.ingest.items.entries import CHECK
from pipeline.ingest.items.question import Question, clean

_TAGS = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_NO_QUESTIONS = ("DB", "Timing", "Meta", "Captcha")
"""Types of elements that ask nothing."""
_SEVERAL = ("MAVR", "MAHR", "MACOL", "MSB")
"""Selectors of questions with several boxes."""


def read(path: Path) -> list[Question]:
    """One question per column of an export. Raises ``CohesionError`` for a file that is no questionnaire."""
    content = json_of(path)
    elements = content.get("SurveyElements") if isinstance(content, dict) else None
    if not isinstance(elements, list):
        raise CohesionError(
            "is no Qualtrics questionnaire",
            where=path.name,
            todo="Export it in Qualtrics by Tools, Import/Export, Export Survey.",
        )
    asked = {name: payload for element in elements if (found := _asked(element)) for name, payload in [found]}
    order = [name for name in _order(elements) if name in asked] or list(asked)
    return [question for name in order for question in _questions(name, asked[name], path.name)]


def _asked(element: Any) -> tuple[str, dict[str, Any]] | None:
    """The id and the content of a question."""
    payload = _mapping(element).get("Payload")
    if _mapping(element).get("Element") != "SQ" or not isinstance(payload, dict):
        return None
    return str(payload.get("QuestionID") or element.get("PrimaryAttribute")), payload


def _order(elements: Sequence[Any]) -> Iterator[str]:
    """The ids of questions, block by block; what lies in the bin is left out."""
    for element in elements:
        if _mapping(element).get("Element") == "BL":
            for block in _members(element.get("Payload")):
                if _mapping(block).get("Type") != "Trash":
                    for part in _members(_mapping(block).get("BlockElements")):
                        yield str(_mapping(part).get("QuestionID"))


def _questions(name: str, payload: dict[str, Any], file: str) -> Iterator[Question]:
    """The columns of one question."""
    kind, selector = str(payload.get("QuestionType")), str(payload.get("Selector"))
    tag = clean(payload.get("DataExportTag")) or name
    text = words(payload.get("QuestionText"))
    asked = Question(tag, text=text, routing=_routing(payload), source=f"the questionnaire {file}", names=(name,))
    grid = replace(asked, stem=text, group=tag)
    if kind in _NO_QUESTIONS:
        return
    if kind == "MC" and selector in _SEVERAL:
        yield from _boxes(grid, name, payload)
    elif kind == "MC":
        yield _made(asked, answers_of(_categories(payload, "Choices")))
    elif kind == "Matrix" and selector in ("Likert", "Bipolar"):
        yield from _rows(grid, name, payload)
    elif kind == "Slider":
        yield from _sliders(grid, name, payload)
    elif kind == "TE":
        yield _field(replace(asked, names=(f"{name}_TEXT",)), payload)
    else:
        yield replace(asked, why_not=f"questions of the type {clean(kind)} ({clean(selector)}) are not read")


def _made(question: Question, found: Answers) -> Question:
    made = with_answers(question, found)
    if not made.routing:
        return made
    return replace(made, notes={**made.notes, "routing": f"{CHECK}: blank: routed_out, if all others are left blank"})


def _rows(grid: Question, name: str, payload: dict[str, Any]) -> Iterator[Question]:
    """The rows of a matrix, one column each."""
    found = answers_of(_categories(payload, "Answers"))
    tags = _mapping(payload.get("ChoiceDataExportTags"))
    for key, text in _texts(payload, "Choices"):
        own = clean(tags.get(key)) or f"{grid.variable}_{key}"
        yield _made(replace(grid, variable=own, text=text, names=(f"{name}_{key}",)), found)


def _boxes(grid: Question, name: str, payload: dict[str, Any]) -> Iterator[Question]:
    """A question of several boxes: a column for each, with a 1 where it was chosen."""
    found = Answers("nominal", {"1": "Chosen"}, notes={"kind": f"{CHECK}: blank is not chosen, or not asked"})
    for key, text in _texts(payload, "Choices"):
        variable = f"{grid.variable}_{_recoded(payload, 'Choices', key)}"
        yield _made(replace(grid, variable=variable, text=text, names=(f"{name}_{key}",)), found)


def _sliders(grid: Question, name: str, payload: dict[str, Any]) -> Iterator[Question]:
    """Sliders, one column a row."""
    how = _mapping(payload.get("Configuration"))
    found = answers_of([], kind="number", bounds=_bounds(how.get("CSSliderMin"), how.get("CSSliderMax")))
    for key, text in _texts(payload, "Choices"):
        yield _made(
            replace(grid, variable=f"{grid.variable}_{key}", text=text, names=(f"{name}_{key}",)),
            found,
        )


def _field(asked: Question, payload: dict[str, Any]) -> Question:
    """A field to write in: an amount where it takes a number alone, else text."""
    how = _mapping(_mapping(payload.get("Validation")).get("Settings"))
    if how.get("ContentType") != "ValidNumber":
        return replace(asked, why_not="its answers are text")
    limits = _mapping(how.get("ValidNumber"))
    bounds = _bounds(limits.get("Min"), limits.get("Max"))
    return _made(asked, answers_of([], kind="number", bounds=bounds))


def _categories(payload: dict[str, Any], part: str) -> list[Category]:
    """The answers of a question under the codes that its export has."""
    return [Category(_recoded(payload, part, key), text) for key, text in _texts(payload, part)]


def _recoded(payload: dict[str, Any], part: str, key: str) -> str:
    """The code of a choice in an export: as recoded, where it is; rows of a matrix have none."""
    is_coded = part == "Answers" or payload.get("QuestionType") == "MC"
    recoded = _mapping(payload.get("RecodeValues")).get(key) if is_coded else None
    code = clean(key if recoded in (None, "") else recoded)
    value = number(code)
    return str(int(value)) if value is not None and value.is_integer() else code


def _texts(payload: dict[str, Any], part: str) -> list[tuple[str, str]]:
    """Key → text of choices or answers, in the order in which they are shown."""
    entries = payload.get(part)
    found = {
        str(key): entry
        for key, entry in (entries.items() if isinstance(entries, dict) else enumerate(_members(entries), 1))
    }
    order = [str(key) for key in _members(payload.get(f"{part.removesuffix('s')}Order")) if str(key) in found]
    return [(key, words(_mapping(found[key]).get("Display"))) for key in dict.fromkeys([*order, *found])]


def _routing(payload: dict[str, Any]) -> str:
    """Of whom a question is asked, in the words of its display logic."""
    return "; ".join(dict.fromkeys(filter(None, map(words, _descriptions(payload.get("DisplayLogic"))))))


def _descriptions(logic: Any) -> Iterator[str]:
    for key, part in _mapping(logic).items():
        if key == "Description" and isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            yield from _descriptions(part)


def words(text: Any) -> str:
    """The words of a text in HTML.

    >>> words("<b>How</b>&nbsp;much?<script>x()</script>")
    'How much?'
    """
    return clean(html.unescape(_TAGS.sub(" ", text if isinstance(text, str) else "")))


def _bounds(low: Any, high: Any) -> tuple[float, float] | None:
    ends = number(str(low)), number(str(high))
    return (ends[0], ends[1]) if ends[0] is not None and ends[1] is not None and ends[0] < ends[1] else None


def _mapping(part: Any) -> Mapping[str, Any]:
    return part if isinstance(part, dict) else {}


def _members(part: Any) -> list[Any]:
    """The members of a list, or of a mapping that Qualtrics has in place of one."""
    return list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else []
