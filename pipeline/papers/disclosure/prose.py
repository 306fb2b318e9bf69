"""Numbers that a text states in words or figures of its own, bound to nothing: of how many people, and of what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NOUNS = frozenset(
    {
        "people", "person", "persons", "respondent", "respondents", "participant", "participants", "interviewee",
        "interviewees", "individual", "individuals", "resident", "residents", "household", "households", "woman",
        "women", "man", "men", "adult", "adults", "child", "children", "volunteer", "volunteers", "migrant", "migrants",
        "student", "students", "pupil", "pupils", "patient", "patients", "parent", "parents", "mother", "mothers",
        "father", "fathers", "carer", "carers",
    }
)  # fmt: skip
SAMPLE = "respondents?|participants?|interviewees?|people|women|men|residents"
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+"
_WORD = "|".join(WORDS)
_NOUN = "|".join(sorted(NOUNS, key=lambda noun: (-len(noun), noun)))
_OTHER = (
    r"(?:to|or|and|per|of|in|with|from|for|more|less|times|the|that|which|whose|than|areas?|waves?|regions?|arms?|parts?|"
    r"months?|years?|weeks?|days?|steps?|points?|questions?|items?|studies|study|models?|groups?|categories|percentage)\b"
)
"""What stands between a number and a noun for people where the number counts something else."""
_PEOPLE = re.compile(
    rf"(?<![\w.,–-])(?P<number>{_NUMBER}|{_WORD})\s+(?:(?!{_OTHER})[^\W\d]+\s+){{0,3}}?(?:{_NOUN})\b(?![’'])",
    re.IGNORECASE,
)
_SIZE = re.compile(rf"\bn\s*[=:]\s*(?P<number>{_NUMBER})", re.IGNORECASE)
_OF = re.compile(
    rf"(?<![\w.,–-])(?P<number>{_NUMBER}|{_WORD})\s+(?:out\s+)?of\s+(?:the\s+)?(?:{_NUMBER})\b", re.IGNORECASE
)
_NONE = re.compile(
    rf"\b(?:none|not one|not a single one) of (?:the )?(?:[^\W\d]+ ){{0,3}}?(?:{SAMPLE})\b"
    rf"|\b(?:nobody|no one) (?:in|of|from|among) \w+|\bno (?:[^\W\d]+ ){{0,2}}?(?:respondent|participant)s?\b",
    re.IGNORECASE,
)
_CAUTIOUS = re.compile(r"(?:fewer|less|more) than\s+$|at (?:least|most)\s+$", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w.,–/-])(?P<number>\d+(?:\.\d+)?)(?P<percent>\s?(?:%|per ?cent\b))?(?![\w/–-]|[.,]\d)")
_BEFORE = re.compile(
    r"(?:waves?|tables?|figures?|sections?|parts?|questions?|steps?|points?|version|from|to|of|and|at|level|chapter|page|"
    r"scale|than|grade|tier|phase)\s+$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:to|points?|steps?|waves?|years?|months?|weeks?|days?|hours?|minutes?|times|questions?|items?|scales?|arms?|"
    r"areas?|regions?|studies|study|models?|decimal|standard|percentage|pages?|places?|categories|answers?|and)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1[89]|20)\d\d")


def number_of_people(text: str) -> Iterator[tuple[str, int]]:
    """Each number of people that a text states, with the words in which it does: "three people", "n = 4", "2 of 30"."""
    for pattern in (_PEOPLE, _SIZE, _OF):
        for match in pattern.finditer(text):
            if not _CAUTIOUS.search(text[: match.start()]):
                yield match.group(), _as_number(match["number"])
    for match in _NONE.finditer(text):
        yield match.group(), 0


def _as_number(written: str) -> int:
    word = written.lower()
    return WORDS.index(word) if word in WORDS else int(written.replace(",", ""))


def unbound_numbers(text: str, names: Sequence[str] = ()) -> Iterator[str]:
    """Numerals of a sentence that nothing accounts for: typed percentages, and small numbers that count who knows what.

    Years, names of waves, points of a scale and numbers of things that are no people are accounted for, and numerals in
    declared ``names`` ("Ward 7").

    >>> list(unbound_numbers("Ward 7 rose, 3 fell", ["Ward 7"]))
    ['Ward 7 rose, 3 fell']
    >>> list(unbound_numbers("Ward 7 rose", ["Ward 7"]))
    []
    """
    named = [span for name in names if has_numbers(name) for span in _spans(name, text)]
    for match in _BARE.finditer(text):
        if any(start <= match.start("number") and match.end("number") <= end for start, end in named):
            continue
        around = text[max(match.start() - 20, 0) : match.end() + 20].strip()
        short = "." not in match["number"] and len(match["number"]) < 4
        if match["percent"] or (short and not _is_accounted_for(text, match)):
            yield around


def _spans(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a name stands in a text as words of its own."""
    return (found.span() for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text))


def _is_accounted_for(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()], text[match.end() :]
    return bool(
        _BEFORE.search(before) or _AFTER.match(after) or _CAUTIOUS.search(before) or _YEAR.fullmatch(match.group())
    )


def has_numbers(text: str) -> bool:
    """Whether a cell of a column of numbers holds one."""
    return bool(re.search(r"\d", text))
