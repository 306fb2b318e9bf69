"""Texts that mean something to a language in which papers are written, and a document that says one everywhere."""

from dataclasses import replace

from pipeline.papers import Document
from pipeline.papers.content import Callout, Column, Heading, Paragraph, Row, TableBlock, Text

PAYLOADS = {
    "typst code": '#panic("x")', "typst import": '#import "@preview/x:0.1.0": *', "typst read": '#read("/etc/passwd")',
    "math": "$ x^2 $", "label": "<number-1-use>", "reference": "@figure-1", "brackets": "]]] #[", "raw": "```x```",
    "heading": "= Not a heading", "list": "- not a list", "comment": "/* gone */ // gone", "escape": "\\u{41} \\#",
    "html": "<script>alert(1)</script>", "jinja": "{{ 7 * 7 }}", "formula": "=SUM(A1)", "strong": "*not* _so_",
    "right to left": "\u05e9\u05dc\u05d5\u05dd", "quotes": "\"'`",
}  # fmt: skip


def saying(payload: str) -> Document:
    """A small document with the payload in each place that holds a text."""
    text = (Text(payload),)
    table = TableBlock(1, "table-1", payload, (Column(payload), Column("B")), (Row((text, text)), Row((text,))))
    return Document(
        title=payload, subtitle=payload, study=payload, authors=(payload,), summary=payload, citation=payload,
        synthetic=False, facts=((payload, payload),), key="paper",
        blocks=(
            Heading(2, text, "a"), Paragraph(text), Callout("note", payload, (Paragraph(text),)),
            replace(table, notes=(payload,), source=payload),
        ),
    )  # fmt: skip
