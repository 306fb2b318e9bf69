"""Titles and summaries: text outside the prose whose words and claims are bound to results as the prose is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.cautions import cautions_of
from pipeline.papers.claims import check
from pipeline.papers.facts import facts_of
from pipeline.papers.prose.bind import Binder, Say
from pipeline.papers.prose.source import read_body
from pipeline.papers.results import Results
from pipeline.papers.study_context import StudyContext
from pipeline.tables import estimates as rows_of_estimates

if TYPE_CHECKING:
    from pipeline.specs.figures import Claim
    from pipeline.specs.yardstick import Yardstick


def filled(
    text: str,
    results: Results,
    place: str,
    *,
    allow: tuple[str, ...] = (),
    words: Mapping[str, Say] | None = None,
    waves: tuple[str, ...] = (),
) -> tuple[str, list[str]]:
    """A text with its bindings filled in, and what is wrong with it: typed numerals, words that results do not support.

    ``place``: what messages call it. A text without bindings comes back as it is.
    """
    source = read_body(text, place, allow)
    binder = Binder(source, results, dict(words or {}), waves=waves)
    binder.fill()
    return binder.text, [re.sub(rf"^{re.escape(place)}:\d+: ", f"{place}: ", problem) for problem in source.problems]


YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def titled(key: str, title: str, claims: Iterable[Claim], results: Results) -> tuple[str, list[str]]:
    """The title of the figure ``key`` with its bindings filled in, and one message for each thing that is wrong.

    That is a claim that the results do not support, a word that they do not, or a typed numeral that is no year.
    """
    place = f"reports/figures/{key}.yaml"
    text, problems = filled(title, results, place, allow=tuple(YEAR.findall(title)))
    wrong = [] if results.is_twin else check(claims, results)
    problems += [f"{place}: the result does not support “{text}”: {problem}." for problem in wrong]
    return text, problems


def judge_figure(
    key: str,
    title: str,
    claims: Iterable[Claim],
    estimates: pl.DataFrame | None,
    *,
    comparability: pl.DataFrame | None,
    groups: Mapping[str, str],
    labels: Mapping[str, str],
    ranges: Mapping[str, tuple[float, float]],
    smallest: Mapping[str, float] | None = None,
    participation: pl.DataFrame | None = None,
    pooling: Collection[str] = (),
    twin: bool = False,
    yardsticks: Mapping[str, Yardstick] | None = None,
) -> str:
    """The title of a figure, its bindings filled in, once what it claims has been judged; before it is drawn.

    ``estimates``: of the figure's models. ``participation``: who took part, for claims about facts of the study.
    ``comparability``: the study's table of what may be compared. ``groups``: model → the column it groups by.
    ``ranges``: concept → its declared ends. ``smallest``: concept → the smallest difference of interest. ``pooling``:
    the models without a term for each wave. ``yardsticks``: model → what its headline
    measures its effect by. ``twin``: of invented answers, so that no claim is judged.

    Raises ``PaperError`` with every claim that the results do not support.
    """
    rows = rows_of_estimates([]) if estimates is None else estimates
    facts = {} if participation is None else facts_of(participation, StudyContext(""))
    cautions = cautions_of(comparability, groups, pooling)
    found = Results(rows, facts, labels, cautions, ranges, smallest or {}, is_twin=twin, yardsticks=yardsticks or {})
    text, problems = titled(key, title, claims, found)
    if problems:
        raise PaperError("\n".join(problems).removesuffix("."))
    return text
