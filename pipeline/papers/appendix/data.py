"""How the waves were read: rows received, what was set aside, what single waves did differently, and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.papers.appendix.differences import differences
from pipeline.papers.appendix.plain import plain_rows, wave_of
from pipeline.papers.content import Block, Heading, Paragraph, words
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.phrases import joined, sentence
from pipeline.papers.study_context import Exceptional, StudyContext
from pipeline.papers.tables.cells import count as number_of


def data(paper: PaperContext) -> list[Block]:
    """The files as delivered, what was not used and why, exceptions of waves, and decisions with reasons."""
    study, tables = paper.study, paper.tables
    receipts = tables.get("receipts", pl.DataFrame())
    blocks = [
        *_rows(receipts, study, tables.get("joins", pl.DataFrame())),
        *_links(tables.get("linked", pl.DataFrame()), study),
        *_answers(tables.get("ledger", pl.DataFrame()), study),
        *_exceptions(study),
        *differences(tables.get("findings", pl.DataFrame()), study),
    ]
    return [Heading(2, words("How the waves were read"), "data"), *blocks] if blocks else []


def _rows(receipts: pl.DataFrame, study: StudyContext, joins: pl.DataFrame) -> list[Block]:
    """Rows received and loaded, file by file; only where some were not loaded, else in one sentence.

    ``joins``: the files that were joined to those of people, which add columns and no rows.
    """
    if not receipts.height or "loaded" not in receipts.columns:
        return []
    received, loaded = int(receipts["rows"].sum()), int(receipts["loaded"].sum())
    if received == loaded:
        count = receipts["file"].n_unique() if "file" in receipts.columns else receipts.height
        files = "1 file" if count == 1 else f"{count} files"
        whose = " with a row for each interview" if joins.height else " delivered"
        said = f"All {received:,} rows of the {files}{whose} were used; none was set aside."
        return [Paragraph(words(f"{said}{_joined_files(joins)}"))]
    rows = [
        (
            wave_of(row["wave"], row["arm"], study),
            row["apart"] or "",
            *(
                number_of(row[name], unit="rows", structural=row[name] == 0)
                for name in ("rows", "loaded", "quarantined", "set_aside")
            ),
        )
        for row in receipts.iter_rows(named=True)
    ]
    headers = ("Wave", "Why not used", "Received", "Used", "Quarantined", "Left out by rule")
    return [plain_rows("rows-table", "Rows received, used and set aside", headers, rows, right=4)]


def _joined_files(joins: pl.DataFrame) -> str:
    """How many files were joined to those of people, of households, areas or lasting facts; nothing where none was."""
    if not joins.height:
        return ""
    count = joins["file"].n_unique()
    if count == 1:
        return " 1 more file was joined to them, which adds no rows."
    return f" {count} more files were joined to them, which add no rows."


def _links(linked: pl.DataFrame, study: StudyContext) -> list[Block]:
    """How the people of each wave are linked with earlier waves, all arms together."""
    if not linked.height:
        return []
    names = ("people", "known", "returned", "new", "doubtful", "compared", "contradict", "by_chance")
    counted = (
        linked.with_columns(new=pl.col("new") + pl.col("expected"))
        .group_by("wave", maintain_order=True)
        .agg(pl.col(name).sum() for name in names)
        .sort("wave")
    )
    has_facts = bool((counted["compared"] > 0).any())
    counted = counted if has_facts else counted.drop("compared", "contradict", "by_chance")
    arms = linked["arm"].unique().to_list() if "arm" in linked.columns else []
    rows = [
        (
            study.label(row["wave"]),
            *(
                _linked(
                    row[name],
                    study,
                    _whom(name, row["wave"], arms),
                    nobody=not place and name == "returned",
                    empty=not counted[name].sum(),
                )
                for name in counted.columns
                if name != "wave"
            ),
        )
        for place, row in enumerate(counted.iter_rows(named=True))
    ]
    lead = (
        "People are linked from wave to wave by their id alone. Near-matching ids are not linked automatically. "
        "People who could be linked are those of arms that had an earlier wave. "
        f"{_FACTS if has_facts else _NO_FACTS}"
    )
    headers = ("Wave", "Could be linked", "Linked to the wave before", "Back after a gap", "New", "Possible mismatch")
    facts = ("Constant facts compared", "Changed", "Expected by chance") if has_facts else ()
    table = plain_rows(
        "links-table", "Links to earlier waves", (*headers, *facts), rows, right=len(counted.columns) - 1
    )
    return [Paragraph(words(lead)), table]


LINKED: dict[str, dict[str, str]] = {
    "people": {},
    "known": {"status": "stayed"},
    "returned": {"status": "returned"},
    "new": {"status": "entered"},
}
"""Column of the links → whom it counts of those who answered the wave, where the study has one arm."""


def _whom(name: str, wave: str, arms: Sequence[str]) -> dict[str, str]:
    return {"arm": arms[0], "wave": wave, **LINKED[name]} if len(arms) == 1 and name in LINKED else {}


def _linked(number: float, study: StudyContext, whom: Mapping[str, str], nobody: bool, empty: bool) -> str:
    """A count of the links; those of which it is known whom they count are related to the other tables.

    ``nobody``: it can only be zero, as nobody can be back after a gap in a second wave; ``empty``: it is in every wave,
    as in a panel that nobody joins.
    """
    if whom:
        return number_of(round(number), whom, structural=nobody, empty=empty, base=study.rules.counts)
    return number_of(round(number), unit="links", structural=nobody, empty=empty, base=study.rules.counts)


_FACTS = (
    "Facts that should not change and that waves asked anew, such as the year of birth, show how far the links can be "
    "trusted. The table counts how often they did change, and how often they would if people were linked at random."
)
_NO_FACTS = (
    "No fact that should not change was asked anew, so that nothing but the ids says how far the links can be trusted."
)


def _answers(ledger: pl.DataFrame, study: StudyContext) -> list[Block]:
    """Answers that were set aside, by wave and question."""
    if not ledger.height:
        return []
    excluded = ledger.filter(pl.col("reason") == "set_aside")
    counted = excluded.group_by("wave", "arm", "item", maintain_order=True).agg(pl.col("count").sum())
    if not counted.height:
        return [Paragraph(words("No answer was set aside."))]
    rows = [
        (wave_of(wave, arm, study), study.item(item), number_of(many, unit="answers"))
        for wave, arm, item, many in counted.sort("wave", maintain_order=True).iter_rows()
    ]
    caption = "Answers that were set aside and enter no result"
    return [plain_rows("answers-set-aside-table", caption, ("Wave", "Question", "Answers"), rows, right=1)]


def _exceptions(study: StudyContext) -> list[Block]:
    """What waves did differently with single questions; equal reasons are listed once."""
    if not study.exceptions:
        return []
    by_reason: dict[tuple[str, str, str], list[Exceptional]] = {}
    for exception in study.exceptions:
        by_reason.setdefault((exception.wave, exception.verdict, exception.reason), []).append(exception)
    rows = [
        (study.label(wave), joined([study.item(one.item) for one in same]), verdict, sentence(reason))
        for (wave, verdict, reason), same in by_reason.items()
    ]
    headers = ("Wave", "Questions", "Comparability", "What differs")
    return [plain_rows("exceptions-table", "What single waves did differently", headers, rows)]
