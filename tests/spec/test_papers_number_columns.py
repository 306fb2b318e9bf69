"""Columns of numbers in a PDF: intervals are not broken over two lines, and words get the room that numbers leave."""

from __future__ import annotations

import io
import re

from profile_frames import made_up
from pypdf import PdfReader

from pipeline.papers import written
from pipeline.papers.content import Document
from pipeline.papers.profiles import About, overview
from pipeline.papers.writers.pdf import _with_shapes
from pipeline.paths import Paths

PAPER = (Paths().templates / "paper.typ").read_bytes()
INTERVAL = r"\([−-]?\d+\.\d to [−-]?\d+\.\d\)"


def lines(document: Document) -> list[str]:
    reader = PdfReader(io.BytesIO(written(document, "pdf", PAPER)))
    return [line for page in reader.pages for line in page.extract_text().splitlines()]


def test_an_interval_stands_in_one_line():
    frames = made_up(small=())
    made = overview(frames["areas"], frames["changes"], labels=frames["labels"], about=About(study="Made up"))
    found = lines(made)
    assert sum(len(re.findall(INTERVAL, line)) for line in found) > 9 * 6
    assert not [line for line in found if re.search(r"\([−-]?\d+\.\d to\s*$", line)]


def test_a_column_of_numbers_is_no_wider_than_they_are():
    question = "How much do you trust the people who live in your neighbourhood?"
    texts = (question, "52.1 (50.5 to 53.7)", "Blackburn with Darwen 52.1 (50.5 to 53.7)")
    columns = [{"header": "As asked", "align": "left"}]
    columns += [{"header": header, "align": "right"} for header in ("Score (interval)", "Highest")]
    rows = [{"cells": [[{"text": text}] for text in texts]}]
    [made] = _with_shapes([{"kind": "table", "wordy": True, "columns": columns, "rows": rows}])
    question_share, number_share, highest_share = made["shares"]
    assert number_share is None
    assert question_share > highest_share > 0
