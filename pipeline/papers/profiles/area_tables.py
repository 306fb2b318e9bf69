"""Tables of all areas, for the overview and its workbook: scores, ranks, differences, each number judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.papers.content import Cell, Column, Row, Runs, TableBlock, Text
from pipeline.papers.declared import period_words
from pipeline.papers.profiles.content import About
from pipeline.papers.profiles.frames import BASE, INDEX, PREVIOUS, AreaTables
from pipeline.papers.profiles.frames import Row as AreaRow
from pipeline.papers.profiles.numbers import answers_to, sample_of
from pipeline.specs.base import Period
from pipeline.specs.disclosure import MARK
from pipeline.specs.rounding import count_shown, count_text, places_of, to_places
from pipeline.tables.rank_ends import AT_ONCE, rank_with_ends

RANKS_AT_ONCE = "Ranks from and to: those that the data leave open when all areas are compared at once."


@dataclass(frozen=True)
class Tabled:
    """Makes tables of one study. ``counts``: numbers of people are multiples of this; ``round``: of the overview."""

    tables: AreaTables
    labels: Mapping[str, str]
    about: About
    places: int
    counts: int
    round: str

    def measure(self, key: str) -> str:
        return self.labels.get(key) or key.replace("_", " ").capitalize()

    def wave_label(self, wave: str) -> str:
        return self.about.waves.get(wave) or wave

    def round_label(self, at: str | None) -> str:
        """``June to July 2021``, or the wave that the round is; a dash where there is none."""
        return "–" if at is None else self.about.rounds.get(at) or self.wave_label(at)

    def own_wave(self, area: str) -> str:
        """What an area calls its wave in the round of the overview; empty where it has none."""
        return self.tables.wave_in(area, self.round)

    @cached_property
    def has_sets(self) -> bool:
        """Whether the ranks of all areas at once are known."""
        return any(row.get(AT_ONCE[0]) is not None for row in self.tables.areas)

    @property
    def areas(self) -> list[str]:
        """Every area, in the order of names."""
        return sorted(self.tables.names, key=lambda area: (self.tables.names[area].casefold(), area))

    @cached_property
    def measures(self) -> list[str]:
        """The index, its domains, then their indicators."""
        order = {"index": 0, "domain": 1, "indicator": 2}
        found = {row["measure"]: order[row["level"]] for row in self.tables.areas}
        return sorted(found, key=lambda measure: found[measure])

    def score(
        self, row: AreaRow | None, value: str = "estimate", low: str = "conf_low", high: str = "conf_high"
    ) -> Runs:
        """``57.6 (54.1 to 61.2)``; ``[c]`` where few people answered, a dash where there is nothing."""
        if row is None:
            return (Text("–"),)
        if not self.tables.is_shown(row):
            few = row["n_persons"] is None or row["n_persons"] < self.tables.smallest
            return (Text(MARK if few else "–"),)
        return self.number(row, row.get(value), row.get(low), row.get(high))

    def number(self, row: AreaRow, value: float | None, low: float | None, high: float | None) -> Runs:
        if value is None:
            return (Text("–"),)
        where = (("area", str(row["area"])), ("wave", str(row["wave"])))
        cell = Cell("estimate", value, row["n_persons"], where, row["measure"], sample=sample_of(row),
                    n_rounding=float(self.counts), weighted=True)  # fmt: skip
        places = places_of((low, high), self.places, value=value)
        text = to_places(value, places)
        if low is not None and high is not None:
            text = f"{text} ({to_places(low, places)} to {to_places(high, places)})"
        return (Text(text, (cell,)),)

    def months(self, area: str, wave: str) -> str:
        """``May to July 2021``; a dash where it is not known."""
        window = self.tables.windows.get((area, wave))
        return period_words(Period(start=window[0], end=window[1])) if window is not None else "–"

    def people(self, row: AreaRow | None, column: str = "n_persons") -> Runs:
        if row is None or row.get(column) is None:
            return (Text("–"),)
        where = (("area", str(row["area"])), ("wave", str(row["wave"])))
        is_count = column == "n_persons"
        if not self.tables.is_shown(row):
            hidden = Cell("count", None, None, where, row["measure"], sample=answers_to(row))
            return (Text(MARK, (hidden,) if is_count else ()),)
        count = count_shown(row[column], self.counts)
        sample = answers_to(row) if is_count else ""
        cell = Cell("count" if is_count else "estimate", count, float(row["n_persons"]), where, row["measure"],
                    rounding=float(self.counts), n_rounding=float(self.counts), sample=sample,
                    weighted=not is_count)  # fmt: skip
        return (Text(count_text(row[column], self.counts, "< "), (cell,)),)

    def plain(self, row: AreaRow | None, column: str, places: int = 2) -> Runs:
        if row is None or not self.tables.is_shown(row):
            return (Text("–" if row is None else MARK),)
        return self._plain(row, row.get(column), places)

    def _plain(self, row: AreaRow, value: float | None, places: int) -> Runs:
        if value is None:
            return (Text("–"),)
        cell = Cell("estimate", value, row["n_persons"], outcome=row["measure"], weighted=True, structural=True)
        return (Text(to_places(value, places), (cell,)),)

    def ratio(self, change: AreaRow) -> Runs:
        """A score now for every hundred at the base wave."""
        return self._plain(change, change.get("ratio"), 1)

    def rank(self, row: AreaRow | None, *, at_once: bool = False) -> Runs:
        """``3 (2 to 5)``: the ranks that the data leave open for the area alone, or for all ``at_once``."""
        if row is None or not self.tables.is_shown(row) or not row.get("is_ranked") or row.get("rank") is None:
            return (Text("–"),)
        rank, low, high = rank_with_ends(row, at_once=at_once)
        cell = Cell("estimate", rank, row["n_persons"], outcome=row["measure"], weighted=True, structural=True)
        return (Text(f"{rank:g} ({low:g} to {high:g})", (cell,)),)


def index_table(tabled: Tabled, number: int) -> TableBlock:
    """One row per area at the round of the overview: score, shrunken score, rank, people, reliability."""
    columns = (
        Column("Area"), Column("Score (interval)", "right"), Column("With chance taken out", "right"),
        Column("Rank (from, to)", "right"), Column("Reliability", "right"), Column("People", "right"),
        Column("Effective number", "right"),
    )  # fmt: skip
    rows = []
    for area in tabled.areas:
        row = tabled.tables.in_round(area, tabled.round, INDEX)
        cells = (
            tabled.score(row), tabled.score(row, "shrunken", "shrunken_low", "shrunken_high"),
            tabled.rank(row, at_once=True), tabled.plain(row, "reliability"),
            tabled.people(row), tabled.people(row, "n_effective"),
        )  # fmt: skip
        rows.append(Row(((Text(tabled.tables.names[area]),), *cells)))
    caption = f"{tabled.measure(INDEX)} of every area, {tabled.round_label(tabled.round)}"
    notes = (*notes_of(tabled), *([RANKS_AT_ONCE] if tabled.has_sets else []))
    return table_of(tabled, number, caption, columns, rows, notes, "areas")


def domain_table(tabled: Tabled, number: int) -> TableBlock:
    """One row per area: the score of each domain with its interval."""
    domains = tabled.tables.domains
    columns = (Column("Area"), *(Column(tabled.measure(measure), "right") for measure in domains))
    rows = [
        Row(
            (
                (Text(tabled.tables.names[area]),),
                *(tabled.score(tabled.tables.in_round(area, tabled.round, measure)) for measure in domains),
            )
        )
        for area in tabled.areas
    ]
    caption = f"Every domain of every area, {tabled.round_label(tabled.round)}"
    return table_of(tabled, number, caption, columns, rows, tuple(notes_of(tabled)), "areas")


def change_table(tabled: Tabled, number: int) -> TableBlock | None:
    """One row per area with a change: of the index, since the previous and since the base wave.

    Where arms have calendars of their own it says when these were.
    """
    dated = bool(tabled.about.rounds)
    columns = (
        Column("Area"), *([Column("Previous wave")] if dated else []), Column("Since the previous wave", "right"),
        *([Column("Base wave")] if dated else []), Column("Since the base wave", "right"),
        Column("Base wave = 100", "right"),
    )  # fmt: skip
    rows = []
    for area in tabled.areas:
        last, base = (tabled.tables.change(area, tabled.own_wave(area), INDEX, kind) for kind in (PREVIOUS, BASE))
        if last is None and base is None:
            continue
        ratio = (Text("–"),) if base is None else tabled.ratio(base)
        cells = [
            cell
            for change in (last, base)
            for cell in ([_when(tabled, change)] if dated else []) + [difference(tabled, change)]
        ]
        rows.append(Row(((Text(tabled.tables.names[area]),), *cells, ratio)))
    if not rows:
        return None
    caption = f"How the {tabled.measure(INDEX).lower()} moved, {tabled.round_label(tabled.round)}"
    return table_of(tabled, number, caption, columns, rows, (), "area_changes")


def _when(tabled: Tabled, change: AreaRow | None) -> Runs:
    return (Text(tabled.round_label(change.get("against_round") if change is not None else None)),)


def difference(tabled: Tabled, row: AreaRow | None) -> Runs:
    if row is None:
        return (Text("–"),)
    return tabled.number(row, row["estimate"], row["conf_low"], row["conf_high"])


def notes_of(tabled: Tabled) -> Iterator[str]:
    yield f"{MARK}: not shown, because fewer than {tabled.tables.smallest} people answered."
    if tabled.counts > 1:
        yield f"Numbers of people are rounded to {tabled.counts}."


def table_of(
    tabled: Tabled, number: int, caption: str, columns: Sequence[Column], rows: Sequence[Row], notes: tuple[str, ...],
    source: str,
) -> TableBlock:  # fmt: skip
    return TableBlock(
        number, f"table-{number}", caption, tuple(columns), tuple(rows), notes=notes, synthetic=tabled.about.synthetic,
        sources=(source,), key=source, source=tabled.about.study,
    )  # fmt: skip
