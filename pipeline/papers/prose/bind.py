"""Evaluate a paper's bindings against its results, each on its own, so that every mistake is reported at once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from pipeline.errors import PaperError
from pipeline.papers.claims import judge
from pipeline.papers.content import Number, NumberRecord, Run, Text
from pipeline.papers.prose.directions import Said, contradicted
from pipeline.papers.prose.expression import Function, Language
from pipeline.papers.prose.headline import headline
from pipeline.papers.prose.origin import Origin
from pipeline.papers.prose.quantity import FILTERS, Printed, Quantity, change, withheld
from pipeline.papers.prose.source import Binding, PaperSource, masked
from pipeline.papers.prose.words import WORDS
from pipeline.papers.results import Results
from pipeline.specs.comparing import MARK
from pipeline.specs.stated import PROSE_ENDS

Say = Callable[..., str]


@dataclass
class Records:
    """Every number printed, once per text and origin, in the order of the paper. ``asked``: concept → its wordings."""

    asked: Callable[[str], str] = lambda _concept: ""
    numbers: dict[tuple[str, object], NumberRecord] = field(default_factory=dict)
    places: dict[Origin, int] = field(default_factory=dict)  # result → decimal places that the text prints it with

    def of(self, printed: Printed) -> Number:
        origin = printed.quantity.origin
        if printed.places is not None and printed.times == 1.0:
            self.places[origin] = max(printed.places, self.places.get(origin, 0))
        key = (printed.text, origin)
        if key not in self.numbers:
            self.numbers[key] = NumberRecord(
                f"number-{len(self.numbers) + 1}",
                printed.text,
                math.nan if withheld(printed.quantity) else printed.quantity.known(),
                origin.what,
                origin.source,
                origin.people,
                origin.uncertainty,
                origin.concepts,
                " / ".join(filter(None, (self.asked(concept) for concept in origin.concepts))),
                MARK if origin.caution else "",
                origin.rows,
                origin.column,
                origin.judged,
            )
        return Number(printed.text, self.numbers[key].id, self.numbers[key].mark)


@dataclass
class Binder:
    """Fills the places of one paper. ``words``: names that give plain text, such as ``wave``."""

    paper: PaperSource
    results: Results
    words: dict[str, Say]
    records: Records = field(default_factory=Records)
    filled: list[Run | None] = field(default_factory=list)
    unsupported: list[tuple[Binding, str]] = field(default_factory=list)
    printed: list[tuple[Binding, Printed]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    waves: tuple[str, ...] = ()

    def fill(self) -> None:
        """Evaluate every binding; mistakes and unsupported claims go to ``paper.problems``."""
        functions: dict[str, Function] = {
            "est": self.results.est,
            "fact": self.results.fact,
            "change": change,
            "claim": self._silent_claim,
            "headline": partial(headline, self.results),
            **WORDS,
            **self.words,
        }
        language = Language(functions, {**FILTERS, "claim": self._claim})
        for binding in self.paper.bindings:
            self._binding = binding
            try:
                self.filled.append(self._run(language.value(binding.expression)))
            except PaperError as error:
                if not self.results.is_twin:
                    self.paper.report(binding.line, f"{error}")
                self.filled.append(Text("…"))
        if self.results.is_twin:
            return
        for binding, problem in self.unsupported:
            self.paper.report(binding.line, f"the result does not support “{self._sentence(binding)}”: {problem}.")
        self._check_directions()

    @property
    def text(self) -> str:
        """The body with its bindings filled in, as plain text."""
        parts, at = [], 0
        for binding, run in zip(self.paper.bindings, self.filled, strict=True):
            parts += [self.paper.body[at : binding.start], run.text if isinstance(run, Number | Text) else ""]
            at = binding.end
        return "".join([*parts, self.paper.body[at:]])

    def _check_directions(self) -> None:
        """Report each paragraph whose typed words of change are not what its claims say of two waves."""
        body = masked(self.paper)
        for start, end in _paragraphs(self.paper.body):
            within = [said for said in self.said if start <= said.start < end]
            wrong = contradicted(body[start:end], within, self.waves)
            if wrong:
                binding = next(one for one in self.paper.bindings if one.start >= start)
                self.paper.report(
                    binding.line, f"says “{wrong[0]}”, but of time its claims say only: {_CLAIMED[wrong[1]]}."
                )

    def _run(self, value: object) -> Run | None:
        if isinstance(value, Printed):
            self.printed.append((self._binding, value))
            if value.unsupported:
                self.unsupported.append((self._binding, value.unsupported))
            return self.records.of(value)
        if isinstance(value, Quantity):
            raise PaperError("a result needs a filter that says how it is printed", todo="Write `| dp(2)` after it.")
        if isinstance(value, str):
            return Text(value) if value else None
        raise PaperError("is not a result, a fact or words that a paper can print")

    def _claim(self, result: object, says: str, other: object = None, upper: object = None) -> Quantity:
        """The filter: ``est(...) | claim("positive") | dp(2)`` prints what it has checked."""
        if not isinstance(result, Quantity):
            raise PaperError("a claim is about a result: claim(est(…), …); put it before the filter that prints")
        self.said.append(Said(self._binding.start, result, says, other))
        problem = judge(result, says, other, upper)  # type: ignore[arg-type]
        if problem:
            self.unsupported.append((self._binding, problem))
        return result

    def _silent_claim(self, *given: object, **options: object) -> str:
        self._claim(*given, **options)  # type: ignore[arg-type]
        return ""

    def _sentence(self, binding: Binding) -> str:
        """The sentence a claim stands in, or directly follows, with its numbers filled in."""
        body = self.paper.body
        before = body.rfind("\n\n", 0, binding.start)
        start = 0 if before < 0 else before + 2
        end = body.find("\n\n", binding.end)
        parts, at, here = [], start, 0
        for number, other in enumerate(self.paper.bindings):
            if start <= other.start and other.end <= (len(body) if end < 0 else end):
                parts.append(body[at : other.start])
                here = sum(map(len, parts)) if other is binding else here
                run = self.filled[number]
                parts.append(run.text if isinstance(run, Number | Text) else "")
                at = other.end
        parts.append(body[at : len(body) if end < 0 else end])
        return _sentence_at("".join(parts), here)


_CLAIMED = {"up": "it rose", "down": "it fell", "still": "it did not differ"}


def _paragraphs(body: str) -> Iterator[tuple[int, int]]:
    """Start and end of each paragraph or bullet."""
    at = 0
    for match in PROSE_ENDS.finditer(body):
        yield at, match.start()
        at = match.start()
    yield at, len(body)


def _sentence_at(paragraph: str, place: int) -> str:
    """The sentence of ``paragraph`` at ``place``, without markdown's marks."""
    ends = [match.end() for match in re.finditer(r"[.!?](?=[\s*_)\"”]|$)[*_)\"”]*", paragraph)]
    before = [end for end in ends if end <= place]
    follows = before and not paragraph[before[-1] : place].strip()
    start = (before[-2] if len(before) > 1 else 0) if follows else (before[-1] if before else 0)
    stop = before[-1] if follows else next((end for end in ends if end > place), len(paragraph))
    return re.sub(r"\s+", " ", re.sub(r"[*_#]|^\s*[->]\s", "", paragraph[start:stop])).strip()
