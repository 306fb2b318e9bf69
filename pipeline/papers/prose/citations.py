"""Citations as a bibliography style prints them: from a CSL JSON or BibTeX file, by citeproc."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.errors import PaperError
from pipeline.papers.results import nearest

STYLE = "harvard-cite-them-right"
"""The author–date style of British universities."""

CITATION = re.compile(r"\[(@[^\]\n]+)\]")
ONE = re.compile(r"@([\w:.+/-]*\w)(?:,\s*(?:(pp?|ch)\.\s*)?(\S.*))?")
LOCATORS = {"p": "page", "pp": "page", "ch": "chapter", None: "page"}


@dataclass(frozen=True)
class Cited:
    """One work in a citation, with the pages or chapter meant."""

    key: str
    locator: str = ""
    label: str = "page"


@dataclass(frozen=True)
class Library:
    """The works that papers may cite. ``text``: a CSL JSON list (as Zotero exports it), or BibTeX."""

    text: str = ""

    @cached_property
    def source(self) -> Any:
        """The works by key, as citeproc reads them. Raises ``PaperError`` for a file that is neither form."""
        from citeproc.source.bibtex import BibTeX
        from citeproc.source.json import CiteProcJSON

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of fields that the style does not print
                if self.text.lstrip().startswith("["):
                    return CiteProcJSON(json.loads(self.text))
                return BibTeX(io.StringIO(self.text)) if self.text.strip() else {}
        except Exception as error:
            raise PaperError(
                f"the file of references cannot be read ({type(error).__name__})",
                todo="It holds a CSL JSON list, as reference managers export it, or BibTeX.",
            ) from None

    def printed(self, citations: Sequence[Sequence[Cited]]) -> tuple[list[str], list[tuple[str, str, str]]]:
        """How each citation stands in the text, and of each cited work its key, short form and full entry, in order.

        Raises ``PaperError`` for a work that the library does not have.
        """
        if not citations:
            return [], []
        from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, Locator, formatter

        for key in (one.key for group in citations for one in group):
            if key not in self.source:
                raise PaperError(f"`@{key}` is not among the references{nearest(key, self.source)}")
        style = CitationStylesStyle(STYLE, validate=False)
        bibliography = CitationStylesBibliography(style, self.source, formatter.plain)

        def registered(group: Sequence[Cited]) -> Any:
            items = [
                CitationItem(one.key, **({"locator": Locator(one.label, one.locator)} if one.locator else {}))
                for one in group
            ]
            made = Citation(items)
            bibliography.register(made)
            return made

        groups = [registered(group) for group in citations]
        singles = {key: registered([Cited(key)]) for key in dict.fromkeys(one.key for g in citations for one in g)}
        bibliography.sort()
        texts = [str(bibliography.cite(group, _known)) for group in groups]
        full = dict(zip(bibliography.keys, map(str, bibliography.bibliography()), strict=True))
        short = {key: str(bibliography.cite(one, _known)).strip("()") for key, one in singles.items()}
        return texts, [(key, short[key], entry) for key, entry in full.items()]


def _known(_item: object) -> None:
    """What citeproc calls for a work that it does not have; all have been looked up before."""


def cited(inside: str) -> list[Cited]:
    """The works in a citation: ``@hamaker, p. 4; @allport``. Raises ``PaperError`` for anything else."""
    found = []
    for part in inside.split(";"):
        match = ONE.fullmatch(part.strip())
        if match is None:
            raise PaperError(f"`[{inside}]` is not a citation: [@key], [@key, p. 4] or [@one; @other]")
        found.append(Cited(match[1], (match[3] or "").strip(), LOCATORS[match[2]]))
    return found
