"""What compares levels: rows of estimates over waves or groups, and the words of titles and sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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


def compared_over(row: Mapping[str, Any], group: str) -> tuple[str, ...]:
    """Over what a row of the estimates compares levels of its outcome: waves, or a column of groups.

    ``group``: the column that the groups of its model are of, or nothing. A level of one wave stands beside that of
    the next; a change, a term for a wave and a course compare waves by themselves. A level of one group stands beside
    those of others; a difference, and the effect of the very column that divides people into groups, compare groups.
    Other effects are associations, and compare no levels.
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


def finding_of(title: str) -> str:
    """The first word by which a title states a finding; empty for one that only names what is shown."""
    said = COMPARES.search(title.lower()) or STATES.search(title.lower())
    return said.group() if said else ""
