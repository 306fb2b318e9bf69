"""The terms of a declared regression: what its exposures and covariates stand for, and how their columns are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from pipeline.specs.base import Asking, Declaration, Name
from pipeline.specs.families import FAMILIES
from pipeline.specs.terms import RESERVED, TIME, WAVE, Factor, Term, TermText, measures, parse

Place = Literal["exposures", "covariates"]


class SimpleSlopes(Declaration):
    """The slope of ``of`` at values of ``by``, of a model with their product.

    ``at``: values of ``by``, in the units in which it enters the model; by default its mean and one standard deviation
    below and above it, or each of its categories.
    """

    of: TermText
    by: TermText
    at: tuple[float, ...] = Field(default=(), max_length=12)


@dataclass(frozen=True)
class Placed:
    """A term, and whether it is an exposure or a covariate."""

    term: Term
    place: Place
    written: bool  # by itself, and not only as a part of `a * b`


class AskingTerms(Asking):
    """What regressions declare of their terms.

    ``centre``: less the mean of all rows used (`grand`), of the person's, or of the area's. ``standardise``: divided by
    the standard deviation of all rows (`overall`), of the deviations from persons' means (`within`), or of persons'
    means (`between`), and centred on its grand mean unless ``centre`` says otherwise. ``products``: in a model that
    takes out persons' levels, a product of two measures that change is of their deviations from persons' means
    (`within`), or of the measures as they are (`raw`).
    """

    exposures: tuple[TermText, ...] = ()
    covariates: tuple[TermText, ...] = ()
    categorical: tuple[Name, ...] = ()
    reference: dict[Name, str | int | float] = {}
    centre: dict[Name, Literal["grand", "person", "area"]] = {}
    standardise: dict[Name, Literal["within", "between", "overall"]] = {}
    products: Literal["within", "raw"] = "within"
    slopes: tuple[SimpleSlopes, ...] = ()

    @model_validator(mode="after")
    def _terms_are_whole(self) -> AskingTerms:
        errors: list[InitErrorDetails] = [
            {"type": PydanticCustomError("value_error", "{why}", {"why": why}), "loc": (key,), "input": None}
            for key, why in problems(self)
        ]
        if errors:
            raise ValidationError.from_exception_data(type(self).__name__, errors)
        return self

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that its exposures and covariates name."""
        return measures((*self.exposures, *self.covariates))

    @property
    def has_terms(self) -> bool:
        """Whether its columns have to be made: anything but measures as they are."""
        plain = all(placed.term.plain for placed in placed_terms(self))
        return not plain or bool(self.reference or self.centre or self.standardise)


def placed_terms(model: AskingTerms) -> tuple[Placed, ...]:
    """Every term of the model once, in the order of writing.

    A part of ``a * b`` that is written by itself elsewhere stands where it is written; one that is not stands where
    the product does.
    """
    entries: list[tuple[Place, tuple[Term, ...]]] = [("exposures", parse(text)) for text in model.exposures]
    entries += [("covariates", parse(text)) for text in model.covariates]
    own = {terms[0].factors: place for place, terms in entries if len(terms) == 1}
    found: list[Placed] = []
    for place, terms in entries:
        for term in terms:
            if any(term.same(other.term) for other in found):
                continue
            found.append(Placed(term, own.get(term.factors, place), term.factors in own))
    return tuple(found)


Problem = tuple[str, str]
"""The key of the declaration, and why it cannot be estimated."""


def problems(model: AskingTerms) -> Iterator[Problem]:
    """Why the terms cannot be estimated as they are declared, as far as the declaration by itself says."""
    placed = placed_terms(model)
    terms = [one.term for one in placed]
    waves_are_terms = has_wave_effects(model)
    for one in placed:
        for why in (*_without_parts(one.term, terms, waves_are_terms), *_misused(one, model)):
            yield one.place, why
    yield from _choices(model, {factor.name for term in terms for factor in term.factors})
    family = FAMILIES.get(model.family)
    if family is not None and model.products == "raw" and not (family.takes_out_levels or family.splits):
        yield "products", f"a `{model.family}` model forms products of measures as they are: leave `products` out"
    for slope in model.slopes:
        yield from (("slopes", why) for why in _slope_problems(slope, terms, model))


