"""What the functions of regressions take by name in addition to outcome, exposures and covariates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict


class PanelRows(TypedDict, total=False):
    """``categorical``: columns of numbers that become dummies. ``person``, ``wave``: the panel's index.

    ``contrasts``: name → a sum of terms that is tested against zero, such as ``"negative - positive"``.
    """

    categorical: Iterable[str]
    contrasts: Mapping[str, str]
    person: str
    wave: str


class Rows(PanelRows, total=False):
    """``wave_effects``: whether there is a dummy for each wave but the first, as by default."""

    wave_effects: bool


class ClusteredRows(Rows, total=False):
    """``cluster``: the column within which errors may depend on each other, by default the person's; None: none do.

    Two columns are two ways (Cameron, Gelbach & Miller 2011).
    """

    cluster: str | tuple[str, str] | None


class WeightedRows(ClusteredRows, total=False):
    """``weights``: a column of weights; rows without a positive one are left out."""

    weights: str | None


def taken(kind: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options ``given``, all of ``kind``, with errors clustered by person unless they say otherwise.

    Raises TypeError for an option that the kind does not have.
    """
    options = kind.__annotations__
    foreign = sorted(given.keys() - options.keys())
    if foreign:
        raise TypeError(f"`{foreign[0]}` is not an option here; there are: {', '.join(options)}")
    if "cluster" not in options:
        return dict(given)
    return {"cluster": given.get("person", "person_id"), **given}
