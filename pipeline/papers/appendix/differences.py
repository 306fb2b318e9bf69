"""What the comparison of waves found: what was decided about it, and what nobody has decided about."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.papers.appendix.plain import plain_rows, wave_of
from pipeline.papers.content import Block, Paragraph, words
from pipeline.papers.phrases import sentence, without_few
from pipeline.papers.study_context import StudyContext
from pipeline.papers.tables.cells import count

COMPARED = "Each wave was compared with the waves before it."
JUDGED = "so that results may rest on a difference that nobody has judged"


def differences(findings: pl.DataFrame, study: StudyContext) -> list[Block]:
    """Decisions with their reasons, and the findings that await one, counted and listed. Notes ask for none."""
    if not findings.height:
        return []
    decided = findings.filter(pl.col("decision").is_not_null())
    waiting = undecided(findings)
    if not (decided.height or waiting.height):
        return [Paragraph(words(counted(0, 0)))]
    blocks: list[Block] = [Paragraph(words(counted(decided.height, waiting.height)))]
    if decided.height:
        made = [(*_found(row, study), *_decision(row["decision"])) for row in decided.iter_rows(named=True)]
        headers = ("Wave", "Question", "What was found", "Decision", "Reason")
        blocks.append(plain_rows("decisions-table", "Decisions about differences between waves", headers, made))
    if waiting.height:
        listed = [(*_found(row, study), _many(row)) for row in waiting.iter_rows(named=True)]
        columns = ("Wave", "Question", "What was found", "How many")
        caption = "Differences between waves that nobody has decided about"
        blocks.append(plain_rows("undecided-table", caption, columns, listed))
    return blocks


def undecided(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings that call for a decision and have none."""
    waiting = findings.filter(pl.col("decision").is_null())
    return waiting.filter(pl.col("severity") != "notes") if "severity" in findings.columns else waiting


def blocking(findings: pl.DataFrame | None, name: str) -> list[str]:
    """One message for each wave with blocking findings that nobody has decided about: they stop the paper ``name``."""
    if findings is None or "severity" not in findings.columns:
        return []
    waiting = undecided(findings).filter(pl.col("severity") == "blocks")
    return [
        f"{name}: {own.height} blocking finding{'' if own.height == 1 else 's'} of the wave `{wave}` "
        f"{'is' if own.height == 1 else 'are'} undecided "
        f"({', '.join(f'{item}: {kind}' for item, kind in own.select('item', 'kind').iter_rows())}). Record a decision "
        f"with its reason under `decisions` of data/studies/{own['study'][0]}/waves/{wave}.yaml."
        for (wave,), own in waiting.group_by("wave", maintain_order=True)
    ]


def counted(decided: int, waiting: int) -> str:
    """How many differences were found, and how many of them have been decided about."""
    found = decided + waiting
    if not found:
        return f"{COMPARED} Nothing found calls for a decision."
    lead = f"{COMPARED} {found:,} {'difference calls' if found == 1 else 'differences call'} for a decision."
    if not waiting:
        return f"{lead} {'It has been made' if decided == 1 else 'All have been made'}, each with its reason."
    if not decided:
        return f"{lead} None has been made, {JUDGED}."
    have = ("has" if number == 1 else "have" for number in (decided, waiting))
    return f"{lead} {decided:,} {next(have)} been decided about and {waiting:,} {next(have)} not, {JUDGED}."


def _found(row: dict[str, Any], study: StudyContext) -> tuple[str, str, str]:
    return wave_of(row["wave"], row["arm"], study), study.item(row["item"]), sentence(without_few(row["what"]))


def _many(row: dict[str, Any]) -> str:
    return count(row.get("count"), unit="rows")


def _decision(text: str) -> tuple[str, str]:
    """ "accept: asked in Welsh" → ("Accepted", "Asked in Welsh.")"""
    decision, _, reason = text.partition(": ")
    return {"accept": "Accepted", "set_aside": "Set aside"}.get(decision, decision), sentence(reason)
