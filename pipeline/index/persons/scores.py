"""Each person's indicators, domains and index from their scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.composites.checks import values_of
from pipeline.index.composites.kernels import Floats, averaged, normalised
from pipeline.index.composites.weights import budget_weights, first_component
from pipeline.index.persons.head import DESIGN, HEAD, people
from pipeline.index.persons.methods import method_log
from pipeline.specs.index import ABOVE_ZERO, WHOLE, Index
from pipeline.specs.index_parts import AMONG_AREAS

Ranges = Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class PersonScores:
    """One row per person and wave in each: ``index`` (domains and index), ``indicators``, and the design's columns.

    ``methods``: one row per step and measure. ``design`` has ``stratum, psu, household_id`` where the panel has them.
    """

    index: pl.DataFrame
    indicators: pl.DataFrame
    methods: pl.DataFrame
    design: pl.DataFrame


@public(once=("panel", "weights"))
def person_scores(
    panel: pl.DataFrame, index: Index, ranges: Ranges | None = None, weights: pl.DataFrame | None = None
) -> PersonScores:
    """Persons' scores of an index as it is declared, and the log of how they were made.

    ``panel``: one row per person and wave with the head and every indicator; ``ranges``: score → lowest and highest
    value, where the declaration does not say it; ``weights``: ``person_id, wave, scaled_weight``. Each indicator is
    turned so that higher is more cohesion and normalised (relative normalisations over all people of all waves, so
    that waves compare); a domain is the mean of its indicators where the declared share of them is answered, the index
    that of the domains. An index composed over areas has its persons' domains too, by arithmetic means. Raises
    CohesionError for a column that is absent, values outside the range, and a mean of what is not above zero.

    >>> import datetime as dt
    >>> head = {"study": "s", "arm": "a", "wave": "w01", "fieldwork_start": dt.date(2024, 1, 1), "area_code": "E1"}
    >>> panel = pl.DataFrame({"person_id": ["p", "q"], "trust": [1.0, 5.0], "fear": [5.0, None]}).with_columns(
    ...     pl.lit(value).alias(name) for name, value in head.items()
    ... )
    >>> index = Index.model_validate(
    ...     {
    ...         "title": "Index",
    ...         "area": "area",
    ...         "domains": {"all": {"label": "All", "indicators": {"trust": {}, "fear": {"direction": "lower"}}}},
    ...     }
    ... )
    >>> person_scores(panel, index, {"trust": (1, 5), "fear": (0, 10)}).index["all"].to_list()
    [25.0, 100.0]
    """
    rows = people(panel, area=index.area, arms=index.arms, waves=index.waves, weights=weights)
    names = list(index.indicators)
    raw = _raw(rows, names)
    ends = _ends(index, ranges or {}, raw)
    indicators = _normalised(raw, ends, index)
    made = {name: indicators[:, place] for place, name in enumerate(names)}
    weight = chosen_weights(index, made)
    domains = {
        key: _mean(np.column_stack([made[name] for name in one.indicators]), weight, list(one.indicators), index, key)
        for key, one in index.domains.items()
    }
    whole = _mean(np.column_stack(list(domains.values())), weight, list(domains), index, WHOLE)
    head = rows.select(*HEAD, "area", "weight")
    return PersonScores(
        _with(head, {**domains, WHOLE: whole}),
        _with(head, made),
        method_log(index, {**made, **domains, WHOLE: whole}, head, weight, ends),
        rows.select("person_id", "wave", *(name for name in DESIGN if name in rows.columns)),
    )


def composer(index: Index, indicators: pl.DataFrame) -> Callable[[pl.DataFrame, Sequence[str]], pl.DataFrame]:
    """What scores persons on some of the indicators, as declared: (indicators, those kept) → domains and index.

    Weights of principal components are those of all ``indicators``. A domain of which nothing is kept has no score, and
    is none of those that the index must cover.
    """
    names = list(index.indicators)
    values = values_of(indicators, names)
    weight = chosen_weights(index, {name: values[:, place] for place, name in enumerate(names)})

    def compose(frame: pl.DataFrame, kept: Sequence[str]) -> pl.DataFrame:
        made: dict[str, Floats] = {}
        for key, one in index.domains.items():
            members = [name for name in one.indicators if name in kept]
            if members:
                made[key] = _mean(values_of(frame, members), weight, members, index, key)
        empty = np.full(frame.height, np.nan)
        whole = _mean(np.column_stack(list(made.values())), weight, list(made), index, WHOLE) if made else empty
        every = {key: made.get(key, empty) for key in index.domains} | {WHOLE: whole}
        return pl.DataFrame({name: pl.Series(name, column).fill_nan(None) for name, column in every.items()})

    return compose


def _raw(rows: pl.DataFrame, names: list[str]) -> Floats:
    absent = [name for name in names if name not in rows.columns]
    if absent:
        raise CohesionError("the panel has no such score", where=absent[0], todo="Correct index.yaml.")
    texts = [name for name in names if not rows.schema[name].is_numeric()]
    if texts:
        raise CohesionError("an indicator must be a number", where=texts[0])
    if not rows.height:
        raise CohesionError("nobody in the panel is in the arms and waves of the index")
    return values_of(rows, names)


def _ends(index: Index, ranges: Ranges, raw: Floats) -> Floats:
    """2 × indicators: the own range of each. Raises CohesionError where there is none, and for values outside it."""
    ends = []
    for place, (name, one) in enumerate(index.indicators.items()):
        low, high = one.range or ranges.get(name, (None, None))
        if low is None or high is None or not low < high:
            raise CohesionError("has no range of its own", where=name, todo="Say it in index.yaml: `range: [1, 5]`.")
        outside = int(np.nansum((raw[:, place] < low - 1e-9) | (raw[:, place] > high + 1e-9)))
        if outside:
            raise CohesionError(f"values outside its range of {low:g} to {high:g}", where=name, count=outside)
        ends.append((float(low), float(high)))
    return np.array(ends).T


def _normalised(raw: Floats, own: Floats, index: Index) -> Floats:
    said, indicators = index.normalisation, index.indicators.values()
    method = "own_range" if said.method in AMONG_AREAS or index.composed == "areas" else said.method
    posts = np.array([one.goalposts or (0.0, 1.0) for one in indicators]).T
    made = normalised(
        raw,
        np.array([1.0 if one.direction == "higher" else -1.0 for one in indicators]),
        method,
        bounds=said.bounds,
        mean_sd=said.mean_sd,
        ranges=posts if method == "goalposts" else own,
        references=np.array([np.nan if one.reference is None else one.reference for one in indicators]),
        cap=said.cap,
    )
    lost = np.isnan(made) & ~np.isnan(raw)
    if lost.any():
        name = list(index.indicators)[int(lost.any(axis=0).argmax())]
        raise CohesionError(f"is the same of everybody, so that `{method}` divides by nothing", where=name)
    return made


def chosen_weights(index: Index, made: Mapping[str, Floats]) -> dict[str, float]:
    """Indicator or domain → its weight, by the declared method; of principal components by persons' complete rows."""
    said = index.weights
    if said.method == "declared":
        return {**said.domains, **said.indicators}
    if said.method == "budget":
        return budget_weights(said.budget)
    if said.method == "pca":
        return _components(index, made)
    return {}


