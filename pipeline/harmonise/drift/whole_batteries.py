"""What holds for all items of a battery is one finding to whoever reads it; the table has one for each item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from pipeline.harmonise.drift.finding import SCHEMA, Finding
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study
from pipeline.specs.sources import source_variable

OTHERWISE = {
    "not_in_file": "give the names that its items have under `variables` of the wave",
    "empty": "ask for the file again",
}
"""Kinds of findings that say of an item that it was perhaps not asked → what to do if it was."""
FEWEST = 2


def marked_batteries(study: Study, wave: str, file: WaveFile, found: Sequence[Finding]) -> Iterator[Finding]:
    """The findings about one file, those that hold for every item of a battery with its name."""
    asked: dict[str, set[str]] = {}
    for key, item in study.items.items():
        if item.battery is not None and source_variable(study, wave, file, key) is not None:
            asked.setdefault(item.battery, set()).add(key)
    for finding in found:
        battery = study.items[finding.item].battery if finding.item in study.items else None
        if battery is None or finding.kind not in OTHERWISE:
            yield finding
            continue
        same = {one.item for one in found if (one.kind, one.severity) == (finding.kind, finding.severity)}
        is_whole = len(asked.get(battery, ())) >= FEWEST and asked[battery] <= same
        yield replace(finding, battery=battery) if is_whole else finding


def folded(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings with one row for each battery of which all items have the same finding and the same decision."""
    if not findings["battery"].is_not_null().any():
        return findings
    same = ("study", "wave", "arm", "battery", "kind", "severity", "decision")
    single = findings.with_row_index("place").filter(pl.col("battery").is_null())
    groups = findings.with_row_index("place").filter(pl.col("battery").is_not_null())
    rows = [_one(group) for _, group in groups.group_by(same, maintain_order=True)]
    return pl.concat([single, *rows]).sort("place").select(*SCHEMA)


def _one(group: pl.DataFrame) -> pl.DataFrame:
    """The row of a battery, at the place of its first item."""
    first = group.row(0, named=True)
    count = pl.lit(group["count"].max(), pl.Int64)
    what = f"of all {group.height:,} items of the battery, such as `{first['item']}`: {first['what']}"
    todo = (
        f"If the battery was not asked, list `{first['battery']}` under `not_asked` of the wave; otherwise "
        f"{OTHERWISE[first['kind']]}."
    )
    return group.head(1).with_columns(item=pl.lit(first["battery"]), what=pl.lit(what), todo=pl.lit(todo), count=count)
