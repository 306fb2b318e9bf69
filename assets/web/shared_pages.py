"""Pages over several studies, for the start page: the national picture, and those of funders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path

from assets.engine.node import Node
from assets.web.links import Link, report_link
from pipeline.paths import Paths

NATIONAL = "National picture"
HEAD = 4096
"""So many characters of a page are read to learn what it is."""


def shared_pages(paths: Paths, nodes: Iterable[Node]) -> Iterator[Link]:
    """The pages of steps over all studies, where they lie."""
    files = [file for node in nodes if node.tolerant for file in node.files.values()]
    yield from (
        Link(NATIONAL, report_link(file.path)) for file in files if file.is_page and (paths.root / file.path).is_file()
    )
    for page in (page for file in files if file.is_folder for page in sorted((paths.root / file.path).glob("*.html"))):
        yield Link(_about(page), report_link(page.relative_to(paths.root).as_posix()))


def _about(page: Path) -> str:
    """For whom a page is, as it says itself."""
    with page.open(encoding="utf-8") as text:
        found = re.search(r'<meta name="description" content="([^"]*)"', text.read(HEAD))
    return unescape(found[1]) if found else page.stem
