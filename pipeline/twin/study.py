"""A study's people as one wide array of normal scores, and the way back: what a twin is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.twin.clusters import cluster_levels
from pipeline.twin.columns import Columns
from pipeline.twin.courses import PRESENT, Course, Courses, courses_of
from pipeline.twin.gaps import EMPTY, Gap, Gaps, gaps_of
from pipeline.twin.margins import ORDER, Amounts, Array, Codes, amounts_of, codes_of, is_amount, merged

LASTING = "*"
"""In place of a wave: a column that is the same in all of them."""
Place = tuple[str, str]
"""Wave (or ``LASTING``) and column."""
MOST_CHANGES = 0.02
"""Of answers to a lasting column, so many may differ from the person's first."""


@dataclass
class People:
    """The people of one arm. ``cells``: wave → column → code of each person, ``EMPTY`` where there is none."""

    waves: tuple[str, ...]
    cells: dict[str, dict[str, list[str]]]
    here: dict[str, Array]
    courses: list[Course]
    count: int

    def columns(self) -> list[str]:
        return list(dict.fromkeys(column for own in self.cells.values() for column in own))


def people_of(waves: Mapping[str, pl.DataFrame], outcomes: Mapping[str, Mapping[str, str]]) -> People:
    """The people of wave tables (``person_id`` and columns of codes) and of outcomes: wave → person → what became."""
    ids = list(dict.fromkeys(person for frame in waves.values() for person in frame["person_id"].to_list()))
    ids += sorted({person for own in outcomes.values() for person in own} - set(ids))
    frame = pl.DataFrame({"person_id": ids}, schema={"person_id": pl.String})
    cells: dict[str, dict[str, list[str]]] = {}
    here: dict[str, Array] = {}
    for wave, table in waves.items():
        marked = table.with_columns(pl.lit(True).alias("__here"))
        whole = frame.join(marked, on="person_id", how="left", maintain_order="left")
        here[wave] = whole["__here"].fill_null(False).to_numpy()
        names = [name for name in table.columns if name != "person_id"]
        cells[wave] = {name: whole[name].cast(pl.String).fill_null(EMPTY).to_list() for name in names}
    states = [
        tuple(
            PRESENT if here[wave][at] else outcomes.get(wave, {}).get(person, "") for wave in waves
        )
        for at, person in enumerate(ids)
    ]  # fmt: skip
    return People(tuple(waves), cells, here, states, len(ids))


@dataclass(frozen=True)
class Kinds:
    """The codes of a column in all waves: in ``groups`` that enough people have, and how often each was given."""

    groups: tuple[tuple[str, ...], ...]
    counts: Counter[str]


@dataclass
class Learnt:
    """What is kept of the people: margins, gaps, courses, and one column of scores each for the correlations."""

    people: People
    columns: Columns
    smallest: int
    courses: Courses
    gaps: dict[str, Gaps] = field(default_factory=dict)
    margins: dict[Place, Codes | Amounts] = field(default_factory=dict)
    scores: list[Array] = field(default_factory=list)
    hermite: list[Array] = field(default_factory=list)
    index: dict[object, int] = field(default_factory=dict)
    lasting: frozenset[str] = frozenset()
    kinds: dict[str, Kinds] = field(default_factory=dict)

    def add(self, key: object, scores: Array, hermite: Array) -> None:
        self.index[key] = len(self.scores)
        self.scores.append(scores)
        self.hermite.append(hermite)

    def missing(self, column: str) -> frozenset[str]:
        return self.columns.missing.get(column, frozenset()) | {EMPTY}


def learn(people: People, columns: Columns, smallest: int) -> Learnt:
    """Learn margins, gaps and courses of people, with their normal scores."""
    courses = courses_of(people.courses, smallest)
    learnt = Learnt(people, columns, smallest, courses)
    learnt.lasting = frozenset(_lasting(people, learnt))
    learnt.add("course", courses.scores(people.courses), courses.margin.hermite)
    for wave in people.waves:
        missing = {column: learnt.missing(column) for column in people.cells[wave]}
        learnt.gaps[wave] = gaps_of(wave, people.cells[wave], missing, people.here[wave], smallest)
        for at, gap in enumerate(learnt.gaps[wave].found):
            _add_gap(learnt, (wave, at), gap)
    places = list(_places(learnt))
    ordered = [place for place in places if place[1] not in columns.nominal]
    for place in ordered:
        _add_column(learnt, place)
    level = general_level(learnt)
    for place in places:
        if place[1] in columns.nominal:
            _add_column(learnt, place, level)
    for column in columns.clusters:
        if column in people.columns():
            learnt.add(("cluster", column), _cluster_scores(people, column, level), _plain())
    return learnt


def _plain() -> Array:
    return np.asarray(np.eye(1, ORDER)[0])


