"""Whether the arms and waves of a model ask what it reads: each measure, and all of them of the same people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from pipeline.specs.base import Asking
from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.dynamic import DynamicModel
from pipeline.specs.families import FAMILIES
from pipeline.specs.interventions import Intervention
from pipeline.specs.measured.facts import Measure, Place, every_place, measure
from pipeline.specs.measured.words import a_model, listed, quoted, where
from pipeline.specs.mediation import MediationModel
from pipeline.specs.mixed import PERSON, MixedModel
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.sources import conditions
from pipeline.specs.strict_yaml import Source
from pipeline.specs.terms import RESERVED, Factor

ONE_COLUMN = ("group", "treated", "precision", "row_weights", "trials", "exposure_time", "offset")
"""Keys that name one score beside the terms, or another column."""
SEVERAL = ("outcomes", "mediators", "instruments")
COMPARE_PEOPLE = frozenset({
    "random_effects", "hausman", "panel_tests", "chamberlain", "hausman_taylor", "design_changes", "variance_shares",
    "mixed_growth",
})  # fmt: skip
"""Families that need people seen twice, besides those that take levels out or split them."""

Named = tuple[str, str]
"""The key of a declaration, and a score that it names."""


def chosen_places(model: Asking, study: Study) -> frozenset[Place]:
    """The arms and waves that a model chooses."""
    return frozenset(
        (arm, wave)
        for arm, wave in every_place(study)
        if (not model.arms or arm in model.arms) and (not model.waves or wave in model.waves)
    )


def check_asked(model: Model, source: Source, study: Study) -> None:
    """Report a measure that nobody chosen was asked, and measures that no one was asked in the same wave."""
    places = chosen_places(model, study)
    if model.from_wave not in (None, "latest"):
        places = frozenset(place for place in places if place[1] == model.from_wave)
    if not places:
        return
    if model.from_wave is not None:
        _check_stays(model, source, study)
    _check_each(model, source, study, places)
    _check_lasting(model, source, study)
    if source.problems or model.imputation is not None:
        return
    if model.outcome is not None:
        _check_together(model, source, study, places)
    for name in model.outcomes if model.family == "design_changes" else ():
        _check_again(model, source, (_asked(name, study) or places) & places, [("outcomes", name, places)])


def _check_each(model: Model, source: Source, study: Study, places: frozenset[Place]) -> None:
    arms = {arm for arm, _ in places}
    for key, name in dict.fromkeys(_named(model)):
        found = measure(study, name)
        if found is None or found.places is None or found.places & places:
            continue
        elsewhere = where(found.places) or "no arm"
        near = frozenset(place for place in found.places if place[0] in arms)
        todo = "Choose other `waves`" if near else "Choose other `arms`"
        known = "is known of no area there" if found.kind == "area" else "is not asked there"
        source.report(
            (key,),
            f"`{name}` {known} ({where(places)}), but in {elsewhere}. {todo}, or leave it out.",
        )


def _check_stays(model: Model, source: Source, study: Study) -> None:
    """The waves in which people could have stayed are of an arm that has the wave before."""
    arms = {arm: waves for arm, waves in study.calendar.items() if not model.arms or arm in model.arms}
    arms = {arm: waves for arm, waves in arms.items() if model.from_wave in (*waves, "latest")}
    known = {wave for waves in arms.values() for wave in waves}
    named = {
        "to_wave": (model.to_wave,) if model.to_wave else (),
        "sets": tuple(w for s in model.sets.values() for w in s),
    }
    named["to_waves"] = () if model.to_waves == "all" else model.to_waves
    if not arms:
        source.report(("from_wave",), f"no arm of the model has {model.from_wave}.")
    for key, waves in named.items():
        for wave in dict.fromkeys(wave for wave in waves if arms and wave not in known):
            source.report((key,), f"{listed(arms)} {'has' if len(arms) == 1 else 'have'} no {wave} to stay until.")


def _check_lasting(model: Model, source: Source, study: Study) -> None:
    """Of what never changes, nothing is explained by people's change over time, and no change is an instrument."""
    lasting = {name for _, name in _named(model) if (found := measure(study, name)) is not None and found.lasting}
    never = "never changes within a person"
    if _waves_needed(model) > 1 and not isinstance(model, Intervention | MediationModel):
        for key in ("outcome", "outcomes"):
            value = getattr(model, key) or ()
            for name in (value,) if isinstance(value, str) else value:
                if name in lasting:
                    source.report((key,), f"`{name}` {never}, and {a_model(model.family)} is of its course over time.")
    plain = [name for name in model.exposures if name in lasting]
    if plain and (model.family == "chamberlain" or (model.family == "hausman" and len(plain) == len(model.exposures))):
        source.report(
            ("exposures",), f"`{plain[0]}` {never}: {a_model(model.family)} is of exposures that do. Leave it out."
        )
    if model.family == "difference_gmm":
        for name in sorted(lasting & set(getattr(model, "instruments", ()))):
            source.report(("instruments",), f"`{name}` {never}, so that its change is no instrument: leave it out.")


