"""Rows of areas as results on their way into a sentence, so that their words and digits are those of papers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.papers.content import Cell, Number, NumberRecord
from pipeline.papers.profiles.frames import BASE, PREVIOUS, Row
from pipeline.papers.prose.bind import Records
from pipeline.papers.prose.origin import Origin
from pipeline.papers.prose.quantity import Printed, Quantity, dp, interval, withheld
from pipeline.specs.rounding import count_shown, count_text, decimal, is_hidden, places_of

TABLES = {"mean": "areas", "difference": "area_changes", "change": "area_changes"}


@dataclass
class Numbers:
    """Prints numbers of one area, and keeps the record of each. ``places``: decimal places of scores.

    ``counts``: numbers of people are printed as multiples of this; ``ends_of_scale``: where scores end, if they do.
    """

    study: str
    label: str
    places: int
    counts: int
    ends_of_scale: tuple[float, float] | None = None
    records: Records = field(default_factory=Records)

    def level(self, row: Row, what: str) -> Quantity:
        """A score of the area at one wave; its interval ends where the scale does."""
        made = self._quantity(row, "mean", what, None)
        if self.ends_of_scale is None or made.low is None or made.high is None:
            return made
        least, most = self.ends_of_scale
        return replace(
            made, low=max(made.low, min(least, row["estimate"])), high=min(made.high, max(most, row["estimate"]))
        )

    def difference(self, row: Row, what: str, smallest: float | None) -> Quantity:
        """A difference of the area: from what it is compared with, or from an earlier wave."""
        kind = "change" if row["kind"] in (PREVIOUS, BASE) else "difference"
        return self._quantity(row, kind, what, smallest)

    def reference(self, row: Row, change: Row, what: str) -> Quantity:
        """The score that the area is compared with: its own less the difference."""
        made = self.difference(change, what, None)
        own = Quantity(row["estimate"] - change["estimate"], replace(made.origin, column="reference"))
        return replace(own, origin=replace(own.origin, judged=None))

    def ratio(self, row: Row, what: str) -> Quantity:
        """The score now for every hundred at the base wave."""
        made = self.difference(row, what, None)
        origin = replace(made.origin, column="ratio")
        return Quantity(row["ratio"], origin, row.get("ratio_low"), row.get("ratio_high"), null=100.0)

    def fact(self, row: Row, column: str, what: str) -> Quantity:
        """Another number of a row, such as its reliability."""
        made = self._quantity(row, "mean", what, None)
        return Quantity(float(row[column]), replace(made.origin, column=column, exact=True))

    def _quantity(self, row: Row, component: str, what: str, smallest: float | None) -> Quantity:
        place = (row["wave"], row["area"])
        made = self.origin(row, f"{what}, {self.label}, {row['wave']}", TABLES[component], component,
                           place=place, sample=sample_of(row))  # fmt: skip
        made_of = (self.study, row["area"], row["wave"], row["measure"], row.get("kind") or "")
        origin = replace(made, smallest=smallest, rows=(made_of,))
        error = row["std_error"]
        return Quantity(
            row["estimate"],
            origin,
            row["conf_low"],
            row["conf_high"],
            None if error is None else Quantity(error, replace(origin, column="std_error")),
        )

    def origin(
        self,
        row: Row,
        what: str,
        table: str,
        component: str,
        *,
        place: tuple[str, str],
        sample: str,
        column: str = "estimate",
        outcome: str = "measure",
        where: Sequence[str] = ("area", "wave"),
    ) -> Origin:
        """Where a number of a row of a table comes from, and of whom it is.

        ``place``: wave and area; ``sample``: whose answers; ``column``, ``outcome`` and ``where``: the columns of the
        row with the number, with what it is of, and with whom it is about.
        """
        judged = Cell(
            "mean" if component == "mean" else "estimate",
            row[column],
            row["n_persons"],
            tuple((name, row[name]) for name in where),
            row[outcome],
            sample=sample,
            n_rounding=float(self.counts),
            weighted=True,
        )
        return Origin(
            what,
            f"{table}/{self.study}",
            outcome=row[outcome],
            component=component,
            place=place,
            column=column,
            judged=judged,
        )

    def print(self, printed: Printed) -> Number:
        return self.records.of(printed)

    def score(self, quantity: Quantity) -> Number:
        """``57.6``"""
        return self.print(self._single(quantity, self.places))

    def ends(self, quantity: Quantity, places: int | None = None) -> Number:
        """``54.1 to 61.2``"""
        to = self.places if places is None else places
        if withheld(quantity) or quantity.low is None or quantity.high is None:
            return self.print(interval(quantity, to))
        low, high = (_end(end, to, quantity) for end in (quantity.low, quantity.high))
        return self.print(Printed(f"{low} to {high}", quantity, to))

    def signed(self, quantity: Quantity, places: int | None = None) -> Number:
        """``+4.2``: a difference with its sign."""
        printed = self._single(quantity, self.places if places is None else places)
        is_sign = quantity.known() > 0 and not printed.text.startswith(("<", ">")) and printed.text.strip("0.")
        return self.print(replace(printed, text=f"{'+' if is_sign else ''}{printed.text}"))

    def _single(self, quantity: Quantity, places: int) -> Printed:
        """All to the same places, but for a clear difference that these would print as none."""
        if withheld(quantity):
            return dp(quantity, places)
        return Printed(_end(quantity.known(), places, quantity), quantity, places)

    def people(self, row: Row, column: str, what: str, fewer: str = "fewer than ") -> Number:
        """A number of people, rounded where exact ones could give a number of few people away.

        ``fewer``: how it begins where it would be rounded onto none.
        """
        quantity = self.fact(row, column, what)
        known = quantity.known()
        rounded = count_shown(known, self.counts)
        is_count = column == "n_persons"  # an effective number is no number of people
        cell = Cell(
            "count" if is_count else "estimate",
            rounded,
            float(row["n_persons"]),
            (("area", row["area"]), ("wave", row["wave"])),
            row["measure"],
            rounding=float(self.counts),
            n_rounding=float(self.counts),
            sample=answers_to(row) if is_count else "",
            weighted=not is_count,
        )
        origin = replace(quantity.origin, judged=cell)
        value = math.nan if is_hidden(known, self.counts) else rounded
        return self.print(Printed(count_text(known, self.counts, fewer), Quantity(value, origin)))

    @property
    def all(self) -> tuple[NumberRecord, ...]:
        return tuple(self.records.numbers.values())

    def plain(self, quantity: Quantity, places: int) -> Number:
        return self.print(dp(quantity, places))


def sample_of(row: Row) -> str:
    """Whose answers: those of a change, which both waves have, are others than those of a score."""
    return " ".join(str(row[name]) for name in ("kind", "against") if row.get(name))


def answers_to(row: Row) -> str:
    """Whose answers a number of people counts: other people answer the questions of another domain."""
    return f"answers to {row['measure']}"


def _end(value: float, places: int, quantity: Quantity) -> str:
    """All to the same places, but for what these would print as no effect although the interval leaves that out."""
    low, high, null = quantity.low, quantity.high, quantity.null
    if low is None or high is None or low <= null <= high:
        return decimal(value, places)
    return decimal(value, places_of((value,), places, null))
