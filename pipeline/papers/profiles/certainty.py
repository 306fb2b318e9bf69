"""How sure a profile is: how many answered, and what chance could have done."""

from __future__ import annotations

from pipeline.papers.content import Runs
from pipeline.papers.profiles.frames import INDEX, Row
from pipeline.papers.profiles.subject import Subject, said
from pipeline.papers.prose.quantity import Quantity, pct

FEW = ". So few may differ a lot from everyone who lives here: treat every comparison on this page with caution"


def level_words(subject: Subject) -> str:
    return f"{subject.about.confidence * 100:g}%"


def how_sure(subject: Subject) -> Runs:
    row = subject.row(INDEX) or next(filter(None, map(subject.row, subject.tables.domains)), None)
    if row is None:
        return said("Nothing of this wave can be shown.")
    numbers = subject.numbers
    people = numbers.people(row, "n_persons", "People who answered", "Fewer than ")
    about = "About " if numbers.counts > 1 and people.text[:1].isdigit() else ""
    parts: list[Runs] = [said(about, people, " people answered here")]
    if row.get("n_effective") is not None:
        effective = numbers.people(row, "n_effective", "Effective number of people")
        about = "" if effective.text.startswith("fewer") else "about "
        parts.append(said(f"; after weighting they count as much as {about}", effective, " chosen at random"))
        if row["n_effective"] < subject.tables.smallest:
            parts.append(said(FEW))
    parts.append(said(". "))
    found = subject.level(row)
    if found.low is not None:
        parts.append(
            said(
                "Had others been asked, the score would most likely lie between ",
                _between(subject, found),
                f" (the {level_words(subject)} interval). Other errors, such as who agrees to answer, come on top. ",
            )
        )
    return said(*parts, _reliable(subject, row))


def _between(subject: Subject, found: Quantity) -> Runs:
    assert found.low is not None
    assert found.high is not None
    numbers = subject.numbers
    return said(numbers.score(found.conf_low), " and ", numbers.score(found.conf_high))


def _reliable(subject: Subject, row: Row) -> Runs:
    """How much of what sets areas apart is more than chance."""
    share = row.get("reliability")
    if share is None:
        return ()
    if share < 0.005:
        return said("Areas differ by no more than chance explains (reliability 0).")
    reliability = subject.numbers.fact(row, "reliability", "Reliability of the area's mean")
    return said(
        "Of how this area differs from the others, about ",
        subject.numbers.print(pct(reliability)),
        " is more than chance (its reliability).",
    )
