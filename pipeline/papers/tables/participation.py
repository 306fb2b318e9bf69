"""Tables of who took part: response and retention with their denominators, cohorts, change, and who left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.tables.cells import cell_row, count, decimal_share, number, share
from pipeline.papers.content import Column, Row, TableBlock, words
from pipeline.papers.study_context import StudyContext
from pipeline.papers.results import nearest
from pipeline.papers.paper_context import PaperContext

EVERYONE = "all"
FEWEST_OF_A_COHORT = 50
"""A cohort of fewer people is not told by itself: its shares would be about a few persons."""
ABSENCES = {
    "refused": "Refused",
    "no_contact": "Not reached",
    "other": "Could not answer",
    "lost": "Interview lost",
    "unknown": "Not known why",
    "not_issued": "Not asked",
    "withdrawn": "Withdrew",
    "moved": "Moved away",
    "dead": "Died",
}


def response_rates(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Who could have answered each wave, who did, and the rates, arm by arm; who was asked, where that is known."""
    frame = _everyone(paper)
    issued = bool(frame["outcome_known"].fill_null(0.0).sum())
    first = ("Wave",) if issued else ("Wave", "Fieldwork")
    headers, cells, note = ISSUED if issued else ANSWERED_BEFORE
    body: list[Row] = []
    for arm, own in _by_arm(frame, paper.study, body):
        for row in own.iter_rows(named=True):
            when = _when(paper.study, arm, row["wave"])[: len(first)]
            body.append(cell_row(*when, *(_shown(row[name]) for name in cells)))
    return _table(paper, "Who could have answered, and who did", first, headers, body, [note])


ISSUED = (
    ("Eligible", "Asked", "Answered", "In part", "Response rate 1", "Response rate 2", "Of those asked"),
    ("eligible", "issued", "achieved", "partial", "response_rate_1", "response_rate_2", "response_rate_issued"),
    "Eligible: everyone known by that wave who has not died or moved away. Asked: the eligible who were approached and "
    "had not withdrawn. Response rates are AAPOR’s: of the eligible, who answered whole (1), or whole or in part (2).",
)
ANSWERED_BEFORE = (
    ("Had answered before", "Answered again", "Share", "For the first time", "Answered"),
    ("answered_before", "again", "reinterview_rate", "entered", "achieved"),
    "No fieldwork outcomes were delivered: nobody knows who was asked. The share is of the people who had answered an "
    "earlier wave of their arm, the dead and those who moved away among them.",
)
"""Headers, columns of the table of response rates, and a note: with fieldwork outcomes, and without."""


def _shown(value: float | int | None) -> str:
    return count(value) if isinstance(value, int) else decimal_share(value)


