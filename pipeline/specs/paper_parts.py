"""The parts of a paper that are made from results: one record for each kind of table, and each section written whole.

A table or section is one record here (or one that is registered) and the one function that it names.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.specs.records import Records

Labelled = Literal["named", "scores", "scales", "headline", "weights"]


@dataclass(frozen=True)
class PaperPart:
    """What is known of a kind of table or section. ``words`` says what it shows.

    ``function`` is written ``module:name``: called with the paper's context, the names and the options given.
    ``takes`` are the options that it may be given besides those of its kind. ``labelled`` says whose labels it prints
    besides those of the concepts that the paper's models name: the concepts ``named`` in it, all ``scores`` or
    ``scales`` of the study, its ``headline`` measure, or the variables of the ``weights`` of the paper's models.
    ``prints`` are the components of estimates of which it prints one or another; what it names are then models of such.
    """

    key: str
    words: str
    function: str
    takes: frozenset[str] = frozenset()
    labelled: tuple[Labelled, ...] = ()
    prints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """One line ``:::name argument … option=value`` of a paper; ``line``: its number in the text, where it is known."""

    name: str
    arguments: tuple[str, ...]
    options: dict[str, str]
    line: int = 0


def requests(text: str) -> Iterator[Request]:
    """The lines of a paper's text that ask for a block, in their order."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(":::") and line.strip(": \t"):
            try:
                yield request(line, number)
            except ValueError:
                continue


def request(line: str, number: int = 0) -> Request:
    """One such line, read. Raises ValueError for a quotation mark without its partner."""
    first, *others = shlex.split(line[3:]) or [""]
    options = dict(word.split("=", 1) for word in others if "=" in word)
    return Request(first, tuple(word for word in others if "=" not in word), options, number)


_HOME = "pipeline.papers.tables"


def _table(
    key: str,
    words: str,
    module: str,
    *takes: str,
    labelled: tuple[Labelled, ...] = (),
    prints: tuple[str, ...] = (),
) -> PaperPart:
    return PaperPart(key, words, f"{_HOME}.{module}:{key}", frozenset(takes), labelled, prints)


ANY = ("any",)
"""Of a table that prints whatever its models estimate."""


TABLE_OPTIONS = frozenset({"caption"})
"""Options that every table takes."""

PAPER_TABLES: Records[PaperPart] = Records(
    "a kind of table",
    _table(
        "means",
        "outcomes by wave: mean and standard error",
        "estimates",
        "outcomes",
        "percent",
        prints=("mean", "share"),
    ),
    _table(
        "models", "models below each other, effects within and between people side by side", "estimates", prints=ANY
    ),
    _table("estimates", "every term of one model; `exp=yes` prints odds ratios", "estimates", "exp", prints=ANY),
    _table("response_rates", "who could have answered each wave, who did, and the rates", "participation"),
    _table("retention", "who stayed, who came back, who joined", "participation"),
    _table("outcomes", "why people did not answer", "participation"),
    _table("returns", "who left, who came back, and the reason for the wave they missed", "participation"),
    _table("patterns", "how often each pattern of answered waves occurs", "patterns", "top"),
    _table("cohorts", "who is still there, by wave of entry", "participation"),
    _table("variation", "how far answers differ between people and within a person", "change", labelled=("scores",)),
    _table("transitions", "where people of each answer are at the next wave", "change", "arm", labelled=("headline",)),
    _table(
        "attrition",
        "who answers again: odds ratios, and how alike those who answered are",
        "attrition",
        prints=("odds_ratio",),
    ),
    _table("weights", "what each step of weighting does to the weights", "weights", labelled=("weights",)),
    _table("margins", "the population’s margins, before and after weighting", "weights", labelled=("weights",)),
    _table("balance", "those who answered compared with everyone asked", "weights", labelled=("weights",)),
    _table("sensitivity", "one result in every version", "sensitivity", prints=("version",)),
    _table("corrections", "tests of several models, corrected for how many", "several_tests", prints=("corrected",)),
    _table("reliability", "Cronbach’s alpha of each scale by wave", "scales", labelled=("scales",)),
    _table("items", "the questions behind the results, or behind the concepts named", "questions", labelled=("named",)),
    _table(
        "lags",
        "effects from one wave to the next, of models side by side",
        "lags",
        "standardised",
        "rescaled",
        prints=("lag",),
    ),
    _table("fit", "how well structural models fit", "fit", prints=("fit",)),
    _table("ladder", "nested cross-lagged models, each compared with the one before", "fit", prints=("ladder",)),
    _table("invariance", "whether the questions measure alike, step by step", "measurement", prints=("invariance",)),
    _table("coefficients", "alpha, omega and variance extracted by wave", "measurement", prints=("reliability",)),
)
"""Kind of table → its record, for ``:::table KIND``. Extensions add theirs with ``PAPER_TABLES.register``."""

PAPER_SECTIONS: Records[PaperPart] = Records(
    "a section that is written by itself",
    PaperPart(
        "participation",
        "who took part, in which patterns, who left, how much people change",
        "pipeline.papers.sections.participation:participation",
        frozenset({"title", "flow", "patterns", "odds", "top"}),
        ("headline", "weights"),
    ),
    PaperPart(
        "sensitivity",
        "how far a result depends on who answered",
        "pipeline.papers.sections.sensitivity:sensitivity",
        frozenset({"title", "model", "figure"}),
    ),
)
"""Section → its record, for ``:::section NAME``."""
