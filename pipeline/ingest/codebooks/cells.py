"""What stands in one cell of a codebook table: codes with labels, missing codes, a range, a kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.ingest.codebooks.answers import Category, number
from pipeline.ingest.items.missing_codes import reason_of

_CODE = r"[-−]?\d{1,12}(?:\.\d+)?|\.[a-z]"
_ENTRY = re.compile(rf"""[\[({{"']*({_CODE})[\])}}"']*\s*(?:=+|:|,|–|—|-|\.|\)|\t|\s)\s*(.+)""", re.DOTALL)
_BETWEEN = (r"\n", r"\|", r";", rf",\s*(?=[\"'(\[]?(?:{_CODE})\s*[\"')\]]?\s*[=:])", rf"/\s*(?=(?:{_CODE})\s*[=:.\-])",
            rf"\s+(?=(?:{_CODE})\s*[=:])")  # fmt: skip
"""What stands between two codes of a cell, the surest first."""
_SPAN = re.compile(
    r"[\[(]?\s*([-−]?\d+(?:\.\d+)?)\s*(?:to|through|thru|bis|hasta|a|\.\.+|–|—|-|:|,)\s*([-−]?\d+(?:\.\d+)?)\s*[\])]?"
)
_YES = frozenset({"y", "yes", "x", "1", "true", "missing", "si", "ja", "oui"})

KINDS = {
    "nominal": "nominal|categorical|category|categoric|binary|dichotomous|boolean|radio|dropdown|yesno|truefalse|"
    "single|checkbox|factor|categorica|dicotomica",
    "ordinal": "ordinal|likert|ordered|scale item|rating",
    "number": "number|continuous|interval|ratio|integer|count|amount|slider|calc|continua|metrisch|real|float|decimal",
    "text": "text|string|character|char|notes|open|open ended|date|datetime|time|file|descriptive|texto|sql",
}
_KINDS = {word: kind for kind, words in KINDS.items() for word in words.split("|")}


def categories_in(cell: str) -> list[Category]:
    """The codes of one cell with their labels: ``1=Yes; 2=No``, ``1, Yes | 2, No``, ``1: Yes, 2: No``, line by line.

    Empty for a cell that holds none, or of which a part cannot be read.

    >>> [(one.code, one.label) for one in categories_in("1 = Yes, always; 2 = No")]
    [('1', 'Yes, always'), ('2', 'No')]
    """
    text = cell.strip().strip("{}").replace("−", "-")
    for between in _BETWEEN:
        parts = [part.strip() for part in re.split(between, text) if part.strip()]
        found = [_ENTRY.fullmatch(part) for part in parts]
        if len(parts) > 1 and all(found):
            return [_category(one) for one in found if one]
    one = _ENTRY.fullmatch(text)
    return [_category(one)] if one and re.search(r"[^\W\d]", one[2]) else []


def _category(found: re.Match[str]) -> Category:
    return Category(found[1], " ".join(found[2].strip().strip("\"'").split()))


def missing_in(cell: str) -> tuple[list[Category], list[tuple[float, float]]]:
    """The missing codes of one cell, with labels where it has them; and ranges of missing codes.

    >>> missing_in("-9 to -7, 99")
    ([Category(code='99', label='', is_missing=True, count=None, reason='')], [(-9.0, -7.0)])
    """
    parts = [part.strip() for part in re.split(r"[;,|\n]+|\s+(?:and|or|y|und)\s+", cell.replace("−", "-"))]
    are_bare = all(_SPAN.fullmatch(part) or re.fullmatch(_CODE, part) for part in parts)
    labelled = [] if are_bare else categories_in(cell)
    if labelled:
        return [Category(one.code, one.label, True) for one in labelled], []
    codes, ranges = [], []
    for part in parts:
        span = _SPAN.fullmatch(part)
        code = re.match(rf"({_CODE})\b", part)
        if span:
            low, high = sorted((float(span[1]), float(span[2])))
            ranges.append((low, high))
        elif code:
            codes.append(Category(code[1], " ".join(re.findall(r"[^\W\d][\w']*", part)), True))
    return codes, ranges


def is_missing(cell: str) -> bool:
    """Whether the cell of one code marks it as missing: yes, x, or a reason."""
    return cell.strip().casefold() in _YES or reason_of(cell) is not None


def span_in(*cells: str) -> tuple[float, float] | None:
    """The range in one cell (``0-10``), or in two."""
    if len(cells) == 2:
        low, high = (number(cell) for cell in cells)
        return (low, high) if low is not None and high is not None and low < high else None
    found = _SPAN.fullmatch(cells[0].strip().replace("−", "-"))
    return (float(found[1]), float(found[2])) if found and float(found[1]) < float(found[2]) else None


def kind_in(cell: str) -> str:
    """The kind of an item that a cell names; ``text`` for what no item is made of; empty for other words."""
    words = re.sub(r"[^a-z]+", " ", cell.casefold()).strip()
    return _KINDS.get(words) or next(_named(words), "")


def _named(words: str) -> Iterator[str]:
    yield from (_KINDS[word] for word in words.split() if word in _KINDS)
