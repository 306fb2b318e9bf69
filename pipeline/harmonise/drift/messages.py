"""Findings as messages: what stops a wave, what waits for somebody, and how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from pipeline.harmonise.drift.whole_batteries import folded
from pipeline.harmonise.texts import Texts, in_variables
from pipeline.harmonise.texts import together as texts_together
from pipeline.options import known_options

MEANING = {"blocks": "to be decided", "warns": "to be looked at", "notes": "good to know"}
PARTS = {"person_id": "People", "weight": "Weights", "missing_codes": "Missing codes", "present": "Who was there"}
"""What findings are about that are no items."""


@known_options
def open_blocks(findings: pl.DataFrame) -> list[str]:
    """What stops a wave from being loaded: blocking findings that nobody has decided about, in words.

    Texts in place of numbers or codes are one message for each file, whatever the number of its variables.
    """
    waiting = folded(findings).filter((pl.col("severity") == "blocks") & pl.col("decision").is_null())
    columns = ("where", "what", "count", "todo")
    together = pl.col("kind") == "no_number"
    words = [
        f"{where}: {what}{f' {count:,} rows.' if count and '(' not in what else ''} {todo}"
        for where, what, count, todo in waiting.filter(~together).select(columns).iter_rows()
    ]
    words += _texts_together(waiting.filter(together))
    return list(dict.fromkeys(words))  # several items may be read from one variable


def _texts_together(waiting: pl.DataFrame) -> list[str]:
    """One message for each file."""
    found: dict[str, dict[str, tuple[str, str, Texts]]] = {}
    for where, what, todo, texts in waiting.select("where", "what", "todo", "texts").iter_rows():
        file, _, variable = where.partition(", ")
        found.setdefault(file, {})[variable] = (what, todo, Texts.from_json(texts))
    return [_of_all(file, variables) for file, variables in found.items()]


def _of_all(file: str, found: Mapping[str, tuple[str, str, Texts]]) -> str:
    """The texts of all variables of a file in one message."""
    if len(found) == 1:
        ((variable, (what, todo, _)),) = found.items()
        return f"{file}, {variable}: {what} {todo}"
    texts = texts_together(texts for _, _, texts in found.values())
    variables = in_variables([variable.strip("`") for variable in found], texts.count)
    what = "text that is no number or code"
    return f"{file}: {texts.words(what)}, in {variables}. {texts.todo()} Or set them aside by decisions."


@known_options
def undecided(findings: pl.DataFrame, wave: str, labels: Mapping[str, str] | None = None) -> tuple[str, list[str]]:
    """How bad what a wave shows is, ``error`` or ``warning``, and each finding that nobody decided about, in words.

    ``labels``: item → what it is called. Each finding says what was found, of how many rows, and what to do.
    """
    waiting = folded(findings).filter(
        (pl.col("wave") == wave) & (pl.col("severity") != "notes") & pl.col("decision").is_null()
    )
    worst = "error" if (waiting["severity"] == "blocks").any() else "warning"
    together = pl.col("kind") == "no_number"
    columns = waiting.filter(~together).select("arm", "item", "what", "count", "todo")
    several = waiting["arm"].n_unique() > 1
    return worst, [
        *(
            f"{f'{arm}, ' if several else ''}{_called(item, labels or {})}: {_ended(what)}"
            f"{f' {count:,} rows.' if count and f'{count:,}' not in what else ''} {todo}"
            for arm, item, what, count, todo in columns.iter_rows()
        ),
        *_texts_together(waiting.filter(together)),
    ]


def label_of(item: str, labels: Mapping[str, str]) -> str:
    """What an item, a scale, or a part of a file that is neither is called."""
    return labels.get(item) or PARTS.get(item) or item.replace("_", " ").capitalize()


def _called(item: str, labels: Mapping[str, str]) -> str:
    """A label, and behind it the name by which declarations know the item."""
    return f"{label_of(item, labels)} ({item})"


def _ended(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


@known_options
def counted(findings: pl.DataFrame) -> str:
    """In words, how many findings wait for whom: ``2 to be decided, 19 to be looked at, 9 decided``."""
    rows = folded(findings).select("severity", "decision").iter_rows()
    counts = Counter("decided" if decision else MEANING[severity] for severity, decision in rows)
    words = [f"{counts[meaning]:,} {meaning}" for meaning in (*MEANING.values(), "decided") if counts[meaning]]
    return ", ".join(words) or "nothing found"