def _named(model: Model) -> Iterator[Named]:
    """Every score that a model names, with its key."""
    if model.outcome:
        yield "outcome", model.outcome
    for one in placed_terms(model):
        yield from ((one.place, factor.name) for factor in one.term.factors if factor.name not in RESERVED)
    for key in SEVERAL:
        yield from ((key, name) for name in getattr(model, key, ()))
    for key in ONE_COLUMN:
        name = getattr(model, key, None)
        if name:
            yield key, str(name)


def _check_together(model: Model, source: Source, study: Study, places: frozenset[Place]) -> None:
    """Rows that have everything: in as many waves of one arm as the family compares people over."""
    known = [*_known_where(model, study, places)]
    rows = places.intersection(*(own for _, _, own in known))
    if rows:
        _check_conditions(model, source, study, rows)
        _check_again(model, source, rows, known)
        return
    beyond = next(((key, name) for key, name, own in known if not own), None)
    if beyond is not None:
        source.report(
            (beyond[0],), f"no wave that is used has `{beyond[1]}` so far before or after it: name more `waves`."
        )
        return
    for (key, one, own), (other_key, other, its) in combinations(known, 2):
        if not own & its:
            key = other_key if key == "outcome" else key
            source.report(
                (key,),
                f"`{one}` and `{other}` are asked of nobody in the same wave ({where(own)}; {where(its)}): "
                "leave one of them out, or choose other `waves` or `arms`.",
            )
            return
    names = quoted(dict.fromkeys(name for _, name, _ in known))
    source.report(("exposures",), f"no wave asks all of {names}: leave one of them out, or choose other `waves`.")


def _known_where(model: Model, study: Study, places: frozenset[Place]) -> Iterator[tuple[str, str, frozenset[Place]]]:
    """Each column of the model's rows, with the places of the rows in which it is known."""
    later = model.later if isinstance(model, MediationModel) else None
    steps = {"outcome": later.outcome, "mediators": later.mediators} if later is not None else {}
    for key in ("outcome", "mediators", "precision", "row_weights", "trials", "exposure_time", "offset"):
        value = getattr(model, key, None) or ()
        for name in (value,) if isinstance(value, str) else value:
            asked = _asked(name, study)
            if asked is not None:
                yield key, name, _moved(Factor(name, "lead", steps.get(key, 0)), asked & places, study)
    for one in placed_terms(model):
        for factor in one.term.factors:
            asked = None if factor.name in RESERVED or factor.months is not None else _asked(factor.name, study)
            if asked is None:
                continue
            if factor.call == "between":
                arms = {arm for arm, _ in asked & places}
                yield one.place, factor.key, frozenset(place for place in places if place[0] in arms)
            else:
                yield one.place, factor.key, _moved(factor, asked & places, study)


