"""The steps from one format of declarations to the next: one record each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.migration.declared import Declared
from pipeline.migration.results import say_subset
from pipeline.migration.tables import name_response_rates


@dataclass(frozen=True)
class Step:
    """What brings a study to the format ``to`` from the one before.

    ``function`` changes what is declared and says each change; it finds nothing to do where it has been done.
    """

    to: int
    words: str
    function: Callable[[Declared], Iterator[str]]


STEPS = (
    Step(2, "the table of who took part is called response_rates", name_response_rates),
    Step(3, "a study says whether a design keeps those who did not answer", say_subset),
)
"""In the order of their numbers, without a gap."""
