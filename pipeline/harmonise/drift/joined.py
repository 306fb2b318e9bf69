"""Keys of joined files that found nothing: people without a household, an area, a row of lasting facts."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.harmonise.drift.finding import Finding


def join_findings(joins: pl.DataFrame) -> Iterator[Finding]:
    """One finding an arm about the files that are joined to its parts (contract ``Joins``), file by file in counts.

    It stops the study where a file has a row for nobody: all that is read from it would be blank.
    """
    for (arm,), own in joins.group_by("arm", maintain_order=True):
        is_idle = (pl.col("unused") == pl.col("rows")) & (pl.col("without") > 0)
        idle, found = own.filter(is_idle), own.filter(~is_idle)
        without = found.filter(pl.col("without") > 0)
        unused = found.filter((pl.col("unused") > 0) & (pl.col("relation") == "many_to_one"))
        said = [
            *(
                f"no key of {row['file']} ({row['rows']:,} rows) is in {row['joined_to']} ({row['without']:,} rows)"
                for row in _rows(idle)
            ),
            *(f"{row['without']:,} rows of {row['joined_to']} have no row in {row['file']}" for row in _rows(without)),
            *(f"{row['unused']:,} rows of {row['file']} belong to nobody" for row in _rows(unused)),
        ]
        if said:
            yield Finding(
                str(arm), "join", "unmatched_keys",
                "blocks" if idle.height else "warns" if without.height else "notes", f"{'; '.join(said)}.",
                ", ".join(dict.fromkeys(own["file"])),
                "Compare how both files write the key (`on`): leading zeros, letters, another wave; or accept."
                if idle.height else "Ask for the rows that are absent, or accept that they are.",
                count=int(own["without"].sum()),
            )  # fmt: skip


def _rows(frame: pl.DataFrame) -> Iterator[dict[str, object]]:
    yield from frame.iter_rows(named=True)
