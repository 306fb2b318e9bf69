"""The codebook as one CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from pipeline.papers.codebook.content import Codebook
from pipeline.specs.disclosure import MARK
from pipeline.texts import no_formula, visible

COLUMNS = (
    "variable",
    "label",
    "wave",
    "source_variables",
    "wording",
    "comparability",
    "remark",
    "universe",
    "concept",
    "scales",
    "code",
    "code_label",
    "value",
    "missing_reason",
    "people_unweighted",
)


def codebook_csv(book: Codebook) -> bytes:
    """One row per variable, wave and code, in UTF-8 with a byte order mark; confidential counts are ``[c]``."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows([no_formula(visible(cell)) if not _is_number(cell) else cell for cell in row] for row in _rows(book))
    return ("\ufeff" + out.getvalue()).encode()


def _rows(book: Codebook) -> Iterator[tuple[str, ...]]:
    for one in book.variables:
        for asked in one.asked:
            for code in asked.codes:
                count = MARK if code.count is None else str(code.count)
                yield (
                    *(one.key, one.label, asked.wave, " ".join(asked.variables), asked.wording, asked.verdict),
                    *(asked.remark, one.universe, one.concept, "; ".join(one.scales)),
                    *(code.code, code.label, code.value, code.reason, count),
                )


def _is_number(cell: str) -> bool:
    """A code such as -99 is no formula."""
    return cell.removeprefix("-").replace(".", "", 1).isascii() and cell.removeprefix("-").replace(".", "", 1).isdigit()
