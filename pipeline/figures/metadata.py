"""What a figure says in its files of where it comes from: text chunks of a PNG, Dublin Core in an SVG. No date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pipeline.texts import visible

if TYPE_CHECKING:
    from PIL.PngImagePlugin import PngInfo

NO_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold."""
DUBLIN_CORE = {"title": "title", "description": "description", "source": "source", "build": "identifier"}
"""What has a term of its own there; everything else stands under ours."""
SPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:cohesion="urn:cohesion-panel:provenance"'
)


def png_text(about: Mapping[str, str]) -> PngInfo:
    """The metadata of a PNG: title, description and source as PNG names them, the rest as ``cohesion:build``."""
    from PIL.PngImagePlugin import PngInfo

    found = PngInfo()
    for name, text in about.items():
        known = name.capitalize() if name in ("title", "description", "source") else f"cohesion:{name}"
        found.add_itxt(known, visible(text), lang="en")
    return found


def svg_metadata(about: Mapping[str, str]) -> str:
    """The ``metadata`` element of an SVG; texts are inert."""
    lines = [
        _element(DUBLIN_CORE.get(name), name, NO_XML.sub("", visible(text))) for name, text in about.items() if text
    ]
    inside = "".join(lines)
    return (
        f'<metadata><rdf:RDF {SPACES}><rdf:Description rdf:about="">{inside}</rdf:Description></rdf:RDF></metadata>\n'
    )


def _element(core: str | None, name: str, text: str) -> str:
    tag = f"dc:{core}" if core else f"cohesion:{name}"
    return f"<{tag}>{escape(text)}</{tag}>"


def with_metadata(svg: str, about: Mapping[str, str]) -> str:
    """An SVG with its metadata as the first thing in it, in place of those of the renderer; as it is without any."""
    if not about:
        return svg
    svg = re.sub(r" *<metadata>.*?</metadata>\n?", "", svg, count=1, flags=re.DOTALL)
    root = re.search(r"<svg\b[^>]*>\n?", svg)
    if root is None:
        return svg
    return f"{svg[: root.end()]}{svg_metadata(about)}{svg[root.end() :]}"
