"""A councillor's five questions, each answered in sentences whose words and numbers come from the results."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.papers.content import Runs
from pipeline.papers.phrases import in_sentence, joined
from pipeline.papers.profiles.content import Answer, Named, Reading, Remedy
from pipeline.papers.profiles.frames import BASE, INDEX, PREVIOUS, Row
from pipeline.papers.profiles.subject import Subject, said
from pipeline.papers.prose.quantity import WORDS

NO_INDEX = "No index is shown here"


def headline(subject: Subject) -> Runs:
    """Where the index stands and where it came from; direction and certainty by the intervals."""
    row, compared = subject.row(INDEX), subject.difference(INDEX)
    label = subject.measure(INDEX)
    if row is None:
        return said(f"{NO_INDEX}: {_why(subject, INDEX)}.")
    against = subject.differs(compared, "adjective")
    change = subject.change(INDEX, PREVIOUS)
    went = subject.moved(change)
    named = f"he {in_sentence(label)} of {subject.label} is "
    if against:
        found = said(f"Compared with {subject.comparison}, t{named}", against)
    else:
        found = said(f"T{named}", _score(subject, row))
    if not went or change is None:
        return said(found, ".")
    return said(found, ", and it ", went, f" since {subject.wave_label(change['against'])}.")


def _score(subject: Subject, row: Row) -> Runs:
    return said(subject.numbers.score(subject.level(row)), f" {subject.settings.scale}")


def answers(
    subject: Subject, strengths: Sequence[Named], watch: Sequence[Named], remedies: Sequence[Remedy]
) -> tuple[Answer, ...]:
    """The five answers, in the order in which they are asked."""
    return (
        Answer("how", "How are we doing?", (_doing(subject),)),
        Answer("whom", "Compared with whom?", (_compared(subject),)),
        Answer("better", "Is it getting better?", _better(subject)),
        Answer("sure", "How sure are we?", (_sure(subject),)),
        Answer("next", "What next?", (_next(strengths, watch, remedies),)),
    )


def _why(subject: Subject, measure: str) -> str:
    """Why a measure is not shown. What the table says of it is printed only where enough people answered."""
    row = subject.tables.row(subject.area, subject.wave, measure)
    if row is None:
        return "it was not measured in this wave"
    people = row["n_persons"]
    if people is None or people < subject.tables.smallest:
        return f"fewer than {subject.tables.smallest} people answered"
    return str(row.get("reason") or "it could not be estimated").rstrip(".")


def _doing(subject: Subject) -> Runs:
    row = subject.row(INDEX)
    if row is None:
        return said(f"{NO_INDEX}: {_why(subject, INDEX)}. The domains are below.")
    numbers, about, found = subject.numbers, subject.about, subject.level(row)
    units = " ".join(filter(None, (subject.settings.scale, about.out_of)))
    start = said(f"The {in_sentence(subject.measure(INDEX))} is ", numbers.score(found), f" {units}")
    if found.low is not None:
        start = said(start, f" ({_level(subject)} interval ", numbers.ends(found), ")")
    return said(start, ". ", _rank(subject, row))


def _level(subject: Subject) -> str:
    return f"{subject.about.confidence * 100:g}%"


def _rank(subject: Subject, row: Row) -> Runs:
    count = subject.tables.ranked(subject.wave, INDEX)
    low, high = row.get("rank_low"), row.get("rank_high")
    if not row.get("is_ranked") or row.get("rank") is None:
        why = str(row.get("reason") or "").rstrip(".")
        return said(f"It is shown without a rank{f': {in_sentence(why)}' if why else ''}.")
    if count < 2:
        return ()
    if low is None or high is None or low == high:
        return said(f"Of {count} areas with a rank it is {ordinal(row['rank'])}.")
    return said(f"Of {count} areas with a rank it lies between {ordinal(low)} and {ordinal(high)} place.")


def ordinal(number: float) -> str:
    """
    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '113th']
    """
    whole = int(number)
    ending = "th" if whole % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(whole % 10, "th")
    return f"{whole}{ending}"


def _compared(subject: Subject) -> Runs:
    if not subject.compared:
        return said("There is nothing to compare with in this wave: the scores stand alone.")
    read = {measure: subject.reading(subject.difference(measure)) for measure in subject.tables.domains}
    found = {measure: reading for measure, reading in read.items() if reading}
    start = f"With {subject.comparison}. "
    if not found:
        return said(f"{start}No domain can be compared.")
    words: tuple[tuple[Reading, str], ...] = (
        ("up", "higher"),
        ("down", "lower"),
        ("same", "about the same"),
        ("unclear", "not clearly different"),
    )
    parts = []
    for reading, word in words:
        names = [in_sentence(subject.measure(measure)) for measure, own in found.items() if own == reading]
        if names:
            many = "all" if len(names) == len(found) > 1 else _count(len(names))
            listed = f" ({joined(names)})" if reading in ("up", "down") and len(names) <= 3 else ""
            parts.append(f"{word} in {many}{listed}")
    domains = "domain" if len(found) == 1 else "domains"
    return said(f"{start}Of {_count(len(found))} {domains}, {subject.label} is {joined(parts)}.")


def _count(number: int) -> str:
    return WORDS[number] if number < len(WORDS) else str(number)


def _better(subject: Subject) -> tuple[Runs, ...]:
    last, base = subject.change(INDEX, PREVIOUS), subject.change(INDEX, BASE)
    if last is None and base is None:
        return (said(no_change(subject)),)
    parts: list[Runs] = []
    if last is not None:
        parts.append(
            said(
                f"Since {subject.wave_label(last['against'])} the index ",
                subject.moved(last) or "changed",
                ": ",
                subject.amount(last),
                f" {subject.settings.scale}. ",
            )
        )
    if base is not None and base.get("ratio") is not None:
        ratio = subject.numbers.score(subject.numbers.ratio(base, f"{subject.measure(INDEX)}, base = 100"))
        same = last is not None and last["against"] == base["against"]
        went: Runs = () if same else said(subject.moved(base) or "changed", " and ")
        parts.append(
            said(
                f"Since the first wave here ({subject.wave_label(base['against'])} = 100) it ",
                went,
                "stands at ",
                ratio,
                ". ",
            )
        )
    return (said(*parts, _domains_moved(subject)),)


def no_change(subject: Subject) -> str:
    waves = subject.tables.waves_of(subject.area)
    if waves[0] == subject.wave:
        return "This is the first wave in this area: whether it gets better can be said after the next."
    return "No change between this wave and an earlier one can be shown."


def _domains_moved(subject: Subject) -> str:
    changes = {measure: subject.change(measure, PREVIOUS) for measure in subject.tables.domains}
    found = {measure: reading for measure, row in changes.items() if (reading := subject.reading(row))}
    if not found:
        return ""
    named = {
        way: [in_sentence(subject.measure(measure)) for measure, own in found.items() if own == way]
        for way in ("up", "down")
    }
    parts = [f"{joined(names)} {word}" for way, word in (("up", "rose"), ("down", "fell")) if (names := named[way])]
    return f"Of the domains, {joined(parts)}." if parts else "No domain clearly rose or fell."


def _sure(subject: Subject) -> Runs:
    row = subject.row(INDEX) or next(filter(None, map(subject.row, subject.tables.domains)), None)
    if row is None:
        return said("Nothing of this wave can be shown.")
    numbers = subject.numbers
    parts: list[Runs] = [said(numbers.people(row, "n_persons", "People who answered"), " people answered here")]
    if row.get("n_effective") is not None:
        effective = numbers.people(row, "n_effective", "Effective number of people")
        parts.append(said("; after weighting they tell as much as about ", effective, " drawn at random"))
    parts.append(said(". "))
    found = subject.level(row)
    if found.low is not None:
        parts.append(
            said(
                f"The {_level(subject)} interval, ",
                numbers.ends(found),
                ", allows for the chance of who was asked, and for no other error. ",
            )
        )
    if row.get("reliability") is not None:
        reliability = numbers.plain(numbers.fact(row, "reliability", "Reliability of the area's mean"), 2)
        parts.append(
            said(
                "Reliability is ",
                reliability,
                " of 1: of what sets areas apart, so much is real and the rest is chance.",
            )
        )
    return said(*parts)


def _next(strengths: Sequence[Named], watch: Sequence[Named], remedies: Sequence[Remedy]) -> Runs:
    look = f"Look first at {joined([in_sentence(one.label) for one in watch])}" if watch else ""
    build = f"build on {joined([in_sentence(one.label) for one in strengths])}" if strengths else ""
    first = ", and ".join(filter(None, (look, build)))
    start = (
        f"{first[:1].upper()}{first[1:]}. "
        if first
        else ("No domain stands out by the rules of this profile, so none is named. ")
    )
    option = next((one.links[0] for one in remedies if one.is_first), None)
    step = f"One thing that could be done: {option.title} ({option.source}). " if option is not None else ""
    return said(f"{start}{step}Page two says why, and what else could be done.")
