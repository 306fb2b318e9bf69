"""Writers of papers: one record of facts each, which names the module that makes the bytes of a file from a document.

A writer is one record here (or one that is registered), one module in ``pipeline/papers/writers/`` and, if it has one,
a template in ``reports/templates/``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, get_args

from pipeline.specs.records import Records

Part = Literal["paper", "annex", "summary", "slides"]
"""A paper, its technical annex, its summary in two pages and its figures as slides: each a document of its own."""

PARTS: tuple[Part, ...] = get_args(Part)
TEXTS: tuple[Part, ...] = ("paper", "annex", "summary")
"""The documents that are read as text."""
FURTHER: dict[Part, str] = {"summary": "summary", "annex": "technical annex", "slides": "figures as slides"}
"""Further documents of a paper → the words of a link to each."""


def stem(key: str, part: Part) -> str:
    """The name of a document's files without their ending: ``my_paper``, ``my_paper_annex``."""
    return key if part == PARTS[0] else f"{key}_{part}"


@dataclass(frozen=True)
class Writer:
    """What is known of a writer. ``words`` says what it writes; ``suffix`` ends the names of its files.

    ``link``: the words of a link to its paper; empty: it is not read by itself.

    ``template``: the file of reports/templates that it fills in, None if it needs none. ``function``: written
    ``module:name``, called with a ``Document`` and the template's bytes (None without one), returns the file's bytes.
    ``parts``: the documents of which it makes a file each; a writer of the paper alone finds the annex in it.
    """

    key: str
    words: str
    suffix: str
    function: str
    template: str | None = None
    parts: tuple[Part, ...] = TEXTS
    link: str = ""

    @property
    def module(self) -> str:
        """The module that writes."""
        return self.function.split(":")[0]


WRITERS: Records[Writer] = Records(
    "a writer of papers",
    Writer(
        "html",
        "a web page in one file: no script, no request, readable on a phone and in print",
        "html",
        "pipeline.papers.writers.html:write",
        "paper.html.j2",
        link="web page",
    ),
    Writer(
        "pdf",
        "a tagged PDF (PDF/UA-1) for print and archives, with its fonts",
        "pdf",
        "pipeline.papers.writers.pdf:write",
        "paper.typ",
        link="PDF",
    ),
    Writer(
        "docx",
        "a Word file whose styles a press office can change",
        "docx",
        "pipeline.papers.writers.docx:write",
        link="Word",
    ),
    Writer(
        "xlsx",
        "a workbook of every table and the data of every figure, by the rules for accessible spreadsheets",
        "xlsx",
        "pipeline.papers.writers.xlsx:write",
        parts=("paper",),
        link="workbook",
    ),
    Writer(
        "csv",
        "a package of the same tables as CSV files, with a description that programs read (Frictionless)",
        "csv.zip",
        "pipeline.papers.writers.csv_package:write",
        parts=("paper",),
        link="tables as CSV",
    ),
    Writer(
        "cover",
        "the first page as a picture, for a website or a newsletter",
        "svg",
        "pipeline.papers.writers.cover:write",
        "paper.typ",
        ("paper",),
    ),
    Writer(
        "slides",
        "a PDF with one figure per slide, for talks and meetings",
        "pdf",
        "pipeline.papers.writers.slides:write",
        "slides.typ",
        ("slides",),
    ),
)
"""Writer → its record. Extensions add theirs with ``WRITERS.register``."""


def links() -> dict[str, str]:
    """Ending of a file of a paper → the words of a link: each format of the paper, then its further documents, once."""
    found = {f".{writer.suffix}": writer.link for writer in WRITERS.values() if writer.link}
    for part, words in FURTHER.items():
        suffix = next((writer.suffix for writer in WRITERS.values() if part in writer.parts), None)
        if suffix is not None:
            found[f"_{part}.{suffix}"] = words
    return found


def registered(record: Writer) -> AbstractContextManager[None]:
    """Within this block every paper is written by that writer as well."""
    return WRITERS.registered(record)
