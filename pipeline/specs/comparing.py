"""What compares levels: rows of estimates over waves or groups, and the words of titles and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pipeline.specs.components import COMPONENTS

MARK = "†"
"""Stands at each level that may not be compared, and at the title of what shows one."""

WAVES = "waves"

COMPARES = re.compile(
    r"\b(ris(e|es|en|ing)|rose|fall\w*|fell|gr[eo]w\w*|drop\w*|declin\w*|decreas\w*|increas\w*|recover\w*|chang\w*"
    r"|shift\w*|climb\w*|gain\w*|los[et]\w*|losing|halv\w*|doubl\w*|improv\w*|worsen\w*|weaken\w*|strengthen\w*"
    r"|soar\w*|plung\w*|came back|stable|steady|unchanged|constant|flat|high\w*|low\w*|more|most|less|least|few\w*"
    r"|larg\w*|small\w*|great\w*|strong\w*|weak\w*|peak\w*|trough|moved|differ\w*)\b"
)
"""Words by which a title compares levels over time or between groups."""

STATES = re.compile(
    r"\b(half|thirds?|quarters?|fifths?|tenth|(?:one|two|three|four|five|six|seven|eight|nine) in \w+|nobody|everyone"
    r"|in every|in all|in no|never|always|rare\w*|common\w*|predict\w*|associated|likel\w*|below|above|surg\w*|hardly"
    r"|remain\w*|stayed)\b"
)
"""Further words by which a title states what was found."""


Direction = Literal["up", "down", "still"]

MOVED: dict[Direction, str] = {
    "up": r"rose|rises|risen|grew|increased|increases|climbed|doubled|surged|went up",
    "down": r"fell|falls|fallen|declined|declines|dropped|decreased|decreases|halved|went down",
    "still": r"hardly (?:moved|changed|moves|changes)|unchanged|(?:stayed|stays|remained|was) (?:about )?the same",
}
"""Words of change, by what they say."""

FOUND = re.compile(
    rf"\b({'|'.join(MOVED.values())}|recovered|trebled|plummeted|soared"
    r"|(?:has|have|had) grown|(?:higher|lower|larger|smaller) than"
    r"|more common (?:in|among)|less common (?:in|among)"
    r"|more likely to|less likely to|most people|most of (?:the|those)"
    r"|hardly differ\w*|stayed (?:rare|low|high|stable)"
    r"|(?:half|a third|a quarter|a fifth) of (?:the|those|all|people)"
    r"|(?:two thirds|three quarters|a majority|a minority) of|(?:nearly|almost|hardly) (?:all|everyone|anyone|nobody)"
    r"|(?:one|two|three|four|seven|eight|nine) in (?:three|four|five|six|ten)"
    r"|(?:half|twice|(?:three|four|five) times) as)\b"
)
"""Words by which a sentence of a paper says what was found, beyond asking or explaining."""

PROSE_ENDS = re.compile(r"\n[ \t]*\n|\n(?=[-*] )|\n(?=:::)")
BINDS = re.compile(r"\{\{.*?\}\}", re.DOTALL)
ASSERTS = re.compile(r"\b(claim|moved|differs|ratio)\(")


def compared_over(row: Mapping[str, Any], group: str) -> tuple[str, ...]:
    """Over what a row of the estimates compares levels of its outcome: waves, or a column of groups.

    ``group``: the column that the groups of its model are of, or nothing. A level of one wave stands beside that of
    the next; a change, a term for a wave and a course compare waves by themselves. A level of one group stands beside
    those of others; a difference, and the effect of the very column that divides people into groups, compare groups.
    Other effects are associations, and compare no levels; unless their model pools waves (``compared``).
    """
    component = COMPONENTS.get(str(row.get("component")))
    if component is None:
        return ()
    over: list[str] = []
    if component.compared and (row.get("wave") is not None or component.is_change):
        over.append(WAVES)
    if component.compared and group and (row.get("group") is not None or component.is_difference):
        over.append(group)
    if component.in_units and not component.is_path and row.get("term") is not None:
        over.append(str(row["term"]))
    return tuple(over)


def compared(row: Mapping[str, Any], group: str, pools_waves: bool = False) -> tuple[tuple[str, str], ...]:
    """The scales whose levels a row of the estimates compares, each with what it compares them over.

    ``pools_waves``: its model analyses several waves and has no term for each. What a question came to mean for
    everybody then enters each association, of the outcome and of what it is regressed on: a change within a person is
    a difference between the levels of two waves. A term for each wave takes that out.
    """
    outcome, component = str(row.get("outcome")), COMPONENTS.get(str(row.get("component")))
    found = [(outcome, over) for over in compared_over(row, group)]
    if pools_waves and component is not None and (component.in_units or component.key == "lag_standardised"):
        found += [(scale, WAVES) for scale in (outcome, str(row.get("term")))]
    return tuple(dict.fromkeys(found))


def associated(row: Mapping[str, Any], group: str) -> tuple[tuple[str, str], ...]:
    """The scales whose association a row gives for one group, or one wave, of several; each with what these are of.

    One unit of a scale must be as much in each, which is metric invariance; levels need more (``compared``).
    """
    component = COMPONENTS.get(str(row.get("component")))
    if component is None or not component.is_association:
        return ()
    over = [group] if group and row.get("group") is not None else []
    over += [WAVES] if (component.is_path or component.key == "lag_standardised") and row.get("wave") else []
    scales = (str(row.get("outcome")), str(row.get("term")))
    return tuple(dict.fromkeys((scale, one) for one in over for scale in scales))


def without_metric(concluded: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """(scale, over) → why associations with it may not be compared, from the rows of the table of comparability."""
    failed = (row for row in concluded if row.get("associations") is False)
    found: dict[tuple[str, str], str] = {}
    for row in failed:
        found.setdefault((row["scale"], row["over"]), str(row["reason"]))
    return found


def finding_of(title: str) -> str:
    """The first word by which a title states a finding; empty for one that only names what is shown."""
    said = COMPARES.search(title.lower()) or STATES.search(title.lower())
    return said.group() if said else ""


def unbound_findings(text: str) -> Iterator[tuple[int, str]]:
    """Line and word of each paragraph or bullet of a paper that states a finding without a claim to hold it.

    A number alone does not: it would follow the results, and the word beside it would not.

    Questions, headings, tables and the front matter are left out.
    """
    body = text.partition("\n---\n")[2] if text.startswith("---\n") else text
    skipped, at = len(text) - len(body), 0
    for end in (*(match.start() for match in PROSE_ENDS.finditer(body)), len(body)):
        piece, start, at = body[at:end], at, end
        if piece.lstrip().startswith(("#", ":::", "|")) or any(map(ASSERTS.search, BINDS.findall(piece))):
            continue
        said = next(
            (match for match in FOUND.finditer(_typed(piece).lower()) if not _is_asked(piece, match.end())), None
        )
        if said is not None:
            yield text.count("\n", 0, skipped + start + said.start()) + 1, said.group()


def _typed(piece: str) -> str:
    """A piece with blanks in place of its bindings: the words in quotation marks there are judged by them."""
    return BINDS.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), piece)


def _is_asked(piece: str, at: int) -> bool:
    """Whether the sentence is a question."""
    end = re.search(r"[.?!](?:\s|$)", piece[at:])
    return end is not None and end.group().startswith("?")
