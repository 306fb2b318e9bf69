"""Terms as columns of a panel, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.terms.factors import Factors, Making
from pipeline.models.terms.moves import Calendar, calendar_of
from pipeline.models.terms.products import columns_of
from pipeline.specs.terms import Term, parse


@public(once=True, infinite=False)
def add_terms(
    frame: pl.DataFrame,
    terms: Sequence[str],
    *,
    categorical: Iterable[str] = (),
    reference: Mapping[str, object] | None = None,
    centre: Mapping[str, str] | None = None,
    standardise: Mapping[str, str] | None = None,
    products: Literal["raw", "within"] = "raw",
    complete: Sequence[str] = (),
    weights: str | None = None,
    calendar: Calendar | None = None,
    person: str = "person_id",
    wave: str = "wave",
) -> pl.DataFrame:
    """One row per person and wave, as given, with a column for each term that it does not have.

    ``terms``: ``"age^2"``, ``"contact * trust"``, ``"lag(trust)"``, ``"lead(trust, 2)"``,
    ``"lag(trust, within 12 months)"``, ``"within(trust)"``, ``"between(trust)"``; a column is called as its term, a
    product ``contact:trust``, one with a category ``education[2]:trust``. ``centre`` (``grand``, ``person``,
    ``area``) and ``standardise`` (``overall``, ``within``, ``between``) are by measure; powers and products follow.
    Means are those of the rows with an answer to every measure of the terms and every column of ``complete``: name the
    outcome there. ``products="within"``: of deviations from persons' means, for models with person effects
    (Giesselmann & Schmidt-Catran 2022). ``calendar``: arm → its waves in order, by default by the numbers of the waves
    that the rows show, so that w02 and w04 are two waves apart; a lag is of the wave before in it, and null for who
    missed that.

    Raises ModelError for a column that is not there, a power of a category, or a lag that nobody has.

    >>> import polars as pl
    >>> from pipeline.models import add_terms
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "a", "b", "b"], "wave": ["w01", "w02", "w03", "w01", "w03"],
    ...     "trust": [1.0, 2.0, 4.0, 3.0, 5.0], "contact": [2.0, 1.0, 3.0, 2.0, 4.0],
    ... })
    >>> made = add_terms(panel, ["contact * trust", "lag(trust)"])
    >>> made["contact:trust"].to_list()
    [2.0, 2.0, 12.0, 6.0, 20.0]
    >>> made["lag(trust)"].to_list()
    [None, 1.0, 2.0, None, None]
    """
    wanted = list(dict.fromkeys(term for text in terms for term in _parsed(text)))
    making = Making(
        frozenset(categorical), reference or {}, centre or {}, standardise or {}, weights, person=person, wave=wave
    )
    _require_choices(making, {factor.name for term in wanted for factor in term.factors})
    factors = (factor for term in wanted for factor in term.factors)
    made = Factors(frame, factors, making, calendar or _shown(frame, wanted, wave), complete)
    columns: list[pl.Series] = []
    for term in wanted:
        if term.is_product:
            columns += [column.values for column in columns_of(term, made, deviations=products == "within")]
        elif term.factors[0].name in reference_names(making):
            columns.append(made.category(term.factors[0]).alias(term.key))
        elif not made.is_category(term.factors[0]):
            columns.append(made.values(term.factors[0]).alias(term.key))
    return frame.with_columns(columns)


def _shown(frame: pl.DataFrame, terms: Iterable[Term], wave: str) -> Calendar:
    """The calendar that the rows show, where a term is moved by waves."""
    by_waves = any(factor.moved and factor.months is None for term in terms for factor in term.factors)
    return calendar_of(frame, wave=wave) if by_waves else {}


def reference_names(making: Making) -> tuple[str, ...]:
    """The categories whose reference is declared."""
    return tuple(making.reference)


def _parsed(text: str) -> tuple[Term, ...]:
    try:
        return parse(text)
    except ValueError as error:
        raise ModelError(str(error), where="terms") from None


def _require_choices(making: Making, named: set[str]) -> None:
    """Raises ModelError for a way that is none, and for a measure that no term names."""
    for key in ("categorical", "reference", "centre", "standardise"):
        foreign = sorted(set(getattr(making, key)) - named)
        if foreign:
            raise ModelError(f"`{foreign[0]}` is in none of the terms", where=key, todo="Leave it out.")
    choices = (("centre", making.centre, ("grand", "person", "area")),
               ("standardise", making.standardise, ("overall", "within", "between")))  # fmt: skip
    for key, given, allowed in choices:
        for name, value in given.items():
            if value not in allowed:
                raise ModelError(
                    f"`{value}` is no way to {key} `{name}`", where=key, todo=f"There are: {', '.join(allowed)}."
                )
