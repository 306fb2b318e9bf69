"""Numbers in a text that no digit of the keyboard shows: in words, Roman, of other scripts, or behind unseen signs."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

_ONE = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    "|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
)
_NUMBER = rf"(?:an? )?(?:{_ONE})(?:(?:[ -]and[ -]|[ -])(?:{_ONE}))*"
_PARTS = "halves|half|thirds?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?"
_SOME = "an?|one|two|three|four|five|six|seven|eight|nine"
SPELLED = re.compile(
    rf"\b(?:(?:{_NUMBER}|[ivxlcdm]+|half|several) ?(?:per ?cent\b|%|percentage points?\b)"
    rf"|(?:by|of|to|at|from|than) (?:{_NUMBER}) points?\b"
    rf"|{_NUMBER} (?:out of|in every|in) (?:{_NUMBER})\b"
    rf"|(?:(?:{_SOME})[ -])?(?:{_PARTS}) (?:of|as|again|the|that)\b"
    rf"|by (?:(?:{_SOME})[ -])?(?:{_PARTS})\b"
    r"|(?:twice|thrice|doubl(?:e|es|ed|ing)|tripl(?:e|es|ed|ing)|trebl(?:e|es|ed|ing)|quadrupl(?:e|es|ed|ing))\b"
    r"|halv(?:ed|es|ing)\b"
    rf"|(?:{_ONE}|several|many)[ -]?fold\b|(?:{_NUMBER}|several|many) times\b"
    r"|every (?:other|second|third|fourth|fifth|tenth) (?!waves?|months?|years?|weeks?|days?)\w+"
    r"|dozens?\b|(?:hundreds|thousands|scores) of\b)"
)
"""A quantity that words state: "forty-five per cent", "a third of", "nine out of ten", "twice", "a dozen"."""


def as_read(text: str) -> str:
    r"""The text as a reader takes it: entities resolved, signs of one meaning made one, unseen signs and emphasis gone.

    Ends of lines stay, so that a place in it is on the same line.

    >>> as_read("f\u200bour**ty** per&nbsp;cent, ｒｏｓｅ")
    'fourty per cent, rose'
    """
    plain = re.sub(r"[*_~`]", "", html.unescape(text))
    shown = unicodedata.normalize("NFKC", plain)
    return "".join(sign for sign in shown if sign == "\n" or unicodedata.category(sign) not in ("Cf", "Cc"))


def odd_numerals(text: str) -> Iterator[str]:
    """Signs for numbers that are no digits: Roman Ⅻ, circled ⑤, ½, ideographs. Exponents behind a letter are units.

    >>> list(odd_numerals("Ⅻ of ⑤, R² and m², 四")), list(odd_numerals("4 of 5"))
    (['Ⅻ', '⑤', '四'], [])
    """
    read = html.unescape(text)
    for place, sign in enumerate(read):
        if sign.isdecimal() or unicodedata.numeric(sign, None) is None:
            continue
        if unicodedata.decomposition(sign).startswith("<super>") and read[place - 1 : place].isalpha():
            continue
        yield sign
