"""Where a number comes from."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.papers.content import Cell


@dataclass(frozen=True)
class Tie:
    """The change to a level from that of an ``earlier`` wave (negative for a later one), as a model of changes has it.

    Its standard error has the covariance of the two levels, which the same people gave.
    """

    earlier: str
    estimate: float
    std_error: float
    model: str


@dataclass(frozen=True)
class Origin:
    """Where a quantity comes from, in words for the appendix, and of which result.

    ``concepts``: what it measures. ``ranges``: the declared lowest and highest value of its outcome and its term.
    """

    what: str
    source: str
    people: str = ""
    uncertainty: str = ""
    concepts: tuple[str, ...] = ()
    caution: str = ""  # why it may not be compared with its like of other waves or groups
    outcome: str = ""
    term: str = ""
    component: str = ""
    place: tuple[str, str] = ("", "")  # wave and group
    scaled: bool = False  # on another scale than the result itself, or a part of it
    factor: float = 1.0  # printed in so many of its units; zero where that is not a multiple
    exact: bool = False  # counted, or a part of a result such as its p value: without an error of its own
    compares: bool = False  # by itself it compares levels of waves or groups
    smallest: float | None = None  # smallest difference of interest of its outcome, in that outcome's units
    ranges: tuple[tuple[float, float] | None, tuple[float, float] | None] = (None, None)
    rows: tuple[tuple[str, ...], ...] = ()  # the estimates that it is made of, as ``results.result_of`` names them
    column: str = ""  # and which number of theirs it is
    ties: tuple[Tie, ...] = ()  # to levels of other waves, where a model of changes says how they vary together
    judged: Cell | None = None  # of whom it is, by which it is judged whether it may be published

    @property
    def result(self) -> tuple[str, ...]:
        """What names the result: its model, and all that distinguishes its row."""
        return (self.source, self.outcome, self.term, self.component, *self.place)
