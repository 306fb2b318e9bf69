"""A councillor's five questions, each answered in sentences whose words and numbers come from the results."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.papers.content import Runs
from pipeline.papers.phrases import in_sentence, joined
from pipeline.papers.profiles.certainty import how_sure, level_words
from pipeline.papers.profiles.chosen import nearest
from pipeline.papers.profiles.content import Answer, Named, Remedy
from pipeline.papers.profiles.frames import BASE, INDEX, PREVIOUS, Row
from pipeline.papers.profiles.ranks import rank_of
from pipeline.papers.profiles.subject import COMPARISON, OTHERS, Subject, said
from pipeline.papers.prose.quantity import WORDS
from pipeline.papers.prose.words import DIFFERS

NO_INDEX = "No index is shown here"


def headline(subject: Subject) -> Runs:
    """Where the index stands and where it came from; direction and certainty by the intervals."""
    row, compared = subject.row(INDEX), subject.difference(INDEX)
    label = subject.measure(INDEX)
    if row is None:
        return said(f"{NO_INDEX}: {_why(subject, INDEX)}.")
    against = subject.differs(compared, "than")
    start = f"The {in_sentence(label)} of {subject.label} is "
    found = said(start, against, f" {subject.comparison}.") if against else said(start, _score(subject, row), ".")
    change, base = subject.change(INDEX, PREVIOUS), subject.change(INDEX, BASE)
    went, now = subject.moved(change), _against_base(subject, change, base)
    if not went or change is None:
        return said(found, " It is ", now) if now else found
    moved = said(found, " It ", went, f" since {subject.when(change['against'])}")
    return said(moved, ", and is ", now) if now else said(moved, ".")


def _against_base(subject: Subject, change: Row | None, base: Row | None) -> Runs:
    """``lower than in May 2020.``: where the first wave is not the one before, and the two clearly differ."""
    if base is None or subject.reading(base) not in ("up", "down"):
        return ()
    if change is not None and change["against"] == base["against"]:
        return ()
    return said(subject.differs(base, "than"), f" in {subject.when(base['against'])}.")


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
        Answer("sure", "How sure are we?", (how_sure(subject),)),
        Answer("next", "What next?", (_next(subject, strengths, watch, remedies),)),
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
        start = said(start, f" ({level_words(subject)} interval ", numbers.ends(found), ")")
    return said(start, ". ", rank_of(subject, row))


def _compared(subject: Subject) -> Runs:
    if not subject.compared:
        return said("There is nothing to compare with at this time: the scores stand alone.")
    read = {measure: subject.reading(subject.difference(measure)) for measure in subject.tables.domains}
    found = {measure: reading for measure, reading in read.items() if reading}
    start, words = f"With {subject.comparison}{_same_months(subject)}. ", DIFFERS["adjective"]
    if not found:
        return said(f"{start}No domain can be compared.")
    if len(found) == 1:
        measure, reading = next(iter(found.items()))
        return said(f"{start}In {in_sentence(subject.measure(measure))}, {subject.label} is {words[reading]}.")
    parts = []
    for way, word in words.items():
        names = [in_sentence(subject.measure(measure)) for measure, own in found.items() if own == way]
        if way == "unclear" and len(names) == len(found):
            parts.append("clearly different in none")
        elif names:
            many = "all" if len(names) == len(found) else _count(len(names))
            listed = f" ({joined(names)})" if way in ("up", "down") and len(names) <= 3 else ""
            parts.append(f"{word} in {many}{listed}")
    return said(f"{start}Of {_count(len(found))} domains, {subject.label} is {joined(parts)}.")


def _same_months(subject: Subject) -> str:
    """When the others were asked, where it is known and they are areas of the same survey.

    Those of a round may be asked in other months, though not far apart.
    """
    months = subject.period(subject.wave)
    if subject.compared not in (OTHERS, COMPARISON) or not months:
        return ""
    left = [
        area
        for area in subject.tables.names
        if subject.compared == OTHERS
        and all(subject.tables.in_round(area, subject.round, measure) is None for measure in subject.measures)
    ]
    many = "one area was" if len(left) == 1 else f"{_count(len(left))} areas were"
    about = "about " if len(subject.tables.periods(subject.round)) > 1 else ""
    return f", asked at {about}the same time ({months}{f'; {many} not asked then' if left else ''})"


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
                f"Since {subject.when(last['against'])} the index ",
                subject.moved(last) or "changed",
                ": ",
                subject.amount(last),
                f" {subject.settings.scale}. ",
            )
        )
    if base is not None and base.get("ratio") is not None:
        same = last is not None and last["against"] == base["against"]
        went = said("the index") if same else said("it ", subject.moved(base) or "changed", " and")
        start = f"With {subject.when(base['against'])} as 100, "
        parts.append(said(start, went, " stands at ", ratio_of(subject, base, INDEX), ". "))
    return (said(*parts, _domains_moved(subject)),)


def ratio_of(subject: Subject, base: Row, measure: str) -> Runs:
    """``96.2 (94.1 to 98.3)``: the score now for every hundred at the base wave."""
    quantity = subject.numbers.ratio(base, f"{subject.measure(measure)}, base = 100")
    if quantity.low is None or quantity.high is None:
        return said(subject.numbers.score(quantity))
    return said(subject.numbers.score(quantity), " (", subject.numbers.ends(quantity), ")")


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


def _next(subject: Subject, strengths: Sequence[Named], watch: Sequence[Named], remedies: Sequence[Remedy]) -> Runs:
    look = f"Look first at {joined([in_sentence(one.label) for one in watch])}" if watch else ""
    build = f"build on {joined([in_sentence(one.label) for one in strengths])}" if strengths else ""
    first = ", and ".join(filter(None, (look, build)))
    start = f"{first[:1].upper()}{first[1:]}. " if first else _nothing_clear(subject)
    option = next((one.links[0] for one in remedies if one.is_first), None)
    step = f"One thing to read: “{option.title}” ({option.source}). " if option is not None else ""
    return said(f"{start}{step}Page two has the reasons{' and more that could be done' if remedies else ''}.")


def _nothing_clear(subject: Subject) -> str:
    lowest = nearest(subject, subject.settings.watch, "down", ())
    if not lowest:
        return "No domain is clearly high or low, and none has clearly fallen. "
    label = in_sentence(subject.measure(lowest[0]))
    lowest_of = f"it is the lowest compared with {subject.comparison}, though chance may explain it"
    return f"No domain is clearly high or low. Ask first about {label}: {lowest_of}. "
