"""Whether an outcome has the answers that its family is about, and no name of a category is taken for a number."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.measured.asked import chosen_places
from pipeline.specs.measured.facts import Measure, measure
from pipeline.specs.measured.words import a_model, answers
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source

BINARY = frozenset({"logit", "conditional_logit"})
ORDERED = frozenset({"ordered_logit", "design_ordered", "mixed_ordinal", "fixed_effects_ordered_logit"})
UNORDERED = frozenset({"multinomial_logit"})
COUNTED = frozenset({"poisson", "negative_binomial", "fixed_effects_poisson"})
OF_SHARES = frozenset({"design_shares", "design_association"})
"""Families of which names of categories may be the outcome, and answers are distinguished."""
LEVELS_OF_NAMES = UNORDERED | OF_SHARES
MOST = 20
"""So many answers an outcome of categories may have."""
WITHOUT_QUANTILES = frozenset({"quantile_regression", "design_quantiles"})


def check_answers(model: Model, source: Source, study: Study) -> None:
    """Report an outcome of other answers than its family's, and categories that would count as numbers."""
    places = chosen_places(model, study)
    for key in ("outcome", "outcomes", "mediators"):
        value = getattr(model, key, None) or ()
        for name in (value,) if isinstance(value, str) else value:
            found = measure(study, name, places)
            for why in _unfit(model, found, key) if found is not None else ():
                source.report((key,), why)
    _check_group(model, source, study)
    for why_key, why in dict.fromkeys(_numbers_of_names(model, study)):
        source.report((why_key,), why)


def kind_of(model: Model) -> str:
    """What a family asks of its outcome: binary, ordered, unordered, count, or a number."""
    link, distribution = getattr(model, "link", None), getattr(model, "distribution", None)
    takes = FAMILIES[model.family].keys
    if model.family in BINARY or (model.family == "mixed_logit" and not getattr(model, "trials", None)):
        return "binary"
    if model.family == "design_regression" and link in ("logit", "probit"):
        return "binary"
    if "distribution" in takes and distribution == "binomial":
        return "binary"
    if model.family in ORDERED:
        return "ordered"
    if model.family in UNORDERED:
        return "unordered"
    counts = (
        model.family in COUNTED
        or (model.family == "design_regression" and link == "poisson")
        or (model.family == "gee" and distribution == "poisson")
        or model.family == "mixed_logit"
    )
    return "count" if counts else "number"


def _unfit(model: Model, found: Measure, key: str) -> Iterator[str]:
    what = _what(found)
    kind = kind_of(model) if key == "outcome" else "number"
    if found.is_name and model.family not in LEVELS_OF_NAMES:
        yield f"`{found.name}` is {what}, and {a_model(model.family)} is of numbers or an order{_instead(model)}."
    elif kind == "binary" and _is_not_binary(found):
        yield f"`{found.name}` is {what}, and the outcome of {a_model(model.family)} is coded 0 and 1{_recode(found)}."
    elif kind in ("ordered", "unordered") or model.family in OF_SHARES:
        yield from _uncategorical(model, found, kind)
    elif kind == "count" and (why := _no_count(found, model)) is not None:
        yield f"`{found.name}` is {what}, and a count is a whole number from zero{why}."
    elif model.family in WITHOUT_QUANTILES and found.is_binary:
        yield f"`{found.name}` has two answers, whose quantiles are these two: take a model of shares, or a logit."
    elif found.values is not None and len(found.values) == 1:
        yield f"`{found.name}` has one answer in the waves of the model: there is nothing to explain."


def _uncategorical(model: Model, found: Measure, kind: str) -> Iterator[str]:
    """Categories are the answers of one item, and of a model of an order or of several three or more."""
    if kind != "number" and found.is_binary:
        yield f"`{found.name}` has two answers, and {a_model(model.family)} is of three or more: take {_two(model)}."
    elif _has_many(found) or found.kind in ("mean", "area"):
        what = "categories" if kind == "number" else "one item’s answers"
        yield f"`{found.name}` is {_what(found)}, and {a_model(model.family)} is of {what}, {MOST} at most."


def _what(found: Measure) -> str:
    """A measure in words: the mean of 3 items, a number from 0 to 100, five answers."""
    if found.kind in ("mean", "sum") and len(found.items) > 1:
        return f"the {found.kind} of {len(found.items)} items"
    if found.is_name:
        return "a name of categories"
    if found.kind == "area":
        return "a measure of areas"
    return f"a number {answers(found)}" if found.values is None else f"one of {answers(found)}"


def _is_not_binary(found: Measure) -> bool:
    if found.kind in ("mean", "area"):
        return True
    if found.values is not None:
        return not found.values <= {0.0, 1.0}
    return found.ends is not None and found.ends != (0.0, 1.0)


def _has_many(found: Measure) -> bool:
    if found.values is not None:
        return len(found.values) > MOST
    return found.kind in ("number", "sum") and found.ends is not None and found.ends[1] - found.ends[0] > MOST


def _no_count(found: Measure, model: Model) -> str | None:
    """Why a measure is no count; None if it may be one. A 0/1 outcome of a Poisson regression has ratios of risks."""
    if found.kind in ("mean", "area") or not found.is_whole:
        return ""
    if found.ends is not None and found.ends[0] < 0:
        return ": it can be negative"
    if found.kind == "ordinal" and found.ends is not None and found.ends[0] > 0:
        return ": its answers are an order, take an ordered logit"
    if model.family == "negative_binomial" and found.is_binary:
        return " without an end: of two answers take a logit"
    return None


def _instead(model: Model) -> str:
    if model.family.startswith("design_"):
        return ": take `design_shares`"
    return ": take `multinomial_logit`" if "multinomial_logit" in FAMILIES else ""


def _recode(found: Measure) -> str:
    return ": `recode` it in items.yaml" if found.values is not None and len(found.values) == 2 else ""


def _two(model: Model) -> str:
    if model.family == "design_ordered":
        return "`design_regression` with `link: logit`"
    return {"mixed_ordinal": "`mixed_logit`", "fixed_effects_ordered_logit": "`conditional_logit`"}.get(
        model.family, "`logit`"
    )


def _check_group(model: Model, source: Source, study: Study) -> None:
    """Groups are a few, and not those of what is described."""
    found = None if model.group is None else measure(study, model.group)
    if found is not None and (found.kind == "mean" or _has_many(found)):
        source.report(("group",), f"`{found.name}` is {_what(found)}: groups are those of a few answers.")
    if model.group is not None and model.group in model.outcomes:
        source.report(("group",), f"`{model.group}` is among the `outcomes`: its groups differ in it by definition.")


def _numbers_of_names(model: Model, study: Study) -> Iterator[tuple[str, str]]:
    """Names of categories among the terms, that are not declared as such; means of several items that are."""
    coded = {*model.categorical, *model.reference}
    for one in placed_terms(model):
        for factor in one.term.factors:
            found = measure(study, factor.name)
            if found is None:
                continue
            if found.is_name and factor.name not in coded:
                yield (
                    one.place,
                    f"`{factor.name}` is {_what(found)}, and would count as a number: name it in `categorical`.",
                )
    for key in ("categorical", "reference"):
        for name in getattr(model, key):
            found = measure(study, name)
            if found is not None and found.kind == "mean" and found.items[1:]:
                yield key, f"`{name}` is {_what(found)}, which has no categories: leave it out of `{key}`."
