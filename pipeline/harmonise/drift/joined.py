"""Keys of joined files that found nothing: people without a household, an area, a row of lasting facts."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.harmonise.drift.finding import Finding


def join_findings(joins: pl.DataFrame) -> Iterator[Finding]:
    """One finding an arm about the files that are joined to its parts (contract ``Joins``), file by file in counts."""
    for (arm,), own in joins.group_by("arm", maintain_order=True):
        without = own.filter(pl.col("without") > 0)
        unused = own.filter((pl.col("unused") > 0) & (pl.col("relation") == "many_to_one"))
        said = [
            *(f"{row['without']:,} rows of {row['joined_to']} have no row in {row['file']}" for row in _rows(without)),
            *(f"{row['unused']:,} rows of {row['file']} belong to nobody" for row in _rows(unused)),
        ]
        if said:
            yield Finding(
                str(arm), "join", "unmatched_keys", "warns" if without.height else "notes", f"{'; '.join(said)}.",
                ", ".join(dict.fromkeys(own["file"])), "Ask for the rows that are absent, or accept that they are.",
                count=int(own["without"].sum()),
            )  # fmt: skip


def _rows(frame: pl.DataFrame) -> Iterator[dict[str, object]]:
    yield from frame.iter_rows(named=True)
