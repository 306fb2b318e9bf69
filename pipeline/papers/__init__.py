"""Papers: prose bound to results, a typed document, and its writers.

Nothing is imported until it is asked for, so that checking the form of papers needs no data frames.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.papers.bound_titles import judge_figure
    from pipeline.papers.claims import check
    from pipeline.papers.content import Document, FigureFile
    from pipeline.papers.facts import facts_of
    from pipeline.papers.numbers import paper_numbers
    from pipeline.papers.paper_context import PaperContext
    from pipeline.papers.passages import paper_passages
    from pipeline.papers.prose.source import read_paper
    from pipeline.papers.render import UnsoundPaperError, render_paper
    from pipeline.papers.results import Fact
    from pipeline.papers.study import render_study_paper
    from pipeline.papers.study_context import Fieldwork, ModelNote, Question, StudyContext
    from pipeline.papers.writers import written

_HOMES = {
    "bound_titles": ("judge_figure",),
    "claims": ("check",),
    "content": ("Document", "FigureFile"),
    "facts": ("facts_of",),
    "numbers": ("paper_numbers",),
    "paper_context": ("PaperContext",),
    "passages": ("paper_passages",),
    "prose.source": ("read_paper",),
    "render": ("UnsoundPaperError", "render_paper"),
    "results": ("Fact",),
    "study": ("render_study_paper",),
    "study_context": ("Fieldwork", "ModelNote", "Question", "StudyContext"),
    "writers": ("written",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Document",
    "Fact",
    "Fieldwork",
    "FigureFile",
    "ModelNote",
    "PaperContext",
    "Question",
    "StudyContext",
    "UnsoundPaperError",
    "check",
    "facts_of",
    "judge_figure",
    "paper_numbers",
    "paper_passages",
    "read_paper",
    "render_paper",
    "render_study_paper",
    "written",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
