"""A multiverse: one result of a model, estimated in every combination of declared choices that makes sense.

The grid is known before anything is fitted: ``Multiverse.cells``. Sources: Steegen et al. (2016), Perspectives on
Psychological Science 11, 702-712; Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4, 1208-1214.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from pipeline.specs.base import Declaration, Name, WaveNames
from pipeline.specs.report import Model

Value = Annotated[str, Field(pattern=r"^[^;:]+$")]
"""What a choice decides for, in words for readers."""
Missing = Literal["answered", "complete_case", "balanced", "from_the_start", "imputed"]
Fitted = Literal[
    "pooled", "fixed_effects", "two_way", "first_difference", "within_between", "between", "random_effects"
]
Errors = Literal["classical", "person_id", "household_id", "psu", "area_code", "replicates"]

OUTLIERS = re.compile(r"none|(winsorised|trimmed) (\d+(\.\d+)?)")
MOST_CHOICES, MOST_CELLS = 14, 20_000
"""So many choices have variance shares (each set of them is a regression), so many cells are fitted."""
IN, OUT = "with", "without"
WITHIN = ("within", "coefficient")
"""The components that are the same result in families side by side: change within a person, where the model has it."""


def _treats(outliers: str) -> str:
    found = OUTLIERS.fullmatch(outliers)
    if found is None or (found[2] is not None and float(found[2]) <= 0):
        raise ValueError(
            f"`{outliers}` is no treatment of outliers; write `none`, `winsorised 3` or `trimmed 2.5` (standard "
            "deviations from the mean)"
        )
    return outliers


class Choices(Declaration):
    """What could have been decided otherwise; each choice has two values or more.

    ``waves``, ``arms`` and ``covariates`` name each of their sets. ``subsets``: every subset of these covariates, one
    choice; ``in_or_out``: each of them a choice of its own. ``outcome`` and ``exposure``: other measures of the same.
    ``missing``: rows that answer what the cell reads (``answered``); of people who answered whatever the grid
    reads (``complete_case``), in every wave (``balanced``), from the first (``from_the_start``); or ``imputed``.
    ``outliers``: outcome and exposure cut (``winsorised 3``) or left out (``trimmed 3``) beyond so many standard
    deviations from the mean.
    """

    waves: dict[Value, WaveNames] = {}
    arms: dict[Value, tuple[Name, ...]] = {}
    weights: tuple[Value, ...] = ()
    missing: tuple[Missing, ...] = ()
    covariates: dict[Value, tuple[Name, ...]] = {}
    subsets: tuple[Name, ...] = ()
    in_or_out: tuple[Name, ...] = ()
    outcome: tuple[Name, ...] = ()
    exposure: tuple[Name, ...] = ()
    family: tuple[Fitted, ...] = ()
    standard_errors: tuple[Errors, ...] = ()
    outliers: tuple[Annotated[str, AfterValidator(_treats)], ...] = ()

    @field_validator("*")
    @classmethod
    def _decides(cls, values: Any, info: Any) -> Any:
        fewest = 1 if info.field_name in ("subsets", "in_or_out") else 2
        if len(values) < fewest:
            raise ValueError("a choice has two values or more: with one there is nothing to choose")
        if len(set(values)) < len(values):
            raise ValueError("a value stands here twice")
        if isinstance(values, dict) and len({frozenset(chosen) for chosen in values.values()}) < len(values):
            raise ValueError("two of its values are the same set")
        return values

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        """Choice → its values, as cells name them."""
        found: dict[str, tuple[str, ...]] = {}
        for name in type(self).model_fields:
            declared = getattr(self, name)
            if name == "subsets" and declared:
                found[name] = tuple(" + ".join(subset) or "none" for subset in subsets(declared))
            elif name == "in_or_out":
                found |= dict.fromkeys(declared, (OUT, IN))
            elif declared:
                found[name] = tuple(declared)
        return found


def subsets(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every subset of the names, the smallest first."""
    return (chosen for size in range(len(names) + 1) for chosen in combinations(names, size))


Cell = Mapping[str, str]
"""Choice → value: one analysis."""


def label(cell: Cell) -> str:
    """A cell in words: ``waves: all; weights: none``. The term of its row."""
    return "; ".join(f"{choice}: {value}" for choice, value in cell.items())


class Multiverse(Model):
    """A model ``of`` another: its ``result`` in every cell of the grid of ``choices``, less the cells ``without``.

    An entry of ``without`` is a combination of values that makes no sense (``{family: between, standard_errors:
    [person_id, psu]}``). ``standardised``: estimates in standard deviations of outcome and exposure, for measures on
    other scales. ``draws`` and ``seed`` are of the joint test (0: none).
    """

    choices: Choices
    without: tuple[dict[str, str | tuple[str, ...]], ...] = ()
    standardised: bool = False
    draws: int = Field(default=500, ge=0, le=100_000)
    seed: int = 1

    @model_validator(mode="after")
    def _is_a_grid(self) -> Multiverse:
        values = self.choices.values
        if not values:
            raise ValueError("`choices` names no choice: what could have been decided otherwise?")
        if len(values) > MOST_CHOICES:
            raise ValueError(f"{len(values)} choices are more than {MOST_CHOICES}; join some, as sets or `subsets`")
        if 0 < self.draws < 99:
            raise ValueError("a joint test takes 99 `draws` or more, or `draws: 0` for none")
        for place, entry in enumerate(self.without):
            self._require_known(place, entry)
        if not 2 <= len(self.cells) <= MOST_CELLS:
            raise ValueError(f"the grid has {len(self.cells):,} cells; a multiverse has 2 to {MOST_CELLS:,}")
        if self.result is not None and self.choices.family and self.result.component not in (None, *WITHIN):
            raise ValueError(
                f"`{self.result.component}` is not a result of each family: a choice of `family` is about the "
                "component `coefficient`, or `within` of a within–between model"
            )
        if ("imputed" in self.choices.missing) != (self.imputation is not None):
            raise ValueError("`imputation` names the set that `missing: [imputed, …]` takes: both, or neither")
        return self

    def _require_known(self, place: int, entry: Mapping[str, str | tuple[str, ...]]) -> None:
        values = self.choices.values
        for choice, excluded in entry.items():
            if choice not in values:
                raise ValueError(f"`without` names `{choice}`, which is no choice here; there are {', '.join(values)}")
            for value in _several(excluded):
                if value not in values[choice]:
                    raise ValueError(
                        f"`without` names `{choice}: {value}`, which is no value of it; there are "
                        f"{', '.join(values[choice])}"
                    )
        if not any(_is_of(cell, entry) for cell in self.grid):
            raise ValueError(f"entry {place + 1} of `without` excludes no cell. Leave it out")

    @property
    def grid(self) -> tuple[Cell, ...]:
        """Every combination of the choices' values, the last choice running fastest."""
        values = self.choices.values
        return tuple(dict(zip(values, chosen, strict=True)) for chosen in product(*values.values()))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The combinations that are estimated."""
        return tuple(cell for cell in self.grid if not any(_is_of(cell, entry) for entry in self.without))

    @property
    def varied(self) -> tuple[str, ...]:
        """The covariates that some cells have."""
        chosen = self.choices
        named = (*chosen.covariates.values(), chosen.subsets, chosen.in_or_out)
        return tuple(dict.fromkeys(name for names in named for name in names))


def _several(values: str | tuple[str, ...]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else values


def _is_of(cell: Cell, entry: Mapping[str, str | tuple[str, ...]]) -> bool:
    return all(cell[choice] in _several(excluded) for choice, excluded in entry.items())
