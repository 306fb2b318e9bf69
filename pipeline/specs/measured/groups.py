"""Groupings that a model names: several members, a column of its arms, and no category of the fixed part."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.measured.asked import chosen_places
from pipeline.specs.measured.facts import Measure, Place, asked_of, measure
from pipeline.specs.measured.words import listed, where
from pipeline.specs.mixed import PERSON, MixedModel
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.sources import role_columns
from pipeline.specs.strict_yaml import Position, Source

ROLES = {"psu": "psu", "stratum": "strata", "area_code": "area", "household_id": "household"}
"""Columns of the answers that only files with such a role have."""
Named = tuple[Position, str, str]
"""The place of a grouping, its column, and what it is for."""


def check_groups(model: Model, source: Source, study: Study) -> None:
    """Report groupings by numbers, of one member, of nobody chosen, and those that the fixed part already holds."""
    places = chosen_places(model, study)
    for position, name, what in _named(model):
        found = measure(study, name, places)
        why = _unfit(model, name, found) or _nowhere(name, found, study, places)
        if why is None and what == "random":
            why = _in_fixed_part(model, name, study)
        if why:
            source.report(position, why)
    if model.group == "arm" and len({arm for arm, _ in places}) == 1 and "group" in FAMILIES[model.family].needs:
        source.report(("group",), "the model has one arm, and groups are compared: name more `arms`.")


def _named(model: Model) -> Iterator[Named]:
    errors = model.standard_errors
    for name in (errors.cluster or ()) if errors is not None else ():
        yield ("standard_errors", "cluster"), name, "cluster"
    if isinstance(model, MixedModel):
        yield from ((("random", name), name, "random") for name in model.random if name != PERSON)
    for key in ("by", "unit"):
        column = getattr(model, key, None)
        if column and column != PERSON:
            yield (key,), str(column), key
    if "cluster" in model.model_fields_set and model.cluster in ROLES:
        yield ("cluster",), model.cluster, "cluster"
    if model.group in ROLES:
        yield ("group",), str(model.group), "group"


def _unfit(model: Model, name: str, found: Measure | None) -> str | None:
    if name == model.outcome:
        return f"`{name}` is the outcome: groups of it differ in it by definition."
    if found is None:
        return None
    if found.kind in ("mean", "sum") and len(found.items) > 1:
        return f"`{name}` is the {found.kind} of {len(found.items)} items: groups are those of a category or a code."
    if found.kind == "number":
        return f"`{name}` is a number: groups are those of a category or a code."
    if found.values is not None and len(found.values) == 1:
        return f"`{name}` has one answer in the waves of the model, and groups are several."
    return None


def _nowhere(name: str, found: Measure | None, study: Study, places: frozenset[Place]) -> str | None:
    """A column that none of the chosen arms and waves has."""
    if not places:
        return None
    if name in ROLES:
        role = ROLES[name]
        roles = {(file.arm, wave) for wave, _, file in study.files() if role in role_columns(study, wave, file)}
        missing = bool(roles) and not roles & places
        return (
            f"no answer of {where(places)} has `{name}`: choose other `arms`, or another column." if missing else None
        )
    if found is not None and found.places is not None and not found.places & places:
        return f"`{name}` is not asked in {where(places)}: choose other `arms`, or another column."
    return None


def _in_fixed_part(model: Model, name: str, study: Study) -> str | None:
    """Dummies of the same column, under its own name or another, leave nothing for a random effect to vary over."""
    coded = {*model.categorical, *model.reference}
    own = _variables(name, study)
    same = []
    for one in placed_terms(model):
        if one.term.is_product:
            continue
        for factor in one.term.factors:
            found = measure(study, factor.name)
            whole = factor.name in coded or (found is not None and found.is_binary)
            alike = factor.name == name or (
                bool(own) and own == _variables(factor.name, study) and factor.name in coded
            )
            if whole and alike and not factor.call:
                same.append(factor.key)
    if not same:
        return None
    return (
        f"each of its groups has a coefficient already (`{listed(same)}`), so that nothing is left to vary between "
        "them: leave one of the two out."
    )


def _variables(name: str, study: Study) -> frozenset[tuple[str, str, str]]:
    """Arm, wave and variable of a column of the answers, or of a score of one item without a recode."""
    if name in ROLES:
        role = ROLES[name]
        return frozenset(
            (file.arm, wave, roles[role])
            for wave, _, file in study.files()
            if role in (roles := role_columns(study, wave, file))
        )
    found = measure(study, name)
    if found is None or len(found.items) != 1 or study.items[found.items[0]].recode:
        return frozenset()
    return frozenset((*place, variable) for place, variable in asked_of(study, found.items[0]).items())