def _components(index: Index, made: Mapping[str, Floats]) -> dict[str, float]:
    found: dict[str, float] = {}
    domains = []
    for key, one in index.domains.items():
        members = list(one.indicators)
        values = np.column_stack([made[name] for name in members])
        found |= dict(zip(members, _loadings(values, key), strict=True))
        domains.append(averaged(values, np.array([found[name] for name in members]), "arithmetic"))
    return found | dict(zip(index.domains, _loadings(np.column_stack(domains), WHOLE), strict=True))


def _loadings(values: Floats, what: str) -> list[float]:
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < 3 or (np.ptp(complete, axis=0) <= 0).any():
        raise CohesionError("too few complete answers for principal components", where=what, count=len(complete))
    loadings = first_component(complete)
    if (loadings <= 0).any():
        todo = "Turn the direction of an indicator, or choose other weights."
        raise CohesionError(
            "its members are opposed: a principal component weighs one below zero", where=what, todo=todo
        )
    return [float(one) for one in loadings]


def _mean(values: Floats, weight: Mapping[str, float], members: list[str], index: Index, what: str) -> Floats:
    method = index.aggregation.index if what == WHOLE else index.aggregation.domains
    least = index.coverage.domains if what == WHOLE else index.coverage.indicators
    method = "arithmetic" if index.composed == "areas" else method
    if method in ABOVE_ZERO and (values <= 0).any():
        raise CohesionError(f"a {method} mean has no meaning of values that are not above 0", where=what)
    return averaged(values, np.array([weight.get(name, 1.0) for name in members]), method, least)


def _with(head: pl.DataFrame, columns: Mapping[str, Floats]) -> pl.DataFrame:
    return head.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items())
