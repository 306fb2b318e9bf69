"""Texts where numbers or codes are expected: what may be shown of them, how often, and what there is to declare.

A mark such as ``NA`` or ``.a`` and a text of digits and separators are shown; what somebody may have written is
counted. A long number is shown by its form, ``1,234`` for each of ``3,724`` and ``8,897``: an amount could point at a
person.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import cycle

from pipeline.errors import one_line
from pipeline.specs.yaml_text import quoted
from pipeline.tables import MARKED_MISSING

MOST_SHOWN, MOST_NAMED = 6, 12

_MARK = re.compile(
    r"n/?a|n\.a\.?|#n/a|<na>|nan|null|none|nil|\(?missing\)?|\(?blank\)?|unknown|void|k\.a\.|n\.d\.|n/?d"
    r"|[.?*–—]|\.{2,3}|-{1,3}|[-+]?inf(?:inity)?|#(?:null|div/0|value|ref|num|name)[!?]|\\n|\.[a-z_]",
    re.IGNORECASE,
)
"""Signs by which programs say that there is no value; the last are the tags of Stata and SAS, ``.a`` and ``.A``."""
_TAG = re.compile(r"\.[A-Za-z_]")
_SEPARATED = re.compile(r"[-+]?\d+(?:\s?[.,;:/|'’\s-]\s?\d+)*\s?%?|[-+]?[.,]\d+", re.ASCII)
_SHORT = re.compile(r"\d{1,2}(?:\s?[,;|\s]\s?\d{1,2})*", re.ASCII)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?P<mark>[.,'’\s])\d{3}(?:(?P=mark)\d{3})*(?:[.,]\d+)?")
_DECIMAL = re.compile(r"[-+]?\d*,\d+")
_SEVERAL = re.compile(r"\d{1,3}(?:\s?[,;/| ]\s?\d{1,3})+")
_REASONS = "routed_out, refused, dont_know, no_answer, proxy or blank"


_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def is_number(code: str) -> bool:
    """Whether a code is a number: every text that matches is one for DuckDB too, so that nothing is read two ways."""
    return _NUMBER.fullmatch(code) is not None


def finding_about(code: str, wants_number: bool) -> str:
    """The kind of finding (``pipeline.specs.findings``) about a code that nobody declared."""
    if code.endswith(MARKED_MISSING):
        return "marked_missing"
    if is_number(code):
        return "out_of_range" if wants_number else "undeclared_code"
    return "no_number" if wants_number or may_be_shown(code) else "undeclared_code"


@dataclass(frozen=True)
class Texts:
    """Text → cells that hold it, for texts that may be ``shown``; and the number of cells with others."""

    shown: Mapping[str, int] = field(default_factory=dict)
    others: int = 0

    @property
    def count(self) -> int:
        """Cells in all."""
        return sum(self.shown.values()) + self.others

    def to_json(self) -> str:
        """The texts as one text, for a table of findings."""
        return json.dumps({"shown": dict(self.shown), "others": self.others}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Texts:
        """The texts that ``to_json`` gave."""
        found = json.loads(text)
        return cls(found["shown"], found["others"])

    def words(self, what: str = "text that is no number") -> str:
        """The texts with their counts, the most frequent first."""
        if self.shown and all(_TAG.fullmatch(text) for text in self.shown) and not self.others:
            what = "tagged missing values that are not declared"
        ordered = sorted(self.shown.items(), key=lambda entry: (-entry[1], entry[0]))
        listed = [f"“{text}” ({count:,})" for text, count in ordered[:MOST_SHOWN]]
        more = sum(count for _, count in ordered[MOST_SHOWN:])
        listed += [f"{len(ordered) - MOST_SHOWN:,} more ({more:,})"] if more else []
        listed += [f"words ({self.others:,})"] if self.others and listed else []
        return f"{what}: {', '.join(listed)}" if listed else f"{what} ({self.others:,})"

    def todo(self) -> str:
        """What to declare, or to ask for."""
        steps = [_missing([text for text in self.shown if _is_mark(text)]), *_numbers(list(self.shown))]
        steps += ["Words: declare each under `missing`, or ask for the file with numbers."] if self.others else []
        return " ".join(step for step in steps if step)


def texts_of(unknown: Mapping[str, int]) -> Texts:
    """The texts among codes that nobody declared (code → cells)."""
    shown: Counter[str] = Counter()
    others = 0
    for text, count in unknown.items():
        form = _shown(text)
        if form is None:
            others += count
        else:
            shown[form] += count
    return Texts(dict(sorted(shown.items())), others)


def may_be_shown(text: str) -> bool:
    """Whether a text, or its form, may stand in a message."""
    return _shown(text) is not None


def together(found: Iterable[Texts]) -> Texts:
    """The texts of several variables, each with the cells of all."""
    shown: Counter[str] = Counter()
    others = 0
    for texts in found:
        shown.update(texts.shown)
        others += texts.others
    return Texts(dict(sorted(shown.items())), others)


def in_variables(variables: list[str], count: int) -> str:
    """How many cells of which variables."""
    named = ", ".join(f"`{one_line(variable)}`" for variable in variables[:MOST_NAMED])
    more = f" and {len(variables) - MOST_NAMED:,} more" if len(variables) > MOST_NAMED else ""
    return f"{count:,} cells of {len(variables):,} variables ({named}{more})"


def _is_mark(text: str) -> bool:
    return _MARK.fullmatch(text) is not None or text.endswith(MARKED_MISSING)


def _shown(text: str) -> str | None:
    if _is_mark(text):
        return text
    if len(text) > 24 or not _SEPARATED.fullmatch(text):
        return None
    if len(text) <= 8 and _SHORT.fullmatch(text):
        return text
    digits = cycle("123456789")
    return re.sub(r"\d", lambda _: next(digits), text)


def _missing(marks: list[str]) -> str:
    if not marks:
        return ""
    declared = ", ".join(f"{_key(mark)}: no_answer" for mark in marks[:MOST_SHOWN])
    return f"Declare in study.yaml `missing: {{{declared}}}`, each with its reason ({_REASONS})."


def _key(mark: str) -> str:
    code = mark.removesuffix(MARKED_MISSING)
    return code if re.fullmatch(r"\.?[A-Za-z_]+|-?\d+(\.\d+)?", code) else quoted(code)


def _numbers(shown: list[str]) -> list[str]:
    """What to do about texts of digits and separators."""
    texts = [text for text in shown if not _is_mark(text)]
    grouped = [text for text in texts if _GROUPED.fullmatch(text)]
    decimal = [text for text in texts if _DECIMAL.fullmatch(text)]
    several = [text for text in texts if text not in {*grouped, *decimal} and _SEVERAL.fullmatch(text)]
    steps = []
    for mark in dict.fromkeys(match["mark"] for text in grouped if (match := _GROUPED.fullmatch(text))):
        steps.append(f"If it marks thousands, declare for the file `thousands: {quoted(mark)}` (CSV).")
    if decimal:
        steps.append(
            'If the comma is a decimal mark, declare for the file `decimal: ","` (CSV); '
            "if these are several answers in one cell, ask for a column for each answer."
        )
    if several:
        steps.append("If these are several answers in one cell, ask for a column for each answer.")
    if len(texts) > len({*grouped, *decimal, *several}):
        steps.append("Ask for the file with plain numbers.")
    return steps
