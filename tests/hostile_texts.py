"""Texts that mean something to a language or program on the way of a paper, and a document that says one everywhere."""

import io

from PIL import Image

from pipeline.papers import Document
from pipeline.papers.content import (
    Block,
    BulletList,
    Callout,
    Column,
    Emphasis,
    FigureBlock,
    FigureData,
    FigureFile,
    Heading,
    Link,
    Paragraph,
    Row,
    Strong,
    TableBlock,
    Text,
)

HTML = {
    "html": "<script>alert(1)</script>", "image": "<img src=x onerror=alert(1)>", "svg": "<svg/onload=alert(1)>",
    "frame": '<iframe src="http://a.invalid/"></iframe>', "style ends": "</style><script>alert(1)</script>",
    "title ends": "</title></head><body onload=alert(1)>", "attribute ends": '" onmouseover="alert(1)" x="',
    "attribute ends, single": "' onfocus='alert(1)' autofocus='", "html comment": "<!-- --><b>x</b><!--",
    "base": "<base href=//a.invalid/>", "refresh": '<meta http-equiv="refresh" content="0;url=//a.invalid">',
    "entity": "&lt;script&gt;&#60;b&#62;", "details": "<details open ontoggle=alert(1)>", "null in tag": "<scr\0ipt>",
}  # fmt: skip
SCRIPT = {
    "template literal": "${alert(1)}`${alert(1)}`", "string ends": "'+alert(1)+'", "string ends, two": '";alert(1);//',
    "javascript address": "javascript:alert(1)", "data address": "data:text/html,<script>alert(1)</script>",
    "escaped tag": "\\u003cscript\\u003e", "line separator": "a\u2028alert(1)", "css": "}body{display:none}*{x:y",
    "css address": "url(http://a.invalid/x)", "css escape": "\\3c script\\3e ",
}  # fmt: skip
MARKUP = {
    "markdown link": "[x](javascript:alert(1))", "markdown image": "![x](http://a.invalid/p.png)",
    "two links": "[a](b) [c](d)", "markdown cells": "a | b\n--|--\n1 | 2", "strong": "*not* _so_ ~~this~~",
    "autolink": "<http://a.invalid> http://a.invalid www.a.invalid", "footnote": "[^1] [1]: http://a.invalid",
    "note": "$$note$$", "heading": "= Not a heading", "hash heading": "# Not a heading", "list": "- not a list",
    "numbered": "1. not a list", "raw": "```x```", "doctype": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;',
    "cdata": "]]><b>x</b><![CDATA[", "instruction": '<?xml-stylesheet href="http://a.invalid"?>',
    "word xml": "</w:t></w:r><w:r><w:t>x", "word field": "{ INCLUDETEXT C:\\\\x }", "xlsx escape": "_x003D_1_x0000_",
}  # fmt: skip
TYPST = {
    "typst code": '#panic("x")', "typst import": '#import "@preview/x:0.1.0": *', "typst read": '#read("/etc/passwd")',
    "typst eval": '#eval("1 + 1")', "typst set": "#set page(width: 1pt)", "typst block": "#{ let x = 1; panic() }",
    "math": "$ x^2 $", "label": "<number-1-use>", "reference": "@figure-1", "brackets": "]]] #[",
    "comment": "/* gone */ // gone", "escape": "\\u{41} \\#",
}  # fmt: skip
TEMPLATE = {
    "jinja": "{{ 7 * 7 }}", "jinja block": "{% for x in y %}{% endfor %}", "jinja comment": "{# gone #}",
    "jinja class": "{{ ''.__class__.__mro__ }}", "erb": "<%= 7 * 7 %>", "python format": "{0.__class__} {x!r:>{y}}",
    "percent format": "%s%n%(x)s", "mathtext": "$\\frac{1}{0}$ $", "broken mathtext": "$\\notacommand{",
}  # fmt: skip
FORMULA = {
    "formula": "=SUM(A1)", "formula plus": "+1+1", "formula minus": "-1+1", "formula at": "@SUM(A1)",
    "formula tab": "\t=1+1", "formula behind space": " =1+1", "formula return": "\r=1+1",
    "formula full width": "\uff1d1+1", "formula unseen": "\u200b=1+1", "formula link": '=HYPERLINK("http://a.invalid","x")',
    "formula command": "=cmd|' /C calc'!A0", "formula import": '=IMPORTXML("http://a.invalid","//a")',
    "formula apostrophe": "'=1+1", "formula in a line": "a\n=1+1", "formula after comma": '",=1+1', "array": "{=1+1}",
}  # fmt: skip
PATH = {
    "path up": "../../../etc/passwd", "path root": "/etc/passwd", "path windows": "..\\..\\C:\\con\\x",
    "path file": "file:///etc/passwd", "path share": "\\\\a.invalid\\share", "path device": "CON",
    "path signs": 'a:b*?"<>|.csv',
    "path encoded": "%2e%2e%2fetc", "shell": "$(touch x); `id` | tee", "sql": "'; DROP TABLE people; --",
    "yaml": "&a [*a] !!python/object:x", "sheet name": "[x]:*?/\\'",
}  # fmt: skip
SHOWN = {
    "right to left": "\u05e9\u05dc\u05d5\u05dd", "arabic": "\u0627\u0644\u062b\u0642\u0629 (5%)",
    "mixed": "Trust in \u05e9\u05db\u05e0\u05d9\u05dd 2020",
    "persian joiner": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467", "quotes": "\"'`",
    "closed isolate": "\u2067\u05e9\u05dc\u05d5\u05dd\u2069 x",
}  # fmt: skip
"""What is written with signs of direction or joining that it needs: these stay."""
UNSEEN = {
    "override": "paid\u202ecod.exe", "embedding": "a\u202b b", "open isolate": "a \u2067b",
    "direction mark": "\u200e5%",
    "zero width": "tr\u200bust", "joiner": "tr\u200dust", "word joiner": "tr\u2060ust", "soft hyphen": "tr\u00adust",
    "byte order mark": "x\ufeffy", "tags": "x\U000e0068\U000e0069", "selector": "a\ufe0fb", "filler": "a\u3164b",
    "stack of marks": "Z" + "\u0301" * 40, "null": "a\0b", "terminal": "\x1b[31mred\x1b[0m",
    "backspace": "abc\x08\x08",
    "bell": "a\x07b", "vertical tab": "a\x0bb", "next line": "a\x85b", "surrogate": "a\ud800b",
    "no character": "a\uffffb",
}  # fmt: skip
"""What hides something from a reader: it is shown by its code."""

