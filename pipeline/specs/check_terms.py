"""What terms say of other declarations: their measures exist, change where they have to, and have waves for lags."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs.declared_terms import Placed, placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.names import StudyNames, known, once
from pipeline.specs.reading import Parts, Reading
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source
from pipeline.specs.terms import RESERVED, Factor, Term, measures, parse


def check_terms(model: Model, source: Source, study: StudyNames, reading: Reading) -> None:
    """Report each term of a regression that cannot be made of what the study measures, at its line."""
    what = f"a concept that `{model.study}` measures"
    for key in ("exposures", "covariates"):
        entries: tuple[str, ...] = getattr(model, key)
        for index, entry in enumerate(entries):
            known(source, (key, index), measures([entry]), study.scores, what)
        once(source, (key,), entries)
    for key, names in (("categorical", model.categorical), ("centre", model.centre), ("reference", model.reference)):
        known(source, (key,), names, study.scores, what)
    parts = reading.parts[model.study]
    if study.scores is None or parts.about is None:
        return
    placed = placed_terms(model)
    for why in dict.fromkeys((*_lags(model, placed, parts), *_constant(model, placed, parts))):
        source.report(("exposures",), why)
    _check_explaining(model, source)
    family = FAMILIES[model.family]
    if model.outcome and (family.takes_out_levels or family.splits) and is_lasting(Factor(model.outcome), parts):
        source.report(("outcome",), f"`{model.outcome}` never changes within a person (it is `time_constant`).")


def _check_explaining(model: Model, source: Source) -> None:
    """Nothing explains itself, and nothing is an exposure and a covariate."""
    for key, what in (("exposures", "an exposure"), ("covariates", "a covariate")):
        for entry in dict.fromkeys(getattr(model, key)):
            factors = [factor for term in parse(entry) for factor in term.factors]
            if any(factor.name == model.outcome and not factor.moved for factor in factors):
                source.report((key,), f"`{model.outcome}` is the outcome: it cannot be {what} too.")
    for entry in sorted(set(model.exposures) & set(model.covariates)):
        source.report(("covariates",), f"`{entry}` is an exposure already: name it once.")


def _calendars(model: Model, parts: Parts) -> Iterator[tuple[str, tuple[str, ...], set[str]]]:
    """Each arm of the model: its calendar, and those of its waves that are used."""
    assert parts.about is not None
    for name, arm in parts.about.arms.items():
        if not model.arms or name in model.arms:
            yield name, arm.waves, {wave for wave in arm.waves if not model.waves or wave in model.waves}


def _lags(model: Model, placed: tuple[Placed, ...], parts: Parts) -> Iterator[str]:
    """A lag or lead needs two waves that are used, so far apart in the calendar of an arm, one with the measure."""
    for factor in dict.fromkeys(factor for one in placed for factor in one.term.factors if factor.moved):
        asked = _asked(factor.name, parts)
        if not any(_reaches(factor, waves, used, asked) for _, waves, used in _calendars(model, parts)):
            apart = "two waves" if factor.months is not None else f"waves {factor.waves} apart"
            yield (
                f"`{factor.key}` needs {apart} of one arm's calendar among those that are used, and the measure in the "
                f"{'earlier' if factor.call == 'lag' else 'later'} one: name more `waves`."
            )


def _reaches(factor: Factor, waves: tuple[str, ...], used: set[str], asked: set[str] | None) -> bool:
    for here, wave in enumerate(waves):
        for there, other in enumerate(waves):
            distance = here - there if factor.call == "lag" else there - here
            fits = distance > 0 if factor.months is not None else distance == factor.waves
            if fits and {wave, other} <= used and (asked is None or other in asked):
                return True
    return False


def _asked(concept: str, parts: Parts) -> set[str] | None:
    """The waves that ask a concept, where items say so; None where that is not known, as of measures of areas."""
    items = [item for item in parts.items.values() if item.concept == concept]
    for key, scale in parts.scales.items():
        if (scale.concept or key) == concept:
            items += [parts.items[name] for name in scale.items if name in parts.items]
    if not items or any(not item.waves for item in items):
        return None
    return {wave for item in items for wave in item.waves}


def _constant(model: Model, placed: tuple[Placed, ...], parts: Parts) -> Iterator[str]:
    """Where persons' levels are taken out, each exposure and each product has a part that changes within a person."""
    family = FAMILIES[model.family]
    if not (family.takes_out_levels or family.splits):
        return
    calendars = [own for _, _, own in _calendars(model, parts)]
    used = sorted(set().union(*calendars))
    if len(used) == 1:
        alone = f"only {used[0]} is used: name more `waves`."
        yield f"a `{model.family}` model compares people with themselves, and {alone}"
        return
    for term in _to_estimate(model, placed):
        lasting = [factor.name for factor in term.factors if is_lasting(factor, parts)]
        if len(lasting) == len(term.factors):
            yield _never_changes(term, model)
    yield from _seen_once(model, placed, parts)
    if model.products == "within" and used and all(len(own) < 3 for own in calendars):
        yield from (_mirrored(one.term.key) for one in placed if _of_deviations(one.term, model, placed, parts))


