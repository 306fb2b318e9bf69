"""Reading codebooks safely: bounded in size, without entities, without anything that is fetched or run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from pipeline.errors import CohesionError

MOST_BYTES = 64 * 1024**2
"""A codebook of more bytes is refused before it is read."""
MOST_ELEMENTS = 2_000_000
DEEPEST = 100
"""Elements within elements of an XML file."""


def bounded_bytes(path: Path) -> bytes:
    """The bytes of a codebook. Raises ``CohesionError`` for a file that is absent, empty or too large."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise CohesionError(
                f"has {size / 1024**2:,.0f} MB; a codebook of at most {MOST_BYTES / 1024**2:,.0f} MB is read",
                where=path.name,
                todo="Export the codebook without data.",
            )
        content = path.read_bytes()
    except OSError as error:
        raise CohesionError(
            f"cannot be read ({error.strerror or 'unknown'})",
            where=path.name,
            todo="Look for the file's place and name.",
        ) from None
    if not content.strip():
        raise CohesionError("is empty", where=path.name, todo="Export the codebook again.")
    return content


def json_of(path: Path) -> Any:
    """The content of a JSON file."""
    try:
        return json.loads(bounded_bytes(path))
    except (ValueError, RecursionError):
        raise CohesionError(
            "is not JSON, or only part of it", where=path.name, todo="Export the questionnaire again."
        ) from None


@dataclass
class Element:
    """An XML element: its name without namespace, its attributes, its own text, its children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    def all(self, *names: str) -> Iterator[Element]:
        """The children of these names, in order."""
        return (child for child in self.children if child.name in names)

    def first(self, name: str) -> Element | None:
        return next(self.all(name), None)

    def text(self) -> str:
        """The text of the element and of all below it."""
        return " ".join(" ".join(self.words).split())

    def below(self, name: str) -> Iterator[Element]:
        """The elements of a name, at whatever depth, in order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            waiting.extend(reversed(element.children))


class _Builder:
    """Builds elements from what expat finds, and stops at what a codebook does not hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = Element("")
        self.open = [self.root]
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST_ELEMENTS or len(self.open) > DEEPEST:
            self.refuse(f"holds more than {MOST_ELEMENTS:,} elements, or more than {DEEPEST} within each other")
        element = Element(name.rpartition(":")[2], attributes)
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, _: str) -> None:
        words = self.open.pop().words
        self.open[-1].words.extend(words)

    def text(self, words: str) -> None:
        self.open[-1].words.append(words)

    def entity(self, *_: object) -> NoReturn:
        self.refuse("declares entities, which a codebook does not need")

    def refuse(self, what: str) -> NoReturn:
        raise CohesionError(what, where=self.path.name, todo="Nothing of it was read. Ask where the file is from.")


def xml_of(path: Path) -> Element:
    """The root element of an XML file. No entity is expanded, nothing outside the file is read.

    Raises ``CohesionError`` for a file that is no XML, declares entities, or nests deeper than a codebook does.
    """
    return parsed(bounded_bytes(path), path)


def parsed(content: bytes, path: Path) -> Element:
    """The same of XML that lies within the file ``path``."""
    builder = _Builder(path)
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.EntityDeclHandler = builder.entity
    parser.ExternalEntityRefHandler = builder.entity
    parser.SkippedEntityHandler = builder.entity
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        place = f" (line {error.lineno:,})" if isinstance(error, expat.ExpatError) else ""
        raise CohesionError(
            f"is not XML, or only part of it{place}", where=path.name, todo="Export the codebook again."
        ) from None
    return builder.root.children[0]
