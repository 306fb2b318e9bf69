"""targets.csv, read row by row: every mistake with its line."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from pipeline.specs.nearest import nearest
from pipeline.specs.reader import build
from pipeline.specs.strict_yaml import Source
from pipeline.specs.weights import Target

COLUMNS = ("wave", "arm", "variable", "category", "share", "source")
SHARE_TOLERANCE = 1e-6


def read_targets(path: Path, name: str, kind: type[Target] = Target) -> tuple[dict[int, Target], Source]:
    """Line → row; what is wrong is in the source's problems."""
    source = Source(path, name)
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error):
        source.report((), "is not CSV in UTF-8. Save it as CSV (UTF-8).")
        return {}, source
    header = [cell.strip() for cell in lines[0]] if lines else []
    if not _columns_are_there(header, source):
        return {}, source
    found: dict[int, Target] = {}
    for number, cells in enumerate(lines[1:], start=2):
        source.lines[number,] = number
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            source.report((number,), f"has {len(cells)} cells, but the header {len(header)}; quote a text with commas.")
            continue
        row = {key: cell.strip() for key, cell in zip(header, cells, strict=True)}
        if not _is_number(row["share"]):
            source.report((number,), f"the share `{row['share']}` is not a number; write 0.49 for 49 per cent.")
            continue
        target = build({key: cell or None for key, cell in row.items()}, kind, source, (number,))
        if target is not None:
            found[number] = target
    _check_sums(found, source)
    return found, source


def _columns_are_there(header: list[str], source: Source) -> bool:
    wrong = [f"`{column}` is missing" for column in COLUMNS if column not in header]
    wrong += [f"`{column}` is not a column{nearest(column, COLUMNS)}" for column in header if column not in COLUMNS]
    if wrong:
        source.report((), f"the header is {','.join(COLUMNS)}; {'; '.join(wrong)}".rstrip("?") + ".")
    return not wrong


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def category_name(category: str) -> str:
    """Categories that are the same number are the same: ``1`` is ``1.0``."""
    try:
        value = float(category)
    except ValueError:
        return category
    return str(int(value)) if value.is_integer() else str(value)


def _check_sums(found: Mapping[int, Target], source: Source) -> None:
    """Each margin (wave, arm, variable) names a category once, and its shares sum to one."""
    margins: dict[tuple[str | None, str | None, str], dict[str, int]] = {}
    for number, row in found.items():
        seen = margins.setdefault((row.wave, row.arm, row.variable), {})
        category = category_name(row.category)
        if category in seen:
            what = f"`{row.variable}` = `{row.category}` has a share on line {seen[category]} already. Keep one."
            source.report((number,), what)
        seen.setdefault(category, number)
    for (wave, arm, variable), lines in margins.items():
        total = sum(found[number].share for number in lines.values())
        if abs(total - 1) > SHARE_TOLERANCE:
            where = ", ".join(filter(None, (wave, arm))) or "every wave and arm"
            source.report(
                (min(lines.values()),),
                f"the shares of `{variable}` for {where} sum to {total:.6g}, not to 1. Correct one of its "
                f"{len(lines)} categories.",
            )
