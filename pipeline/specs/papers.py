"""What is written: the front matter of a paper."""

from __future__ import annotations

from pipeline.specs.base import Declaration, Name


class Paper(Declaration):
    """The front matter of reports/papers/<key>.md."""

    title: str
    subtitle: str = ""
    study: Name
    authors: tuple[str, ...] = ()
    summary: str = ""
    models: tuple[Name, ...] = ()
    figures: tuple[Name, ...] = ()
    allow: tuple[str, ...] = ()
