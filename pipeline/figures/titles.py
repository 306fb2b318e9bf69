"""What a figure's title may say of scales whose levels may not be compared."""

from __future__ import annotations

import re

from pipeline.errors import PaperError
from pipeline.figures.picture import Picture

MARK = "†"
COMPARES = re.compile(
    r"\b(ris(e|es|en|ing)|rose|fall\w*|fell|gr[eo]w\w*|drop\w*|declin\w*|decreas\w*|increas\w*|recover\w*|chang\w*"
    r"|shift\w*|climb\w*|gain\w*|los[et]\w*|losing|halv\w*|doubl\w*|improv\w*|worsen\w*|weaken\w*|strengthen\w*"
    r"|soar\w*|plung\w*|came back|stable|steady|unchanged|constant|flat|high\w*|low\w*|more|most|less|least|few\w*"
    r"|larg\w*|small\w*|great\w*|strong\w*|weak\w*|peak\w*|trough|moved|differ\w*)\b"
)
"""Words by which a title compares levels over time or between groups."""


def titled(title: str, picture: Picture) -> str:
    """The title, with the mark where it stands over levels that may not be compared.

    Raises ``PaperError`` for a title that compares them all the same.
    """
    if not picture.caution:
        return title
    said = COMPARES.search(title.lower())
    if said:
        raise PaperError(
            f"the title “{title}” compares levels (“{said.group()}”) that may not be compared: {picture.caution}",
            todo="Say what is drawn without comparing its levels, or draw another measure.",
        )
    return f"{title} {MARK}"
