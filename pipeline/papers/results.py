"""The results a paper may name: one row of the estimates, or one fact of the study."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.cautions import Cautions
from pipeline.papers.content import Cell
from pipeline.papers.phrases import in_labels, in_sentence, without_few
from pipeline.papers.prose.origin import Origin, Tie
from pipeline.papers.prose.quantity import SHARE, Quantity
from pipeline.specs.components import COMPONENTS
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.families import FAMILIES
from pipeline.specs.families.keys import SLOPES
from pipeline.specs.family import Family
from pipeline.specs.rounding import count_shown, count_text, to_base
from pipeline.specs.terms import label_of, measures, moderated
from pipeline.specs.yardstick import Yardstick
from pipeline.tables import VERSIONS

STEP = re.compile(r"(w\d+)_to_(w\d+)")
"""A change, by the waves it is between."""

FITS = {
    "auc": "Area under the ROC curve",
    "r_indicator": "R-indicator",
    "r_indicator_adjusted": "R-indicator, adjusted",
}
"""How well a model predicts who answers, by what readers call it."""

SPREAD = ("variance", "standard_deviation", "icc")
"""Components of a level that answers are grouped by: of areas, of people."""

VERSIONED = ("version", "missing_information")
"""Components whose group is a version of one result."""

DISTINGUISHING = ("outcome", "term", "component", "wave", "group")

Row = Mapping[str, Any]
"""One row of the ``Estimates`` table, by column."""


@dataclass(frozen=True)
class Fact:
    """A number of the study that no model estimates: how many people, interviews, waves."""

    value: float
    what: str
    source: str = "the participation table"
    people: str = ""
    judged: Cell | None = None


def people_fact(
    value: int, what: str, where: Mapping[str, str], base: int = 1, *, unit: str = "people", **words: str
) -> Fact:
    """A number of people as a fact: to the study's ``base``; of few people it is withheld wherever it is printed.

    One that the base would round onto none is zero as a fact, and known by its cell: ``count`` prints it as a bound.
    """
    few = value < SMALLEST
    shown = float(value) if few else to_base(value, base)
    kept = None if few else count_shown(value, base)
    cell = Cell("count", kept, kept, tuple(sorted(where.items())), unit=unit, rounding=base)
    return Fact(shown, what, judged=cell, **words)


def share_fact(part: int, whole: int, what: str, where: Mapping[str, str], base: int = 1, **words: str) -> Fact:
    """A part of a number of people as a fact; withheld where few are in it, or few are not. ``where``: who are in it.

    A reader knows the part to within the rounding of a whole percentage or a tenth of it.
    """
    few = min(part, whole - part) < SMALLEST
    fine = 0.001 if base == 1 else 0.01
    kept = None if few else float(part)
    cell = Cell("count", kept, kept, tuple(sorted(where.items())), rounding=max(fine * whole, 1.0) + base)
    return Fact(part / whole, what, people=f"{count_text(whole, base)} people", judged=cell, **words)


def other_fact(value: float, what: str, unit: str) -> Fact:
    """A number that counts no people: waves, arms."""
    return Fact(value, what, judged=Cell("count", float(value), float(value), unit=unit, structural=True))


@dataclass(frozen=True)
class Results:
    """Every estimate and fact of one paper, looked up by name.

    ``estimates``: the ``Estimates`` table. ``labels``: concept, term or wave → what readers call it. ``ranges``:
    concept → its declared lowest and highest value. ``smallest``: concept → the smallest difference of interest.
    ``yardsticks``: model → what its headline measures its effect by.
    ``is_twin``: of invented answers, which need not support what is said of the study's.
    """

    estimates: pl.DataFrame
    facts: Mapping[str, Fact] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    cautions: Cautions = field(default_factory=Cautions)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    smallest: Mapping[str, float] = field(default_factory=dict)
    is_twin: bool = False
    yardsticks: Mapping[str, Yardstick] = field(default_factory=dict)

    def with_facts(self, facts: Mapping[str, Fact]) -> Results:
        """The same results with further facts."""
        more = replace(self, facts={**self.facts, **facts})
        more.__dict__["models"] = self.models  # not read from the table again
        return more

    @cached_property
    def models(self) -> dict[str, list[Row]]:
        """Model → its rows, in their order."""
        found: dict[str, list[Row]] = {}
        for row in self.estimates.iter_rows(named=True):
            made = None if row["covariance"] is None else in_labels(row["covariance"], self.labels)
            note = None if row["note"] is None else without_few(row["note"])
            found.setdefault(row["model"], []).append({**row, "covariance": made, "note": note})
        return found

    def of(self, model: str, component: str | None = None) -> list[Row]:
        """The rows of one model, or of one component of it; none if there is no such model."""
        rows = self.models.get(model, [])
        return rows if component is None else [row for row in rows if row["component"] == component]

    def which(self, can: Callable[[Family], bool]) -> list[str]:
        """The models whose family ``can``, in the order of the results."""
        return [
            model
            for model, rows in self.models.items()
            if rows[0]["family"] in FAMILIES and can(FAMILIES[rows[0]["family"]])
        ]

    def est(
        self,
        model: str,
        term: str | None = None,
        *,
        component: str | None = None,
        outcome: str | None = None,
        wave: str | None = None,
        group: str | None = None,
    ) -> Quantity:
        """The one row of the estimates that the names pick out.

        ``term`` may also name an outcome or a component (``mean``), where no term is called so.
        Raises ``PaperError`` for a name that does not exist, with the nearest one, and for names that fit several rows.
        """
        rows = self.of(model)
        if not rows:
            raise PaperError(f"`{model}` is not a model of this paper{nearest(model, self.models)}")
        if term is not None:
            columns = ("term", "outcome", "component")
            by = next((column for column in columns if any(row[column] == term for row in rows)), "term")
            rows = _narrow(rows, by, term, f"a term of `{model}`")
        if component is None:
            rows = [row for row in rows if not _is_derived(row)] or rows
        given = {"component": component, "outcome": outcome, "wave": wave, "group": group}
        for column, value in given.items():
            if value is not None:
                rows = _narrow(rows, column, str(value), f"{_article(column)} of `{model}`")
        if len(rows) > 1:
            raise PaperError(_ambiguous(model, rows), todo="Say which is meant.")
        return self._quantity(rows[0])

    def fact(self, name: str) -> Quantity:
        """A fact of the study, such as ``persons``. Raises ``PaperError`` with the nearest name if there is none."""
        if name not in self.facts:
            raise PaperError(f"`{name}` is not a fact of this study{nearest(name, list(self.facts))}")
        fact = self.facts[name]
        return Quantity(fact.value, Origin(fact.what, fact.source, fact.people, exact=True, judged=fact.judged))

    def label(self, key: str) -> str:
        return label_of(key, self.labels)

    def _quantity(self, row: Row) -> Quantity:
        concepts = tuple(dict.fromkeys((str(row["outcome"]), *measures([str(row["term"])]))))
        origin = Origin(self._what(row), str(row["model"]), _people(row), str(row["covariance"] or ""), concepts)
        component, caution = COMPONENTS.get(row["component"]), self.cautions.of(row)
        judged = self._judged(row)
        origin = replace(
            origin,
            caution=caution,
            outcome=str(row["outcome"]),
            term=str(row["term"]),
            component=str(row["component"]),
            place=(str(row["wave"] or ""), str(row["group"] or "")),
            compares=component is not None
            and (
                component.is_change
                or component.is_difference
                or (component.in_units and bool(self.cautions.of_levels(row)))
            ),
            smallest=self._smallest(row),
            ranges=(self._range(row), self.ranges.get(str(row["term"]))),
            rows=(result_of(row),),
            column="estimate",
            ties=tuple(self._ties(row)),
            judged=judged,
        )

        def part(column: str, name: str) -> Quantity | None:
            value = row[column]
            what = f"{origin.what}: {name}"
            of = Origin(what, origin.source, origin.people, origin.uncertainty, concepts, exact=True, judged=judged)
            of = replace(of, rows=origin.rows, column=column)
            return None if value is None else Quantity(float(value), of)

        return Quantity(
            _number(row["estimate"]),
            origin,
            _number(row["conf_low"]),
            _number(row["conf_high"]),
            part("std_error", "standard error"),
            part("p_value", "p value"),
            part("statistic", "test statistic"),
            part("df", "degrees of freedom"),
            part("n_obs", "observations"),
            part("n_persons", "people"),
            str(row["note"] or ""),
            null=1.0 if component is not None and component.log_scale else 0.0,
        )

    def _range(self, row: Row) -> tuple[float, float] | None:
        """What a result can be at least and at most: the outcome's scale, or of the share of one answer none to all."""
        return SHARE if row["component"] == "share" else self.ranges.get(str(row["outcome"]))

    def _ties(self, row: Row) -> Iterator[Tie]:
        """Of a level: the changes from and to other waves that models estimate of its measure and group."""
        component = COMPONENTS.get(row["component"])
        if component is None or not component.level or row["wave"] is None:
            return
        for change in self._changes.get((row["outcome"], row["group"]), []):
            step = STEP.fullmatch(str(change["term"]))
            if step is None or change["std_error"] is None or change["estimate"] is None:
                continue
            for end, earlier, sign in ((step[2], step[1], 1.0), (step[1], step[2], -1.0)):
                if end == row["wave"]:
                    yield Tie(earlier, sign * change["estimate"], change["std_error"], str(change["model"]))

    @cached_property
    def _changes(self) -> dict[tuple[str, str | None], list[Row]]:
        """(outcome, group) → its changes from wave to wave."""
        found: dict[tuple[str, str | None], list[Row]] = {}
        for row in (row for rows in self.models.values() for row in rows if row["component"] == "change"):
            found.setdefault((row["outcome"], row["group"]), []).append(row)
        return found

    def _smallest(self, row: Row) -> float | None:
        """The smallest difference of interest of a level or a difference of levels; a slope is for one unit."""
        component = COMPONENTS.get(row["component"])
        groups = self.ranges.get(str(row["term"])) == (0.0, 1.0)
        if component is None or not (component.compared or (component.in_units and groups and not component.log_scale)):
            return None
        if row["component"] == "share" and self.ranges.get(str(row["outcome"])) != SHARE:
            return None  # of one answer's share; what is declared is in the points of the scale
        return self.smallest.get(str(row["outcome"]))

    def _judged(self, row: Row) -> Cell:
        """What a row is; one without people of its own, such as a tipping point, rests on the fewest of its model."""
        cell = estimate_of(row)
        if cell.n is not None:
            return cell
        counted = [other.n for other in map(estimate_of, self.of(str(row["model"]))) if other.n is not None]
        return replace(cell, n=min(counted, default=None))

    def _what(self, row: Row) -> str:
        """What a row says, in words: "Liking of migrants, 2016", or "Contact on liking, within a person"."""
        outcome, term, component = (str(row[name]) for name in ("outcome", "term", "component"))
        step, called = STEP.fullmatch(term), self._outcome(outcome)
        parts = [called]
        if term not in (outcome, component) and step is None:
            parts = [FITS[term], called] if term in FITS else [self._term_on(term, row, called)]
        if component in COMPONENTS and term not in FITS:
            parts.append(COMPONENTS[component].label)
        if step is not None:
            parts.append(" to ".join(self.label(wave) for wave in step.groups()))
        elif row["wave"] is not None:
            parts.append(self.label(str(row["wave"])))
        return ", ".join(filter(None, [*parts, self.group_label(row)]))

    def _term_on(self, term: str, row: Row, called: str) -> str:
        """A term and its outcome: of a difference both groups by their labels, of a variance whose it is."""
        component, one = str(row["component"]), term.split("_minus_")
        if component == "difference" and len(one) == 2:
            more, less = (self.group_label({**row, "component": "", "group": level}) for level in one)
            return f"{called}, {in_sentence(more)} less {in_sentence(less)}"
        if component == "share" and term not in self.labels:
            return f"{called}, answer {term}"
        if component in SPREAD and term not in self.labels:
            return f"{called}, by {term.replace('_', ' ')}"
        return f"{self.label(term)} on {in_sentence(called)}"

    def _outcome(self, outcome: str) -> str:
        """An outcome by its label; that of a model of who answers, by the wave: "answering 2021"."""
        wave = outcome.removeprefix("answered_")
        return self.label(outcome) if wave == outcome else f"Answering {self.label(wave)}"

    def group_label(self, row: Row) -> str:
        """The group of a row by its label, or by the column it is a group of."""
        if row["group"] is None:
            return ""
        group, column = str(row["group"]), self.cautions.groups.get(str(row["model"]), "")
        if row["component"] in SLOPES:
            return in_sentence(moderated(group, self.labels))
        if row["component"] in VERSIONED:
            return in_sentence(VERSIONS.get(group, group))
        known = self.labels.get(f"{column}={group}") or self.labels.get(group)
        return known or (f"{self.label(column)}: {group}" if column else self.label(group))


