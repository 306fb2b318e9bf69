"""A document as a tagged PDF (PDF/UA-1) by Typst: for print, for archives, and for screen readers."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pipeline.errors import PaperError
from pipeline.papers.content import NUMERAL, Document, FigureBlock, FigureFile, anchors_of, beside
from pipeline.papers.plain_data import plain_data
from pipeline.papers.writers.html import cropped, shape
from pipeline.specs.writers import stem

Form = Literal["pdf", "svg"]
SHORT = 16
"""Characters in every cell of a column that is no wider than its texts."""
NUMBERS = 26
"""The same of a column of numbers, some with an interval."""
LONG = 900
"""Characters of a cell, from which on a row may be broken over two pages: one of more is a good part of a page."""
WORDY = 6
"""Columns of a table of words at most: of more, such a cell would be higher than a page."""
LEAST_SHARE = 4.0
"""Of a column's share of the width, by the root of its longest text: a few letters are no reason to break words."""


def write(document: Document, template: bytes | None) -> bytes:
    """The document as a PDF file. ``template``: reports/templates/paper.typ, which walks the document as data.

    Fonts are those that Typst carries, no date is written: same input, same bytes on every machine.
    Raises ``PaperError`` without a template, or where Typst refuses what is not accessible.
    """
    return typeset(document, template, "paper.typ")


def typeset(document: Document, template: bytes | None, name: str, form: Form = "pdf") -> bytes:
    """A document set by Typst, or its first page as a picture; ``name``: what its template is called."""
    if template is None:
        raise PaperError("a paper is written to PDF by a template", todo=f"Put {name} into reports/templates.")
    return compiled(document_data(document), template, form)


def compiled(data: Mapping[str, Any], template: bytes, form: Form) -> bytes:
    """What a template makes of data, which it reads as JSON from ``sys.inputs.document``: a PDF/UA-1, or one picture.

    Signs of a script that none of Typst's fonts has are set by their codes.
    """
    import typst

    said, coded = json.dumps(data, ensure_ascii=False), set[str]()
    while True:
        try:
            made = typst.compile(
                template, format=form, ignore_system_fonts=True, sys_inputs={"document": said},
                pdf_standards=["ua-1"] if form == "pdf" else None, timestamp=0,
            )  # fmt: skip
        except typst.TypstError as error:
            lacking = set(map(_script, _not_in_fonts(error.message))) - coded
            if not lacking:
                todo = "; ".join(error.hints)
                raise PaperError(f"the PDF cannot be written: {error.message}", todo=todo) from None
            coded |= lacking
            said = "".join(f"[U+{ord(sign):04X}]" if _script(sign) in coded else sign for sign in said)
        else:
            first = made[0] if isinstance(made, list) else made
            assert isinstance(first, bytes)
            return first


def _not_in_fonts(message: str) -> str:
    """The signs that Typst says no font of it has: PDF/UA allows none without a shape."""
    found = re.search(r'the text `"(.+)"` could not be displayed', message)
    return "".join(sign for sign in found[1] if not sign.isascii()) if found else ""


def _script(sign: str) -> str:
    """A name shared by the signs that fonts have together: the script, or that it is a picture."""
    if sign.isascii():
        return ""
    return "PICTURE" if ord(sign) > 0x1F000 else unicodedata.name(sign, hex(ord(sign) >> 8)).split()[0]


def document_data(document: Document) -> dict[str, Any]:
    """The document as its template sees it; of figures the picture alone, for title and source are set as text."""
    blocks = [
        replace(block, file=_drawn(block.file)) if isinstance(block, FigureBlock) else block
        for block in document.blocks
    ]
    shown = {
        name: plain_data(getattr(document, name))
        for name in ("title", "subtitle", "study", "authors", "summary", "citation", "synthetic", "facts")
    }
    elsewhere = {anchor: f"{stem(document.key, part)}.pdf" for anchor, part in document.elsewhere.items()}
    description = document.summary or document.subtitle
    return {
        **shown,
        "description": description,
        "keywords": [f"{name}: {text}" for name, text in document.about.items()],
        "part": document.part,
        "numeral": NUMERAL,
        "others": [{"words": words, "file": file} for words, file in beside(document, "pdf")],
        "blocks": _with_shapes(_with_uses(plain_data(blocks))),
        "anchors": anchors_of(document),
        "elsewhere": elsewhere,
    }


def _with_uses(blocks: Any) -> Any:
    """Each number where it is first printed carries the anchor that its record leads back to."""
    used: set[str] = set()

    def mark(part: Any) -> None:
        if isinstance(part, list):
            for each in part:
                mark(each)
        elif isinstance(part, dict):
            if part.get("kind") == "number":
                part["anchor"] = "" if part["record"] in used else f"{part['record']}-use"
                used.add(part["record"])
            for each in part.values():
                mark(each)

    mark(blocks)
    return blocks


def _drawn(file: FigureFile) -> FigureFile:
    return replace(file, svg=cropped(file.svg), narrow=None, png=None, levels=(), prints={}, data=None)


def _plain(runs: Any) -> str:
    """The text of runs as data."""
    return "".join(run["text"] if "text" in run else _plain(run["runs"]) for run in runs)


def _shares(table: Any) -> list[float | None]:
    """Each column's share of the width, by the root of its longest text; of texts that are all short each the same."""
    rows = [row["cells"] for row in table["rows"] if len(row["cells"]) == len(table["columns"])]
    longest = [
        max(len(text) for text in (column["header"], *(_plain(row[place]) for row in rows)))
        for place, column in enumerate(table["columns"])
    ]
    short = [
        length <= (NUMBERS if column["align"] == "right" else SHORT)
        for length, column in zip(longest, table["columns"], strict=True)
    ]
    if all(short):
        return [1.0] * len(longest)
    shares = (round(max(LEAST_SHARE, length**0.5), 3) for length in longest)
    return [None if one else share for one, share in zip(short, shares, strict=True)]


def _is_brief(table: Any) -> bool:
    """Whether each of its rows can stand on one page."""
    return all(len(_plain(cell)) < LONG for row in table["rows"] for cell in row["cells"])


def _with_shapes(blocks: Any) -> Any:
    """Each figure with its width for a height of one, so that its template can bound both; of tables of words each
    column's share of the width, none where all its texts are short, which need no more than their own width.
    """
    for block in blocks:
        if block["kind"] == "table":
            block["shares"] = _shares(block)
            block["whole"] = block["wordy"] and len(block["columns"]) <= WORDY and _is_brief(block)
        if block["kind"] == "figure":
            block["shape"] = shape(block["file"]["svg"].encode())
    return blocks