def _cluster_scores(people: People, column: str, level: Array) -> Array:
    found = cluster_levels(first_known(people, column), level)
    known = np.isfinite(found)
    spread = float(np.std(found[known])) if known.any() else 0.0
    if spread == 0:
        return np.full(people.count, np.nan)
    return np.asarray((found - np.mean(found[known])) / spread)


def first_known(people: People, column: str) -> list[str]:
    """The first code of a column that each person has in any wave; ``EMPTY`` without."""
    found = [EMPTY] * people.count
    for own in people.cells.values():
        for at, code in enumerate(own.get(column, ())):
            if not found[at] and code:
                found[at] = code
    return found


def _lasting(people: People, learnt: Learnt) -> Iterator[str]:
    """Columns that are declared to last, or have no order, and do last; of others each wave is a column of its own."""
    for column in learnt.columns.lasting | learnt.columns.nominal | set(learnt.columns.clusters.values()):
        missing = learnt.missing(column)
        seen, changed = 0, 0
        first: dict[int, str] = {}
        for own in people.cells.values():
            for at, code in enumerate(own.get(column, ())):
                if code not in missing:
                    seen += at in first
                    changed += first.setdefault(at, code) != code
        if changed <= MOST_CHANGES * max(seen, 1):
            yield column


def _places(learnt: Learnt) -> Iterator[Place]:
    """Every column of every wave that has answers; a lasting one once."""
    done = set()
    for wave in learnt.people.waves:
        for column in learnt.people.cells[wave]:
            if column in learnt.columns.clusters or column in learnt.gaps[wave].never:
                continue
            place = (LASTING if column in learnt.lasting else wave, column)
            if place not in done:
                done.add(place)
                yield place


def values_at(learnt: Learnt, place: Place) -> tuple[Array, list[str]]:
    """Who has an answer at a place, and the answers: of a lasting column each person's first."""
    wave, column = place
    missing = learnt.missing(column)
    codes = [EMPTY] * learnt.people.count
    for name, own in learnt.people.cells.items():
        if wave in (LASTING, name):
            for at, code in enumerate(own.get(column, ())):
                if not codes[at] and code not in missing:
                    codes[at] = code
    known = np.array([bool(code) for code in codes])
    return known, [code for code in codes if code]


def _add_gap(learnt: Learnt, key: tuple[str, int], gap: Gap) -> None:
    if gap.who is None:
        return
    known = np.isfinite(gap.who)
    values = ["1" if one else "0" for one in gap.who[known]]
    margin = codes_of(values, (("0",), ("1",)))
    scores = np.full(learnt.people.count, np.nan)
    scores[known] = margin.scores(values)
    learnt.add(key, scores, margin.hermite)


def _add_column(learnt: Learnt, place: Place, level: Array | None = None) -> None:
    known, values = values_at(learnt, place)
    margin: Codes | Amounts
    if place[1] in learnt.columns.numbers and is_amount(values):
        margin = amounts_of(values, learnt.smallest)
    else:
        if place[1] not in learnt.kinds:
            learnt.kinds[place[1]] = _kinds(learnt, place[1], level)
        kinds = learnt.kinds[place[1]]
        margin = codes_of(values, kinds.groups, kinds.counts, learnt.smallest)
    learnt.margins[place] = margin
    scores = np.full(learnt.people.count, np.nan)
    scores[known] = margin.scores(values)
    learnt.add(place, scores, margin.hermite)


def _kinds(learnt: Learnt, column: str, level: Array | None) -> Kinds:
    """The codes of a column in all waves, in their order: as numbers, or by the general level of who gave them.

    A person counts once for each code, however often it was given.
    """
    given: dict[str, set[int]] = {}
    for own in learnt.people.cells.values():
        for at, code in enumerate(own.get(column, ())):
            if code not in learnt.missing(column):
                given.setdefault(code, set()).add(at)
    counts = Counter({code: len(people) for code, people in given.items()})
    if level is None:
        order = sorted(given, key=_as_number)
    else:
        order = sorted(given, key=lambda code: (float(np.mean(level[sorted(given[code])])), code))
    return Kinds(merged(order, counts, learnt.smallest), counts)


def _as_number(code: str) -> tuple[float, str]:
    try:
        return float(code), code
    except ValueError:
        return float("inf"), code


def general_level(learnt: Learnt) -> Array:
    """Of each person the first principal component of all scores so far: by it codes without an order are ordered."""
    scores = np.column_stack(learnt.scores)
    known = np.isfinite(scores)
    spread = np.sqrt(np.mean(np.where(known, scores, 0.0) ** 2, axis=0))
    filled = np.where(known, scores, 0.0) / np.maximum(spread, 1e-9)
    vector = np.ones(filled.shape[1])
    for _ in range(50):
        vector = filled.T @ (filled @ vector)
        vector /= max(float(np.linalg.norm(vector)), 1e-12)
    level = filled @ vector
    return np.asarray((level - level.mean()) / max(float(level.std()), 1e-12))
