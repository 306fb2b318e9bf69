"""The profile of an area as two tagged pages A4 (PDF/UA-1), set by Typst from data: no text of it is ever markup."""

from __future__ import annotations

from typing import Any

from pipeline.errors import PaperError
from pipeline.papers.plain_data import plain_data
from pipeline.papers.profiles.content import AreaProfile
from pipeline.papers.profiles.page import shown
from pipeline.papers.writers.pdf import compiled

INK = "#1d1d1d"


def profile_pdf(content: AreaProfile, template: bytes | None) -> bytes:
    """The PDF. ``template``: reports/templates/profile.typ. Same input, same bytes.

    Raises ``PaperError`` without a template, and where more is said than two pages hold at the smallest type.
    """
    if template is None:
        raise PaperError("a profile is written to PDF by a template", todo="Put profile.typ into reports/templates.")
    return compiled(profile_data(shown(content)), template, "pdf")


def profile_data(content: AreaProfile) -> dict[str, Any]:
    """The profile as its template sees it: pictures in black, on the white of paper."""
    found: dict[str, Any] = plain_data(content)
    del found["numbers"]
    for bar in found["bars"]:
        bar["picture"] = in_ink(bar["picture"])
    found["axis"] = in_ink(found["axis"])
    if found["course"] is not None:
        found["course"]["picture"] = in_ink(found["course"]["picture"])
    return {**found, "title": content.title}


def in_ink(svg: str) -> str:
    return svg.replace("currentColor", INK)
