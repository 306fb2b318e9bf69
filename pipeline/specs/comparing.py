"""What compares levels: rows of estimates over waves or groups, and the words of titles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pipeline.specs.components import COMPONENTS
from pipeline.specs.spelled import SPELLED, as_read

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
    "up": r"rose|rises|risen|grew|increased|increases|climbed|doubled|tripled|trebled|quadrupled|surged|soared|jumped"
    r"|(?:went|gone|goes) up|on the rise|(?:is|are|was|were) up (?:on|from|by)|improved|improves|strengthened",
    "down": r"fell|falls|fallen|declined|declines|dropped|decreased|decreases|halved|slumped|plunged|plummeted|dipped"
    r"|slipped|sank|sunk|shrank|shrunk|dwindled|(?:went|gone|goes) down|on the (?:decline|wane)"
    r"|(?:is|are|was|were) down (?:on|from|by)|worsened|worsens|deteriorated|weakened",
    "still": r"hardly (?:moved|changed|moves|changes)|unchanged|(?:stayed|stays|remained|was) (?:about )?the same",
}
"""Words of change, by what they say."""


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
    read = as_read(title).lower()
    said = COMPARES.search(read) or STATES.search(read) or SPELLED.search(read)
    return said.group() if said else ""
