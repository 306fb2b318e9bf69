"""The file formats that a deposit may have: one record of facts each. The module that a record names reads the format.

To add a format: one record here and one module (``pipeline/ingest/formats/README.md``). Everything else is derived:
which formats a wave may declare, which keys its files take, what first bytes show, who reads and who rewrites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.specs.records import Records


@dataclass(frozen=True)
class Format:
    """One file format. ``name`` is what a declaration says; ``words`` is what messages call such a file.

    ``first_bytes`` is a regular expression on the first bytes of a file, None for text, which has no signature.
    ``takes`` are the keys of a wave's file that say how to read it.
    """

    name: str
    words: str
    suffix: str
    module: str
    first_bytes: bytes | None
    takes: frozenset[str] = frozenset()
    carries_labels: bool = False
    """Whether the file holds labels of its variables and of their codes."""
    marks_missing: bool = False
    """Whether the file says which codes are user-missing."""
    counts_rows: bool = False
    """Whether the header of the file says how many rows it has."""
    leaves_blank_rows: bool = False
    """Whether programs that write the format leave rows without any answer, which are set aside."""
    may_end_in_zeros: bool = False
    """Whether a whole file may end in a long run of zero bytes: a last row of zeros, stored as it is."""
    can_erase: bool = True
    """Whether the file can be written again without a person; if not, the sender must do it."""

    @property
    def key(self) -> str:
        """The name, by which records are found."""
        return self.name

    @property
    def is_text(self) -> bool:
        """Whether the file is plain text, of which every cell may hold an id."""
        return self.first_bytes is None


def _records() -> Iterator[Format]:
    yield Format(
        name="sav",
        words="an SPSS file (.sav)",
        suffix=".sav",
        module="pipeline.ingest.formats.sav",
        first_bytes=rb"\$FL2",
        takes=frozenset({"encoding"}),
        carries_labels=True,
        marks_missing=True,
        counts_rows=True,
        may_end_in_zeros=True,
    )
    yield Format(
        name="zsav",
        words="a compressed SPSS file (.zsav)",
        suffix=".zsav",
        module="pipeline.ingest.formats.zsav",
        first_bytes=rb"\$FL3",
        takes=frozenset({"encoding"}),
        carries_labels=True,
        marks_missing=True,
        counts_rows=True,
    )
    yield Format(
        name="dta",
        words="a Stata file (.dta)",
        suffix=".dta",
        module="pipeline.ingest.formats.dta",
        first_bytes=rb"<stata_dta>|[\x68-\x73][\x01\x02]\x01..",  # or the releases before 13, by their numbers
        takes=frozenset({"encoding"}),
        carries_labels=True,
        counts_rows=True,
        may_end_in_zeros=True,
    )
    yield Format(
        name="csv",
        words="text, perhaps CSV",
        suffix=".csv",
        module="pipeline.ingest.formats.csv",
        first_bytes=None,
        takes=frozenset({"encoding", "delimiter", "decimal", "thousands", "header_row", "footer_rows", "layout"}),
        leaves_blank_rows=True,
    )
    yield Format(
        name="xlsx",
        words="a zip archive or an Excel workbook (.xlsx)",
        suffix=".xlsx",
        module="pipeline.ingest.formats.xlsx",
        first_bytes=rb"PK\x03\x04",
        takes=frozenset({"sheet", "header_row", "footer_rows", "layout"}),
        leaves_blank_rows=True,
    )
    yield Format(
        name="parquet",
        words="a Parquet file",
        suffix=".parquet",
        module="pipeline.ingest.formats.parquet",
        first_bytes=rb"PAR1",
        counts_rows=True,
    )


FORMATS: Records[Format] = Records("a file format", *_records())
"""Name → record, in the order in which messages list them."""


def format_keys() -> frozenset[str]:
    """Every key of a wave's file that some format takes."""
    return frozenset().union(*(record.takes for record in FORMATS.values()))
