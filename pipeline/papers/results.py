"""The results a paper may name: one row of the estimates, or one fact of the study."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.errors import PaperError
from pipeline.papers.cautions import Cautions
from pipeline.papers.prose.quantity import Origin, Quantity

DISTINGUISHING = ("outcome", "term", "component", "wave", "group")

DERIVED = ("odds_ratio", "marginal_effect", "design_effect")
"""Components that say the same result on another scale; they are meant only when asked for by name."""


@dataclass(frozen=True)
class Fact:
    """A number of the study that no model estimates: how many people, interviews, waves."""

    value: float
    what: str
    source: str = "the participation table"
    people: str = ""


@dataclass(frozen=True)
class Results:
    """Every estimate and fact of one paper, looked up by name.

    ``estimates``: the ``Estimates`` table. ``labels``: concept, term or wave → what readers call it.
    """

    estimates: pl.DataFrame
    facts: Mapping[str, Fact] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    cautions: Cautions = field(default_factory=Cautions)

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
        rows = self._narrow(self.estimates, "model", model, "a model of this paper")
        if term is not None:
            by = next((column for column in ("term", "outcome", "component") if term in rows[column]), "term")
            rows = self._narrow(rows, by, term, f"a term of `{model}`")
        if component is None:
            own = rows.filter(~pl.col("component").is_in(DERIVED))
            rows = rows if own.is_empty() else own
        given = {"component": component, "outcome": outcome, "wave": wave, "group": group}
        for column, value in given.items():
            if value is not None:
                rows = self._narrow(rows, column, str(value), f"{_article(column)} of `{model}`")
        if rows.height > 1:
            raise PaperError(_ambiguous(model, rows), todo="Say which is meant.")
        return self._quantity(rows.row(0, named=True))

    def _narrow(self, rows: pl.DataFrame, column: str, name: str, what: str) -> pl.DataFrame:
        found = rows.filter(pl.col(column) == name)
        if found.is_empty():
            known = rows[column].drop_nulls().unique(maintain_order=True).to_list()
            raise PaperError(f"`{name}` is not {what}{nearest(name, known)}")
        return found

    def fact(self, name: str) -> Quantity:
        """A fact of the study, such as ``persons``. Raises ``PaperError`` with the nearest name if there is none."""
        if name not in self.facts:
            raise PaperError(f"`{name}` is not a fact of this study{nearest(name, list(self.facts))}")
        fact = self.facts[name]
        return Quantity(fact.value, Origin(fact.what, fact.source, fact.people))

    def label(self, key: str) -> str:
        return self.labels.get(key) or key.replace("_", " ")

    def _quantity(self, row: Mapping[str, object]) -> Quantity:
        concepts = tuple(dict.fromkeys((str(row["outcome"]), str(row["term"]))))
        origin = Origin(self._what(row), str(row["model"]), _people(row), str(row["covariance"] or ""), concepts)
        origin = replace(origin, caution=self.cautions.of(row))

        def part(column: str, name: str) -> Quantity | None:
            value = row[column]
            of = replace(origin, what=f"{origin.what}: {name}", caution="")
            return None if value is None else Quantity(float(value), of)  # type: ignore[arg-type]

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
        )

    def _what(self, row: Mapping[str, object]) -> str:
        """What a row says, in words: "Liking of migrants, 2016", or "Contact on liking, within a person"."""
        outcome, term, component = (str(row[name]) for name in ("outcome", "term", "component"))
        parts = [self.label(outcome)]
        if term not in (outcome, component):
            parts = [f"{self.label(term)} on {_lower(self.label(outcome))}"]
        if component in COMPONENTS:
            parts.append(COMPONENTS[component])
        parts += [self.label(str(row[name])) for name in ("wave", "group") if row[name] is not None]
        return ", ".join(filter(None, parts))


COMPONENTS = {
    "mean": "mean",
    "share": "share",
    "within": "within a person",
    "between": "between people",
    "coefficient": "",
    "contextual": "between less within",
    "within_minus_between": "within less between",
    "odds_ratio": "as an odds ratio",
    "marginal_effect": "average change in probability",
    "intercept": "intercept",
    "variance": "variance",
    "test": "test",
    "wave": "wave",
    "lag": "at the next wave, within a person",
    "lag_standardised": "at the next wave, standardised",
    "lag_rescaled": "at the next wave, rescaled to one interval",
    "between_correlation": "correlation of lasting levels",
    "correlation": "correlation",
    "fit": "fit",
    "invariance": "invariance",
    "latent_mean": "latent mean",
    "reliability": "reliability",
    "version": "",
    "tipping_point": "tipping point",
    "missing_information": "share of the information missing",
}


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest known name, or the list of them where it is short."""
    names = [str(other) for other in known]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; the nearest is `{close[0]}`"
    return f"; known: {', '.join(names[:12])}" if names else ""


def _ambiguous(model: str, rows: pl.DataFrame) -> str:
    """Which names would tell the rows apart."""
    options = {
        column: rows[column].unique(maintain_order=True).to_list()
        for column in DISTINGUISHING
        if rows[column].n_unique() > 1
    }
    hints = [
        f"{column}={' or '.join(repr(value) if value is not None else 'none' for value in values[:6])}"
        for column, values in options.items()
    ]
    return f"`{model}` has {rows.height} results that fit: {', '.join(hints)}"


def _article(column: str) -> str:
    return f"an {column}" if column[0] in "aeiou" else f"a {column}"


def _people(row: Mapping[str, object]) -> str:
    persons, observations = row["n_persons"], row["n_obs"]
    told = [
        f"{number:,} {name}" for number, name in ((persons, "people"), (observations, "answers")) if number is not None
    ]
    return told[0] if persons == observations and told else ", ".join(told)


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
