"""Links of pages that go out: what leads to a file that does not go with them becomes words.

A built page leads to what lies beside it in the folder of builds, a question to its entry in the codebook. A release
is copied without those, and a link that leads nowhere is worse than none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from html import unescape
from urllib.parse import unquote, urlsplit

_LINK = re.compile(r'<a\b(?P<before>[^>]*?)\s+href="(?P<href>[^"]*)"(?P<after>[^>]*)>(?P<inside>.*?)</a>', re.DOTALL)
_ID = re.compile(r'\sid="[^"]*"')


def with_links_that_resolve(page: bytes, name: str, names: Collection[str]) -> bytes:
    """An HTML page as it goes out as ``name`` with the files ``names``; places that others lead to keep their id."""

    def kept_or_words(link: re.Match[str]) -> str:
        if leads_on(unescape(link["href"]), name, names):
            return link[0]
        place = _ID.search(link["before"]) or _ID.search(link["after"])
        return f"<span{place[0]}>{link['inside']}</span>" if place else link["inside"]

    return _LINK.sub(kept_or_words, page.decode("utf-8")).encode("utf-8")


def leads_on(href: str, name: str, names: Collection[str]) -> bool:
    """Whether an address on the page ``name`` is of the web, of the page itself, or of a file that goes with it."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc or not parts.path:
        return True
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) in names
