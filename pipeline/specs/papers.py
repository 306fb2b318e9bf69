"""What is written: the front matter of a paper."""

from __future__ import annotations

import datetime as dt

from pipeline.specs.base import Declaration, Name, Text
from pipeline.specs.methods import Said


class Author(Declaration):
    """Who wrote a paper, and where they work."""

    name: str
    affiliation: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.affiliation})" if self.affiliation else self.name


class Paper(Declaration):
    """The front matter of reports/papers/<key>.md.

    ``plan``: where the analysis was planned or registered before the data were seen; ``deviations`` from it.
    """

    title: str
    subtitle: str = ""
    study: Name
    authors: tuple[Author | str, ...] = ()
    funder: str = ""
    ethics: str = ""
    contact: str = ""
    version: str = ""
    date: dt.date | None = None
    cite: str = ""
    licence: str = ""
    plan: Said | None = None
    deviations: Said | None = None
    summary: str = ""
    models: tuple[Name, ...] = ()
    figures: tuple[Name, ...] = ()
    in_summary: tuple[Name, ...] = ()
    allow: tuple[Text, ...] = ()

    @property
    def gaps(self) -> tuple[str, ...]:
        """What a reader expects on the first page and the masthead does not say."""
        return tuple(key for key in MASTHEAD if not getattr(self, key))


MASTHEAD = ("authors", "funder", "ethics", "contact", "version", "date", "cite", "licence")
"""What stands under the title of a paper that can be published."""
