"""The kinds of sources that items are drafted from: one record of facts each. The module that a record names reads it.

To add a kind: one record here and one module (``pipeline/ingest/codebooks/README.md``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.specs.nearest import nearest
from pipeline.specs.records import Records


@dataclass(frozen=True)
class Codebook:
    """One kind of source. ``words`` is what messages call it, ``gives`` what can be taken from it."""

    name: str
    words: str
    suffixes: tuple[str, ...]
    module: str
    gives: str
    has_columns: bool = False
    """Whether it holds data, whose columns are called as the study says (``names``); ``read`` then takes the study."""

    @property
    def key(self) -> str:
        """The name, by which records are found."""
        return self.name


def _records() -> Iterator[Codebook]:
    yield Codebook(
        name="labelled",
        words="a data file with labels (SPSS, Stata)",
        suffixes=(".sav", ".zsav", ".dta"),
        module="pipeline.ingest.codebooks.labelled",
        gives="labels as wording, codes, missing codes, how often each occurs",
        has_columns=True,
    )
    yield Codebook(
        name="table",
        words="a codebook as a table, one row for each variable or for each code",
        suffixes=(".csv", ".tsv", ".xlsx"),
        module="pipeline.ingest.codebooks.table",
        gives="wording, codes, missing codes, kind, range, routing, grids, as far as it has columns for them",
    )
    yield Codebook(
        name="ddi",
        words="a DDI Codebook (XML)",
        suffixes=(".xml", ".ddi"),
        module="pipeline.ingest.codebooks.ddi",
        gives="wording, codes, missing codes, range, universe as routing, grids",
    )
    yield Codebook(
        name="qsf",
        words="a Qualtrics questionnaire (QSF)",
        suffixes=(".qsf",),
        module="pipeline.ingest.codebooks.qsf",
        gives="wording, codes, kind, display logic as routing, matrices as batteries",
    )


CODEBOOKS: Records[Codebook] = Records("a kind of codebook", *_records())
"""Name → record, in the order in which messages list them."""


def codebook_of(path: Path) -> Codebook:
    """The record for a file, by its suffix. Raises ``CohesionError`` for a suffix of none."""
    known = {suffix: record for record in CODEBOOKS.values() for suffix in record.suffixes}
    found = known.get(path.suffix.lower())
    if found is None:
        listed = "; ".join(f"{', '.join(record.suffixes)}: {record.words}" for record in CODEBOOKS.values())
        raise CohesionError(
            f"items cannot be drafted from a file of this kind{nearest(path.suffix.lower(), known)}",
            where=path.name,
            todo=f"Possible are {listed}. For a data file without labels, `cohesion wave draft` proposes items.",
        )
    return found
