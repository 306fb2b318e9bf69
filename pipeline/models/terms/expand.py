"""The seam before a family's function: its terms as columns of the panel, and their names in its estimates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.declared import CLUSTERS
from pipeline.models.inference import joined
from pipeline.models.table import ORDER
from pipeline.models.terms.factors import Factors, Making
from pipeline.models.terms.moves import Calendar
from pipeline.models.terms.plans import Made, plans
from pipeline.models.terms.products import Column, columns_of
from pipeline.models.terms.slopes import SlopePlan, region_rows
from pipeline.specs.declared_terms import Placed, has_wave_effects, placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.standard_errors import HOUSEHOLD_WAYS
from pipeline.specs.terms import Factor, Term

DYNAMIC_BIAS = ("fixed_effects", "first_difference", "random_effects", "within_between", "mundlak")
"""Families in which a lag of the outcome is related to what they take out or assume unrelated."""
NICKELL = "a lag of the outcome is biased in a model with person effects over few waves (Nickell 1981)"


@dataclass(frozen=True)
class Prepared:
    """The rows with the columns of the terms, the declaration that names them, and how their estimates are called."""

    frame: pl.DataFrame
    spec: Any
    columns: dict[str, Column]
    splits: bool
    notes: dict[str, str]
    slopes: tuple[SlopePlan, ...] = ()

    def named(self, estimates: pl.DataFrame) -> pl.DataFrame:
        """The estimates under the names of the terms, in the usual order of rows, with the regions of slopes.

        Raises ModelError if the family gave none of the slopes that are declared.
        """
        if self.slopes and estimates.filter(component="simple_slope").is_empty():
            raise ModelError(f"a {self.spec.family} model estimates no slopes", where="slopes", todo="Leave them out.")
        estimates = region_rows(estimates, self.slopes, self.spec.confidence)
        rows = [self._row(row) for row in estimates.iter_rows(named=True)]
        made = pl.DataFrame(rows, schema=estimates.schema, orient="row")
        place = {component: index for index, component in enumerate(ORDER)}
        order = pl.col("component").replace_strict(place, default=len(ORDER), return_dtype=pl.Int64)
        return made.with_columns(_order=order).sort("_order", maintain_order=True).drop("_order")

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        column = self.columns.get(row["term"])
        note = self.notes.get(row["term"])
        if column is not None:
            part = column.part if self.splits and row["component"] == "coefficient" else ""
            term = column.term if part or not column.part else f"{column.part}({column.term})"
            row = row | {
                "term": term,
                "component": part or row["component"],
                "group": column.group or row["group"],
                "wave": column.wave or row["wave"],
                "note": joined(column.note, row["note"]),
            }
        return row | {"note": joined(row["note"], note)}


def prepared(
    spec: Any, frame: pl.DataFrame, calendar: Calendar | None, weights: str | None = None, *, curves: bool = True
) -> Prepared:
    """A declaration with terms, and its chosen rows, as its family takes them.

    Raises ModelError for a lag that nobody has, a measure that never changes within persons where their levels are
    taken out, and a product that cannot be told from its parts.
    """
    family = FAMILIES[spec.family]
    placed = placed_terms(spec)
    making = Making(
        frozenset(spec.categorical), dict(spec.reference), dict(spec.centre), dict(spec.standardise), weights
    )
    all_factors = [factor for one in placed for factor in one.term.factors]
    complete = [name for name in dict.fromkeys(_used(spec)) if name in frame.columns]
    factors = Factors(frame, all_factors, making, calendar or {}, complete)
    dropped = _dropped(placed, factors) if family.takes_out_levels else frozenset()
    split = _split(placed, factors) if family.splits else ()
    deviations = family.takes_out_levels and spec.products == "within"
    if family.splits and spec.products == "raw":
        split = ()
    names: dict[str, list[str]] = {"exposures": [], "covariates": []}
    products: dict[Term, list[Column]] = {}
    made: dict[str, pl.Series] = {}
    for one in placed:
        term = one.term
        if not term.is_product:
            if term.key not in dropped:
                names[one.place].append(term.key)
                factor = term.factors[0]
                made[term.key] = (factors.category if factors.is_category(factor) else factors.values)(factor)
            continue
        own = tuple(factor for factor in term.factors if factor in split)
        products[term] = columns_of(term, factors, split=own, deviations=deviations)
        place = "covariates" if own and len(own) < len(term.factors) else one.place
        for column in products[term]:
            names[place].append(column.name)
            made[column.name] = column.values
    held = ("wave", "time") if has_wave_effects(spec) else ("wave",)
    names = {key: [name for name in some if name not in held] for key, some in names.items()}
    made = {name: values for name, values in made.items() if name not in held}
    if not names["exposures"] and "exposures" in family.needs:
        raise ModelError("none of the exposures changes within a person", where="exposures")
    columns = {column.name: column for some in products.values() for column in some}
    slopes = plans(spec.slopes, Made(factors, products, split, deviations, dropped)) if spec.slopes else ()
    slopes = slopes if curves else tuple(replace(plan, curve=(), bins=()) for plan in slopes)
    asked = {f"{plan.of} by {plan.by}, {i}": one for plan in slopes for i, one in enumerate(plan.combinations())}
    categories = tuple(name for name in spec.categorical if name in (*names["exposures"], *names["covariates"]))
    return Prepared(
        frame.with_columns(values.alias(name) for name, values in made.items()),
        spec.model_copy(
            update={
                "exposures": tuple(names["exposures"]),
                "covariates": tuple(names["covariates"]),
                "categorical": categories,
                "contrasts": {**spec.contrasts, **asked},
            }
        ),
        columns,
        family.splits and "between" in family.components,
        _notes(spec, placed, dropped),
        slopes,
    )


def _used(spec: Any) -> Iterator[str]:
    """The columns besides the terms that a row needs: the family leaves out rows without them, and so do the means."""
    yield from filter(None, (spec.outcome,))
    if "cluster" in FAMILIES[spec.family].takes and spec.standard_errors is None:
        yield from CLUSTERS.get(spec.cluster, (spec.cluster,)) or ()
    if spec.standard_errors is not None:
        errors = spec.standard_errors
        if errors.record.clusters:
            ways = errors.cluster or (spec.cluster,)
            yield from HOUSEHOLD_WAYS if tuple(ways) == HOUSEHOLD_WAYS[1:] else ways
        yield from filter(None, (errors.profile,))
    yield from getattr(spec, "random", {})
    yield from filter(None, (getattr(spec, key, None) for key in ("precision", "row_weights", "trials")))


def _dropped(placed: tuple[Placed, ...], factors: Factors) -> frozenset[str]:
    """Parts of `a * b` that never change within a person: the effects of persons hold them already."""
    parts = [one.term for one in placed if not one.written and not one.term.is_product]
    return frozenset(term.key for term in parts if term.key != "wave" and not _changes(term.factors[0], factors))


def _changes(factor: Factor, factors: Factors) -> bool:
    if not factors.is_category(factor):
        return factors.varies(factors.values(factor))
    return any(factors.varies(dummy) for _, dummy in factors.levels(factor))


def _split(placed: tuple[Placed, ...], factors: Factors) -> tuple[Factor, ...]:
    """The exposures by themselves: what the family splits into deviations and means."""
    alone = [one.term.factors[0] for one in placed if one.place == "exposures" and not one.term.is_product]
    return tuple(f for f in alone if not factors.is_category(f) and f.call not in ("within", "between"))


def _notes(spec: Any, placed: tuple[Placed, ...], dropped: frozenset[str]) -> dict[str, str]:
    """Term → what is noted of it: how it is centred and standardised, what is left to the effects of persons."""
    found = {}
    for one in placed:
        name, said = one.term.factors[0].name, []
        if one.term.is_product:
            lost = [factor.key for factor in one.term.factors if factor.key in dropped]
            said += [f"{name} by itself is held by the effects of persons" for name in lost]
        else:
            centre = spec.centre.get(name, "grand" if name in spec.standardise else None)
            said += [f"centred on the {'' if centre == 'grand' else centre + '’s '}mean"] if centre else []
            said += [f"in standard deviations ({spec.standardise[name]})"] if name in spec.standardise else []
        lagged = any(f.moved and f.name == spec.outcome for f in one.term.factors)
        said += [NICKELL] if lagged and spec.family in DYNAMIC_BIAS else []
        if said:
            found[one.term.key] = "; ".join(said)
    return found
