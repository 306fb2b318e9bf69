"""Products of factors, formed so that what happens within persons is not mixed with differences between them.

In a model that takes out persons' levels the product of two measures that change, x·z, would take the coefficient of
x among people of high z for an interaction within persons. It is formed from the deviations from persons' means,
(x − x̄ᵢ)(z − z̄ᵢ), which the model demeans once more: the double-demeaned estimator of Giesselmann and Schmidt-Catran
(2022, Sociological Methods & Research 51(3)). It needs people seen three times: in two waves both deviations mirror
each other, and their product is the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product as combined

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.terms.factors import Factors
from pipeline.specs.terms import TIME, WAVE, Factor, Term


@dataclass(frozen=True)
class Column:
    """A column of a product, and its rows in the Estimates table: the levels of its categories, and against which."""

    name: str
    values: pl.Series
    term: str
    group: str | None = None
    wave: str | None = None
    note: str | None = None
    part: str = ""  # within | between, of a product of a part of an exposure


def columns_of(term: Term, factors: Factors, *, split: Sequence[Factor] = (), deviations: bool = False) -> list[Column]:
    """The columns of a product: one, or one for each combination of its categories but the references.

    ``deviations``: of measures that change from their persons' means, where there are two or more. ``split``: factors
    that the model splits into deviations and means; if all are split there is one column, whose two parts are the
    products of both, and otherwise two, of each part with the other factors as they are.
    """
    if split and len(split) < len(term.factors):
        both = ("within", "between")
        return [column for part in both for column in _each(term, factors, dict.fromkeys(split, part), part)]
    if split:
        return [_both_parts(term, factors)]
    made = dict.fromkeys(_changing(term, factors), "within") if deviations else {}
    return list(_each(term, factors, made if len(made) > 1 else {}, ""))


def _changing(term: Term, factors: Factors) -> list[Factor]:
    """The measures that change within persons; of a product with waves or time none is taken for one.

    The coefficient of a measure in each wave is no mixture of persons: everybody has the same waves.
    """
    if any(factor.name in (WAVE, TIME) for factor in term.factors):
        return []
    numbers = [factor for factor in term.factors if not factors.is_category(factor)]
    return [factor for factor in numbers if factors.varies(factors.values(factor))]


def _both_parts(term: Term, factors: Factors) -> Column:
    """Products of deviations, less the person's mean of them, and of means: a model that splits it has both apart."""
    means = [factors.person_mean(factors.values(factor)) for factor in term.factors]
    within = _times([factors.values(factor) - mean for factor, mean in zip(term.factors, means, strict=True)])
    require_three_waves(within, term, factors)
    values = within - factors.person_mean(within) + _times(means)
    return Column(term.key, values.alias(term.key), term.key)


def require_three_waves(within: pl.Series, term: Term, factors: Factors) -> None:
    """Raises ModelError if a product of deviations is the same in all waves of everybody."""
    if not factors.varies(within):
        raise ModelError(
            "never changes within a person: in two waves the deviations of both measures mirror each other, and their "
            "product is the same in both",
            where=term.key,
            count=int(factors.used.sum()),
            todo="Use three waves or more, or say `products: raw`.",
        )


def _each(term: Term, factors: Factors, parts: dict[Factor, str], part: str) -> Iterator[Column]:
    """A column for each combination of categories; ``parts`` says which factors enter as deviations or means."""
    numbers = [factor for factor in term.factors if not factors.is_category(factor)]
    categories = [factor for factor in term.factors if factors.is_category(factor)]
    values = []
    for factor in numbers:
        own = factors.values(factor)
        mean = factors.person_mean(own) if factor in parts else None
        values.append(own if mean is None else mean if parts[factor] == "between" else own - mean)
    if not part and len(parts) > 1:
        require_three_waves(_times(values), term, factors)
    for levels in combined(*(factors.levels(factor) for factor in categories)):
        named = dict(zip(categories, (name for name, _ in levels), strict=True))
        key = ":".join(_name(factor, named, parts if part else {}) for factor in term.factors)
        groups = [level for factor, level in named.items() if factor.name != WAVE]
        against = [factors.reference_of(factor) for factor in categories]
        yield Column(
            key,
            _times([*values, *(dummy for _, dummy in levels)]).alias(key),
            term.key,
            group=" × ".join(groups) or None,
            wave=next((level for factor, level in named.items() if factor.name == WAVE), None),
            note=f"against {' × '.join(against)}" if against else None,
            part=part,
        )


def _name(factor: Factor, levels: dict[Factor, str], parts: dict[Factor, str]) -> str:
    if factor in levels:
        return f"{factor.key}[{levels[factor]}]"
    return f"{parts[factor]}({factor.key})" if factor in parts else factor.key


def _times(values: Sequence[pl.Series]) -> pl.Series:
    return reduce(lambda one, other: one * other, values)
