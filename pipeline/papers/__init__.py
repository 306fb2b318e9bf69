"""Papers: prose bound to results, a typed document, and its writers."""

from pipeline.papers.claims import check
from pipeline.papers.content import Document, FigureFile
from pipeline.papers.study_context import StudyContext, Fieldwork, ModelNote, Question
from pipeline.papers.writers.html import html, paper_numbers, write_html
from pipeline.papers.render import UnsoundPaperError, render_paper
from pipeline.papers.results import Fact
from pipeline.papers.study import facts_of, render_study_paper

__all__ = [
    "StudyContext",
    "Document",
    "Fact",
    "Fieldwork",
    "FigureFile",
    "ModelNote",
    "Question",
    "UnsoundPaperError",
    "check",
    "facts_of",
    "html",
    "paper_numbers",
    "render_paper",
    "render_study_paper",
    "write_html",
]
