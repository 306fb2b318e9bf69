"""Rows of areas as results on their way into a sentence, so that their words and digits are those of papers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipeline.papers.content import Cell, Number, NumberRecord
from pipeline.papers.profiles.frames import BASE, PREVIOUS, Row
from pipeline.papers.prose.bind import Records
from pipeline.papers.prose.origin import Origin
from pipeline.papers.prose.quantity import Printed, Quantity, dp, interval
from pipeline.specs.rounding import decimal, to_base

TABLES = {"mean": "areas", "difference": "area_changes", "change": "area_changes"}


@dataclass
class Numbers:
    """Prints numbers of one area, and keeps the record of each. ``places``: decimal places of scores.

    ``counts``: numbers of people are printed as multiples of this.
    """

    study: str
    label: str
    places: int
    counts: int
    records: Records = field(default_factory=Records)

    def level(self, row: Row, what: str) -> Quantity:
        """A score of the area at one wave."""
        return self._quantity(row, "mean", what, None)

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
        return Quantity(row["ratio"], replace(made.origin, column="ratio"), null=100.0)

    def fact(self, row: Row, column: str, what: str) -> Quantity:
        """Another number of a row, such as its reliability."""
        made = self._quantity(row, "mean", what, None)
        return Quantity(float(row[column]), replace(made.origin, column=column, exact=True))

    def _quantity(self, row: Row, component: str, what: str, smallest: float | None) -> Quantity:
        people = row["n_persons"]
        where = (("area", str(row["area"])), ("wave", str(row["wave"])))
        judged = Cell(
            "mean" if component == "mean" else "estimate", row["estimate"], people, where, row["measure"], weighted=True
        )
        origin = Origin(
            f"{what}, {self.label}, {row['wave']}",
            f"{TABLES[component]}/{self.study}",
            outcome=row["measure"],
            component=component,
            place=(row["wave"], row["area"]),
            smallest=smallest,
            rows=((self.study, row["area"], row["wave"], row["measure"], row.get("kind") or ""),),
            column="estimate",
            judged=judged,
        )
        error = row["std_error"]
        return Quantity(
            row["estimate"],
            origin,
            row["conf_low"],
            row["conf_high"],
            None if error is None else Quantity(error, replace(origin, column="std_error")),
        )

    def print(self, printed: Printed) -> Number:
        return self.records.of(printed)

    def score(self, quantity: Quantity) -> Number:
        """``57.6``"""
        return self.print(dp(quantity, self.places))

    def ends(self, quantity: Quantity) -> Number:
        """``54.1 to 61.2``"""
        return self.print(interval(quantity, self.places))

    def signed(self, quantity: Quantity) -> Number:
        """``+4.2``: a difference with its sign."""
        printed = dp(quantity, self.places)
        sign = "+" if quantity.known() > 0 and not printed.text.startswith(("<", ">")) else ""
        return self.print(replace(printed, text=f"{sign}{printed.text}"))

    def people(self, row: Row, column: str, what: str) -> Number:
        """A number of people, rounded where exact ones could give a number of few people away."""
        quantity = self.fact(row, column, what)
        rounded = to_base(quantity.known(), self.counts) if self.counts > 1 else round(quantity.known())
        cell = Cell(
            "count",
            float(rounded),
            float(row["n_persons"]),
            (("area", row["area"]), ("wave", row["wave"])),
            row["measure"],
            rounding=float(self.counts),
            n_rounding=float(self.counts),
        )
        origin = replace(quantity.origin, judged=cell)
        return self.print(Printed(decimal(rounded, 0), Quantity(float(rounded), origin)))

    @property
    def all(self) -> tuple[NumberRecord, ...]:
        return tuple(self.records.numbers.values())

    def plain(self, quantity: Quantity, places: int) -> Number:
        return self.print(dp(quantity, places))
