"""What the text of a paper states as found, sentence by sentence, and whether a result holds it there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pipeline.specs.comparing import MOVED
from pipeline.specs.spelled import SPELLED, as_read

FOUND = re.compile(
    rf"\b({'|'.join(MOVED.values())}|recovered"
    r"|(?:has|have|had) grown|(?:higher|lower|larger|smaller) than"
    r"|(?:is|are|was|were) (?:much |far |clearly |slightly |somewhat )?(?:higher|lower|larger|smaller|rarer)"
    r"|more common (?:in|among)|less common (?:in|among)"
    r"|more likely to|less likely to|(?:more|fewer) (?:people|women|men|respondents|residents|participants)"
    r"|hardly differ\w*|stayed (?:rare|low|high|stable)|(?:all|record)[ -](?:time )?(?:high|low)"
    r"|most (?:people|women|men|respondents|residents|participants|volunteers|migrants|of (?:the|those|them))"
    r"|an? (?:\w+ )?(?:majority|minority) (?:of|trusts?|agrees?|thinks?|says?|volunteers?|sees?|saw|has|have|had)"
    r"|(?:nearly|almost|hardly) (?:all|any|everyone|everybody|anyone|nobody|every|none)"
    r"|half (?:of the|of|the|as))\b"
)
"""Words by which a sentence of a paper says what was found, beyond asking or explaining."""

PROSE_ENDS = re.compile(r"\n[ \t]*\n|\n(?=[-*] )|\n(?=:::)|\n(?=#)|(?<=\S)\n(?=\|)")
BINDS = re.compile(r"\{\{.*?\}\}", re.DOTALL)
ASSERTS = re.compile(r"\b(claim|moved|differs|ratio)\(")
ALONE = re.compile(r"\{\{\s*claim\(")
"""A claim that prints nothing, and may stand behind its sentence."""
ENDS = re.compile(r"[.?!:][”\"’'*_)]*(?=\s|$)")
SUPPOSES = re.compile(r"\b(?:whether|suppose|would)\b|\bif (?!anything)")
"""What makes a sentence a supposition, not a finding."""
BOX = re.compile(r":::(?:note|warning|findings|meaning|recommendations|limits)\b[ \t]*")
LEAD = re.compile(r"\s*[-*] \*\*")
"""How a bullet begins that leads with its finding."""


def unbound_findings(text: str) -> Iterator[tuple[int, str]]:
    """Line and words of each sentence, heading, title of a box and typed cell that states what nothing holds.

    What holds it is a claim, or a word that a result chooses, in the sentence or right behind it. A number alone does
    not: it would follow the results, and the word beside it would not. Questions, suppositions and the front matter
    are left out.
    """
    body = text.partition("\n---\n")[2] if text.startswith("---\n") else text
    skipped, at = text.count("\n", 0, len(text) - len(body)), 0
    for end in (*(match.start() for match in PROSE_ENDS.finditer(body)), len(body)):
        piece, start, at = body[at:end], at, end
        line = skipped + body.count("\n", 0, start) + 1
        for place, said in _stated(piece):
            yield line + piece.count("\n", 0, place), said


def findings_said(text: str) -> str:
    """The words by which a title, or a short text of several sentences, states a finding that nothing in it holds."""
    return next((said for _, said in _stated(text)), "")


def _stated(piece: str) -> Iterator[tuple[int, str]]:
    """Each finding of one paragraph, bullet, heading or row of a table that nothing holds, and where it stands.

    A claim in a sentence holds that sentence; one that stands by itself behind a sentence holds the nearest one before
    it that nothing else holds. What the bold lead of a bullet states, the sentence after it may hold.
    """
    stripped = piece.lstrip()
    if stripped.startswith(":::") and not BOX.match(stripped):
        return
    bare = _typed(piece)
    claims = [match for match in BINDS.finditer(piece) if ASSERTS.search(match.group())]
    ends = [match.end() for match in ENDS.finditer(bare)]
    cuts = [0, *ends, *([len(piece)] if not ends or bare[ends[-1] :].strip() else [])]
    spans, left = list(pairwise(cuts)), list[tuple[int, str]]()
    for number, (start, end) in enumerate(spans):
        inside = [claim for claim in claims if start <= claim.start() < end]
        alone = (claim for claim in inside if ALONE.match(claim.group()))
        behind = [claim for claim in alone if number and not bare[start : claim.start()].strip()]
        left = left[: max(len(left) - len(behind), 0)]
        until = spans[1][1] if number == 0 and LEAD.match(piece) and len(spans) > 1 else end
        held = any(start <= claim.start() < until and claim not in behind for claim in claims)
        said = "" if held else _finding(piece[start:end])
        if said:
            left.append((_place(piece, start, said), said))
    after = [claim for claim in claims if claim.start() >= cuts[-1]]
    yield from left[: max(len(left) - len(after), 0)]


def _finding(sentence: str) -> str:
    """The words by which a sentence states a finding; empty where it asks, supposes or explains."""
    read = as_read(BOX.sub("", _typed(sentence))).lower()
    said = FOUND.search(read) or SPELLED.search(read)
    if said is None or read.rstrip(" \n”\"’')").endswith("?"):
        return ""
    supposed = SUPPOSES.search(read)
    return "" if supposed is not None and supposed.start() < said.start() else said.group()


def _place(piece: str, start: int, said: str) -> int:
    """About where the words stand: exact where they are typed as they are read, else at the start of the sentence."""
    found = piece.lower().find(said, start)
    return found if found >= 0 else start + len(piece[start:]) - len(piece[start:].lstrip())


def _typed(piece: str) -> str:
    """A piece with blanks in place of its bindings: the words in quotation marks there are judged by them."""
    return BINDS.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), piece)
