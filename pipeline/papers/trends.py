"""Two estimates of one trend that disagree: a paper that shows both says so where the second is shown."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.papers.content import FigureFile
from pipeline.papers.prose.quantity import Printed
from pipeline.papers.prose.source import Binding, Directive, PaperSource, Prose
from pipeline.papers.prose.ties import is_the_same
from pipeline.papers.results import STEP, Results, Row
from pipeline.specs.components import COMPONENTS

Z = 1.959963984540054
SAYS = {1: "a rise", -1: "a fall", 0: "no change beyond chance"}
CHANGE, LEVEL = "change", "level"


@dataclass(frozen=True)
class Trend:
    """How one model estimates a trend: by a change, or by levels; and whether it rose (1), fell (-1) or neither."""

    model: str
    kind: str
    sign: int

    @property
    def said(self) -> str:
        shows = f"`{self.model}` shows" if self.kind == CHANGE else f"the means of `{self.model}` show"
        return f"{shows} {SAYS[self.sign]}"


@dataclass(frozen=True)
class Disagreement:
    """Two estimates of the trend of one outcome between two waves that do not agree."""

    outcome: str
    waves: tuple[str, str]
    trends: tuple[Trend, Trend]


@dataclass(frozen=True)
class Place:
    """Where a paper shows a result that is part of a trend: in its prose, or in a figure or table."""

    line: int
    model: str
    outcome: str
    kind: str
    wave: str = ""  # of a level in the prose; a figure or table shows all
    is_prose: bool = False


def unreconciled(
    source: PaperSource,
    printed: Sequence[tuple[Binding, Printed]],
    results: Results,
    figures: Mapping[str, FigureFile] | None = None,
) -> None:
    """Report each disagreement that is shown, but not put into words in the part where its second side is shown.

    ``printed``: what the prose prints. ``figures``: key → figure, which knows the levels that it shows.
    """
    places = [*_printed(printed), *_shown(source, results, figures or {})]
    headings = _headings(source)
    for found in disagreements(results):
        sides = [[place for place in places if _belongs(place, trend, found)] for trend in found.trends]
        if not all(sides):
            continue
        second = max((min(side, key=lambda place: place.line) for side in sides), key=lambda place: place.line)
        part = _part(second.line, headings)
        here = [[place for place in side if _part(place.line, headings) == part] for side in sides]
        if all(here) and any(place.is_prose for place in itertools.chain(*here)):
            continue
        first, last = (results.label(wave) for wave in found.waves)
        source.report(
            second.line,
            f"two trends of {results.label(found.outcome)} from {first} to {last} disagree: "
            f"{', '.join(trend.said for trend in found.trends)}. Print both in this part of the paper, and say why "
            "they differ.",
        )


def disagreements(results: Results) -> Iterator[Disagreement]:
    """Changes of which levels say something else, and changes or levels of one group that two models estimate apart."""
    rows = [row for own in results.models.values() for row in own if row["estimate"] is not None]
    levels = _by(row for row in rows if row["component"] in COMPONENTS and COMPONENTS[row["component"]].level)
    changes = [row for row in rows if row["component"] == "change" and row["conf_low"] is not None]
    steps = [(row, match.groups()) for row in changes if (match := STEP.fullmatch(str(row["term"])))]
    for row, (first, last) in steps:
        change = Trend(row["model"], CHANGE, (row["conf_low"] > 0) - (row["conf_high"] < 0))
        for (outcome, model, _), own in levels.items():
            sign = None if _is_between(row, own.get(first), own.get(last)) else _sign(own.get(first), own.get(last))
            if outcome == row["outcome"] and model != row["model"] and sign not in (None, change.sign):
                yield Disagreement(outcome, (first, last), (change, Trend(model, LEVEL, int(sign or 0))))
    for (one, waves), (other, others) in itertools.combinations(steps, 2):
        same = (one["outcome"], one["group"], waves) == (other["outcome"], other["group"], others)
        signs = [(row["conf_low"] > 0) - (row["conf_high"] < 0) for row in (one, other)]
        if same and one["model"] != other["model"] and signs[0] != signs[1]:
            trends = (Trend(one["model"], CHANGE, signs[0]), Trend(other["model"], CHANGE, signs[1]))
            yield Disagreement(one["outcome"], (waves[0], waves[1]), trends)
    yield from _levels_apart(levels)


def _levels_apart(levels: Mapping[tuple[str, str, str | None], Mapping[str, Row]]) -> Iterator[Disagreement]:
    """Levels of one outcome and group by two models, between the first and the last wave that both have."""
    for (key, one), (other_key, other) in itertools.combinations(levels.items(), 2):
        if (key[0], key[2]) != (other_key[0], other_key[2]):
            continue
        waves = sorted(set(one) & set(other))
        if len(waves) < 2:
            continue
        first, last = waves[0], waves[-1]
        signs = (_sign(one[first], one[last]), _sign(other[first], other[last]))
        if None not in signs and signs[0] != signs[1]:
            trends = (Trend(key[1], LEVEL, int(signs[0] or 0)), Trend(other_key[1], LEVEL, int(signs[1] or 0)))
            yield Disagreement(key[0], (first, last), trends)


def _by(rows: Iterable[Row]) -> dict[tuple[str, str, str | None], dict[str, Row]]:
    """(outcome, model, group) → wave → its level."""
    found: dict[tuple[str, str, str | None], dict[str, Row]] = {}
    for row in rows:
        if row["wave"] is not None:
            found.setdefault((row["outcome"], row["model"], row["group"]), {}).setdefault(row["wave"], row)
    return found


def _is_between(change: Row, before: Row | None, after: Row | None) -> bool:
    """Whether a change is the difference of two levels: it says how the same people vary, and the levels agree."""
    return (
        before is not None
        and after is not None
        and is_the_same(change["estimate"], after["estimate"] - before["estimate"])
    )


def _sign(before: Row | None, after: Row | None) -> int | None:
    """Whether levels rose (1), fell (-1) or neither beyond chance, with independent errors; None where not known."""
    if before is None or after is None or before["std_error"] is None or after["std_error"] is None:
        return None
    difference = after["estimate"] - before["estimate"]
    reach = Z * math.hypot(before["std_error"], after["std_error"])
    return int(difference > reach) - int(difference < -reach)


def _printed(printed: Sequence[tuple[Binding, Printed]]) -> Iterator[Place]:
    for binding, origin in ((binding, one.quantity.origin) for binding, one in printed):
        component = COMPONENTS.get(origin.component)
        if origin.component == CHANGE:
            yield Place(binding.line, origin.source, origin.outcome, CHANGE, is_prose=True)
        elif component is not None and component.level:
            yield Place(binding.line, origin.source, origin.outcome, LEVEL, origin.place[0], is_prose=True)


def _shown(source: PaperSource, results: Results, figures: Mapping[str, FigureFile]) -> Iterator[Place]:
    """What the figures and tables of the text show of trends."""
    for piece in (piece for piece in source.pieces if isinstance(piece, Directive)):
        kind, *names = piece.arguments or ("",)
        if piece.name == "figure" and kind in figures:
            yield from (Place(piece.line, model, outcome, LEVEL) for model, outcome in figures[kind].levels)
        if piece.name == "table" and kind in ("means", "estimates"):
            chosen = piece.options.get("outcomes")
            for row in itertools.chain(*(results.of(name) for name in names)):
                shown = _kind(row)
                if shown and (chosen is None or row["outcome"] in chosen.split(",")):
                    yield Place(piece.line, row["model"], row["outcome"], shown)


def _kind(row: Row) -> str:
    if row["component"] == CHANGE:
        return CHANGE
    component = COMPONENTS.get(row["component"])
    return LEVEL if component is not None and component.level else ""


def _belongs(place: Place, trend: Trend, found: Disagreement) -> bool:
    same = (place.model, place.outcome, place.kind) == (trend.model, found.outcome, trend.kind)
    return same and (not place.wave or place.wave in found.waves)


def _headings(source: PaperSource) -> list[int]:
    """The lines of the headings, between which the parts of the paper lie."""
    prose = (piece for piece in source.pieces if isinstance(piece, Prose))
    lines = ((line, text) for piece in prose for line, text in zip(piece.lines, piece.text.split("\n"), strict=True))
    return [line for line, text in lines if text.startswith("#")]


def _part(line: int, headings: Sequence[int]) -> int:
    return sum(heading <= line for heading in headings)