def _seen_once(model: Model, placed: tuple[Placed, ...], parts: Parts) -> Iterator[str]:
    """A lag uses up waves, and those that have it must be two for anybody to change between them."""
    for factor in dict.fromkeys(factor for one in placed for factor in one.term.factors if factor.moved):
        if factor.months is not None:
            continue
        step, asked = factor.waves if factor.call == "lag" else -factor.waves, _asked(factor.name, parts)
        most = 0
        for _, waves, used in _calendars(model, parts):
            known_in = {wave for wave in waves if wave in used and (asked is None or wave in asked)}
            own = [place for place, wave in enumerate(waves) if wave in used and 0 <= place - step < len(waves)]
            most = max(most, sum(waves[place - step] in known_in for place in own))
        if most == 1:
            yield (
                f"`{factor.key}` leaves one wave of those that are used, and a `{model.family}` model compares people "
                "with themselves: name more `waves`."
            )


def _to_estimate(model: Model, placed: tuple[Placed, ...]) -> Iterator[Term]:
    """The terms that have to change within persons: in a model that splits them the exposures by themselves."""
    if not FAMILIES[model.family].takes_out_levels:
        yield from (one.term for one in placed if one.written and one.place == "exposures" and not one.term.is_product)
        return
    yield from (one.term for one in placed if one.written or one.term.is_product)


def _of_deviations(term: Term, model: Model, placed: tuple[Placed, ...], parts: Parts) -> bool:
    """Whether a product is one of two deviations from persons' means."""
    changing = not any(factor.name in RESERVED or is_lasting(factor, parts) for factor in term.factors)
    split = FAMILIES[model.family].takes_out_levels or all(_is_exposure(factor, placed) for factor in term.factors)
    return term.is_product and changing and split


def _mirrored(key: str) -> str:
    return (
        f"`{key}` needs people seen three times: in two waves the deviations of both measures mirror each other. "
        "Name more `waves`, or say `products: raw`."
    )


def _is_exposure(factor: Factor, placed: tuple[Placed, ...]) -> bool:
    return any(one.term.factors == (factor,) and one.place == "exposures" for one in placed)


def _never_changes(term: Term, model: Model) -> str:
    means = [factor.key for factor in term.factors if factor.call == "between"]
    facts = [factor.name for factor in term.factors if factor.call != "between"]
    why = f"{', '.join(f'`{name}`' for name in facts)} {'is' if len(facts) == 1 else 'are'} `time_constant`"
    if means:
        why = "; ".join([f"`{means[0]}` is the person’s mean", *([why] if facts else [])])
    return (
        f"`{term.key}` never changes within a person ({why}), so that a `{model.family}` model has no coefficient for "
        "it: leave it out, or name it as a covariate of a within–between model."
    )


def is_lasting(factor: Factor, parts: Parts) -> bool:
    """Whether every item that measures it is declared as a lasting fact."""
    if factor.call == "between":
        return True
    if factor.name in RESERVED or factor.moved:
        return False
    items = [item for item in parts.items.values() if item.concept == factor.name]
    return bool(items) and all(item.time_constant for item in items)
