"""Names and labels as a program allows them: what fits stays as it is, what does not is changed as little as may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.specs.exports import Limits
from pipeline.texts import visible

CUT = "…"
_FOREIGN = re.compile(r"[^A-Za-z0-9_]+")
_APART = {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d", "þ": "th"}


def legal_names(names: Sequence[str], limits: Limits) -> dict[str, str]:
    """Name → one that the program takes, no two alike in any case of letters.

    A name that is legal stays. Others lose accents, get ``_`` for signs, a letter in front of a digit, ``_v`` behind a
    reserved word; what is too long is cut, and what is taken already gets a number.
    """
    made = {name: _legal(name, limits) for name in names}
    kept = [name for name in names if made[name] == name]
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in [*kept, *(name for name in names if made[name] != name)]:
        found[name] = _free(made[name], taken, limits.name)
        taken.add(found[name].casefold())
    return {name: found[name] for name in names}


def _legal(name: str, limits: Limits) -> str:
    plain = unicodedata.normalize("NFKD", "".join(_APART.get(sign, sign) for sign in name))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = _FOREIGN.sub("_", plain).rstrip("_")
    if not plain or not plain[0].isalpha():
        plain = f"v{plain}" if plain.startswith("_") else f"v_{plain}".rstrip("_")
    if limits.reserved.fullmatch(plain):
        plain = f"{plain}_v"
    return plain[: limits.name].rstrip("_")


def _free(name: str, taken: set[str], most: int) -> str:
    number, found = 2, name
    while found.casefold() in taken:
        end = f"_{number}"
        found, number = f"{name[: most - len(end)].rstrip('_')}{end}", number + 1
    return found


def cut(text: str, most_bytes: int, most_signs: int | None = None) -> str:
    """The text on one line, cut behind a whole word, with ``…``, where it is longer than that many bytes or signs.

    >>> cut("How often do you meet them?", 20), cut("short", 20)
    ('How often do you…', 'short')
    """
    line = " ".join(visible(text).split())
    if _fits(line, most_bytes, most_signs):
        return line
    kept = line[: (most_signs or most_bytes) - len(CUT)]
    kept = kept.encode()[: most_bytes - len(CUT.encode())].decode(errors="ignore")
    whole = kept if line[len(kept) : len(kept) + 1] == " " else kept.rpartition(" ")[0]
    return f"{(whole or _without_torn_sign(kept)).rstrip(' ,;:-–')}{CUT}"


def _fits(text: str, most_bytes: int, most_signs: int | None) -> bool:
    return len(text.encode()) <= most_bytes and (most_signs is None or len(text) <= most_signs)


def _without_torn_sign(text: str) -> str:
    """A word longer than the limit is cut between letters, not between a letter and its marks."""
    while text and (unicodedata.combining(text[-1]) or text[-1] == "\u200d"):
        text = text[:-1]
    return text