def retention(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Where those who answered came from, and how many of earlier waves are still there, each with its denominator."""
    body: list[Row] = []
    for arm, own in _by_arm(_everyone(paper), paper.study, body):
        for row in own.iter_rows(named=True):
            body.append(
                cell_row(
                    _when(paper.study, arm, row["wave"])[0],
                    *(count(row[name]) for name in ("entered", "stayed", "returned")),
                    _of(row["kept_from_wave_before"], row["answered_wave_before"]),
                    _of(row["kept_from_first_wave"], row["answered_first_wave"]),
                    _of(row["answered_every_wave"], row["answered_first_wave"]),
                )
            )
    headers = (
        "For the first time",
        "Also the wave before",
        "Back after a gap",
        "Of the wave before",
        "Of the first wave",
        "In every wave so far",
    )
    notes = [
        "The last three columns are shares: of those who answered the wave before, and of those who answered the arm’s "
        "first wave, with or without gaps. The number of people that each is a share of is in brackets."
    ]
    return _table(paper, "Who stayed, who came back, who joined", ("Wave",), headers, body, notes)


def outcomes(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Why people were absent, wave by wave, as far as the fieldwork tells."""
    frame = _everyone(paper)
    shown = [name for name in ABSENCES if frame[name].sum()]
    if not shown:
        raise PaperError("nobody was ever absent, so that there is no reason to print")
    body: list[Row] = []
    for arm, own in _by_arm(frame, paper.study, body):
        for row in own.iter_rows(named=True):
            absent = count(row["listed"] - row["not_yet"] - row["achieved"])
            reasons = (count(row[name]) for name in shown)
            body.append(cell_row(_when(paper.study, arm, row["wave"])[0], absent, *reasons))
    headers = ["Absent", *(ABSENCES[name] for name in shown)]
    notes = ["People known by that wave who did not answer it. Who withdrew, moved or died is counted from then on."]
    return _table(paper, "Why people did not answer", ("Wave",), headers, body, notes)


def cohorts(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """The share of each cohort, the people who entered in one wave, that answered each wave."""
    frame = paper.table("response_rates").filter(
        pl.col("cohort") != EVERYONE, pl.col("answered_first_wave") >= FEWEST_OF_A_COHORT
    )
    study = paper.study
    waves = frame["wave"].unique().sort().to_list()
    body: list[Row] = []
    for arm, own in _by_arm(frame, study, body):
        for cohort in own["cohort"].unique(maintain_order=True):
            rows = {row["wave"]: row for row in own.filter(pl.col("cohort") == cohort).iter_rows(named=True)}
            begun = rows[cohort]["answered_first_wave"]
            shares = [share(rows[wave]["achieved"], begun) if wave in rows and begun else "" for wave in waves]
            body.append(cell_row(_when(study, arm, cohort)[0], count(begun), *shares))
    several = frame["arm"].n_unique() > 1
    headers = ["People", *(f"Wave {int(wave[1:])}" if several else study.label(wave) for wave in waves)]
    notes = [
        "Of the people who first answered in the wave named on the left, the share who answered each wave. Cohorts of "
        f"fewer than {FEWEST_OF_A_COHORT} people are left out."
    ]
    return _table(paper, "Who is still there, by wave of entry", ("Entered in",), headers, body, notes)


def variation(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """How far answers differ overall, between people, and within a person. ``:::table variation CONCEPT CONCEPT``"""
    frame = paper.table("variation")
    chosen = names or frame["variable"].unique(maintain_order=True).to_list()
    body: list[Row] = []
    for _, own in _by_arm(frame, paper.study, body):
        for name in chosen:
            parts = {row["component"]: row for row in own.filter(pl.col("variable") == name).iter_rows(named=True)}
            if not parts and name not in frame["variable"]:
                raise PaperError(f"`{name}` is not a score of this study{nearest(name, frame['variable'])}")
            if parts:
                body.append(_spread(paper.study.label(name), parts))
    headers = ("Mean", "Overall", "Between people", "Within a person", "Answers", "People", "Answers a person")
    notes = ["Standard deviations: of all answers, of each person’s mean, and of the deviations from it."]
    return _table(paper, "How much people differ, and how much they change", ("Measure",), headers, body, notes)


def _spread(label: str, parts: Mapping[str, Mapping[str, float | int | None]]) -> Row:
    overall = parts["overall"]
    spreads = (number(parts[part]["sd"]) for part in ("overall", "between", "within"))
    people = (count(int(overall[name] or 0)) for name in ("n", "persons"))
    return cell_row(label, number(overall["mean"]), *spreads, *people, number(overall["waves_per_person"]))


def transitions(paper: PaperContext, names: Sequence[str], options: Mapping[str, str]) -> TableBlock:
    """Where people of each answer are at the next wave, "missing" among the places. ``arm=KEY`` prints one arm."""
    frame = paper.table("transitions")
    if frame.is_empty():
        raise PaperError("there are no two waves between which people could move")
    study = paper.study
    if "arm" in options:
        frame = frame.filter(pl.col("arm") == options["arm"])
    body: list[Row] = []
    places = frame["destination"].unique(maintain_order=True).to_list()
    for _, own in _by_arm(frame, study, body):
        for origin in own["origin"].unique(maintain_order=True):
            rows = own.filter(pl.col("origin") == origin)
            ways = {row["destination"]: row for row in rows.iter_rows(named=True)}
            body.append(
                cell_row(_place(origin), count(rows["origin_count"][0]), *(_way(ways.get(to)) for to in places))
            )
    by = {"psu": "sampling unit", "person_id": "person"}.get(str(frame["clustered_by"][0]), "cluster")
    notes = [
        "Of the answers on the left, the share given each answer at the next wave, in per cent, over all pairs of "
        f"neighbouring waves; in brackets 95% intervals, clustered by {by}. Missing: not there, or no answer."
    ]
    label = study.label(str(frame["measure"][0]))
    return _table(
        paper, f"{label}: from one wave to the next", ("From",), ("Answers", *map(_place, places)), body, notes
    )


def _place(name: str) -> str:
    return name[:1].upper() + name[1:]


def _way(row: Mapping[str, float | None] | None) -> str:
    if row is None or row["share"] is None:
        return "–"
    if row["conf_low"] is None or row["conf_high"] is None:
        return decimal_share(row["share"], 0)
    ends = (decimal_share(row[end], 0).rstrip("%") for end in ("conf_low", "conf_high"))
    return f"{decimal_share(row['share'], 0).rstrip('%')} ({' to '.join(ends)})"


def _everyone(paper: PaperContext) -> pl.DataFrame:
    frame = paper.table("response_rates").filter(pl.col("cohort") == EVERYONE)
    return frame.with_columns(again=pl.col("stayed") + pl.col("returned"))


def _by_arm(frame: pl.DataFrame, study: StudyContext, body: list[Row]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each arm with its rows; where there are several, the arm's name is set over them first."""
    arms = frame["arm"].unique(maintain_order=True).to_list()
    for arm in arms:
        if len(arms) > 1:
            body.append(Row((words(study.label(arm)),)))
        yield arm, frame.filter(pl.col("arm") == arm)


def _when(study: StudyContext, arm: str, wave: str) -> tuple[str, str]:
    """A wave's name, broken at commas only, and its months."""
    when = study.fieldwork.get((arm, wave))
    title = when.title if when else study.label(wave)
    parts = (part.replace(" ", "\N{NO-BREAK SPACE}") for part in title.split(", "))
    return ", ".join(parts), when.period if when else ""


def _of(part: int | None, whole: int | None) -> str:
    return "–" if part is None or not whole else f"{share(part, whole)} ({whole:,})"


def _table(
    paper: PaperContext, caption: str, first: Sequence[str], right: Sequence[str], body: list[Row], notes: list[str]
) -> TableBlock:
    columns = (*(Column(header) for header in first), *(Column(header, "right") for header in right))
    return TableBlock(None, "", caption, columns, tuple(body), source=paper.study.source, notes=tuple(notes))
