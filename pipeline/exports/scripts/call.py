"""One model as a script needs it: the declaration, its weights, names of columns, and the numbers to be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.exports.declared import WEIGHT_SET
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import load
from pipeline.specs.models import AnyModel
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.scripts import SCRIPT_FAMILIES, ScriptFamily
from pipeline.specs.standard_errors import DESIGN_BASED, takes_replicates
from pipeline.specs.tolerances import TOLERANCES, Tolerance
from pipeline.texts import visible

KEY = ("outcome", "component", "term", "wave", "group")
CLUSTERS: dict[str, tuple[str, ...]] = {"none": (), "household_id": ("person_id", "household_id")}
"""What a declaration calls clusters → the columns, where they are not the one of that name (as in ``models``)."""


@dataclass(frozen=True)
class Replicated:
    """The replicate weights of a set: a row per person, and the factor of each in a variance."""

    weights: pl.DataFrame
    factors: Sequence[float]


@dataclass(frozen=True)
class Call:
    """``estimates``: the rows of the model that are compared. ``stata``: column → its name in the .dta file.

    ``replicated``: weight set → its replicates, for those that have some.
    """

    name: str
    model: AnyModel
    study: Study
    estimates: pl.DataFrame
    stata: Mapping[str, str]
    replicated: Mapping[str, Replicated] = field(default_factory=dict)

    @property
    def record(self) -> ScriptFamily:
        return SCRIPT_FAMILIES[self.model.family]

    @property
    def tolerance(self) -> Tolerance:
        """How far a number may be off: as on another machine."""
        return TOLERANCES[FAMILIES[self.model.family].computed]

    @property
    def weight_set(self) -> str | None:
        """The weight set that the model names, if it is one."""
        return self.model.weights if self.model.weights in self.study.weights else None

    @property
    def weight(self) -> str | None:
        """The column of the model's weights."""
        return f"{WEIGHT_SET}{self.weight_set}" if self.weight_set else self.model.weights

    @property
    def replicates(self) -> str | None:
        """The weight set whose replicates give the standard errors."""
        own = isinstance(self.model, Model) and not takes_replicates(self.model.standard_errors)
        return self.weight_set if self.weight_set in self.replicated and not own else None

    @property
    def clusters(self) -> tuple[str, ...]:
        """The columns by which errors are clustered."""
        named = str(getattr(self.model, "cluster", None) or "none")
        takes = "cluster" in FAMILIES[self.model.family].takes
        return CLUSTERS.get(named, (named,)) if takes else ()

    @property
    def correction(self) -> str:
        """The correction of clustered errors that the estimates were made with, which with few areas is another."""
        made = self.estimates["correction"].drop_nulls().unique(maintain_order=True).to_list()
        return str(made[0]) if made else str(getattr(self.model, "correction", "hc1"))

    @property
    def why_not(self) -> str:
        """Why the model is not computed in a script; empty if it is."""
        if self.record.why_not:
            return self.record.why_not
        if isinstance(self.model, Model) and self.model.imputation:
            return "It rests on panels with imputed answers, which the export does not hold."
        if isinstance(self.model, Model) and self.model.has_terms:
            return (
                "Its terms (products, powers, lags, centred or standardised measures) are columns that the export does "
                "not hold: make them by pipeline.models.add_terms, and fit the model to these."
            )
        errors = getattr(self.model, "standard_errors", None)
        if errors is not None and errors.kind not in DESIGN_BASED:
            return f"Its standard errors need packages: R, {errors.record.r}; Stata, {errors.record.stata}."
        if self.record.limits and (limits := load(self.record.limits)(self)):
            return str(limits)
        if not self.estimates.height:
            return "None of its estimates has a counterpart in a script, or none was made."
        return ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the panel that it reads, but for those that every model reads."""
        model = self.model
        named = [*model.concepts, *getattr(model, "constructs", ()), model.group, self.weight, *self.clusters]
        return tuple(dict.fromkeys(name for name in named if name))

    def question(self) -> str:
        """The question of the model on one line."""
        return " ".join(visible(self.model.question).split())


def r_text(text: str) -> str:
    r"""A text in R.

    >>> print(r_text('a "b" \\'))
    "a \"b\" \\"
    """
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def r_vector(texts: Sequence[str]) -> str:
    """A vector of texts in R."""
    return f"c({', '.join(map(r_text, texts))})" if texts else "character()"


def r_call(function: str, **options: object) -> str:
    """A call in R: texts are quoted, sequences become vectors, ``None`` is left out."""
    given = [f"{name} = {_r_value(value)}" for name, value in options.items() if value is not None]
    return f"{function}(rows, {', '.join(given)})"


def _r_value(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return r_text(value)
    if isinstance(value, tuple | list):
        return r_vector([str(each) for each in value])
    return str(value)


class Raw(str):
    """A piece of R as it is."""

    __slots__ = ()