def _asked(name: str, study: Study) -> frozenset[Place] | None:
    found: Measure | None = measure(study, name)
    return None if found is None else found.places


def step_of(factor: Factor) -> int:
    """How many waves later the row is than the answer that stands in it."""
    return factor.waves if factor.call == "lag" else -factor.waves if factor.call == "lead" else 0


def _moved(factor: Factor, asked: frozenset[Place], study: Study) -> frozenset[Place]:
    """The places whose rows have a lag or lead of what is asked in ``asked``."""
    return stepped(asked, step_of(factor), study)


def stepped(places: frozenset[Place], step: int, study: Study) -> frozenset[Place]:
    """So many waves later (earlier, below zero) in the calendar of the arm, where it has such a wave."""
    found = set()
    for arm, wave in places:
        waves = study.calendar[arm]
        at = waves.index(wave) + step if wave in waves else -1
        if 0 <= at < len(waves):
            found.add((arm, waves[at]))
    return frozenset(found)


def _check_again(
    model: Model, source: Source, rows: frozenset[Place], known: list[tuple[str, str, frozenset[Place]]]
) -> None:
    """People are compared with themselves in waves that have everything."""
    needed = _waves_needed(model)
    most = max(sum(arm == one for one, _ in rows) for arm in {arm for arm, _ in rows})
    if most < needed:
        names = quoted(dict.fromkeys(name for _, name, _ in known))
        asks = f"{names} {'is' if len(known) == 1 else 'are all'} asked in"
        source.report(
            ("exposures",) if model.exposures else (known[0][0],),
            f"{a_model(model.family)} needs people seen in {needed} waves, and {asks} {most} "
            f"({where(rows)}): choose other `waves`, or other measures.",
        )


def _waves_needed(model: Model) -> int:
    family = FAMILIES[model.family]
    if isinstance(model, DynamicModel) and model.outcome_lags and "outcome_lags" in family.keys:
        return model.fewest_waves
    again = family.takes_out_levels or family.splits or model.family in COMPARE_PEOPLE
    if isinstance(model, MediationModel):
        again = "within" in model.levels
    if isinstance(model, Intervention):
        again = True
    if isinstance(model, MixedModel):
        again = again or PERSON in model.groupings
    return 2 if again else 1


def asked_together(model: Model, study: Study, places: frozenset[Place]) -> frozenset[Place]:
    """The places whose rows have all that the model reads."""
    return places.intersection(*(own for _, _, own in _known_where(model, study, places)))


def _check_conditions(model: Model, source: Source, study: Study, rows: frozenset[Place]) -> None:
    """Questions of split ballots: two that different people were asked, or one asked only of those with one answer."""
    own = dict(study.scored_items())
    named = [(key, name) for key, name in dict.fromkeys(_named(model)) if name in own]
    for (key, one), (other_key, other) in combinations(named, 2):
        shut = [_shut(study, own[one], own[other], place) for place in rows]
        if shut and all(shut):
            source.report(
                (other_key if key == "outcome" else key,),
                f"`{one}` and `{other}` are asked of different people ({listed(sorted(set(filter(None, shut))))}): "
                "leave one of them out.",
            )
            return
    for key, name in named:
        for _, other in named:
            codes = study.items[own[other]].asked_when.get(own[name], ())
            if len(codes) == 1 and key != "outcome":
                source.report(
                    (key,),
                    f"`{name}` has one value among those who were asked `{other}` (`asked_when` in items.yaml): "
                    "leave it out.",
                )


def _shut(study: Study, one: str, other: str, place: Place) -> str | None:
    """By which column two questions of one place exclude each other; None if they do not."""
    arm, wave = place
    for at, _, file in study.files():
        if at != wave or file.arm != arm:
            continue
        asked = dict(conditions(study, wave, file, one))
        for column, codes in conditions(study, wave, file, other):
            if column in asked and not set(asked[column]) & set(codes):
                return f"`{column}`"
    return None
