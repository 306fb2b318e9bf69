"""What a codebook says otherwise than the entry that a person has written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.ingest.items.question import Question
from pipeline.specs.answer_words import plain
from pipeline.specs.base import canonical_code
from pipeline.specs.study import Item


def differences(key: str, declared: Item, question: Question) -> Iterator[str]:
    """One line for each thing that a codebook says of an item in other words, or with other codes."""
    said = [declared.label, declared.wording, declared.original]
    wording = question.wording or question.label
    if wording and _bare(wording) not in map(_bare, said):
        yield f"`{key}`: the wording there is “{_short(wording)}”, here “{_short(declared.wording)}”"
    if question.why_not or (declared.kind != "number" and not declared.codes):
        return
    if (declared.kind == "number") != (question.kind == "number"):
        yield f"`{key}`: kind {question.kind} there, {declared.kind} here"
        return
    yield from _codes(key, _canonical(declared.codes), _canonical(question.codes), _canonical(declared.missing))
    yield from _missing(key, _canonical(declared.missing), _canonical(question.missing))


def _codes(key: str, here: Mapping[str, str], there: Mapping[str, str], missing: Mapping[str, str]) -> Iterator[str]:
    for code in dict.fromkeys([*there, *here]):
        if code not in here:
            what = f"a missing code ({missing[code]})" if code in missing else "not declared"
            yield f"`{key}`: code {code} is “{_short(there[code])}” there, and {what} here"
        elif code not in there:
            yield f"`{key}`: code {code} (“{_short(here[code])}”) is not there"
        elif plain(here[code]) != plain(there[code]):
            yield f"`{key}`: code {code} is “{_short(there[code])}” there, “{_short(here[code])}” here"


def _missing(key: str, here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    for code, reason in there.items():
        if here.get(code, reason) != reason:
            yield f"`{key}`: missing code {code} looks like {reason} there, and is {here[code]} here"
        elif code not in here:
            yield f"`{key}`: code {code} looks like a missing code ({reason}) there, and is none here"


def _bare(text: str) -> str:
    """The words of a text, without regard to punctuation and spaces."""
    return re.sub(r"[\W_]+", "", plain(text))


def _canonical(codes: Mapping[str, str]) -> dict[str, str]:
    return {canonical_code(code): text for code, text in codes.items()}


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60].rstrip()}…"
