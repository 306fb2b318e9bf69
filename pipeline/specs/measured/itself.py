"""No outcome explains itself: by its lead, by its lag beside effects of people, or by its own question."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.measured.answers import kind_of
from pipeline.specs.measured.facts import asked_of, measure
from pipeline.specs.measured.words import a_model, quoted
from pipeline.specs.project import Study
from pipeline.specs.report import Model
from pipeline.specs.strict_yaml import Source
from pipeline.specs.terms import RESERVED

EXOGENOUS = frozenset({"random_effects", "hausman", "hausman_taylor", "chamberlain"})
"""Families, besides those that take persons' levels out or split them, whose effects of people are in every lag."""


def check_itself(model: Model, source: Source, study: Study) -> None:
    """Report terms and mediators that hold the outcome."""
    for key, why in dict.fromkeys((*_moved(model), *_shared(model, study))):
        source.report((key,), why)


def _moved(model: Model) -> Iterator[tuple[str, str]]:
    family = FAMILIES[model.family]
    biased = family.takes_out_levels or family.splits or model.family in EXOGENOUS
    for one in placed_terms(model):
        for factor in one.term.factors:
            if factor.name != model.outcome:
                continue
            if factor.call == "lead":
                yield one.place, f"`{factor.key}` is the outcome of a later wave, which cannot explain an earlier one."
            elif factor.call == "lag" and biased:
                todo = "take `difference_gmm` or `system_gmm`" if kind_of(model) == "number" else "leave it out"
                yield (
                    one.place,
                    f"`{factor.key}` holds the person’s own level, so that its coefficient in {a_model(model.family)} "
                    f"is biased (Nickell 1981): {todo}.",
                )


def _shared(model: Model, study: Study) -> Iterator[tuple[str, str]]:
    """The outcome's own questions under other names: another coding of one, or a scale and one of its items."""
    if model.outcome is None:
        return
    own = _variables(model.outcome, study)
    named = [(one.place, f) for one in placed_terms(model) for f in one.term.factors if not f.moved]
    terms = [(str(place), factor.name) for place, factor in named if factor.name not in RESERVED]
    terms += [("mediators", name) for name in getattr(model, "mediators", ())]
    for key, name in dict.fromkeys(terms):
        if name == model.outcome:
            continue
        shared = own & _variables(name, study)
        if shared:
            items = sorted({variable for *_, variable in shared})[:1]
            yield (
                key,
                f"`{name}` and the outcome `{model.outcome}` are made of the same question ({quoted(items)}), so that "
                "one holds the other: leave it out.",
            )


def _variables(name: str, study: Study) -> frozenset[tuple[str, str, str]]:
    """Arm, wave and variable of every question that a score is made of."""
    found = measure(study, name)
    if found is None:
        return frozenset()
    return frozenset((*place, variable) for item in found.items for place, variable in asked_of(study, item).items())
