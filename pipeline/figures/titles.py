"""What a figure's title may say of scales whose levels may not be compared."""

from __future__ import annotations

from pipeline.errors import PaperError
from pipeline.figures.picture import Picture
from pipeline.specs.comparing import COMPARES, MARK


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
