"""Texts from declarations and files as a reader is to see them: signs that nobody sees are shown by their code.

Decided after Unicode Technical Report 36 and Technical Standard 39: a sign without a shape of its own may hide a word,
reverse the order in which a line is read, or carry a text that no eye finds. It is not removed, for what a declaration
says is not to be changed silently, but shown as ``[U+202E]``. Signs that a language needs stay where it needs them:
joiners within Arabic and Indic words and emoji, direction marks and closed isolates in texts with letters that run from
right to left, variation selectors behind an emoji or an ideograph. Every writer, figure and page shows texts by
``visible``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

PLAIN = re.compile(r"[\n\t\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u20a0-\u2bff]*")
"""What most texts are made of: nothing in it is unseen."""
ENDS_A_LINE = dict.fromkeys(map(ord, "\r\x0b\x0c\x85\u2028\u2029"), " ")
"""Other ends of a line than the usual one become spaces."""
BLANK = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Unseen, or as good as a space, without being of a category of such signs."""
JOINERS, MARKS, ISOLATES, POP = "\u200c\u200d", "\u200e\u200f\u061c", "\u2066\u2067\u2068", "\u2069"
WORD_JOINER = "\u2060"
EMOJI_SELECTORS = "\ufe0e\ufe0f"
FORMULA = re.compile(r"[\s'\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""How a text begins that a spreadsheet program would calculate, also behind spaces and signs that nobody sees."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
RIGHT_TO_LEFT = frozenset({"R", "AL"})
STACKED = 4
"""More combining marks on one letter than any language writes (UTS 39, 5.4): they cover the lines around them."""


@lru_cache(maxsize=16384)
def visible(text: str) -> str:
    r"""The text with each sign that has no shape as ``[U+…]``, and ends of lines of other systems as spaces.

    >>> visible("paid\u202ecod.exe"), visible("a\x00b"), visible("Wave\u00a01: שלום")
    ('paid[U+202E]cod.exe', 'a[U+0000]b', 'Wave\xa01: שלום')
    """
    if PLAIN.fullmatch(text):
        return text
    line = text.replace("\r\n", "\n").translate(ENDS_A_LINE)
    rtl = any(unicodedata.bidirectional(sign) in RIGHT_TO_LEFT for sign in line)
    kept = _closed(line) if rtl else frozenset()
    shown = (sign if place in kept else _sign(line, place, sign, rtl) for place, sign in enumerate(line))
    return _without_stacks("".join(shown))


def no_formula(text: str) -> str:
    """A text as a cell of a CSV file: with an apostrophe in front if it begins like a formula, or with an apostrophe.

    >>> no_formula("=1+1"), no_formula("Wave 1"), as_given(no_formula("'quoted'"))
    ("'=1+1", 'Wave 1', "'quoted'")
    """
    return f"'{text}" if text.startswith("'") or FORMULA.match(text) else text


def as_given(cell: str) -> str:
    """The text of which ``no_formula`` made a cell."""
    return cell.removeprefix("'")


def is_visible(text: str) -> bool:
    """Whether a reader sees every sign of the text."""
    return visible(text) == text


def _sign(line: str, place: int, sign: str, rtl: bool) -> str:
    """One sign as it is shown, by what stands around it."""
    if sign in "\n\t" or not _unseen(sign):
        return sign
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    if sign in JOINERS and _joins(before, after):
        return sign
    if sign in MARKS and rtl:
        return sign
    if sign == WORD_JOINER and not after.isalnum():
        return sign
    if _selects(sign) and _has_variants(before, sign):
        return sign
    return f"[U+{ord(sign):04X}]"


def _unseen(sign: str) -> bool:
    return sign in BLANK or unicodedata.category(sign) in UNSEEN or _selects(sign) or _is_no_character(ord(sign))


def _is_no_character(code: int) -> bool:
    """Codes that Unicode keeps from ever being characters."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _selects(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef" or "\u180b" <= sign <= "\u180f"


def _joins(before: str, after: str) -> bool:
    """Whether a joiner stands where it is needed: behind a letter that joins, a sign that kills a vowel, an emoji."""
    if not before:
        return False
    emoji = unicodedata.category(before) in ("So", "Sk") or before in EMOJI_SELECTORS
    script = unicodedata.bidirectional(before) == "AL" or unicodedata.combining(before) == 9 or _indic(before)
    return (emoji and bool(after) and unicodedata.category(after) == "So") or (
        script and (not after or after.isalpha())
    )


def _indic(sign: str) -> bool:
    return "\u0900" <= sign <= "\u0dff" or "\u1000" <= sign <= "\u109f" or "\u1780" <= sign <= "\u18af"


def _has_variants(before: str, selector: str) -> bool:
    """Whether a variation selector stands behind a sign of which there are variants."""
    if not before:
        return False
    category = unicodedata.category(before)
    if selector in EMOJI_SELECTORS:
        return (
            category in ("So", "Sm", "Sk", "Po") or before in "0123456789" or before in "\u203c\u2049\u2139\u2934\u2935"
        )
    if "\u180b" <= selector <= "\u180f":
        return "\u1820" <= before <= "\u18aa"
    return "\u2e80" <= before <= "\u9fff" or "\uf900" <= before <= "\ufaff" or "\U00020000" <= before <= "\U0003ffff"


def _closed(line: str) -> frozenset[int]:
    """The places of isolates that are closed again, with those that close them: they turn nothing beyond themselves."""
    opened: list[int] = []
    found: set[int] = set()
    for place, sign in enumerate(line):
        if sign in ISOLATES:
            opened.append(place)
        elif sign == POP and opened:
            found |= {opened.pop(), place}
        elif sign == "\n":
            opened.clear()
    return frozenset(found)


def _without_stacks(line: str) -> str:
    """The line with no more than so many marks on one letter, and how many there were."""
    found, stack = [], 0
    for place, sign in enumerate(line):
        stack = stack + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        if stack <= STACKED:
            found.append(sign)
        if stack > STACKED and not (place + 1 < len(line) and unicodedata.category(line[place + 1]) in ("Mn", "Me")):
            found.append(f"[+{stack - STACKED} marks]")
    return "".join(found)
