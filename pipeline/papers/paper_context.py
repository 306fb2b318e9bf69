"""What the generated parts of a paper are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.study_context import StudyContext
from pipeline.papers.results import Results


@dataclass(frozen=True)
class PaperContext:
    """What tables are made from. ``tables``: participation, reliability and whatever else a study has."""

    results: Results
    tables: Mapping[str, pl.DataFrame]
    study: StudyContext

    @property
    def concepts(self) -> list[str]:
        """The concepts that the results measure and somebody was asked about, in the order of the results."""
        named = [name for pair in self.results.estimates.select("outcome", "term").iter_rows() for name in pair]
        return [name for name in dict.fromkeys(named) if name in self.study.questions]

    def table(self, name: str) -> pl.DataFrame:
        if name not in self.tables:
            raise PaperError(f"there is no {name} table to print", todo="Build it first, or leave this table out.")
        return self.tables[name]
