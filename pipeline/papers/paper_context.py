"""What tables, sections and the appendix of a paper are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.results import Results
from pipeline.papers.study_context import StudyContext


@dataclass(frozen=True)
class PaperContext:
    """The results of a paper's models, the tables of its study by name, and what the study declares.

    ``tables``: participation, reliability and whatever else the study has. ``places``: a result, as ``result_of`` names
    it → the decimal places that the text prints it with.
    """

    results: Results
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    study: StudyContext = field(default_factory=lambda: StudyContext(""))
    places: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def concepts(self) -> list[str]:
        """The concepts that the results measure and a question asks about, in the order of the results."""
        named = [name for pair in self.results.estimates.select("outcome", "term").iter_rows() for name in pair]
        return [name for name in dict.fromkeys(named) if name in self.study.questions]

    def table(self, name: str) -> pl.DataFrame:
        """One table of the study. Raises ``PaperError`` where there is none."""
        if name not in self.tables:
            raise PaperError(f"there is no {name} table to print", todo="Build it first, or leave this table out.")
        return self.tables[name]
