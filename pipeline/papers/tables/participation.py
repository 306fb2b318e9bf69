"""Tables of who took part: response and retention with their denominators, reasons for absence, cohorts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.content import Row, TableBlock
from pipeline.papers.paper_context import PaperContext
from pipeline.papers.tables.arms import by_arm, wave_title
from pipeline.papers.tables.cells import cell_row, count, judged, plain_table, share

EVERYONE = "all"
FEWEST_OF_A_COHORT = 50
"""A cohort of fewer people is not printed by itself: its shares would be about a few people."""
ABSENCES = {
    "proxy": "Another answered for them",
    "refused": "Refused",
    "no_contact": "Not reached",
    "other": "Could not answer",
    "lost": "Interview lost",
    "unknown": "Reason not known",
    "not_issued": "Not asked",
    "withdrawn": "Withdrew",
    "moved": "Moved away",
    "dead": "Died",
}


def response_rates(paper: PaperContext, _names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """Who could have answered each wave, who did, and the rates, arm by arm; and who was asked, if that is known."""
    frame = _everyone(paper)
    issued = bool(frame["outcome_known"].fill_null(0.0).sum())
    first = ("Wave",) if issued else ("Wave", "Fieldwork")
    headers, cells, note = ISSUED if issued else ANSWERED_BEFORE
    body: list[Row] = []
    for arm, own in by_arm(frame, paper.study, body):
        for row in own.iter_rows(named=True):
            when = wave_title(paper.study, arm, row["wave"])[: len(first)]
            known = _of_wave(paper, own, row)
            body.append(
                cell_row(*when, *(known(name) if name in WHO else _rate(paper, own, row, name) for name in cells))
            )
    return plain_table(paper, "Who could have answered, and who did", first, headers, body, [note])


ISSUED = (
    ("Eligible", "Asked", "Answered", "Partial", "Response rate 1", "Response rate 2", "Of those asked"),
    ("eligible", "issued", "achieved", "partial", "response_rate_1", "response_rate_2", "response_rate_issued"),
    "Eligible: everyone listed by that wave who has not died or moved away. Asked: those eligible who were approached "
    "and had not withdrawn. Response rates follow AAPOR: complete interviews (1), or also interviews "
    "in part or by proxy (2), as a share of the eligible.",
)
ANSWERED_BEFORE = (
    ("Had answered before", "Answered again", "Share", "For the first time", "Answered"),
    ("answered_before", "again", "reinterview_rate", "entered", "achieved"),
    "No fieldwork outcomes were delivered, so that it is not known who was asked. The share is of all who had answered "
    "an earlier wave of their arm, including people who have since died or moved away.",
)
"""Headers, columns of the table of response rates, and a note: with fieldwork outcomes, and without."""


WHO: dict[str, tuple[dict[str, str], ...]] = {
    "achieved": ({},),
    "entered": ({"status": "entered"}, {"cohort": "{wave}"}, {"cohort": "{wave}", "at": "{arm}"}),
    "stayed": ({"status": "stayed"},),
    "returned": ({"status": "returned"},),
    "again": ({"status": "returned|stayed"},),
    "answered_before": ({"cohort": "{before}", "at": "{arm}"},),
    "eligible": ({"unit": "listed", "eligible": "yes"},),
    "issued": ({"unit": "listed", "issued": "yes"},),
    "partial": ({"partial": "yes"},),
}
"""Column of the response rates → whom it counts, of those who answered the wave; with ``at``, of the arm."""
NOBODY = {"answered_before": 1, "again": 1, "stayed": 1, "returned": 2}
"""Column → in how many of the first waves nobody can be counted in it."""
EVERYBODY = {"entered": 1}
"""Column → in how many of the first waves everybody is counted in it."""


def _of_wave(paper: PaperContext, own: pl.DataFrame, row: Mapping[str, Any]) -> Callable[[str], str]:
    """The counts of one wave by the name of their column; ``own``: the rows of its arm."""
    waves = own["wave"].to_list()
    before = [wave for wave in waves if wave < row["wave"]]
    fill = {"wave": row["wave"], "arm": row["arm"], "before": "|".join(before)}

    def shown(name: str) -> str:
        of = [{key: text.format(**fill) for key, text in each.items()} for each in WHO[name]]
        whom = [_at(each, row) for each in of if all(each.values())]
        nobody = len(before) < NOBODY.get(name, 0)
        return count(
            row[name], *whom, structural=nobody, empty=_is_empty(own, name, row["wave"]), base=paper.study.rules.counts
        )

    return shown


def _is_empty(own: pl.DataFrame, name: str, wave: str) -> bool:
    """Whether nobody is counted in a column in any wave of an arm: nobody ever joined, or answered in part.

    A zero of one wave beside numbers of others is about those who might have been there, and stays withheld.
    """
    from_here = own.sort("wave").slice(EVERYBODY.get(name, NOBODY.get(name, 0)))
    return wave in from_here["wave"] and not from_here[name].fill_null(0).sum()


def _at(of: Mapping[str, str], row: Mapping[str, Any]) -> dict[str, str]:
    """People of an arm by their cohort, or else those who answered one wave of it."""
    kept = {name: value for name, value in of.items() if name != "at"}
    return {"arm": row["arm"], **kept} if "at" in of else {"arm": row["arm"], "wave": row["wave"], **kept}


RATES = {
    "reinterview_rate": ("again", "answered_before"),
    "response_rate_1": ("achieved", "eligible"),
    "response_rate_2": ("achieved", "eligible"),
    "response_rate_issued": ("achieved", "issued"),
}
"""Rate → the column of its denominator; the numerator of rates that count partial interviews is not known exactly."""


def _rate(paper: PaperContext, own: pl.DataFrame, row: Mapping[str, Any], name: str) -> str:
    """A rate, withheld where few of those eligible did or did not answer."""
    if row[name] is None:
        return "–"
    whole = row[RATES[name][1]]
    part = round(row[name] * whole)
    of = [{"arm": row["arm"], "wave": row["wave"], "status": "returned|stayed"}] if name == "reinterview_rate" else []
    is_all = _is_everybody(own, name, RATES[name][1])
    return share(part, whole, *of, structural=is_all, base=paper.study.rules.counts) if whole else "–"


def _is_everybody(own: pl.DataFrame, name: str, of: str) -> bool:
    """Whether a share is all of those it is of in every wave of an arm, as in a file of people who answered."""
    rates = own.filter(pl.col(name).is_not_null() & (pl.col(of) > 0))[name]
    return rates.len() > 0 and bool((rates == 1).all())


def retention(paper: PaperContext, _names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """Where respondents came from, and how many of earlier waves still respond, each with its denominator."""
    body: list[Row] = []
    for arm, own in by_arm(_everyone(paper), paper.study, body):
        body += [
            cell_row(
                wave_title(paper.study, arm, row["wave"])[0],
                *map(_of_wave(paper, own, row), ("entered", "stayed", "returned")),
                *(_kept(paper, own, row, name, whole) for name, whole in KEPT.items()),
            )
            for row in own.iter_rows(named=True)
        ]
    headers = (
        "For the first time",
        "Also the wave before",
        "Back after a gap",
        "Of the wave before",
        "Of the first wave",
        "In every wave so far",
    )
    notes = [
        "The last three columns are shares, with the denominator in brackets: of those who answered the wave before, "
        "and of those who answered the arm’s first wave, with or without gaps."
    ]
    table = plain_table(paper, "Who stayed, who came back, who joined", ("Wave",), headers, body, notes)
    columns = (replace(column, brackets="of so many people") for column in table.columns)
    return replace(table, columns=tuple(columns))


def outcomes(paper: PaperContext, _names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """Why people were absent, wave by wave, as far as the fieldwork reports say."""
    frame = _everyone(paper)
    shown = [name for name in ABSENCES if frame[name].sum()]
    if not shown:
        raise PaperError("no one was ever absent, so there is no reason to print")
    body: list[Row] = []
    for arm, own in by_arm(frame, paper.study, body):
        for row in own.iter_rows(named=True):
            base = paper.study.rules.counts
            of = {"unit": "listed", "arm": arm, "wave": row["wave"], "absent": "yes"}
            absent = count(row["listed"] - row["not_yet"] - row["achieved"], of, base=base)
            reasons = (count(row[name], {**of, "reason": name}, base=base) for name in shown)
            body.append(cell_row(wave_title(paper.study, arm, row["wave"])[0], absent, *reasons))
    headers = ["Absent", *(ABSENCES[name] for name in shown)]
    notes = [
        "People listed by that wave who did not answer it. Those who withdrew, moved or died are counted from then on."
    ]
    return plain_table(paper, "Why people did not answer", ("Wave",), headers, body, notes)


def returns(paper: PaperContext, _names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """Who left and who came back, by the wave they missed and the reason that was reported for it."""
    frame = paper.table("absences")
    if not frame.height:
        raise PaperError("no one who had answered was ever absent, so that nobody could come back")
    body: list[Row] = []
    for arm, own in by_arm(frame, paper.study, body):
        for row in own.iter_rows(named=True):
            title = wave_title(paper.study, arm, row["wave"])[0]
            of = {"unit": "listed", "arm": arm, "wave": row["wave"], "absent": "yes", "gone": "yes"}
            of |= {"reason": row["reason"]}
            ways = {"absent": {}, "came_back": {"later": "back"}, "away": {"later": "away"}}
            base = paper.study.rules.counts
            counts = (count(row[name], {**of, **ways[name]}, base=base) for name in RETURNS)
            body.append(cell_row(title, ABSENCES[row["reason"]], *counts))
    notes = ["People who had answered an earlier wave of their arm, by why they did not answer this one."]
    headers = list(RETURNS.values())
    return plain_table(paper, "Who left, who came back, and why", ("Missed", "Reason"), headers, body, notes)


RETURNS = {"absent": "Absent", "came_back": "Came back later", "away": "Not back so far"}


def cohorts(paper: PaperContext, _names: Sequence[str], _options: Mapping[str, str]) -> TableBlock:
    """The share of each cohort, the people who entered in one wave, that answered each wave."""
    frame = paper.table("response_rates").filter(
        pl.col("cohort") != EVERYONE, pl.col("answered_first_wave") >= FEWEST_OF_A_COHORT
    )
    study = paper.study
    waves = frame["wave"].unique().sort().to_list()
    body: list[Row] = []
    for arm, own in by_arm(frame, study, body):
        for cohort in own["cohort"].unique(maintain_order=True):
            rows = {row["wave"]: row for row in own.filter(pl.col("cohort") == cohort).iter_rows(named=True)}
            begun = rows[cohort]["answered_first_wave"]
            base = study.rules.counts
            of = {"arm": arm, "cohort": cohort}
            shares = [
                share(rows[wave]["achieved"], begun, {**of, "wave": wave}, structural=wave == cohort, base=base)
                if wave in rows and begun
                else ""
                for wave in waves
            ]
            body.append(cell_row(wave_title(study, arm, cohort)[0], count(begun, of, base=base), *shares))
    several = frame["arm"].n_unique() > 1
    headers = ["People", *(f"Wave {int(wave[1:])}" if several else study.label(wave) for wave in waves)]
    notes = [
        "Each row follows the people who first answered in the wave on the left: the share who answered each wave. "
        f"Cohorts of fewer than {FEWEST_OF_A_COHORT} people are left out."
    ]
    return plain_table(paper, "Who still responds, by wave of entry", ("Entered in",), headers, body, notes)


def _everyone(paper: PaperContext) -> pl.DataFrame:
    frame = paper.table("response_rates").filter(pl.col("cohort") == EVERYONE)
    return frame.with_columns(again=pl.col("stayed") + pl.col("returned"))


KEPT = {
    "kept_from_wave_before": "answered_wave_before",
    "kept_from_first_wave": "answered_first_wave",
    "answered_every_wave": "answered_first_wave",
}
"""Column of those who stayed → that of those who could."""


def _kept(paper: PaperContext, own: pl.DataFrame, row: Mapping[str, Any], name: str, of: str) -> str:
    """A share of those who answered an earlier wave, with their number in brackets."""
    part, whole = row[name], row[of]
    if part is None or not whole:
        return "–"
    base, waves = paper.study.rules.counts, own["wave"].to_list()
    here = {"arm": row["arm"], "wave": row["wave"]}
    place = waves.index(row["wave"])
    start = waves[max(place - 1, 0)] if name == "kept_from_wave_before" else waves[0]
    who = {
        "kept_from_wave_before": {**here, "status": "stayed"},
        "kept_from_first_wave": {**here, "cohort": waves[0]},
        "answered_every_wave": {**here, "cohort": waves[0], "every": "yes"},
    }
    by_design = place == 0 or all(each[name] in (None, each[of]) for each in own.iter_rows(named=True))
    first = share(part, whole, who[name], structural=by_design, base=base)
    second = count(whole, {"arm": row["arm"], "wave": start}, base=base)
    return judged(f"{first} ({second})", *first.judged, *second.judged)