def estimate_of(row: Row) -> Cell:
    """What a row of estimates is: of how many people, with how many residual degrees of freedom, of whom."""
    component, people = str(row["component"]), row["n_persons"] if row["n_persons"] is not None else row["n_obs"]
    level = component in COMPONENTS and COMPONENTS[component].level
    where = {name: str(row[name]) for name in ("wave", "group") if row[name] is not None}
    return Cell(
        "mean" if level else "estimate",
        _number(row["estimate"]),
        people,
        tuple(where.items()) if level else (),
        outcome=str(row["outcome"]) if level else "",
        sample=str(row["model"]),
        df=_number(row["df"]) if component in RESIDUAL else None,
        weighted=True,
    )


RESIDUAL = ("coefficient", "within", "between", "contextual", "wave")
"""Components whose df are residual ones; of others they count what a test restricts."""


def result_of(row: Row) -> tuple[str, ...]:
    """What names one result: its model, and all that distinguishes its row."""
    return tuple(str(row[name] or "") for name in ("model", "outcome", "term", "component", "wave", "group"))


def _is_derived(row: Row) -> bool:
    """Whether a row says another result on another scale, so that it is meant only where it is named."""
    return row["component"] in COMPONENTS and COMPONENTS[row["component"]].derived


def _narrow(rows: list[Row], column: str, name: str, what: str) -> list[Row]:
    found = [row for row in rows if row[column] == name]
    if not found:
        known = dict.fromkeys(row[column] for row in rows if row[column] is not None)
        raise PaperError(f"`{name}` is not {what}{nearest(name, known)}")
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest known name, or the list of them where it is short."""
    names = [str(other) for other in known]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; the nearest is `{close[0]}`"
    return f"; known: {', '.join(names[:12])}" if names else ""


def _ambiguous(model: str, rows: list[Row]) -> str:
    """Which names distinguish the rows."""
    options = {column: list(dict.fromkeys(row[column] for row in rows)) for column in DISTINGUISHING}
    hints = [
        f"{column}={' or '.join(repr(value) if value is not None else 'none' for value in values[:6])}"
        for column, values in options.items()
        if len(values) > 1
    ]
    return f"`{model}` has {len(rows)} results that fit: {', '.join(hints)}"


def _article(column: str) -> str:
    return f"an {column}" if column[0] in "aeiou" else f"a {column}"


def _people(row: Row) -> str:
    persons, observations = row["n_persons"], row["n_obs"]
    counts = [
        f"{number:,} {name}" for number, name in ((persons, "people"), (observations, "answers")) if number is not None
    ]
    return counts[0] if persons == observations and counts else ", ".join(counts)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
