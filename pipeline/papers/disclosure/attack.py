"""The attacker: which numbers of few people follow from everything that is published, now and earlier.

He knows each printed number to its places, that counts are whole and not negative, which parts make up which whole, who
lies inside whom, and the earlier releases. He does not see the data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from pipeline.papers.disclosure.bounds import ContradictionError, Interval, bounds, tightened
from pipeline.papers.disclosure.frame import ALONE
from pipeline.papers.disclosure.frame import cells as normalised
from pipeline.papers.disclosure.populations import Population
from pipeline.papers.disclosure.system import SLACK, Row, System, parts_of, system_of
from pipeline.specs.disclosure import SMALLEST


@dataclass(frozen=True)
class Narrowed:
    """A number of few people that can be found: ``low`` to ``high`` of the population ``of``, seen at ``place``."""

    of: Population
    low: float
    high: float
    place: str
    how: str


def narrowed(cells: pl.DataFrame, earlier: pl.DataFrame | None = None, smallest: int = SMALLEST) -> list[Narrowed]:
    """Suppressed cells, parts and differences that can be narrowed to fewer than ``smallest`` people; none if safe.

    ``cells``: of what is to be published, ``earlier``: of what has been (see ``frame.COLUMNS``).
    """
    numbers = pl.col("value").is_null() | pl.col("value").is_finite()
    now = normalised(cells).filter(numbers)
    if earlier is None or earlier.is_empty():
        return _one_state(now, smallest)
    before = normalised(earlier).filter(numbers & ~pl.col("sample").str.starts_with(ALONE))
    found: list[Narrowed] = []
    same = now
    for release in before["release"].unique(maintain_order=True):
        own = before.filter(release=release)
        changed = _changed(now, own)
        found += _since(now, own, changed, release, smallest)
        if changed:
            found += _coupled(now, own, smallest)
        else:
            same = pl.concat([same, own], how="diagonal")
    return list(dict.fromkeys(found + _one_state(same, smallest)))


def suppressed_intervals(cells: pl.DataFrame) -> dict[Population, Interval]:
    """Population of each suppressed count → the interval that can be found for it.

    Raises ``ContradictionError`` if the printed numbers cannot all be true.
    """
    system = system_of(normalised(cells))
    return bounds(system, list(system.suppressed))


def _one_state(cells: pl.DataFrame, smallest: int) -> list[Narrowed]:
    """What follows from numbers about the same people at the same time."""
    try:
        return _of_numbers(system_of(cells), smallest)
    except ContradictionError:
        pass  # a table does not list all categories of something
    try:
        return _of_numbers(system_of(cells, presume=False), smallest)
    except ContradictionError as error:
        raise ContradictionError(f"what is printed of “{error}” cannot all be true") from None


def _of_numbers(system: System, smallest: int) -> list[Narrowed]:
    return [*_of_system(system, smallest), *_differences(system, smallest), *_across_tables(system, smallest)]


def _of_system(system: System, smallest: int) -> Iterator[Narrowed]:
    wanted = [of for of in system.low if not _is_plain(of, system)]

    def enough(of: Population, low: float, high: float) -> bool:
        if of in system.suppressed:
            return not is_narrow(low, high, smallest)
        return low < 1 or high >= smallest

    for of, (low, high) in bounds(system, wanted, enough).items():
        if of in system.suppressed:
            if is_narrow(low, high, smallest):
                yield Narrowed(of, low, high, system.suppressed[of], "suppressed, but found from the numbers around it")
        elif low >= 1 and high < smallest:
            place = system.rests.get(of) or system.places.get(of) or "the numbers printed"
            yield Narrowed(of, low, high, place, "not printed, but it follows from the numbers that are")


def _is_plain(of: Population, system: System) -> bool:
    """Printed with its own number, so that nothing has to be found out: other rules judge it."""
    return of in system.places and of not in system.suppressed and system.high[of] - system.low[of] <= SLACK


def is_narrow(low: float, high: float, smallest: int = SMALLEST) -> bool:
    """Whether an interval says that a suppressed number is of few people, or nearly says how many."""
    return high < smallest or (low < smallest and high - low < smallest)


def _differences(system: System, smallest: int) -> Iterator[Narrowed]:
    """Of two printed numbers of which one counts some of the other, the few who are left over."""
    least, most = tightened(system)
    printed = {of for of in system.low if of in system.places and math.isfinite(most[of])}
    for of in sorted(printed):
        for whole in of.wider:
            gone = {name for name, _ in whole.where} ^ {name for name, _ in of.where}
            if whole not in printed or gone == {"outcome"} or "outcome" in gone:
                continue
            low, high = least[whole] - most[of], most[whole] - least[of]
            if low >= 1 and high < smallest:
                place = f"{system.places[whole]} less {system.places[of]}"
                yield Narrowed(whole, low, high, place, f"those of “{whole}” who are not “{of}”")


def _across_tables(system: System, smallest: int) -> Iterator[Narrowed]:
    """Of a printed number and its parts that several tables print, the few who are in none of these."""
    printed = [of for of in system.places if system.high[of] - system.low[of] <= SLACK]
    for (whole, name), members in parts_of(printed).items():
        if whole not in system.places or system.high[whole] - system.low[whole] > SLACK:
            continue
        rest = system.low[whole] - sum(system.low[of] for of in members)
        if 1 <= rest < smallest:
            place = f"{system.places[whole]} less {' and '.join(dict.fromkeys(system.places[of] for of in members))}"
            yield Narrowed(whole, rest, rest, place, f"those of “{whole}” whose {name} is printed nowhere")


def _numbers(cells: pl.DataFrame) -> System:
    return system_of(cells)


def _changed(now: pl.DataFrame, before: pl.DataFrame) -> bool:
    """Whether people have come or gone since a release: something printed then and now cannot both be true."""
    both = system_of(pl.concat([now, before], how="diagonal"))
    if both.contradictory:
        return True
    try:
        bounds(both, [])
    except ContradictionError:
        return True
    return False


def _since(now: pl.DataFrame, before: pl.DataFrame, changed: bool, release: str, smallest: int) -> Iterator[Narrowed]:
    """The same number in two releases: who came or went between them."""
    if not changed:
        return
    new, old = _numbers(now), _numbers(before)
    for of in sorted(set(new.places) & set(old.places)):
        low = max(new.low[of] - old.high[of], old.low[of] - new.high[of])
        high = max(new.high[of] - old.low[of], old.high[of] - new.low[of])
        if low >= 1 and high < smallest:
            how = f"the difference from release {release}: who came or went in between"
            yield Narrowed(of, low, high, f"{new.places[of]} against {old.places[of]}", how)


def _coupled(now: pl.DataFrame, before: pl.DataFrame, smallest: int) -> list[Narrowed]:
    """What the two states say of each other: no part can have lost or won more people than the whole did."""
    new, old = _numbers(now), _numbers(before)
    joint = _shifted(old)
    for table, values in ((joint.low, new.low), (joint.high, new.high)):
        table.update(values)
    joint.rows += new.rows
    joint.suppressed.update(new.suppressed)
    joint.rests.update(new.rests)
    joint.places.update(new.places)
    wholes = [of for of in new.places if not of.where and of in old.places]
    for whole in wholes:
        change = (new.low[whole] - old.high[whole], new.high[whole] - old.low[whole])
        for of in set(new.low) & set(old.low):
            if of.unit == whole.unit and of.sample == whole.sample:
                terms = ((of, 1.0), (replace(of, release="before"), -1.0))
                joint.rows.append(Row(terms, min(change[0], 0.0), max(change[1], 0.0)))
    try:
        return list(_of_system(joint, smallest))
    except ContradictionError:
        return [*_one_state(now, smallest)]


def _shifted(system: System) -> System:
    """The populations of an earlier release as others than those of this one."""

    def moved(of: Population) -> Population:
        return replace(of, release="before")

    def keys(table: Mapping[Population, float]) -> dict[Population, float]:
        return {moved(of): value for of, value in table.items()}

    rows = [Row(tuple((moved(of), c) for of, c in row.terms), row.low, row.high) for row in system.rows]
    return System(
        keys(system.low),
        keys(system.high),
        rows,
        {moved(of): place for of, place in system.suppressed.items()},
        {moved(of): place for of, place in system.rests.items()},
        {moved(of): place for of, place in system.places.items()},
    )