PAYLOADS = {**HTML, **SCRIPT, **MARKUP, **TYPST, **TEMPLATE, **FORMULA, **PATH, **SHOWN, **UNSEEN}


SVG = (
    b'<svg data-body="1.00 20.00 98.00 60.00" width="100pt" height="100pt" viewBox="0 0 100 100"'
    b' xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
)


def png() -> bytes:
    """A picture as Word shows it."""
    content = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(content, "PNG")
    return content.getvalue()


def saying(*payloads: str) -> Document:
    """A small document with the payloads in each place that holds a text."""
    every = " ".join(payloads)
    return Document(
        title=every, subtitle=every, study=every, authors=payloads, summary=every, citation=every,
        synthetic=False, facts=tuple((payload, payload) for payload in payloads), key="paper",
        blocks=tuple(block for number, payload in enumerate(payloads, start=1) for block in _blocks(payload, number)),
    )  # fmt: skip


def _blocks(payload: str, number: int) -> tuple[Block, ...]:
    text = (Text(payload),)
    data = FigureData((Column(payload), Column("B", "right")), ((payload, "1.0"), (payload, "")))
    drawn = FigureFile(
        SVG, f"alt {payload}", payload, payload, subtitle=payload, note=payload, narrow=SVG, png=png(), data=data
    )
    return (
        Heading(2, text, f"a-{number}"),
        Paragraph((*text, Strong(text), Emphasis(text), Link(text, payload.lstrip("#")))),
        BulletList((text,)),
        Callout("note", payload, (Paragraph(text),)),
        FigureBlock(number, f"figure_{number}", drawn),
        TableBlock(
            number, f"table-{number}", payload, (Column(payload, unit=payload), Column("B")),
            (Row((text, text)), Row((text,)), Row((text, ()))), notes=(payload,), source=payload,
        ),
    )  # fmt: skip