def _choices(model: AskingTerms, named: set[str]) -> Iterator[Problem]:
    """Centred, standardised or categorical are measures of the model, and the first two no categories."""
    for key, values in (
        ("categorical", model.categorical), ("reference", model.reference), ("centre", model.centre),
        ("standardise", model.standardise),
    ):  # fmt: skip
        for name in values:
            if name not in named:
                yield key, f"`{name}` is neither an exposure nor a covariate"
            if key in ("centre", "standardise") and name in (*model.categorical, *model.reference):
                yield key, f"`{name}` is a category, which has no mean to be centred on"


def _without_parts(term: Term, terms: list[Term], waves: bool) -> Iterator[str]:
    """A product needs all smaller products of its factors among the terms, a power the measure itself."""
    for size in range(1, len(term.factors)):
        for some in combinations(term.factors, size):
            part = Term(some)
            if not any(part.same(other) for other in terms) and part.key != WAVE and not (waves and part.key == TIME):
                whole = " * ".join(factor.key for factor in term.factors)
                yield (
                    f"`{term.key}` is an interaction without its part `{part.key}`: its coefficient depends on where "
                    f"the scales have their zero. Add `{part.key}`, or write `{whole}`"
                )
    if term.is_product and not waves and any(factor.name == WAVE for factor in term.factors):
        yield f"`{term.key}` is an interaction without its part `wave`: leave `wave_effects: false` out"
    for factor in term.factors:
        base = Factor(factor.name, factor.call, factor.waves, factor.months)
        if factor.power > 1 and not term.is_product and Term((base,)) not in terms and factor.name not in RESERVED:
            yield f"`{factor.key}` is a power without `{base.key}` itself: add `{base.key}`"
        lower = Factor(factor.name, factor.call, factor.waves, factor.months, factor.power - 1)
        if factor.power > 2 and not term.is_product and Term((lower,)) not in terms:
            yield f"`{factor.key}` is a power without `{lower.key}`: add `{lower.key}`"


def has_wave_effects(model: AskingTerms) -> bool:
    """Whether waves have effects of their own: what is the same for all in a wave has none beside them."""
    own = "wave_effects" in FAMILIES[model.family].keys if model.family in FAMILIES else True
    return (own and getattr(model, "wave_effects", True)) or getattr(model, "effects", "") == "person_and_wave"


def _misused(placed: Placed, model: AskingTerms) -> Iterator[str]:
    term, categorical = placed.term, model.categorical
    for factor in term.factors:
        if factor.power > 1 and (factor.name in categorical or factor.name == WAVE):
            yield f"`{factor.key}` is a power of a category, which is no number: name the category alone"
        if factor.call in ("within", "between") and factor.name in categorical:
            yield f"`{factor.key}`: a category has no mean for each person: name it alone"
        if factor.name == TIME and not term.is_product and placed.written and has_wave_effects(model):
            yield "`time` has no effect beside those of waves: say `wave_effects: false`"
        if factor.name == WAVE and placed.written and not term.is_product:
            yield "`wave` alone is no term: waves have their effects already (`wave_effects`)"


def _slope_problems(slope: SimpleSlopes, terms: list[Term], model: AskingTerms) -> Iterator[str]:
    of, by = parse(slope.of)[-1], parse(slope.by)[-1]
    if of.is_product or by.is_product:
        yield "`slopes` are `of` one term `by` another one, not of a product"
        return
    product = Term((of.factors[0], by.factors[0]))
    if not any(product.same(term) for term in terms):
        yield f"`slopes` of `{of.key}` by `{by.key}` need their product, `{of.key} * {by.key}`"
    if of.factors[0].name in model.categorical:
        yield f"`slopes` of `{of.key}`: a category has no slope; ask for those `of` the other one, by the category"
    if by.factors[0].name in (WAVE, *model.categorical) and slope.at:
        yield f"`slopes` by `{by.key}` are at each of its categories: leave `at` out"
    for term in terms:
        other = next((f.key for f in term.factors if f.name == of.factors[0].name and f.power > 1), None)
        if other:
            yield f"`slopes` of `{of.key}`: it bends (`{other}`), so that it has no one slope at a value of `{by.key}`"
        if len(term.factors) > 2 and of.factors[0] in term.factors:
            yield f"`slopes` of `{of.key}`: the product `{term.key}` lets them depend on more than `{by.key}`"
