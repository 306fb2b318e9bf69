"""What index.yaml says of rounds: arms and waves that there are, in order, and in the field at about the same time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from pipeline.specs.index import Index
from pipeline.specs.index_rounds import number, out_of_order, round_of
from pipeline.specs.names import StudyNames, known
from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import Source

SHOWN = 3
"""So many pairs of waves are named in one message."""


@dataclass(frozen=True)
class Begun:
    """A wave of an arm, the round it belongs to, and the first day of its fieldwork."""

    arm: str
    wave: str
    round: str
    start: dt.date


def check_rounds(index: Index, declared: StudyNames, source: Source) -> None:
    """Report rounds of arms or waves that there are not, and rounds whose waves are not of one time.

    Where none is declared, waves of one name are taken as of one time: they are refused where they began further apart
    than ``within_days``, with the rounds that the dates propose.
    """
    study = declared.reading.studies.get(declared.key)
    known(source, ("rounds",), index.rounds, declared.arms, f"an arm of `{declared.key}`")
    if study is None or any(arm not in study.calendar for arm in index.rounds):
        return
    calendar = {arm: study.calendar[arm] for arm in index.arms or study.calendar if arm in study.calendar}
    problems = len(source.problems)
    for arm, said in index.rounds.items():
        if arm not in calendar:
            source.report(("rounds", arm), f"`{arm}` is not among the `arms` of the index.")
            continue
        known(source, ("rounds", arm), said, list(calendar[arm]), f"a wave of the arm `{arm}`")
        wrong = out_of_order({wave: said.get(wave, wave) for wave in calendar[arm]})
        if wrong:
            source.report(("rounds", arm), f"{wrong}. A wave that is not named has the round of its own name.")
    if len(source.problems) == problems:
        _check_dates(index, study, calendar, source)


def _check_dates(index: Index, study: Study, calendar: Mapping[str, Sequence[str]], source: Source) -> None:
    begun = [
        Begun(arm, wave, round_of(index.rounds, arm, wave), study.fieldwork(wave, arm).start)
        for arm, waves in calendar.items()
        for wave in waves
        if wave in study.waves and (not index.waves or wave in index.waves)
    ]
    apart = [*_apart(begun, index.within_days), *_turned_round(begun)]
    if not apart:
        return
    more = f"; and {len(apart) - SHOWN} more" if len(apart) > SHOWN else ""
    listed = f"{'; '.join(apart[:SHOWN])}{more}"
    place = ("rounds",) if index.rounds else ("arms",) if index.arms else ()
    if index.rounds:
        what = f"rounds are not of one time: {listed}"
    else:
        what = f"a wave number is not a date, and areas are compared within one: {listed}"
    source.report(
        place,
        f"{what}. By their dates: `{proposal(begun, index.within_days)}`; or say in `within_days` how far apart waves "
        "of one round may begin.",
    )


def _apart(begun: Sequence[Begun], within: int) -> Iterator[str]:
    """Of each round, the two waves that began furthest apart, where that is too far."""
    for name in sorted({one.round for one in begun}, key=number):
        own = [one for one in begun if one.round == name]
        first, last = min(own, key=lambda one: one.start), max(own, key=lambda one: one.start)
        days = (last.start - first.start).days
        if days > within:
            yield f"`{first.wave}` of `{first.arm}` and `{last.wave}` of `{last.arm}` began {days} days apart"


def _turned_round(begun: Sequence[Begun]) -> Iterator[str]:
    """Rounds of which the later one, by its name, began before the earlier one in every arm."""
    for before, after in combinations(sorted({one.round for one in begun}, key=number), 2):
        first = min(one.start for one in begun if one.round == before)
        if first > max(one.start for one in begun if one.round == after):
            yield f"the round `{before}` began after `{after}`"


def proposal(begun: Sequence[Begun], within: int) -> str:
    """The rounds that the dates propose, as the line of index.yaml that says so.

    Waves join the round of the arm with most waves that began nearest, each arm one of a round, and in order. Where a
    wave has none within so many days it is a round of its own, and rounds are numbered as they began.
    """
    arms = list(dict.fromkeys(one.arm for one in begun))
    waves = {arm: sorted((one for one in begun if one.arm == arm), key=lambda one: number(one.wave)) for arm in arms}
    longest = max(arms, key=lambda arm: len(waves[arm]))
    rounds = [[one] for one in waves[longest]]
    for arm in (arm for arm in arms if arm != longest):
        least = 0
        for one in waves[arm]:
            least = _joined(rounds, one, least, within) + 1
    follows = all(own[0].arm == longest for own in rounds)
    width = max(len(one.wave) for one in begun) - 1
    names = [own[0].wave if follows else f"w{place:0{width}d}" for place, own in enumerate(rounds, start=1)]
    found: dict[str, list[str]] = {}
    for name, own in zip(names, rounds, strict=True):
        for one in own:
            if one.wave != name:
                found.setdefault(one.arm, []).append(f"{one.wave}: {name}")
    said = ", ".join(f"{arm}: {{{', '.join(found[arm])}}}" for arm in arms if arm in found)
    return f"rounds: {{{said}}}"


def _joined(rounds: list[list[Begun]], one: Begun, least: int, within: int) -> int:
    """The place of the round that a wave joins, or of one of its own put among them in the order of dates."""
    near = [
        (max(abs((one.start - other.start).days) for other in rounds[place]), place)
        for place in range(least, len(rounds))
    ]
    days, place = min(near, default=(within + 1, len(rounds)))
    if days <= within:
        rounds[place].append(one)
        return place
    place = next((at for at in range(least, len(rounds)) if rounds[at][0].start > one.start), len(rounds))
    rounds.insert(place, [one])
    return place
